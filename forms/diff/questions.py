"""What changed in the questions: which came and went, whom they are asked, what can be answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from forms.diff.changes import Change
from forms.diff.pairing import Pairs, alike
from forms.signatures import Aspect, Signature

OTHER_MEANING = 0.5
"""Labels less alike than this say something else; others were put better."""

_HARMLESS = {
    "label": "labels",
    "hint": "hints",
    "constraint_message": "messages",
    "required_message": "messages",
    "appearance": "appearances",
    "parameters": "parameters",
    "default": "defaults",
}
_AND = re.compile(r"\s+and\s+")


def question_changes(pairs: Pairs) -> tuple[list[Change], dict[str, int]]:
    """(changes in the order of the new form, removed questions last; harmless ones counted by what)."""
    harmless: Counter[str] = Counter()
    found: list[Change] = []
    origins = {new: old for old, new in pairs.same.items()}
    for path, one in pairs.new.items():
        if path not in origins:
            if one.node.type not in ("group", "repeat"):
                found.append(Change("question-added", path, f"{one.node.name!r} is asked from now on."))
            continue
        old = pairs.old[origins[path]]
        if origins[path] in pairs.renamed:
            detail = f"{old.node.name!r} seems to be called {one.node.name!r} now (same answers, new name)."
            found.append(Change("question-renamed", path, detail))
        found += _one(path, old, one, harmless)
    for path in pairs.removed:
        if pairs.old[path].node.type not in ("group", "repeat"):
            detail = f"{pairs.old[path].node.name!r} is asked no more."
            found.append(Change("question-removed", path, detail))
    kept = [path for path in pairs.old if path in pairs.same]
    if [pairs.same[path] for path in kept] != [path for path in pairs.new if path in origins]:
        harmless["order"] += 1
    return found, dict(harmless)


def _one(path: str, old: Signature, new: Signature, harmless: Counter[str]) -> Iterator[Change]:
    name = repr(new.node.name)
    for aspect in dict.fromkeys([*old.aspects, *new.aspects]):
        if old.aspects.get(aspect) == new.aspects.get(aspect):
            continue
        change = _aspect(path, name, aspect, old, new)
        if change is None:
            harmless[_HARMLESS.get(aspect[0], "other details")] += 1
        else:
            yield change
    yield from _choices(path, name, old, new, harmless)


def _aspect(path: str, name: str, aspect: Aspect, old: Signature, new: Signature) -> Change | None:
    before, after = old.aspects.get(aspect, ""), new.aspects.get(aspect, "")
    match aspect[0]:
        case "type" | "list":
            return None  # told by the type changes, and by the choices
        case "label" if before and after and alike(before, after) < OTHER_MEANING:
            detail = f"{name} was worded {before!r} and is {after!r} now: does it ask the same?"
            return Change("reworded", path, detail, "care")
        case "relevant":
            return _relevance(path, name, before, after)
        case "constraint":
            return _constraint(path, name, before, after)
        case "calculation":
            return Change("calculation-changed", path, f"{name} is worked out otherwise.", "breaks")
        case "required":
            what = "must be answered now" if after else "may be left empty now"
            return Change("required-changed", path, f"{name} {what}.", "care")
        case "sensitivity":
            return Change("sensitivity-changed", path, f"{name} was {before} and is {after} now.")
        case "choice_filter":
            return Change("filter-changed", path, f"{name} shows its choices on another condition.", "care")
    return None


def _relevance(path: str, name: str, before: str, after: str) -> Change:
    if not before or set(_AND.split(before)) < set(_AND.split(after)):
        detail = f"{name} is asked of fewer: only where {after}."
        return Change("narrowed", path, detail, "breaks")
    if not after or set(_AND.split(after)) < set(_AND.split(before)):
        return Change("widened", path, f"{name} is asked of more: no longer only where {before}.", "breaks")
    return Change(
        "condition-changed", path, f"{name} was asked where {before}, and is where {after}.", "breaks"
    )


def _constraint(path: str, name: str, before: str, after: str) -> Change:
    if not before:
        detail = f"{name} takes only answers with {after}; before it took any."
    elif not after:
        detail = f"{name} takes any answer; before only those with {before}."
    else:
        detail = f"{name} took answers with {before}, and takes those with {after}."
    return Change("constraint-changed", path, detail, "care")


def _choices(
    path: str, name: str, old: Signature, new: Signature, harmless: Counter[str]
) -> Iterator[Change]:
    if old.node.choices is None or new.node.choices is None:
        if old.node.choice_list != new.node.choice_list:
            detail = f"{name} takes its choices from {new.node.choice_list!r} now."
            yield Change("list-changed", path, detail, "care")
        return
    renamed = _renamed_choices(old.rows, new.rows)
    for code in new.rows:
        if code in renamed.values():
            was = next(before for before, after in renamed.items() if after == code)
            yield Change("choice-recoded", path, f"The choice {was!r} of {name} has the code {code!r} now.")
        elif code not in old.rows:
            detail = f"The choice {code!r} of {name} can be given from now on."
            yield Change("choice-added", path, detail, "care")
        else:
            yield from _relabelled(path, name, code, old.rows[code], new.rows[code], harmless)
    for code in old.rows:
        if code not in new.rows and code not in renamed:
            detail = f"The choice {code!r} of {name} can be given no more."
            yield Change("choice-removed", path, detail, "care")


def _relabelled(
    path: str,
    name: str,
    code: str,
    old: Mapping[Aspect, str],
    new: Mapping[Aspect, str],
    harmless: Counter[str],
) -> Iterator[Change]:
    other = [
        (old[aspect], new[aspect])
        for aspect in old
        if aspect in new and aspect[0] == "label" and alike(old[aspect], new[aspect]) < OTHER_MEANING
    ]
    if other:
        before, after = other[0]
        detail = f"The choice {code!r} of {name} meant {before!r} and now means {after!r}."
        yield Change("choice-relabelled", path, detail, "breaks")
    elif old != new:
        harmless["choice labels"] += 1


def _renamed_choices(
    old: Mapping[str, Mapping[Aspect, str]], new: Mapping[str, Mapping[Aspect, str]]
) -> dict[str, str]:
    """Old code -> new code, where a choice with the very same labels has another code now."""
    gone = {code: cells for code, cells in old.items() if code not in new}
    come = {code: cells for code, cells in new.items() if code not in old}
    found: dict[str, str] = {}
    for code, cells in gone.items():
        same = [other for other, labels in come.items() if labels == cells and cells]
        if len(same) == 1 and same[0] not in found.values():
            found[code] = same[0]
    return found
