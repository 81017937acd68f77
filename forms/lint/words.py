"""Words that give identifying questions away, in English, French and Arabic.

Compared with whole words of a question's name and labels. They find what was forgotten, and decide nothing.
"""

from __future__ import annotations

import re

NAME = {
    "surname", "firstname", "lastname", "fullname", "forename", "nickname", "prénom", "prenom", "prénoms",
    "patronyme", "surnom", "اسمك", "اسمه", "اسمها", "اللقب", "لقب", "الكنية",
}  # fmt: skip
PLAIN_NAME = {"name", "names", "nom", "noms", "اسم", "الاسم"}
"""Of a person only if nothing else that has a name is spoken of."""

NAMED_THINGS = {
    "place", "point", "site", "village", "town", "city", "area", "camp", "corridor", "route", "form",
    "organisation", "organization", "country", "region", "district", "post", "office", "market", "river",
    "vessel", "boat", "school", "facility", "service", "partner", "agency", "operation", "border", "water",
    "neighbourhood", "location", "lieu", "ville", "zone", "poste", "pays", "couloir", "axe", "structure",
    "marché", "localité", "quartier", "المكان", "الموقع", "القرية", "المدينة", "النقطة", "المنظمة", "البلد",
    "المنطقة", "المخيم", "الممر",
}  # fmt: skip

CODE = {"code", "codes", "id", "pseudonym", "pseudonyme", "number", "numéro", "round", "cycle", "رمز", "رقم"}

CONTACT = {
    "phone", "telephone", "téléphone", "tel", "mobile", "whatsapp", "cellphone", "email", "e-mail", "mail",
    "courriel", "facebook", "الهاتف", "هاتف", "هاتفك", "البريد", "الإلكتروني", "جوال", "الجوال",
}  # fmt: skip
DOCUMENT = {
    "passport", "passeport", "fingerprint", "empreinte", "biometric", "iris", "nni", "cni",
    "الجواز", "بصمة", "البصمة", "الهوية",
}  # fmt: skip
BIRTH = {
    "dob", "birthdate", "birthday", "born", "birth", "naissance", "né", "née", "الميلاد", "ولدت", "الولادة",
}  # fmt: skip
PERSON = {
    "person", "persons", "people", "face", "faces", "portrait", "respondent", "traveller", "child", "family",
    "body", "victim", "selfie", "personne", "personnes", "visage", "enfant", "famille", "corps", "victime",
    "passport", "passeport", "شخص", "أشخاص", "الشخص", "وجه", "الوجه", "طفل", "الطفل", "عائلة", "الضحية",
}  # fmt: skip
SIGNATURE = {"signature", "sign", "signer", "thumbprint", "توقيع", "التوقيع"}
HOME = {
    "home", "house", "household", "dwelling", "shelter", "residence", "domicile", "maison", "ménage",
    "logement", "foyer", "résidence", "المنزل", "منزل", "البيت", "بيت", "المسكن", "الأسرة",
}  # fmt: skip
STORY = {
    "describe", "story", "testimony", "complaint", "circumstances", "incident", "abuse", "violence", "tell",
    "décrivez", "décrire", "témoignage", "récit", "plainte", "circonstances", "racontez",
    "صف", "اشرح", "قصة", "شهادة", "شكوى", "ظروف",
}  # fmt: skip
WITHOUT = {"without", "no", "not", "never", "sans", "aucun", "aucune", "jamais", "بدون", "دون", "لا"}

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_REACH = 3
"""A negation this many words before takes a word back: "a photo without any people"."""


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, "l'enfant" as two; of "sub-area" also its parts."""
    found = []
    for word in _WORD.findall(text.lower().replace("’", " ").replace("'", " ")):
        found += [word, *word.split("-")] if "-" in word else [word]
    return found


def names_a_thing(text: str) -> bool:
    """Whether a text asks for a code, or for the name of a place, a round, an organisation."""
    return not (NAMED_THINGS | CODE).isdisjoint(words_of(text))


def speaks_of(text: str, words: set[str]) -> str | None:
    """The first of the words that a text has without taking it back, or None."""
    said = words_of(text)
    for at, word in enumerate(said):
        if word in words and not WITHOUT.intersection(said[max(0, at - _REACH) : at]):
            return word
    return None
