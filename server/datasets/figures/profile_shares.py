"""profile_shares: how often each answer was given, one question at a time, designs never pooled.

In: completed interviews in scope. Out: one row per design, form, variable and code. Only a probability design
with weights says anything about more than those who were asked: only there is a weighted share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, select

from forms import vocabulary
from server.datasets.columns import of_variable, own, shared
from server.datasets.dataset import REVIEW, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import profile

_NOT_ASKED_OF_PEOPLE = frozenset(
    {"design", "outcome", "status", "geotag_method", "geotag_flag", "sensitivity"}
)

DATASET = Dataset(
    name="profile_shares",
    title="Profile: share of each answer, one question at a time",
    unit="one answer to one question, of one design and form",
    description="How many of those interviewed gave each answer, by design and form.",
    method="Answers of completed interviews are counted. A share is of those who were asked the question. "
    "Where several answers could be given, shares may exceed 1 together. The weighted share is there for "
    "probability designs whose every answer has a weight.",
    limits=(
        "Describes those interviewed. Only a probability design, with its weights, says more.",
        "Designs (probability, convenience, registration) are never pooled.",
        "An answer few gave may tell who gave it: do not publish small counts.",
        REVIEW,
    ),
    columns=(
        *shared("profile", "design", "form_id"),
        own("variable", "text", "", "#x_variable", "Variable", "Variable of the table profile"),
        own("code", "text", "", "#x_variable+code", "Code", "Code of the variable's code list"),
        own("n", "int", "persons", "#respondee+num", "Persons", "Persons who gave this answer"),
        own("asked", "int", "persons", "#respondee+asked", "Persons asked", "Persons with any answer to it"),
        own("share", "decimal", "share 0-1", "#x_share", "Share", "n / asked"),
        own("weighted_share", "decimal", "share 0-1", "#x_share+weighted", "Weighted share",
            "Sum of weights of n / sum of weights of asked", "null unless probability with weights"),
        own("n_under_review", "int", "persons", "#respondee+review+num", "Under review",
            "Of these in interviews suspected to be told twice; they stay counted"),
    ),
)  # fmt: skip


MOST_WEIGHT = 1e9
"""A weight beyond it stands for more people than a country has: such a person counts as without one."""


def usable_weight() -> ColumnElement[Any]:
    """The design weight of a person; null where there is none, or one that no sample can have."""
    w = profile.c.weight
    return case((w.between(0, MOST_WEIGHT), w), else_=null()).label("weight")


@dataclass(slots=True)
class _Answers:
    """One question in one design and form."""

    asked: int = 0
    weight: float = 0.0
    unweighted: int = 0  # answers without a weight
    by_code: dict[str, list[float]] = field(default_factory=dict)  # n, weight, under review

    def add(self, codes: list[str], row: Any) -> None:
        n, weight = row["n"], row["weight"] or 0.0
        self.asked += n
        self.weight += weight
        self.unweighted += n - row["weighted"]
        for code in codes:
            counted = self.by_code.setdefault(code, [0, 0.0, 0])
            for at, more in enumerate((n, weight, row["review"] or 0)):
                counted[at] += more


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By variable, design, form and code: a variable that the reader may not see is not there."""
    sees = scope.sees
    for v in vocabulary.variables("profile").values():
        asked = v.type in ("code", "codes") and v.source == "form" and v.name not in _NOT_ASKED_OF_PEOPLE
        if asked and v.sensitivity in sees:
            yield _of_variable(session, scope, filters, v)


def _of_variable(
    session: ReadSession, scope: Scope, filters: Filters, v: vocabulary.Variable
) -> list[dict[str, Any]]:
    column = scope.value(profile, of_variable(v), profile.c[v.name])
    grouped = (
        select(
            profile.c.design,
            profile.c.form_id,
            column.label("answer"),
            usable_weight(),
            profile.c.under_review,
        )
        .where(filters.rows(scope, profile), profile.c.outcome == "completed")
        .subquery()
    )
    key = (grouped.c.design, grouped.c.form_id, grouped.c.answer)
    statement = (
        select(
            *key,
            func.count().label("n"),
            func.count(grouped.c.weight).label("weighted"),
            func.sum(grouped.c.weight).label("weight"),
            func.count().filter(grouped.c.under_review).label("review"),
        )
        .where(grouped.c.answer.is_not(None))
        .group_by(*key)
    )
    found: dict[tuple[str, str], _Answers] = {}
    for row in session.all(statement):
        answers = found.setdefault((row["design"] or "", row["form_id"]), _Answers())
        answers.add(row["answer"].split(";") if v.type == "codes" else [row["answer"]], row)
    return [
        _row(design, form_id, v.name, code, answers)
        for (design, form_id), answers in sorted(found.items())
        for code in sorted(answers.by_code)
    ]


def _row(design: str, form_id: str, variable: str, code: str, answers: _Answers) -> dict[str, Any]:
    n, weight, review = answers.by_code[code]
    weighted = design == "probability" and answers.unweighted == 0 and answers.weight > 0
    return {
        "design": design or None,
        "form_id": form_id,
        "variable": variable,
        "code": code,
        "n": int(n),
        "asked": answers.asked,
        "share": round(n / answers.asked, 4),
        "weighted_share": round(weight / answers.weight, 4) if weighted else None,
        "n_under_review": int(review),
    }
