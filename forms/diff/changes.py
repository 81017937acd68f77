"""What `form diff` tells: changes of questions, verdicts on variables, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forms.problems import FormProblem

Comparable = Literal["yes", "with care", "no", "begins", "ends"]

Effect = Literal["none", "care", "breaks"]
"""What a change of a question does to the variables it feeds."""


@dataclass(frozen=True, slots=True)
class Change:
    kind: str  # slug: "question-added", "choice-recoded", "narrowed" ...
    path: str  # the question, in the new version where it is still there
    detail: str  # in plain words
    effect: Effect = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one variable's figures of both versions may stand in one series."""

    variable: str  # "flow.n_ind"
    comparable: Comparable
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = "; ".join(self.reasons)
        match self.comparable:
            case "yes":
                return f"{self.variable} stays comparable."
            case "with care":
                return f"{self.variable} stays comparable with care: {said}."
            case "no":
                return f"{self.variable} is comparable no more from this version on: {said}."
            case "begins":
                return f"{self.variable} begins to be fed: {said}; older submissions have no value."
        return f"{self.variable} is fed no more: {said}; it is null from this version on."


@dataclass(frozen=True, slots=True)
class FormDiff:
    old: tuple[str, str]  # (form_id, version)
    new: tuple[str, str]
    refused: tuple[FormProblem, ...]
    changes: tuple[Change, ...]
    variables: tuple[Verdict, ...]
    harmless: Mapping[str, int]  # what -> how many: {"labels": 3, "hints": 1}

    def to_json(self) -> dict[str, object]:
        """The diff as `waypost form diff --json` gives it."""
        return {
            "old": {"form_id": self.old[0], "version": self.old[1]},
            "new": {"form_id": self.new[0], "version": self.new[1]},
            "refused": [problem.to_json() for problem in self.refused],
            "changes": [
                {"kind": c.kind, "question": c.path, "detail": c.detail, "effect": c.effect}
                for c in self.changes
            ],
            "variables": [
                {"variable": v.variable, "comparable": v.comparable, "reasons": list(v.reasons)}
                for v in self.variables
            ],
            "harmless": dict(self.harmless),
        }
