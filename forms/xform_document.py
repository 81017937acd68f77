"""An XForm's XML, opened: model, instances, binds, body controls, texts. The one place that knows the markup.

bytes -> XFormDocument. Every lookup other modules need is made once, so reading a form is linear in its size.
XForms spec: https://getodk.github.io/xforms-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from forms.mapping import CODES_ATTRIBUTE, HARMONISE_ATTRIBUTE, SENSITIVITY_ATTRIBUTE, Annotation

XFORMS = "http://www.w3.org/2002/xforms"
XHTML = "http://www.w3.org/1999/xhtml"
JAVAROSA = "http://openrosa.org/javarosa"
ODK = "http://www.opendatakit.org/xforms"

TEMPLATE = f"{{{JAVAROSA}}}template"
_ITEXT = re.compile(r"^jr:itext\(\s*'([^']*)'\s*\)$")
_ITEXT_OF = re.compile(r"^jr:itext\(\s*([\w.\-]+)\s*\)$")
_INSTANCE = re.compile(r"instance\(\s*['\"]([^'\"]+)['\"]\s*\)")


class BadXForm(ValueError):
    """The bytes are not an XForm that tablets can fill in; its text says why."""


def local_name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def form_id_of(root: etree._Element) -> str:
    """The id of an instance's root; of one without, its namespace, by which OpenRosa named forms first and
    tablets still do; "" when it has neither."""
    given = (root.get("id") or "").strip()
    namespace = str(etree.QName(root).namespace or "").strip()
    return given or (namespace if namespace not in (XFORMS, XHTML) else "")


def version_of(root: etree._Element) -> str:
    """The version attribute of an instance's root, under whatever prefix; "" when there is none."""
    named = root.get("version")
    if named is not None:
        return named
    ends = ("}version", ":version")  # the latter where the prefix is declared nowhere, as in many forms
    return next((str(value) for name, value in root.attrib.items() if str(name).endswith(ends)), "")


def public_key_of(model: etree._Element) -> str:
    """What `<submission base64RsaPublicKey>` holds, without blanks; "" when there is no key."""
    submission = next(model.iter(f"{{{XFORMS}}}submission"), None)
    return "" if submission is None else "".join((submission.get("base64RsaPublicKey") or "").split())


def children(element: etree._Element) -> Iterator[etree._Element]:
    """Child elements without comments and processing instructions."""
    return (child for child in element if isinstance(child.tag, str))


def nodeset_key(nodeset: str | None) -> str:
    """A nodeset without blanks, prefixes and a closing slash, for finding what belongs together."""
    steps = (nodeset or "").replace(" ", "").strip().rstrip("/").split("/")
    return "/".join(step.rsplit(":", 1)[-1] for step in steps)


@dataclass
class Control:
    """A body control of one node."""

    tag: str  # "input", "select1", "odk:rank" as "rank", "upload", "group", "repeat", ...
    element: etree._Element


@dataclass
class XFormDocument:
    html: etree._Element
    title: str
    model: etree._Element
    root: etree._Element  # the primary instance's
    instances: dict[str, etree._Element]  # secondary ones by id
    binds: dict[str, etree._Element]  # by nodeset key, the first of each
    controls: dict[str, Control] = field(default_factory=dict)  # by nodeset key
    repeats: set[str] = field(default_factory=set)
    languages: tuple[str, ...] = ()
    texts: dict[str, dict[str, str]] = field(default_factory=dict)  # itext id -> language -> text
    default_language: str = ""

    @property
    def root_path(self) -> str:
        return "/" + step_name(self.root)

    def annotations(self) -> dict[str, Annotation]:
        """The mapping attributes of all binds, by nodeset key."""
        found = {}
        for key, bind in self.binds.items():
            harmonise = bind.get(HARMONISE_ATTRIBUTE, "").strip()
            sensitivity = bind.get(SENSITIVITY_ATTRIBUTE, "").strip()
            codes = bind.get(CODES_ATTRIBUTE, "").strip()
            if harmonise or sensitivity or codes:
                found[key] = Annotation(harmonise, sensitivity, codes)
        return found

    def labels(self, element: etree._Element, item: etree._Element | None = None) -> dict[str, str]:
        """A `<label>`'s texts by language; without itext its own text under "default".

        element  the label; item  the instance item an itemset's label refers into.
        """
        ref = (element.get("ref") or "").strip()
        if not ref:
            return {"default": text} if (text := plain_text(element)) else {}
        if direct := _ITEXT.match(ref):
            return self.texts.get(direct[1], {})
        if item is None:
            return {}
        if through := _ITEXT_OF.match(ref):
            return self.texts.get(child_text(item, through[1]), {})
        return {"default": text} if (text := child_text(item, ref)) else {}


