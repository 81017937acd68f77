"""Which question of the new version is which of the old: by path, by name, or by what it feeds and says.

A renamed question is guessed: same type, and the same mapping with a label that is not another one, or nearly
the same label. A guess is told as one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from forms.model import CompiledForm
from forms.signatures import Signature

_SAME_MAPPING, _SAME_LABEL = 0.4, 0.85
"""How alike labels have to be: with the same mapping, and without one."""

_SAYS_MORE = 0.7


@dataclass(frozen=True)
class Pairs:
    """old and new are in the order of their forms; `renamed` holds those of `same` that are a guess."""

    same: Mapping[str, str]  # old path -> new path
    renamed: frozenset[str]  # old paths
    old: Mapping[str, Signature]
    new: Mapping[str, Signature]

    @property
    def added(self) -> list[str]:
        known = set(self.same.values())
        return [path for path in self.new if path not in known]

    @property
    def removed(self) -> list[str]:
        return [path for path in self.old if path not in self.same]


def alike(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1, case aside; one that only says more is fairly alike."""
    one, other = one.lower(), other.lower()
    likeness = SequenceMatcher(None, one, other).ratio()
    return max(likeness, _SAYS_MORE) if one in other or other in one else likeness


def pair_questions(
    old: CompiledForm, new: CompiledForm, before: Mapping[str, Signature], after: Mapping[str, Signature]
) -> Pairs:
    """Pair the nodes of two forms; what the form's own meta block holds is left out."""
    before = {path: one for path, one in before.items() if not _is_meta(old, path)}
    after = {path: one for path, one in after.items() if not _is_meta(new, path)}
    same = {_moved(old, new, path): path for path in after}
    same = {path: same[path] for path in before if path in same}
    by_name = _unique_names(after, set(same.values()))
    for path, name in {v: k for k, v in _unique_names(before, set(same)).items()}.items():
        if name in by_name:
            same[path] = by_name[name]
    guessed = _guess(old, new, before, after, same)
    return Pairs(same | guessed, frozenset(guessed), before, after)


def _is_meta(form: CompiledForm, path: str) -> bool:
    below = path.removeprefix(form.root_path + "/").split("/")
    return below[0].rsplit(":", 1)[-1] == "meta"


def _moved(old: CompiledForm, new: CompiledForm, path: str) -> str:
    """A new path as it would read under the old form's root."""
    return old.root_path + path.removeprefix(new.root_path)


def _unique_names(nodes: Mapping[str, Signature], taken: set[str]) -> dict[str, str]:
    counts = Counter(one.node.name for one in nodes.values())
    return {
        one.node.name: path for path, one in nodes.items() if counts[one.node.name] == 1 and path not in taken
    }


def _guess(
    old: CompiledForm,
    new: CompiledForm,
    before: Mapping[str, Signature],
    after: Mapping[str, Signature],
    same: Mapping[str, str],
) -> dict[str, str]:
    fed = [_mapping(form) for form in (old, new)]
    scores = []
    for path, one in before.items():
        for other, candidate in after.items():
            if path in same or other in same.values() or one.node.type != candidate.node.type:
                continue
            likeness = alike(one.node.label, candidate.node.label)
            equal = bool(fed[0][path]) and fed[0][path] == fed[1][other]
            if likeness >= (_SAME_MAPPING if equal else _SAME_LABEL) and one.node.label:
                scores.append((likeness + equal, path, other))
    found: dict[str, str] = {}
    for _, path, other in sorted(scores, key=lambda score: (-score[0], score[1:])):
        if path not in found and other not in found.values():
            found[path] = other
    return found


def _mapping(form: CompiledForm) -> dict[str, set[tuple[object, ...]]]:
    fed: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for binding in form.bindings:
        fed[binding.path].add((binding.table, binding.variable, binding.qualifiers))
    return fed
