"""Answers -> the XML of a submission, as one of the many clients could write it.

The same answers come with elements in another order, indented or not, with a prefix or a default namespace:
all of that says nothing, and `Hand` chooses it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from forms.model import CompiledForm
from tests.properties.answers import Filling


@dataclass(frozen=True)
class Hand:
    """How a client writes."""

    order: int = 0  # 0: as the form has it; any other: a shuffle of differently named neighbours
    blank: str = ""  # between elements and around answers
    prefix: str = ""  # of every element but the root: "" none, "a:" a prefix, "=" a default namespace


PLAIN = Hand()


def submission(
    form: CompiledForm, filling: Filling, instance_id: str = "uuid:1", hand: Hand = PLAIN, edits: str = ""
) -> bytes:
    """The bytes a tablet sends. The instanceName repeats an identifying answer, as it may."""
    prefix = "" if hand.prefix == "=" else hand.prefix
    space = {"": "", "=": ' xmlns="urn:somebody"'}.get(hand.prefix, ' xmlns:a="urn:somebody"')
    deprecated = f"<orx:deprecatedID>{edits}</orx:deprecatedID>" if edits else ""
    meta = (
        f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID>{deprecated}"
        "<orx:instanceName>Kanari7391</orx:instanceName></orx:meta>"
    )
    inside = hand.blank.join(_elements(filling, hand, prefix, Random(hand.order)))
    return (
        f"<data id='{form.xml_form_id}' version='{form.version}' xmlns:orx='http://openrosa.org/xforms'{space}>"
        f"{hand.blank}{inside}{hand.blank}{meta}</data>"
    ).encode()


def _elements(filling: Filling, hand: Hand, prefix: str, chance: Random) -> Iterator[str]:
    written = [
        (name, text)
        for name, value in filling.items()
        for text in _written(name, value, hand, prefix, chance)
    ]
    if not hand.order:
        yield from (text for _, text in written)
        return
    mixed = [name for name, _ in written]
    chance.shuffle(mixed)
    turns: dict[str, list[str]] = defaultdict(list)  # of one name the first stays the first
    for name, text in written:
        turns[name].append(text)
    yield from (turns[name].pop(0) for name in mixed)


def _written(name: str, value: Any, hand: Hand, prefix: str, chance: Random) -> Iterator[str]:
    tag = f"{prefix}{name}"
    if isinstance(value, list):
        for instance in value:
            yield from _written(name, instance, hand, prefix, chance)
    elif isinstance(value, dict):
        inside = hand.blank.join(_elements(value, hand, prefix, chance))
        yield f"<{tag}>{hand.blank}{inside}{hand.blank}</{tag}>"
    elif value is None:
        yield f"<{tag}/>"
    else:
        yield f"<{tag}>{hand.blank}{escape(value)}{hand.blank}</{tag}>"
