"""The `type` cell: `select_one sex or_other` -> a command, its list, what the answer is.

pyxform's dictionary and aliases are the list of types; nothing is listed here again.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pyxform import aliases, constants
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT
from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL, RE_OSM, RE_SELECT

from forms.model import AnswerType
from forms.xform_types import answer_type

Kind = Literal["question", "begin", "end", "setting"]


@dataclass(frozen=True, slots=True)
class QuestionType:
    kind: Kind
    text: str  # as written, blanks collapsed
    answer: AnswerType | None = None  # None for what has no node of its own: ends, settings, external files
    section: str | None = None  # "group", "repeat" or "loop" for begin and end
    list_name: str | None = None
    external: bool = False  # the choices are in a file, the external_choices sheet or another question
    or_other: bool = False
    note: bool = False
    calculated: bool = False
    shown: bool = False  # it has a control a person sees, and no text of its own

    @property
    def selects(self) -> bool:
        return self.answer in ("select", "select1", "rank")


def parse_type(text: str) -> QuestionType | None:
    """What a `type` cell means, or None when pyxform knows no such type."""
    return _section(text) or _select(text) or _plain(text)


def _section(text: str) -> QuestionType | None:
    if begin := RE_BEGIN_CONTROL.search(text):
        section = aliases.control[begin["type"]]
        answer: AnswerType = "repeat" if section == constants.REPEAT else "group"
        return QuestionType("begin", text, answer, section, begin["list_name"])
    if end := RE_END_CONTROL.search(text):
        return QuestionType("end", text, section=aliases.control[end["type"]])
    return None


def _select(text: str) -> QuestionType | None:
    match = RE_SELECT.search(text)
    if not match:
        return None
    command, list_name = match["select_command"], match["list_name"]
    kind = aliases.select[command]
    answer: AnswerType = "select1"
    if kind == constants.SELECT_ALL_THAT_APPLY:
        answer = "select"
    elif kind == constants.RANK:
        answer = "rank"
    external = (
        kind == constants.SELECT_ONE_EXTERNAL
        or command in aliases.select_from_file
        or "${" in list_name
        or list_name.endswith(tuple(constants.EXTERNAL_INSTANCE_EXTENSIONS))
    )
    other = match["specify_other"] is not None
    return QuestionType(
        "question", text, answer, list_name=list_name, external=external, or_other=other, shown=True
    )


def _plain(text: str) -> QuestionType | None:
    if text in aliases.settings_header:
        return QuestionType("setting", text)
    name = aliases._type_alias_map.get(text, text)
    entry = QUESTION_TYPE_DICT.get(name)
    if entry is None:
        if RE_OSM.search(text):
            return QuestionType("question", text, "binary", shown=True)
        return None
    if not entry:  # csv-external, xml-external: a file, not a node
        return QuestionType("question", text)
    bind, tag = entry.get("bind", {}), entry.get("control", {}).get("tag")
    return QuestionType(
        "question",
        text,
        answer_type(bind.get("type"), tag),
        note=bind.get("readonly") == "true()" and tag == "input",
        calculated=name in ("calculate", "q calculate", "add calculate prompt"),
        shown=tag not in (None, "action") and "hint" not in entry,
    )


@cache
def _known_types() -> tuple[str, ...]:
    sections = [f"{edge}_{word}" for edge in ("begin", "end") for word in ("group", "repeat")]
    dictionary = [name for name in QUESTION_TYPE_DICT if not name.startswith(("q ", "add ", "get ", "uri:"))]
    return (*aliases.select, *sections, *dictionary, *aliases._type_alias_map)


def suggest_type(text: str) -> str | None:
    """The known type nearest to an unknown one, its list kept: `select_on sex` -> `select_one sex`."""
    lower = " ".join(text.lower().split())
    if parse_type(lower):
        return lower
    command, _, rest = lower.partition(" ")
    spellings = {name.replace(" ", "_"): name for name in _known_types()}
    for candidate, tail in ((lower.replace(" ", "_"), ""), (command, rest)):
        near = difflib.get_close_matches(candidate, spellings, n=1, cutoff=0.75)
        if near:
            found = f"{spellings[near[0]]} {tail}".strip()
            return found if parse_type(found) else spellings[near[0]]
    return None
