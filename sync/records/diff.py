"""What changed from one version of a record to the next: XML documents in, changes out.

A document is read as a tree: groups by name, repeats as lists, answers as text, by what the form says is a
repeat and by what the documents show. A change names its place by the names of the elements from the root,
`[name, place]` for an instance of a repeat, and what was there before (`old`) and after (`new`); a whole
instance that came or went is one change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import orjson
from lxml import etree

from sync.safe_xml import local_name

Tree = dict[str, Any]
Change = dict[str, Any]
Path = tuple[Any, ...]

_TOO_MANY = 64
"""Instances on both sides of one hunk from which they are matched in order, not best to best."""


def document_tree(root: etree._Element, repeats: Collection[str], groups: Collection[str]) -> Tree:
    """A document as a tree.

    repeats, groups  the paths of a form's repeats and groups, in local names ("/data/g/r")
    """
    return _tree(root, f"/{local_name(str(root.tag))}", repeats, groups)


def changes(before: Tree, after: Tree) -> list[Change]:
    """What has to be changed in one document to get the other, in document order."""
    return list(_of_trees(before, after, ()))


def _tree(element: etree._Element, path: str, repeats: Collection[str], groups: Collection[str]) -> Tree:
    found: Tree = {}
    for child in element.iterchildren(etree.Element):
        name = local_name(str(child.tag))
        here = f"{path}/{name}"
        if here in repeats:
            found.setdefault(name, []).append(_tree(child, here, repeats, groups))
        elif here in groups or len(child):
            found[name] = _tree(child, here, repeats, groups)
        else:
            found[name] = child.text or ""
    return found


def _of_trees(before: Tree, after: Tree, path: Path) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        here = (*path, name)
        if name not in after:
            yield {"old": before[name], "path": list(here)}
        elif name not in before:
            yield {"new": after[name], "path": list(here)}
        else:
            yield from _of_values(before[name], after[name], path, name)


def _of_values(before: Any, after: Any, path: Path, name: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_trees(before, after, (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path, name)
    elif before != after:
        yield {"old": before, "new": after, "path": [*path, name]}


def _of_lists(before: Sequence[Tree], after: Sequence[Tree], path: Path, name: str) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [_key(one) for one in before], [_key(one) for one in after], False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        gone, pairs, come = _matched(before[a:a_end], after[b:b_end])
        for place in gone:
            yield {"old": before[a + place], "path": [*path, [name, a + place]]}
        for place, other in pairs:
            yield from _of_trees(before[a + place], after[b + other], (*path, [name, a + place]))
        for place in come:
            yield {"new": after[b + place], "path": [*path, [name, b + place]]}


def _matched(
    before: Sequence[Tree], after: Sequence[Tree]
) -> tuple[list[int], list[tuple[int, int]], list[int]]:
    """(instances that went, pairs of those that were changed, instances that came), by place in the hunk.
    Where the numbers differ, those that are least like any on the other side have come or gone."""
    fewer = min(len(before), len(after))
    ours, theirs = list(range(len(before))), list(range(len(after)))
    if fewer > 0 and len(before) != len(after) and max(len(before), len(after)) <= _TOO_MANY:
        cost = [[_size(list(_of_trees(x, y, ()))) for y in after] for x in before]
        if len(before) > len(after):
            best = [min(row) for row in cost]
            ours = sorted(sorted(ours, key=lambda place: (best[place], place))[:fewer])
        else:
            best = [min(row[place] for row in cost) for place in theirs]
            theirs = sorted(sorted(theirs, key=lambda place: (best[place], place))[:fewer])
    pairs = list(zip(ours[:fewer], theirs[:fewer], strict=True))
    kept_before, kept_after = {place for place, _ in pairs}, {place for _, place in pairs}
    gone = [place for place in range(len(before)) if place not in kept_before]
    come = [place for place in range(len(after)) if place not in kept_after]
    return gone, pairs, come


def _size(found: Sequence[Change]) -> int:
    return sum(_weight(change.get("old")) + _weight(change.get("new")) for change in found)


def _weight(value: Any) -> int:
    if isinstance(value, dict):
        return sum(1 + _weight(inside) for inside in value.values())
    if isinstance(value, list):
        return sum(1 + _weight(inside) for inside in value)
    return 0 if value is None else 1


def _key(tree: Tree) -> bytes:
    return orjson.dumps(tree)
