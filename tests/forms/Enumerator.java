import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.javarosa.core.model.Constants;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.*;
import org.javarosa.core.model.data.helper.Selection;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.model.utils.DateUtils;
import org.javarosa.core.reference.PrefixedRootFactory;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.util.XFormUtils;

/**
 * Fills in forms with the engine of ODK Collect: asks what is relevant, in order, holds constraints and what is
 * required, then finalises.
 *
 * Standard input: one line "FORM.xml SCRIPT" per form to fill in. A script line is "path=answer", the path without
 * the root, with "[2]" for the second instance of a repeat; the answer of a repeat's path is how many instances.
 * Standard output: a line per finding (required, constraint, no-choice, not-asked, unfinished), a line "met" with the
 * questions that were shown for an answer, the submission on one line, then ".".
 */
public class Enumerator {
    private static File media;

    public static void main(String[] arguments) throws Exception {
        media = new File(arguments[0]);
        new XFormsModule().registerModule();
        PropertyManager.setPropertyManager(new org.opendatakit.validate.StubPropertyManager() {
            @Override
            public String getSingularProperty(String name) {
                return name.equals("username") ? "EN-04" : super.getSingularProperty(name);
            }
        });
        ReferenceManager.instance().addReferenceFactory(new MediaFolder());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] job = line.split(" ");
            new Enumerator(Path.of(job[0]), Path.of(job[1])).fill();
            System.out.println(".");
            System.out.flush();
        }
    }

    private final Map<String, String> script = new LinkedHashMap<>();
    private final Set<String> asked = new HashSet<>();
    private final List<String> met = new ArrayList<>();
    private final FormDef form;
    private final FormEntryModel model;
    private final FormEntryController controller;

    private Enumerator(Path xform, Path answers) throws Exception {
        for (String line : Files.readAllLines(answers)) {
            int equals = line.indexOf('=');
            script.put(line.substring(0, equals), line.substring(equals + 1));
        }
        form = XFormUtils.getFormFromInputStream(
            new ByteArrayInputStream(Files.readAllBytes(xform)), media.getPath());
        form.initialize(true, new InstanceInitializationFactory());
        model = new FormEntryModel(form);
        controller = new FormEntryController(model);
    }

    private void fill() throws Exception {
        controller.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        int event = controller.stepToNextEvent();
        while (event != FormEntryController.EVENT_END_OF_FORM) {
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                addRepeat();
            } else if (event == FormEntryController.EVENT_REPEAT) {
                asked.add(repeatPath());
            } else if (event == FormEntryController.EVENT_QUESTION) {
                ask();
            }
            event = controller.stepToNextEvent();
        }
        ValidateOutcome outcome = ValidateOutcome.of(form);
        if (outcome != null) {
            System.out.println("unfinished " + path(outcome.index));
        }
        for (String key : script.keySet()) {
            if (!asked.contains(key)) {
                System.out.println("not-asked " + key);
            }
        }
        System.out.println("met " + String.join(" ", met));
        form.postProcessInstance();
        byte[] xml = new XFormSerializingVisitor().serializeInstance(form.getMainInstance());
        System.out.println(new String(xml, StandardCharsets.UTF_8).replaceAll("[\\r\\n]+", " "));
    }

    private record ValidateOutcome(FormIndex index) {
        static ValidateOutcome of(FormDef form) {
            var outcome = form.validate(true);
            return outcome == null ? null : new ValidateOutcome(outcome.failedPrompt);
        }
    }

    private void addRepeat() {
        String repeat = repeatPath();
        asked.add(repeat);
        int wanted = Integer.parseInt(script.getOrDefault(repeat, "0"));
        if (model.getFormIndex().getReference().getMultLast() < wanted) {
            controller.newRepeat();
        }
    }

    private void ask() {
        FormEntryPrompt prompt = model.getQuestionPrompt();
        String path = path(model.getFormIndex());
        asked.add(path);
        if (!prompt.isReadOnly()) {
            met.add(path);
        }
        String answer = script.get(path);
        if (answer == null) {
            if (prompt.isRequired() && !prompt.isReadOnly()) {
                System.out.println("required " + path);
            }
            return;
        }
        IAnswerData data = read(prompt, path, answer);
        if (data != null && controller.answerQuestion(model.getFormIndex(), data, true)
            != FormEntryController.ANSWER_OK) {
            System.out.println("constraint " + path);
        }
    }

    private static IAnswerData read(FormEntryPrompt prompt, String path, String answer) {
        int control = prompt.getControlType();
        if (control == Constants.CONTROL_SELECT_ONE) {
            List<Selection> chosen = choose(prompt, path, answer);
            return chosen.isEmpty() ? null : new SelectOneData(chosen.get(0));
        }
        if (control == Constants.CONTROL_SELECT_MULTI || control == Constants.CONTROL_RANK) {
            return new MultipleItemsData(choose(prompt, path, answer));
        }
        switch (prompt.getDataType()) {
            case Constants.DATATYPE_INTEGER:
                return new IntegerData(Integer.parseInt(answer));
            case Constants.DATATYPE_DATE:
                return new DateData(DateUtils.parseDate(answer));
            case Constants.DATATYPE_TIME:
                return new TimeData(DateUtils.parseTime(answer));
            case Constants.DATATYPE_DATE_TIME:
                return new DateTimeData(DateUtils.parseDateTime(answer));
            case Constants.DATATYPE_GEOPOINT:
                return new GeoPointData().cast(new UncastData(answer));
            case Constants.DATATYPE_GEOTRACE:
                return new GeoTraceData().cast(new UncastData(answer));
            case Constants.DATATYPE_GEOSHAPE:
                return new GeoShapeData().cast(new UncastData(answer));
            case Constants.DATATYPE_DECIMAL:
                return new DecimalData(Double.parseDouble(answer));
            default:
                return new StringData(answer);
        }
    }

    private static List<Selection> choose(FormEntryPrompt prompt, String path, String answer) {
        List<Selection> chosen = new ArrayList<>();
        for (String code : answer.split(" ")) {
            SelectChoice found = null;
            for (SelectChoice choice : prompt.getSelectChoices()) {
                found = choice.getValue().equals(code) ? choice : found;
            }
            if (found == null) {
                System.out.println("no-choice " + path + " " + code);
            } else {
                chosen.add(new Selection(found));
            }
        }
        return chosen;
    }

    private String repeatPath() {
        return path(model.getFormIndex()).replaceAll("\\[\\d+\\]$", "");
    }

    private static String path(FormIndex index) {
        TreeReference reference = index.getReference();
        StringBuilder path = new StringBuilder();
        for (int step = 1; step < reference.size(); step++) {
            int instance = reference.getMultiplicity(step) + 1;
            path.append(step > 1 ? "/" : "").append(reference.getName(step));
            path.append(instance > 1 ? "[" + instance + "]" : "");
        }
        return path.toString();
    }

    /** Resolves jr://file-csv/NAME to the folder of media files. */
    private static class MediaFolder extends PrefixedRootFactory {
        MediaFolder() {
            super(new String[] {"file-csv", "file"});
        }

        @Override
        protected Reference factory(String terminal, String uri) {
            File file = new File(media, new File(terminal).getName());
            return new Reference() {
                public boolean doesBinaryExist() {
                    return file.exists();
                }

                public InputStream getStream() throws IOException {
                    return new FileInputStream(file);
                }

                public String getURI() {
                    return uri;
                }

                public String getLocalURI() {
                    return file.getAbsolutePath();
                }

                public boolean isReadOnly() {
                    return true;
                }

                public OutputStream getOutputStream() {
                    throw new UnsupportedOperationException();
                }

                public void remove() {
                    throw new UnsupportedOperationException();
                }

                public Reference[] probeAlternativeReferences() {
                    return new Reference[0];
                }
            };
        }
    }
}
