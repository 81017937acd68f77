"""The closed table of quality flags: what may be doubtful about a record, and what to do about it.

A flag never removes or changes a figure. Its reason, with the figures, is written by the step that raises it
and never quotes an answer of a question marked direct_identifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Step = Literal["lineage", "parse", "geotag", "project", "quality"]


@dataclass(frozen=True, slots=True)
class FlagKind:
    """step: which raises it. on_rows: a flag of the whole record that casts doubt on each of its rows."""

    code: str
    step: Step
    title: str
    todo: str
    on_rows: bool = False


_ASK = "Ask the enumerator, then correct the submission on the tablet (edit) or leave it as it is."

_KINDS = (
    # what arrived
    FlagKind("conflicting_versions", "lineage", "Different bodies came under one instanceID",
             "Compare the versions; the first received counts until an edit says otherwise."),
    FlagKind("branched_edits", "lineage", "Two edits deprecate the same version",
             "Compare the edits and send one more, which settles it; one counts by a fixed rule until then."),
    FlagKind("edit_not_applied", "lineage", "An edit could not be processed",
             "See why it is parked and have it tried again; the version before it counts until then."),
    FlagKind("encrypted", "parse", "The submission is encrypted",
             "Decrypt it with the form's private key; until then it feeds no dataset."),
    FlagKind("bad_answer", "parse", "An answer does not fit its question's type",
             "Look at the answer in the submission; check which app sent it. The cell stays empty."),
    FlagKind("unknown_question", "parse", "The submission has questions the form version does not have",
             "Check that the form version in the submission is the published one."),
    # the way into the harmonised tables
    FlagKind("out_of_range", "project", "A number is too large for its column",
             "Correct the figure on the tablet (edit); the cell stays empty until then."),
    FlagKind("unknown_code", "project", "A code is not in its code list",
             "Map the form's choice in its harmonise column, or propose the code for the vocabulary."),
    FlagKind("split_repeated", "project", "A split has the same code twice",
             "Nothing needs to be done if both were meant; the counts were added up."),
    FlagKind("split_without_code", "project", "A split has a count without its code",
             "Ask the enumerator for the missing code; the count stays in the row's total only."),
    FlagKind("split_without_row", "project", "A split has no row to belong to",
             "Check the form's mapping: its repeat must stand where the flow row is made."),
    FlagKind("n_ind_derived", "project", "The total was added up from sex and age",
             "Map a question to flow.n_ind, so that the total does not depend on the breakdown."),
    FlagKind("operation_filled", "project", "The operation was taken from the register",
             "Nothing, if the record belongs to it: it is the project's only operation or the round's."),
    FlagKind("round_filled", "project", "The round was taken from the register",
             "Nothing, if the record belongs to it: it is the only round of its kind on that day."),
    # the registers
    FlagKind("unknown_operation", "quality", "The operation is not registered",
             "Register it (waypost operation add), or correct the code in the form."),
    FlagKind("unknown_round", "quality", "The round is not registered",
             "Register it (waypost round add), or correct the code in the form."),
    FlagKind("unknown_organisation", "quality", "The organisation is not registered",
             "Register it (waypost organisation add), or correct the code in the form."),
    FlagKind("unknown_enumerator", "quality", "The enumerator is not registered, or was retired before",
             "Register the pseudonym (waypost enumerator add), or correct it in the submission (edit)."),
    FlagKind("date_outside_round", "quality", "The date lies outside the round's period",
             "Check the date and the round; correct either (edit), or the period in the register."),
    # sums
    FlagKind("missing_required", "quality", "A required figure or code is missing", _ASK),
    FlagKind("negative_count", "quality", "A count is negative",
             "Correct the figure (edit) and put a constraint on the question."),
    FlagKind("sadd_sum", "quality", "Sex and age do not add up to the total", _ASK),
    FlagKind("sex_sum", "quality", "Male and female do not add up to the total", _ASK),
    FlagKind("subgroup_over_total", "quality", "A subgroup is larger than its group", _ASK),
    FlagKind("split_sum", "quality", "A split does not add up to the total", _ASK),
    FlagKind("breakdown_over_total", "quality", "A breakdown adds up to more than its total", _ASK),
    FlagKind("animals_sum", "quality", "The species do not add up to the animals", _ASK),
    FlagKind("estimate_range", "quality", "The figure lies outside its own low and high estimate", _ASK),
    FlagKind("implausible_group", "quality", "A group is implausibly large",
             "Check for a typing error or a day's total entered as one group."),
    # the day
    FlagKind("movement_without_groups", "quality", "Movement was observed, but no group was counted",
             "Ask for the missing groups, or correct the outcome of the day."),
    FlagKind("no_movement_with_groups", "quality", "Groups were counted on a day without movement",
             "Correct the outcome of the day: the groups stay counted."),
    FlagKind("not_observed_with_groups", "quality", "Groups were counted on a day that was not observed",
             "Correct the outcome of the day: the groups stay counted."),
    FlagKind("not_observed_without_reason", "quality", "Not observed, without a reason",
             "Ask for the reason: insecurity, staff, closed; having no network is not one."),
    FlagKind("obs_hours_unclear", "quality", "The hours of observation are unclear",
             "Ask for the hours; no hourly rate is worked out without them."),
    # clocks
    FlagKind("clock_unset", "quality", "The tablet's clock was never set",
             "Set the tablet's date and time to automatic; check the dates typed that day.", on_rows=True),
    FlagKind("clock_ahead", "quality", "The tablet's clock is ahead",
             "Set the tablet's date and time to automatic; check the dates typed that day.", on_rows=True),
    FlagKind("end_before_start", "quality", "The interview ends before it starts",
             "The clock was changed during the interview; check the dates.", on_rows=True),
    FlagKind("too_fast", "quality", "The interview was too fast",
             "Look at the enumerator's other interviews and talk with them.", on_rows=True),
    FlagKind("future_date", "quality", "A date lies in the future",
             "Check the tablet's clock or the typed date, and correct it (edit)."),
    FlagKind("old_date", "quality", "A date is implausibly old",
             "Check the tablet's clock or the typed date, and correct it (edit)."),
    FlagKind("no_date", "quality", "The row has no usable date",
             "Correct the date (edit); until then the row is in no daily or monthly figure."),
    FlagKind("dates_reversed", "quality", "A period ends before it starts", _ASK),
    # places
    FlagKind("gps_inaccurate", "geotag", "The position is inaccurate",
             "Take positions outdoors and wait for an accuracy of 20 m or better."),
    FlagKind("near_border", "geotag", "The position is so near a border that the area may be the other one",
             "Nothing, unless many rows of the place are flagged: then correct the place's position."),
    FlagKind("outside_declared", "geotag", "The position is outside the declared place or area",
             "Check which is right: the place chosen in the form, or the position."),
    FlagKind("snapped", "geotag", "The position lies in no area; the nearest one was taken",
             "Nothing at a coast or river; else check the boundary release."),
    FlagKind("no_polygon", "geotag", "No area was found",
             "Check the position, and that the boundary release covers the country."),
    FlagKind("not_placed", "geotag", "Nothing says where the record belongs",
             "Have the form ask for a registered place, an area or a position."),
    FlagKind("unknown_place", "geotag", "The declared place is not registered",
             "Register the place (waypost sites import), or correct the choice list of the form."),
    FlagKind("pcode_converted", "geotag", "The area's code is written otherwise than in the boundary release",
             "Correct the choice list of the form, or register the code (waypost places alias import)."),
    FlagKind("null_island", "geotag", "The position is latitude 0, longitude 0",
             "The device had no position; take it again."),
    FlagKind("same_country", "quality", "A cross-border movement begins and ends in one country", _ASK),
)  # fmt: skip

FLAGS: dict[str, FlagKind] = {kind.code: kind for kind in _KINDS}
assert len(FLAGS) == len(_KINDS), "a flag code is used twice"
