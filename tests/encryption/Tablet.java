import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts a photo and a submission with Java's own classes, and prints key, signature and files in base64.
 *  Arguments: public key, form, version, instanceID, photo, submission (files), SHA-256 or SHA-1 (mask). */
public class Tablet {
    public static void main(String[] said) throws Exception {
        byte[] spki = Base64.getDecoder().decode(said[0]);
        PublicKey rsa = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(spki));
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(said[3].getBytes(StandardCharsets.UTF_8));
        byte[] vector = md5.digest(key);
        md5.reset();
        String wrapped = toKey(rsa, said[6], key);
        StringBuilder signed = new StringBuilder();
        for (String part : new String[] {said[1], said[2], wrapped, said[3]}) {
            signed.append(part).append("\n");
        }
        StringBuilder out = new StringBuilder(wrapped);
        for (int number = 0; number < 2; number++) {
            Path file = Path.of(said[4 + number]);
            byte[] plain = Files.readAllBytes(file);
            vector[number % 16]++;
            Cipher aes = Cipher.getInstance("AES/CFB/PKCS5Padding");
            aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(vector));
            ByteArrayOutputStream sealed = new ByteArrayOutputStream();
            sealed.write(aes.doFinal(plain));
            out.append("\n").append(Base64.getEncoder().encodeToString(sealed.toByteArray()));
            signed.append(file.getFileName()).append("::");
            signed.append(HexFormat.of().formatHex(md5.digest(plain))).append("\n");
        }
        byte[] digest = md5.digest(signed.toString().getBytes(StandardCharsets.UTF_8));
        System.out.println(out.append("\n").append(toKey(rsa, said[6], digest)));
    }

    private static String toKey(PublicKey rsa, String mask, byte[] secret) throws Exception {
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        if (mask.equals("SHA-1")) {
            cipher.init(Cipher.ENCRYPT_MODE, rsa);  // what Java's own provider understands by the name
        } else {
            MGF1ParameterSpec generator = new MGF1ParameterSpec(mask);
            cipher.init(Cipher.ENCRYPT_MODE, rsa,
                new OAEPParameterSpec("SHA-256", "MGF1", generator, PSource.PSpecified.DEFAULT));
        }
        return Base64.getEncoder().encodeToString(cipher.doFinal(secret));
    }
}
