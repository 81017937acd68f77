"""The XML of a submission without what identifies people: for whoever may read it, but not that.

In: the XML as received and the form version it was filled in with. Out: the same document, where only the
answers that the form knows, and does not mark as direct identifiers, have kept their text. It is a list of
what is let through, so that what nobody thought of stays in: unknown elements, text between elements,
attributes, comments, `instanceName` (which repeats names) and everything when the form is not known. Names
are matched as the pipeline matches them, by their local part, and whatever stands inside an identifying group
or repeat is identifying.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from forms.model import CompiledForm
from sync.safe_xml import local_name, read_xml
from sync.steps.answer_types import read_file_name

_ROOT_ATTRIBUTES = frozenset({"id", "version", "uiVersion", "encrypted"})
_META_SHOWN = frozenset({"instanceID", "deprecatedID", "timeStart", "timeEnd"})
IDENTIFYING = frozenset({"direct_identifier"})
_AUDIT = "audit"  # the log of what was typed, with old and new answers where the form says so


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a form says about each path, written with local names."""

    containers: frozenset[str]  # groups and repeats
    shown: frozenset[str]  # questions anybody may read who reads the record
    sealed: frozenset[str]  # identifying questions, groups and repeats
    binary: frozenset[str]
    hidden: frozenset[str]  # questions whose answers this reader is not shown

    @property
    def hides(self) -> bool:
        """Whether anything in the form is not shown."""
        return bool(self.sealed or self.hidden)


def redacted_xml(
    xml: bytes,
    form: CompiledForm | None,
    hidden: frozenset[str] = IDENTIFYING,
    closed: frozenset[str] = frozenset(),
) -> bytes:
    """The document with every answer emptied that identifies somebody, or may.

    xml     as received, in any encoding
    form    the compiled form of the version it names; None withholds everything but its ids
    hidden  the sensitivities of questions that are emptied; identifying ones are in any case
    closed  paths (`closed_paths`) that are emptied too: what other versions of the form close
    Returns UTF-8 with a declaration. Raises XmlUnreadable where the XML cannot be read: then nothing can be
    told from anything, and all of it is withheld.
    """
    root = read_xml(xml)
    marks = _marks(form, hidden, closed) if form else _NOTHING
    root.text = _blank(root.text)
    for name in list(root.attrib):
        if local_name(str(name)) not in _ROOT_ATTRIBUTES:
            del root.attrib[name]
    path = local_path(form.root_path) if form else f"/{local_name(root.tag)}"
    for child in root:
        _redact(child, f"{path}/{local_name(child.tag)}", path, marks)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def hides_something(
    form: CompiledForm | None, hidden: frozenset[str], closed: frozenset[str] = frozenset()
) -> bool:
    """Whether anything of a document is emptied; if not, it may be shown byte for byte as it came."""
    return _marks(form, hidden, closed).hides if form else True


def closed_paths(form: CompiledForm, hidden: frozenset[str]) -> frozenset[str]:
    """What a version of a form closes, for the documents of its other versions: what was asked in confidence
    once stays so."""
    marks = _marks(form, hidden)
    return marks.sealed | marks.hidden


