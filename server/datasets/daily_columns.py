"""The columns of flow_daily. Those it shares with `flow` keep the labels, tags and definitions of there."""

from __future__ import annotations

from forms import vocabulary
from server.datasets.columns import Column, own, shared

DIRECTIONS = tuple(vocabulary.codes("direction"))
"""One column of movements for each direction, in the order of the code list."""


def _shared(*names: str) -> tuple[Column, ...]:
    return shared("flow", *names)


def _by_direction() -> tuple[Column, ...]:
    return tuple(
        own(
            f"movements_{code.code}",
            "int",
            "movements",
            f"#affected+ind+{code.code}",
            f"Movements, {code.label.lower()}",
            f"Movements with direction {code.code}",
            "null = not observed, or the tool does not ask",
        )
        for code in vocabulary.codes("direction").values()
    )


_WHEN_NOTHING = "null = nothing is known of that day; 0 = observed, and nobody passed"

DAILY_COLUMNS: tuple[Column, ...] = (
    own(
        "date",
        "date",
        "",
        "#date+occurred",
        "Date",
        "Local date at the place",
        "null = the device gave no usable date",
    ),
    *_shared("flow_tool", "place_id", "place_name", "place_type", "route"),
    *_shared("adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name", "adm3_pcode", "adm3_name"),
    *_shared("lat", "lon"),
    own(
        "expected",
        "bool",
        "",
        "#x_observation+expected",
        "Expected",
        "Whether the place's schedule has it observed on that day",
        "null = no schedule is known",
    ),
    own(
        "outcome",
        "code",
        "",
        "#status+observation",
        "Outcome",
        "observed, not_observed, no_day_form or missing: silence is not zero",
    ),
    own(
        "not_observed_reason",
        "code",
        "",
        "#x_not_observed+reason",
        "Why not observed",
        "Why nobody observed",
        "null unless not observed",
    ),
    own(
        "obs_start",
        "time",
        "",
        "#date+start+time",
        "Observed from",
        "Local time observation began",
        "null = not observed or hours unknown",
    ),
    own(
        "obs_end",
        "time",
        "",
        "#date+end+time",
        "Observed until",
        "Local time observation ended",
        "null = not observed or hours unknown",
    ),
    own(
        "obs_hours",
        "decimal",
        "hours",
        "#meta+hours",
        "Observed hours",
        "Hours observed; hours that several observers share count once",
        "null = not observed or hours unknown",
    ),
    own(
        "movements",
        "int",
        "movements",
        "#affected+ind",
        "Movements",
        "Movements observed: crossings, not unique persons",
        _WHEN_NOTHING,
    ),
    *_by_direction(),
    own(
        "movements_direction_unknown",
        "int",
        "movements",
        "#affected+ind+direction_unknown",
        "Movements, direction not given",
        "Movements of groups without a direction",
        _WHEN_NOTHING,
    ),
    own(
        "movements_short_term_local",
        "int",
        "movements",
        "#affected+ind+short_term_local",
        "Of these short-term local",
        "Movements of type short_term_local, part of the movements",
        "null = not observed, or the tool does not ask",
    ),
    own(
        "movements_counted_elsewhere",
        "int",
        "movements",
        "#affected+ind+counted_elsewhere",
        "Of these counted elsewhere",
        "Movements of groups that were already counted at another point, part of the movements",
        "null = not observed, or the tool does not ask",
    ),
    *_shared("men", "women", "boys", "girls"),
    own(
        "sadd_known",
        "int",
        "movements",
        "#affected+ind+sadd_known",
        "Sex and age known",
        "Movements of groups whose men, women, boys and girls are all known",
        _WHEN_NOTHING,
    ),
    own(
        "sadd_known_share",
        "decimal",
        "share 0-1",
        "#x_sadd+share",
        "Share with sex and age known",
        "sadd_known / movements",
        "null = no movements",
    ),
    own("groups", "int", "groups", "#x_groups+num", "Groups", "Groups counted", _WHEN_NOTHING),
    own(
        "groups_without_count",
        "int",
        "groups",
        "#x_groups+unknown+num",
        "Groups without a count",
        "Groups whose number of persons is not known: the movements leave them out",
        _WHEN_NOTHING,
    ),
    *_shared("herds", "animals_total"),
    own(
        "n_under_review",
        "int",
        "groups",
        "#x_groups+review+num",
        "Groups under review",
        "Groups suspected to be duplicates, which stay counted",
        _WHEN_NOTHING,
    ),
    own(
        "movements_under_review",
        "int",
        "movements",
        "#affected+ind+review",
        "Movements under review",
        "Movements of the groups under review, part of the movements",
        _WHEN_NOTHING,
    ),
    own(
        "movements_without_review",
        "int",
        "movements",
        "#affected+ind+reviewed",
        "Movements without those under review",
        "movements - movements_under_review",
        _WHEN_NOTHING,
    ),
    own(
        "contradiction",
        "bool",
        "",
        "#status+contradiction",
        "Day form and groups disagree",
        "Groups on a day declared without movement or not observed, or movement declared and no group came",
    ),
    own(
        "points_expected",
        "int",
        "points",
        "#x_points+expected+num",
        "Points expected",
        "Points of the tool whose schedule has them observed on that day",
        "null = no schedule is known",
    ),
    own(
        "points_reporting",
        "int",
        "points",
        "#x_points+reporting+num",
        "Points reporting",
        "Of the expected points, those from which anything came, not observed included",
        "null = no schedule is known",
    ),
    own(
        "points_observed",
        "int",
        "points",
        "#x_points+observed+num",
        "Points observed",
        "Of the expected points, those that were observed or sent groups",
        "null = no schedule is known",
    ),
)
