"""The datasets: which columns each has, what it tells, and what it does not.

In: the vocabulary. Out: a `Dataset` by name. Column names, labels, units, HXL tags and sensitivities come
from the vocabulary; the texts are those a reader must see with the figures (DOMAIN 2.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import vocabulary
from server.datasets.columns import Column
from server.datasets.daily_columns import DAILY_COLUMNS


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset. `table` is the harmonised table its rows are, or None when they are worked out."""

    name: str
    title: str
    title_fr: str
    unit: str  # what one row is
    description: str
    method: str
    limits: tuple[str, ...]
    columns: tuple[Column, ...]
    table: str | None = None

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def _of_table(table: str) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=v.name,
            type=v.type,
            unit=v.unit,
            hxl=v.hxl,
            sensitivity=v.sensitivity,
            label=v.label,
            labels=v.labels,
            definition=v.definition,
            null_rule=v.null_rule,
            code_list=v.code_list,
        )
        for v in vocabulary.variables(table).values()
        if v.is_column
    )


_MOVEMENTS = (
    "Movements are counted, not persons: somebody who passes twice is two movements.",
    "A partial view: only what passed the observed points during the observed hours, never the total.",
    "Not representative of all who move, and nothing may be extrapolated from it.",
    "Movements of different tools at one place may be the same crossings and are never added up; "
    "a network total uses one designated point per route.",
    "Traders, nationals and herders pass too: not all are migrants.",
)
_REVIEW = (
    "Rows suspected to tell of the same group stay counted until somebody decides; "
    "they are marked as under review."
)
_UNKNOWN = "An empty cell is unknown or not asked; it is never a zero."

_ALL = (
    Dataset(
        name="flow",
        title="Flow: observed movements by group",
        title_fr="Flux : mouvements observés par groupe",
        unit="one observed group, or one estimated daily count",
        description="Groups observed at flow monitoring points, transhumance counting points and points of "
        "entry, with direction, sex and age, and where they came from and go to.",
        method="Enumerators count the groups that pass during the observed hours, by short interviews with "
        "individuals or key informants, or by direct observation.",
        limits=(
            *_MOVEMENTS,
            "Sex and age, and each split, are marginals of one group: they cannot be crossed.",
            _REVIEW,
            _UNKNOWN,
        ),
        columns=_of_table("flow"),
        table="flow",
    ),
    Dataset(
        name="baseline",
        title="Baseline: population present and the state of places",
        title_fr="Base : population présente et état des lieux",
        unit="one population category (or one state) at one place in one round, one cell of a breakdown",
        description="Displaced persons, returnees, migrants and hosts present at a place in a round, and the "
        "operational status of points of entry.",
        method="Assessments with key informants, site visits and desk review, cross-checked; the estimate's "
        "method, low and high stand with each figure where they were given.",
        limits=(
            "A stock at a date, not a flow: it is never added to movements.",
            "Sum within one breakdown only; totals come only from the breakdown `total`.",
            "Rounds, assessment types and operations at one place may count the same persons: "
            "they are never added up.",
            "A parent area's figure comes from its own row or from its children, never from both.",
            _REVIEW,
            _UNKNOWN,
        ),
        columns=_of_table("baseline"),
        table="baseline",
    ),
    Dataset(
        name="profile",
        title="Profile: persons interviewed",
        title_fr="Profil : personnes interrogées",
        unit="one person interviewed or registered",
        description="Profiles, journeys, needs and intentions of persons who agreed to be interviewed.",
        method="Interviews with consent. `design` says how persons were chosen.",
        limits=(
            "Describes those interviewed. Only a probability design, with its weights, says more.",
            "Designs (probability, convenience, registration) are never pooled.",
            "Rows are pseudonymised, not anonymous: they may not be published as they are.",
            "Age leaves as a band; years go to named roles only.",
            _REVIEW,
            _UNKNOWN,
        ),
        columns=_of_table("profile"),
        table="profile",
    ),
    Dataset(
        name="flow_daily",
        title="Flow by day: movements per tool, point and day, with coverage",
        title_fr="Flux par jour : mouvements par outil, point et jour, avec couverture",
        unit="one tool at one place on one day",
        description="Daily movements with the hours observed and with how many of the expected points "
        "reported, so that silence, zero and not observed can be told apart.",
        method="Groups of a tool, place and day are added up. `outcome` is observed (also when nobody "
        "passed: a recorded 0), not_observed (with its reason), no_day_form (groups without a day form: "
        "hours unknown) or missing (expected, and nothing has come so far). A point's schedule says when it "
        "is expected; silence is reported up to the last day for which anything has come to the project.",
        limits=(
            *_MOVEMENTS,
            "Average over days with outcome `observed` only, and over the same points when periods are "
            "compared; peak hours are never scaled up to a day.",
            "Where no schedule is registered, or the reader's scope is by form or organisation, the expected "
            "points are unknown and left empty.",
            _REVIEW,
            _UNKNOWN,
        ),
        columns=DAILY_COLUMNS,
    ),
)

DATASETS: Mapping[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