def identifying_questions(form: CompiledForm) -> frozenset[str]:
    """The paths of the questions whose answers are sealed, those inside identifying groups among them."""
    marks = _marks(form)
    return frozenset(f.path for f in form.fields if local_path(f.path) in marks.sealed - marks.containers)


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The names of the files that the answers of one body mention."""

    shown: frozenset[str]  # by an answer that is shown, and by no identifying one
    withheld: frozenset[str]  # by an identifying answer


def named_files(
    xml: bytes,
    form: CompiledForm,
    hidden: frozenset[str] = IDENTIFYING,
    closed: frozenset[str] = frozenset(),
) -> NamedFiles:
    """Which files may be shown with the redacted XML. A file that no answer names is in neither: withhold it.

    The log of what was typed counts as an identifying answer where the form has any. Raises XmlUnreadable.
    hidden, closed  as of `redacted_xml`
    """
    root = read_xml(xml)
    marks = _marks(form, hidden, closed)
    named: set[str] = set()
    withheld: set[str] = set()
    _collect_files(root, local_path(form.root_path), marks, named, withheld)
    for meta in (child for child in root if local_name(child.tag) == "meta"):
        for field in meta:
            if local_name(field.tag) == _AUDIT and field.text:
                (withheld if marks.hides else named).add(read_file_name(field.text.strip()))
    return NamedFiles(frozenset(named - withheld), frozenset(withheld))


def _collect_files(
    element: etree._Element, path: str, marks: _Marks, named: set[str], withheld: set[str]
) -> None:
    for child in element:
        here = f"{path}/{local_name(child.tag)}"
        if here in marks.binary and child.text and child.text.strip():
            (named if here in marks.shown else withheld).add(read_file_name(child.text.strip()))
        elif here in marks.containers or here in marks.sealed:
            _collect_files(child, here, marks, named, withheld)


def _redact(element: etree._Element, path: str, root_path: str, marks: _Marks) -> None:
    """Empty an element, unless it is an answer that is shown; then what is inside it."""
    element.tail = _blank(element.tail)
    for name in list(element.attrib):
        del element.attrib[name]
    answer = path in marks.shown or _is_shown_meta(path, root_path, marks)
    if not answer or len(element):
        element.text = _blank(element.text)
    if path not in marks.containers and path != f"{root_path}/meta":
        for child in list(element):  # inside an answer, or something nobody knows
            element.remove(child)
        return
    for child in element:
        _redact(child, f"{path}/{local_name(child.tag)}", root_path, marks)


def _is_shown_meta(path: str, root_path: str, marks: _Marks) -> bool:
    parent, _, name = path.rpartition("/")
    if parent != f"{root_path}/meta":
        return False
    return name in _META_SHOWN or not marks.hides


def _blank(text: str | None) -> str | None:
    """Blanks between elements are kept, so that the document still reads well; everything else goes."""
    return text if text is not None and not text.strip() else None


def _marks(
    form: CompiledForm, hidden: frozenset[str] = IDENTIFYING, closed: frozenset[str] = frozenset()
) -> _Marks:
    key = (form.hash, form.root_path, hidden | IDENTIFYING, closed)
    marks = _kept.get(key)
    if marks is None:
        if len(_kept) >= _FORMS_KEPT:
            _kept.clear()
        marks = _kept[key] = _read_marks(form, hidden, closed)
    return marks


def _read_marks(form: CompiledForm, hiding: frozenset[str], closed: frozenset[str]) -> _Marks:
    containers: set[str] = set()
    shown: set[str] = set()
    sealed: set[str] = set()
    binary: set[str] = set()
    hidden: set[str] = set()
    meta = f"{local_path(form.root_path)}/meta/"
    for field in form.fields:  # in document order: what is around a question comes before it
        path = local_path(field.path)
        parent = path.rpartition("/")[0]
        is_container = field.type in ("group", "repeat")
        if field.sensitivity == "direct_identifier" or parent in sealed or path in closed:
            sealed.add(path)
        elif not is_container and not path.startswith(meta):
            (hidden if field.sensitivity in hiding else shown).add(path)
        if is_container:
            containers.add(path)
        if field.binary and not path.startswith(meta):  # the log of what was typed has a rule of its own
            binary.add(path)
        while parent.count("/") > 1:  # a group without a field of its own
            containers.add(parent)
            parent = parent.rpartition("/")[0]
    return _Marks(*map(frozenset, (containers, shown, sealed, binary, hidden)))


def local_path(path: str) -> str:
    """A path with the local part of each name: "/data/orx:meta" -> "/data/meta"."""
    return "/".join(step.rpartition(":")[2] for step in path.split("/"))


_NOTHING = _Marks(frozenset(), frozenset(), frozenset(), frozenset(), frozenset({"*"}))
_FORMS_KEPT = 64
_kept: dict[tuple[str, str, frozenset[str], frozenset[str]], _Marks] = {}