def open_xform(xform: bytes) -> XFormDocument:
    """Parse an XForm. Raises BadXForm when it is no XForm or has no primary instance."""
    html = _parse(xform)
    model = next((e for e in html.iter(f"{{{XFORMS}}}model")), None)
    if model is None:
        raise BadXForm("It has no XForms <model>: it is XML, but not an XForm.")
    instances = [e for e in children(model) if e.tag == f"{{{XFORMS}}}instance"]
    root = next(children(instances[0]), None) if instances else None
    if root is None:
        raise BadXForm("Its model has no primary <instance> with content.")
    title = next((plain_text(e) for e in html.iter(f"{{{XHTML}}}title")), "")
    binds: dict[str, etree._Element] = {}
    for bind in model.iter(f"{{{XFORMS}}}bind"):
        binds.setdefault(nodeset_key(bind.get("nodeset")), bind)
    secondary = {e.get("id", ""): e for e in instances[1:]}
    document = XFormDocument(html, title, model, root, secondary, binds)
    _read_texts(document)
    _read_body(document)
    return document


def _parse(xform: bytes) -> etree._Element:
    """The document. Of XML that is not well-formed, as ODK Central takes it too, as much as can be read."""
    try:
        html = etree.fromstring(xform, _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        html = _recovered(xform)
        if html is None:
            raise BadXForm(f"It is not well-formed XML: {error}.") from error
    if html.getroottree().docinfo.internalDTD is not None:
        raise BadXForm("It declares a document type (DTD), which no form needs.")
    return html


def _recovered(xform: bytes) -> etree._Element | None:
    try:
        html: etree._Element | None = etree.fromstring(xform, _parser(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
    return html


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, recover=recover
    )


def _read_texts(document: XFormDocument) -> None:
    languages = []
    for translation in document.model.iterfind(f"{{{XFORMS}}}itext/{{{XFORMS}}}translation"):
        language = translation.get("lang", "")
        languages.append(language)
        if translation.get("default") is not None or not document.default_language:
            document.default_language = language
        for text in translation.iterfind(f"{{{XFORMS}}}text"):
            value = _shown_value(text)
            if value:
                document.texts.setdefault(text.get("id", ""), {})[language] = value
    document.languages = tuple(dict.fromkeys(languages))


def _shown_value(text: etree._Element) -> str:
    """What a person reads: the plain value, else the long or short form; media forms are not text."""
    values = {value.get("form"): value for value in text.iterfind(f"{{{XFORMS}}}value")}
    for form in (None, "long", "short"):
        if form in values:
            return plain_text(values[form])
    return ""


def _read_body(document: XFormDocument) -> None:
    body = document.html.find(f"{{{XHTML}}}body")
    if body is None:
        return
    for element in body.iter(etree.Element):
        tag = local_name(element)
        if tag == "repeat" and element.get("nodeset"):
            document.repeats.add(nodeset_key(element.get("nodeset")))
        elif element.get("ref") and tag not in (
            "label",
            "hint",
            "value",
            "itemset",
            "setvalue",
            "help",
            "output",
        ):
            document.controls.setdefault(nodeset_key(element.get("ref")), Control(tag, element))


def step_name(element: etree._Element) -> str:
    """An instance node's step in a path: with its prefix where it has one (`orx:meta`)."""
    name = local_name(element)
    return f"{element.prefix}:{name}" if element.prefix else name


def child_text(item: etree._Element, name: str) -> str:
    """The text of an item's child, by local name."""
    wanted = name.rsplit(":", 1)[-1].strip()
    return next((plain_text(child) for child in children(item) if local_name(child) == wanted), "")


def plain_text(element: etree._Element) -> str:
    """An element's text, an `<output>` shown as the question it shows: "Men in ${group}"."""
    parts = [element.text or ""]
    for child in children(element):
        if local_name(child) == "output":
            value = (child.get("value") or child.get("ref") or "").strip()
            parts.append("${" + value.rsplit("/", 1)[-1] + "}")
        else:
            parts.append(plain_text(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def instance_id(nodeset: str) -> str | None:
    """The secondary instance an itemset's nodeset draws on; None when it draws on the form's own answers."""
    match = _INSTANCE.search(nodeset)
    return match[1] if match else None
