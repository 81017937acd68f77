"""The sheet an enumerator is handed: their name, the project, the settings code, and what to do with it.

A page of HTML goes out, one sheet a page of A4, without scripts and without anything fetched from elsewhere,
so that an office prints it where there is no network. The words are not yet signed by a speaker of French or
Arabic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from server import qr

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One enumerator. payload is the text of the code, a secret."""

    name: str
    project: str
    payload: str


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    steps: tuple[str, str, str]
    warning: str
    none: str
    direction: str = "ltr"


LANGUAGES: Mapping[str, Words] = {
    "en": Words(
        "Settings for ODK Collect",
        (
            "Install ODK Collect from the Play Store and open it.",
            "Choose “Configure with QR code” (or, in the menu at the top right, “Add project”) and hold the "
            "camera over the square.",
            "The forms come by themselves. What you finalize is sent as soon as there is a network.",
        ),
        "This square is a key: whoever scans it sends as {name}. Do not photograph it or pass it on. If it "
        "is lost, tell your coordinator, who ends it and gives you another.",
        "There is nobody to print a sheet for.",
    ),
    "fr": Words(
        "Réglages d’ODK Collect",
        (
            "Installez ODK Collect depuis le Play Store et ouvrez-le.",
            "Choisissez « Configurer avec un code QR » (ou, dans le menu en haut à droite, « Ajouter un "
            "projet ») et placez l’appareil photo au-dessus du carré.",
            "Les formulaires arrivent d’eux-mêmes. Ce que vous finalisez part dès qu’il y a du réseau.",
        ),
        "Ce carré est une clé : qui le scanne envoie au nom de {name}. Ne le photographiez pas, ne le donnez "
        "à personne. S’il est perdu, prévenez votre coordinateur, qui l’annule et vous en donne un autre.",
        "Il n’y a personne pour qui imprimer une fiche.",
    ),
    "ar": Words(
        "إعدادات ODK Collect",
        (
            "ثبّت تطبيق ODK Collect من متجر Play وافتحه.",
            "اختر «الإعداد برمز QR» (أو «إضافة مشروع» من القائمة في الأعلى) ووجّه الكاميرا نحو المربع.",
            "تصل الاستمارات تلقائيًا، وما تُنهيه يُرسَل فور توفّر الشبكة.",
        ),
        "هذا المربع مفتاح: من يمسحه يُرسل باسم {name}. لا تصوّره ولا تعطه لأحد. إذا ضاع فأخبر المنسّق ليلغيه "
        "ويعطيك غيره.",
        "لا يوجد أحد لطباعة ورقة له.",
        "rtl",
    ),
}


def sheets_page(sheets: Sequence[Sheet], language: str) -> bytes:
    """The page for these enumerators, in the order given. language is a key of LANGUAGES."""
    words = LANGUAGES[language]
    body = "".join(_sheet(sheet, words) for sheet in sheets) or f"<p>{escape(words.none)}</p>"
    return (
        f'<!DOCTYPE html><html lang="{language}" dir="{words.direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(words.title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    ).encode()


def _sheet(sheet: Sheet, words: Words) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in words.steps)
    warning = escape(words.warning).replace("{name}", f"<bdi>{escape(sheet.name)}</bdi>")
    return (
        f"<section><header><h1><bdi>{escape(sheet.name)}</bdi></h1><p><bdi>{escape(sheet.project)}</bdi></p>"
        f"</header>{qr.svg(sheet.payload)}<ol>{steps}</ol><p class=key>{warning}</p></section>"
    )


_STYLE = """
@page { size: A4; margin: 16mm }
body { margin: 0; font: 13pt/1.5 system-ui, "Noto Sans", "Noto Naskh Arabic", sans-serif; color: #000;
       background: #fff }
section { max-width: 178mm; margin: 0 auto; padding: 6mm; box-sizing: border-box; break-inside: avoid }
section + section { break-before: page }
h1 { font-size: 22pt; line-height: 1.2; margin: 0; overflow-wrap: anywhere }
header p { font-size: 15pt; margin: 1mm 0 0; overflow-wrap: anywhere }
svg { display: block; width: 104mm; max-width: 100%; margin: 4mm auto; background: #fff }
ol { padding-inline-start: 1.6em; margin: 0 }
li { margin: 2mm 0 }
.key { border: 1.5pt solid #000; padding: 3mm 4mm; font-size: 11pt; margin: 6mm 0 0 }
@media print { section { padding: 0 } }
@media screen { section + section { border-top: 1px dashed #999 } }
"""
