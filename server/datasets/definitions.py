"""The datasets: which columns each has, what it tells, and what it does not.

In: the vocabulary. Out: a `Dataset` by name. Column names, labels, units, HXL tags and sensitivities come
from the vocabulary; the texts are those a reader must see with the figures (DOMAIN 2.8).
"""

from __future__ import annotations

from collections.abc import Mapping

from forms import vocabulary
from server.datasets.columns import Column, of_variable
from server.datasets.daily_columns import DAILY_COLUMNS
from server.datasets.dataset import MOVEMENTS, REVIEW, UNKNOWN, Dataset
from server.datasets.figures import FIGURES


def _of_table(table: str) -> tuple[Column, ...]:
    return tuple(of_variable(v) for v in vocabulary.variables(table).values() if v.is_column)


_ALL = (
    Dataset(
        name="flow",
        title="Flow: observed movements by group",
        unit="one observed group, or one estimated daily count",
        description="Groups observed at flow monitoring points, transhumance counting points and points of "
        "entry, with direction, sex and age, and where they came from and go to.",
        method="Enumerators count the groups that pass during the observed hours, by short interviews with "
        "individuals or key informants, or by direct observation.",
        limits=(
            *MOVEMENTS,
            "Sex and age, and each split, are marginals of one group: they cannot be crossed.",
            REVIEW,
            UNKNOWN,
        ),
        columns=_of_table("flow"),
        table="flow",
    ),
    Dataset(
        name="baseline",
        title="Baseline: population present and the state of places",
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
            REVIEW,
            UNKNOWN,
        ),
        columns=_of_table("baseline"),
        table="baseline",
    ),
    Dataset(
        name="profile",
        title="Profile: persons interviewed",
        unit="one person interviewed or registered",
        description="Profiles, journeys, needs and intentions of persons who agreed to be interviewed.",
        method="Interviews with consent. `design` says how persons were chosen.",
        limits=(
            "Describes those interviewed. Only a probability design, with its weights, says more.",
            "Designs (probability, convenience, registration) are never pooled.",
            "Rows are pseudonymised, not anonymous: they may not be published as they are.",
            "Age leaves as a band; years go to named roles only.",
            REVIEW,
            UNKNOWN,
        ),
        columns=_of_table("profile"),
        table="profile",
    ),
    Dataset(
        name="flow_daily",
        title="Flow by day: movements per tool, point and day, with coverage",
        unit="one tool at one place on one day",
        description="Daily movements with the hours observed and with how many of the expected points "
        "reported, so that silence, zero and not observed can be told apart.",
        method="Groups of a tool, place and day are added up. `outcome` is observed (also when nobody "
        "passed: a recorded 0), not_observed (with its reason), no_day_form (groups without a day form: "
        "hours unknown) or missing (expected, and nothing has come so far). A point's schedule says when it "
        "is expected; silence is reported up to the last day for which anything has come to the project.",
        limits=(
            *MOVEMENTS,
            "Average over days with outcome `observed` only, and over the same points when periods are "
            "compared; peak hours are never scaled up to a day.",
            "Where no schedule is registered, or the reader's scope is by form or organisation, the expected "
            "points are unknown and left empty.",
            REVIEW,
            UNKNOWN,
        ),
        columns=DAILY_COLUMNS,
    ),
    Dataset(
        name="observation",
        title="Observation: days at points, observed or not",
        unit="one day form",
        description="Whether a point was observed on a day, when, with or without movement, and why not.",
        method="Day forms of enumerators. No movement is a recorded zero; not observed has its reason.",
        limits=("A day without any form is silence: flow_daily tells it from zero.", REVIEW, UNKNOWN),
        columns=_of_table("observation"),
        table="observation",
    ),
    Dataset(
        name="event",
        title="Event: alerts, emergencies and incidents as reported",
        unit="one report of an event, or one follow-up of it",
        description="Transhumance alerts, triggers of emergency tracking, deaths and disappearances.",
        method="Reports of informants, volunteers and published sources, with follow-ups as rows apart.",
        limits=(
            "A follow-up is no second event: it carries the event's number.",
            "Dead and missing are minima; an empty cell is unknown and never a zero.",
            "Events of different tools are never added up.",
            "Only alerts that independent sources confirm may be published, with the owner's release.",
            REVIEW,
        ),
        columns=_of_table("event"),
        table="event",
    ),
    *(dataset for dataset, _ in FIGURES.values()),
)

DATASETS: Mapping[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
