"""A field worker's visit with a form of the library, and the harmonised rows that come of it.

Answers by path, as JavaRosa's stories have them: `"groups": 2` opens two instances of a repeat,
`"groups[2]/n_ind": 3` answers in the second. What the form calculates by itself stands in `calculated`, so
that a story needs no Java; where there is some, `tests/library/test_visits.py` has ODK Collect's engine fill
in the same answers and compares what it would send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from forms.model import CompiledForm
from sync import pipeline
from sync.steps.values import KnownPlace, Outcome
from tests.steps.fieldwork import library_form, task

PLACES = {
    "FMP-01": KnownPlace("FMP-01", "fmp", "Koubri", -1.40, 12.20, "BF1300", "Africa/Ouagadougou"),
    "FMP-02": KnownPlace("FMP-02", "fmp", "Dakola", -1.15, 11.00, "BF5100", "Africa/Ouagadougou"),
    "POE-01": KnownPlace("POE-01", "poe_land", "Bridge", -1.14, 11.01, "BF5100", "Africa/Ouagadougou"),
    "POE-02": KnownPlace("POE-02", "poe_airport", "Airport", -1.51, 12.35, "BF1300", "Africa/Ouagadougou"),
    "CP-01": KnownPlace("CP-01", "counting_point", "Pond", 14.10, 13.30, "NE001001", "Africa/Niamey"),
    "CP-02": KnownPlace("CP-02", "counting_point", "Well", 14.15, 13.33, "NE001001", "Africa/Niamey"),
    "SITE-01": KnownPlace("SITE-01", "site", "Camp", 14.20, 13.35, "NE001001", "Africa/Niamey"),
}

RECEIVED = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
"""After every visit of the stories: a date after it would be flagged as lying in the future."""

ALWAYS_THERE = frozenset(
    {"record_id", "project_uuid", "instance_id", "form_id", "form_version", "vocabulary_version"}
    | {"status", "under_review", "geotag_method", "geotag_flag", "mapping_version", "observation_id"}
)
"""Columns that say where a row comes from, not what was said: left out of what stories compare."""


@dataclass(frozen=True)
class Visit:
    """One filled-in form."""

    form: str
    answers: Mapping[str, object]
    calculated: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    by_device: Mapping[str, object] = field(default_factory=dict)
    """What differs with each tablet and record, such as a number made of the instanceID: an example of it."""

    def xml_answers(self, form: CompiledForm | None = None) -> dict[str, Any]:
        """All answers as a nested mapping: groups are mappings, repeats lists of them."""
        given = {**self.answers, **self.calculated, **self.by_device}
        return _nested(given, form or library_form(self.form))


def outcome(visit: Visit, form: CompiledForm | None = None, **context: Any) -> Outcome:
    """What the steps of the pipeline make of it. form: a variant of the library's, where it is one."""
    given: dict[str, Any] = {"places": PLACES, "received_at": RECEIVED} | context
    return pipeline.run(task(form or library_form(visit.form), visit.xml_answers(form), **given))


def harmonised(
    visit: Visit, form: CompiledForm | None = None, **context: Any
) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, each with everything it says: columns that are null or always there are left out.

    Splits stand under "flow_split" as (group's place in the list of flow rows, dimension, code, n).
    """
    made = outcome(visit, form, **context)
    tables: dict[str, list[dict[str, Any]]] = {}
    order = {row.record_id: at for at, row in enumerate(r for r in made.rows if r.table == "flow")}
    for row in made.rows:
        said = {k: v for k, v in row.values.items() if v is not None and k not in ALWAYS_THERE}
        tables.setdefault(row.table, []).append(said)
    for split in made.splits:
        said = {
            "group": order[split.record_id],
            "dimension": split.dimension,
            "code": split.code,
            "n": split.n,
        }
        tables.setdefault("flow_split", []).append(said)
    return tables


_STEP = re.compile(r"^([^\[]+)(?:\[(\d+)\])?$")


def _nested(answers: Mapping[str, object], compiled: CompiledForm) -> dict[str, Any]:
    repeats = {f.path.removeprefix(f"{compiled.root_path}/") for f in compiled.fields if f.type == "repeat"}
    root: dict[str, Any] = {}
    for path, answer in answers.items():
        plain = re.sub(r"\[\d+\]", "", path)
        if plain in repeats:
            assert isinstance(answer, int), f"{path} is a repeat: say how often"
            instances = _at(root, path, repeats, as_list=True)
            while len(instances) < answer:
                instances.append({})
            continue
        at, _, name = path.rpartition("/")
        assert compiled.field(f"{compiled.root_path}/{plain}"), f"{compiled.xml_form_id} asks no {plain}"
        (_at(root, at, repeats) if at else root)[name] = answer
    return root


def _at(root: dict[str, Any], path: str, repeats: set[str], as_list: bool = False) -> Any:
    """The group, the instance, or (as_list) the instances a path names; made where they are not there."""
    here: Any = root
    walked: list[str] = []
    parts = path.split("/")
    for number, part in enumerate(parts):
        found = _STEP.match(part)
        assert found
        name, ordinal = found[1], int(found[2] or 1)
        walked.append(name)
        if "/".join(walked) in repeats:
            instances = here.setdefault(name, [])
            if as_list and number == len(parts) - 1:
                return instances
            while len(instances) < ordinal:
                instances.append({})
            here = instances[ordinal - 1]
        else:
            here = here.setdefault(name, {})
    return here
