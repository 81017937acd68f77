"""sdg_proxy: returned migrants in paid work in the last 7 days, a national proxy for target 10.7.

In: interviews with the ILCS-style module (DOMAIN 1.7). Out: one row per form, year and sex, and for both
together: 100 * weight of those who returned and work / weight of those who returned. Who did not say whether
they work is neither: they stand beside the figure, and it is never called the indicator (DOMAIN 2.8, rule 9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, func, select

from server.datasets.columns import own, shared
from server.datasets.dataset import REVIEW, Dataset
from server.datasets.figures.profile_shares import MOST_WEIGHT
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import profile

RETURNED = ("returned_under_3_months", "returned_3_to_12_months")

DATASET = Dataset(
    name="sdg_proxy",
    title="National proxy for SDG target 10.7: returned migrants in paid work",
    unit="one form, design, year and sex",
    description="Share of migrants who returned within 12 months and did paid work in the last 7 days, even "
    "one hour. A national proxy for target 10.7, not the indicator.",
    method="100 x weights of returned migrants with paid work / weights of returned migrants whose answer is "
    "known. Where the design is not probability every person weighs 1 and the figure describes only those "
    "asked.",
    limits=(
        "A national proxy for target 10.7, with these caveats; never the indicator itself.",
        "Returned means back after less than 12 months, as the module asks; who is still away is not in it.",
        "Only a probability design says something about the country; designs are never pooled.",
        "No confidence interval is given: it needs the strata and sampling units of the survey.",
        REVIEW,
    ),
    columns=(
        *shared("profile", "form_id", "design"),
        own("year", "int", "year", "#date+year", "Year", "Year of the interview", "null = day not known"),
        *shared("profile", "sex"),
        own("proxy", "decimal", "percent", "#indicator+proxy", "Proxy for target 10.7",
            "Percent of returned migrants with paid work in the last 7 days", "null = nobody returned"),
        own("returned", "int", "persons", "#respondee+returned", "Returned migrants",
            "Persons who returned and whose answer on work is known, not weighted"),
        own("working", "int", "persons", "#respondee+working", "Of these in paid work", "Not weighted"),
        own("work_not_known", "int", "persons", "#respondee+unknown", "Work not known",
            "Returned persons who did not say: in neither part of the share"),
        own("is_weighted", "bool", "", "#x_weighted", "Weighted", "Probability design, all with a weight"),
        own("n_under_review", "int", "persons", "#respondee+review+num", "Under review",
            "Of these in interviews suspected to be told twice; they stay counted"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By form, design, year and sex; sex null is everybody. Nothing for whom the answers are not to see."""
    if "internal" not in scope.sees:
        return
    grouped: dict[tuple[Any, ...], list[RowMapping]] = {}
    for row in session.all(_answers(scope, filters)):
        year = row["reporting_date"].year if row["reporting_date"] else None
        for sex in (None, row["sex"]) if row["sex"] else (None,):
            grouped.setdefault((row["form_id"], row["design"], year, sex), []).append(row)
    yield [
        {"form_id": form_id, "design": design, "year": year, "sex": sex} | figures(rows, design)
        for (form_id, design, year, sex), rows in sorted(
            grouped.items(), key=lambda one: tuple(str(value or "") for value in one[0])
        )
    ]


def figures(rows: Sequence[RowMapping | Mapping[str, Any]], design: str | None) -> dict[str, Any]:
    """The proxy over persons who returned, with what it leaves out.

    rows  of persons who returned: `ilcs_paid_work`, `weight` (dimensionless, may be None), `under_review`
    """
    known = [row for row in rows if row["ilcs_paid_work"] in ("yes", "no")]
    usable = all(row["weight"] is not None and 0 <= row["weight"] <= MOST_WEIGHT for row in known)
    weighted = design == "probability" and bool(known) and usable
    weights = [(row["weight"] if weighted else 1.0) for row in known]
    working = [w for row, w in zip(known, weights, strict=True) if row["ilcs_paid_work"] == "yes"]
    total = sum(weights)
    return {
        "proxy": round(100 * sum(working) / total, 2) if total else None,
        "returned": len(known),
        "working": len(working),
        "work_not_known": len(rows) - len(known),
        "is_weighted": weighted,
        "n_under_review": sum(bool(row["under_review"]) for row in rows),
    }


def _answers(scope: Scope, filters: Filters) -> Any:
    columns = [scope.value(profile, c, profile.c[c.name]).label(c.name) for c in shared("profile", *_ASKED)]
    answers = (
        select(
            profile.c.form_id, profile.c.design, profile.c.reporting_date, profile.c.under_review, *columns
        )
        .where(filters.rows(scope, profile), profile.c.outcome == "completed")
        .subquery()
    )
    return select(answers).where(func.coalesce(answers.c.ilcs_migrated, "").in_(RETURNED))


_ASKED = ("sex", "weight", "ilcs_migrated", "ilcs_paid_work")
