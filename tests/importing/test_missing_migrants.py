"""A partner's list of incidents comes in whole, again, corrected, cut short: nobody lost, nobody doubled."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from forms.library_index import library
from sync.envelope import read_envelope
from sync.erase import erase_submission
from sync.importing.instances import edit_id, fill, original_id
from sync.importing.missing_migrants import import_missing_migrants
from sync.problems import Conflict, Invalid, NotFound
from sync.receipt import Reception, Sender, make_arrival
from sync.registry import compiled_form, publish_form, set_form_state
from sync.store import now
from sync.tables import HARMONISED, audit, flag, form, receipt_event, submission, submission_version
from tests.importing.office import Office, outcomes, sheet, told

event = HARMONISED["event"]

OLD = (
    "Web ID", "Region of Incident", "Reported Date", "Reported Year", "Reported Month", "Number Dead",
    "Minimum Estimated Number of Missing", "Total Dead and Missing", "Number of Survivors",
    "Number of Females", "Number of Males", "Number of Children", "Cause of Death", "Location Description",
    "Information Source", "Location Coordinates", "Migration Route", "URL", "UNSD Geographical Grouping",
    "Source Quality",
)  # fmt: skip

WRECK = {
    "Web ID": "70001",
    "Region of Incident": "Mediterranean",
    "Reported Date": "7-Oct-19",
    "Reported Year": 2019,
    "Reported Month": "Oct",
    "Number Dead": 13,
    "Minimum Estimated Number of Missing": "1,015",
    "Total Dead and Missing": "1,028",
    "Number of Survivors": 22,
    "Number of Females": 13,
    "Number of Children": 4,
    "Cause of Death": "Presumed drowning",
    "Location Description": "Off the coast of Zuwara",
    "Information Source": "IOM Libya",
    "Location Coordinates": "33.2, 12.1",
    "Migration Route": "Central Mediterranean",
    "URL": "http://example.org/1",
    "UNSD Geographical Grouping": "Uncategorized",
    "Source Quality": 4,
}
ROAD = {
    "Web ID": "70002",
    "Region of Incident": "North Africa",
    "Reported Date": "9-Oct-19",
    "Number Dead": 1,
    "Total Dead and Missing": 1,
    "Cause of Death": "Hit by truck",
    "Location Coordinates": "35.26, -2.93",
}
REMAINS = {"Web ID": "70003", "Reported Year": 2019, "Reported Month": "Feb"}
LIST = sheet(OLD, WRECK, ROAD, REMAINS)

SUMS = {
    "Number Dead": {"file": 14, "imported": 14, "listed": 0, "unknown": 1},
    "Minimum Estimated Number of Missing": {"file": 1015, "imported": 1015, "listed": 0, "unknown": 2},
}


def said_rows(office: Office) -> list[dict[str, Any]]:
    """The rows of events by identifier, without what is null and what the pipeline adds."""
    with office.store.read() as session:
        rows = session.all(select(event).order_by(event.c.source_id))
    wanted = [c.name for c in event.c if c.name not in _NOT_SAID]
    return [{c: row[c] for c in wanted if row[c] is not None} for row in rows]


_NOT_SAID = {
    "id", "root_id", "record_id", "project_uuid", "instance_id", "form_id", "form_version", "status",
    "vocabulary_version", "mapping_version", "under_review", "sensitivity", "geotag_method", "geotag_flag",
    "version_id", "release_id", "actor_uuid", "updated_at", "derived_at", "owner_uuid", "quality_flags",
}  # fmt: skip


def sums(account: Any) -> dict[str, dict[str, int]]:
    names = ("file", "imported", "listed", "unknown")
    return {column: {n: getattr(one, n) for n in names} for column, one in account.sums.items()}


def test_every_row_becomes_an_incident_and_what_is_not_known_stays_unknown(office: Office) -> None:
    account = office.takes_incidents(LIST)
    assert (outcomes(account), told(account, listed=True), account.unmatched) == ({"new": 3}, [], {})
    assert account.form_published
    assert sums(account) == SUMS
    report = {"event_tool": "MMP", "event_stage": "report"}
    assert said_rows(office) == [
        {
            **report,
            "source_id": "70001",
            "reporting_date": date(2019, 10, 7),
            "reported_date": date(2019, 10, 7),
            "incident_region": "mediterranean",
            "migration_route": "central_mediterranean",
            "death_cause": "drowning",
            "cause_said": "Presumed drowning",
            "location_description": "Off the coast of Zuwara",
            "lat": 33.2,
            "lon": 12.1,
            "dead": 13,
            "missing": 1015,
            "survivors": 22,
            "victims_f": 13,
            "victims_children": 4,
            "information_source": "IOM Libya",
            "source_url": "http://example.org/1",
            "source_quality": 4,
            "unsd_region": "Uncategorized",
        },
        {
            **report,
            "source_id": "70002",
            "reporting_date": date(2019, 10, 9),
            "reported_date": date(2019, 10, 9),
            "incident_region": "north_africa",
            "death_cause": "vehicle_accident",
            "cause_said": "Hit by truck",
            "lat": 35.26,
            "lon": -2.93,
            "dead": 1,
        },
        {
            **report,
            "source_id": "70003",
            "reporting_date": date(2019, 2, 1),
            "period_start": date(2019, 2, 1),
            "period_end": date(2019, 2, 28),
        },
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(office: Office) -> None:
    dry = office.takes_incidents(LIST, dry_run=True)
    assert (office.rows(submission, "id"), office.rows(form, "id")) == ([], [])
    real = office.takes_incidents(LIST)
    differing = {"dry_run", "seconds", "rows_per_second"}
    said, did = ({k: v for k, v in a.to_json().items() if k not in differing} for a in (dry, real))
    assert said == did


def test_the_same_list_again_changes_nothing(office: Office) -> None:
    office.takes_incidents(LIST)
    before = (office.hash(), office.rows(submission_version, "id"), office.rows(receipt_event, "id"))
    account = office.takes_incidents(LIST)
    assert (outcomes(account), account.form_published, sums(account)) == ({"unchanged": 3}, False, SUMS)
    assert before == (
        office.hash(),
        office.rows(submission_version, "id"),
        office.rows(receipt_event, "id"),
    )
    assert len([one for one in office.rows(audit, "action") if one == ("import.missing_migrants",)]) == 1


def test_a_corrected_row_is_an_edit_of_the_one_before_and_may_be_taken_back(office: Office) -> None:
    office.takes_incidents(LIST)
    first = office.hash()
    corrected = sheet(OLD, {**WRECK, "Number Dead": 14, "Total Dead and Missing": 1029}, ROAD, REMAINS)
    account = office.takes_incidents(corrected)
    assert outcomes(account) == {"changed": 1, "unchanged": 2}
    assert office.rows(event, "source_id", "dead") == [("70001", 14), ("70002", 1), ("70003", None)]
    assert sorted(s for (s,) in office.rows(submission_version, "state")) == ["current"] * 3 + ["edit"]
    root = original_id("missing_migrants", "70001")
    assert (root,) in office.rows(submission, "deprecated_id")
    assert office.rebuilds_alike()
    assert outcomes(office.takes_incidents(corrected)) == {"unchanged": 3}
    assert outcomes(office.takes_incidents(LIST)) == {"changed": 1, "unchanged": 2}
    assert office.rows(event, "source_id", "dead")[0] == ("70001", 13)
    assert office.hash() == first
    assert office.rebuilds_alike()


def test_a_row_that_is_gone_is_listed_and_stays_and_another_year_says_nothing_of_it(office: Office) -> None:
    office.takes_incidents(LIST)
    account = office.takes_incidents(sheet(OLD, WRECK, REMAINS))
    assert outcomes(account) == {"unchanged": 2}  # the ninth of October is after all days of this file
    account = office.takes_incidents(sheet(OLD, ROAD, REMAINS))
    assert outcomes(account) == {"unchanged": 2, "gone": 1}
    assert account.to_json()["gone_rows"] == ["70001"]
    later = {"Web ID": "70009", "Reported Date": "1-Jan-20", "Number Dead": 2}
    assert outcomes(office.takes_incidents(sheet(OLD, later))) == {"new": 1}
    assert len(office.rows(event, "source_id")) == 4


class _Killed(BaseException):
    """Nothing catches it, as nothing catches the end of a process."""


def test_an_import_that_was_killed_is_finished_by_running_it_again(office: Office) -> None:
    many = sheet(OLD, *[{**ROAD, "Web ID": str(80000 + n)} for n in range(600)])

    def killed(done: int, total: int) -> None:
        raise _Killed

    with pytest.raises(_Killed):
        office.takes_incidents(many, progress=killed)
    assert len(office.rows(submission, "id")) == 256
    account = office.takes_incidents(many)
    assert outcomes(account) == {"unchanged": 256, "new": 344}
    assert sorted(office.rows(event, "source_id", "dead")) == [(str(80000 + n), 1) for n in range(600)]
    assert {state for (state,) in office.rows(submission_version, "state")} == {"current"}


UNBELIEVABLE: tuple[tuple[dict[str, object], str, dict[str, object]], ...] = (
    ({"Location Coordinates": "0, 0"}, "0, 0, which stands for no position", {"lat": None, "lon": None}),
    ({"Location Coordinates": "-98.3, 26.1"}, "latitude and longitude exchanged", {"lat": None}),
    ({"Location Coordinates": "26.1, 198.3"}, "outside the globe", {"lat": None, "lon": None}),
    ({"Location Coordinates": "near Gao"}, "not two numbers", {"lat": None}),
    ({"Number of Survivors": -3}, "is negative", {"survivors": None}),
    ({"Number of Females": "two"}, "not a whole number", {"victims_f": None}),
    ({"Source Quality": 7}, "not on the scale", {"source_quality": None}),
    ({"Reported Year": 2018}, "The date is 2019-10-09", {"reporting_date": date(2019, 10, 9)}),
    ({"Total Dead and Missing": 9}, "together are 1", {"dead": 1}),
    ({"Reported Date": "soon"}, "not a day", {"reported_date": None}),
)


def test_a_cell_that_cannot_be_believed_is_told_and_the_row_is_imported(office: Office) -> None:
    rows = [{**ROAD, **cells, "Web ID": str(n)} for n, (cells, _, _) in enumerate(UNBELIEVABLE)]
    account = office.takes_incidents(sheet(OLD, *rows))
    assert outcomes(account) == {"new": len(UNBELIEVABLE)}
    for n, (cells, what, kept) in enumerate(UNBELIEVABLE):
        said = [(where, text) for line, where, text in told(account) if line == n + 2]
        assert (said[0][0], what in said[0][1]) == (next(iter(cells)), True), said
        assert (str(n), *kept.values()) in office.rows(event, "source_id", *kept)


def test_a_text_without_a_code_is_kept_in_words_and_told(office: Office) -> None:
    odd = {"Cause of Death": "Struck by a meteorite", "Migration Route": "Over the moon"}
    account = office.takes_incidents(sheet(OLD, {**ROAD, **odd, "Region of Incident": "Atlantis"}))
    assert account.unmatched == {
        "incident_region": {"Atlantis": [2]},
        "migration_route": {"Over the moon": [2]},
        "death_cause": {"Struck by a meteorite": [2]},
    }
    assert office.rows(event, "death_cause", "cause_said", "migration_route", "incident_region") == [
        (None, "Struck by a meteorite", "other", "other")
    ]


def test_a_row_that_cannot_be_told_from_another_is_listed_and_the_sums_say_so(office: Office) -> None:
    account = office.takes_incidents(
        sheet(OLD, WRECK, WRECK, {**WRECK, "Number Dead": 5}, {"Number Dead": 7})
        + b"70005,,,,,2,"
        + b"," * 20
    )
    assert told(account, listed=True) == [
        (3, "Web ID", "It stands in line 2 already, word for word."),
        (4, "Web ID", "It stands in line 2 already, with other content; the first was taken."),
        (5, "Web ID", "It has no identifier: it could not be told from others at the next import."),
    ]
    assert outcomes(account) == {"new": 2, "listed": 3}
    dead = account.sums["Number Dead"]
    assert (dead.file, dead.imported, dead.listed, dead.balanced) == (40, 15, 25, True)
    assert account.to_csv().splitlines()[:3] == [
        "line,identifier,outcome,column,value,remark",
        "2,70001,new,,,",
        '3,70001,listed,Web ID,70001,"It stands in line 2 already, word for word."',
    ]


NEW = (
    "Main ID", "Incident ID", "Incident Type", "Region of Incident", "Incident Date", "Incident Year",
    "Month", "Number of Dead", "Minimum Estimated Number of Missing", "Total Number of Dead and Missing",
    "Number of Survivors", "Number of Females", "Number of Males", "Number of Children",
    "Country of Origin", "Region of Origin", "Cause of Death", "Country of Incident", "Migration Route",
    "Location of Incident", "Coordinates", "UNSD Geographical Grouping", "Information Source", "URL",
    "Source Quality",
)  # fmt: skip
SPLIT = {
    "Main ID": "2024.MMP0100",
    "Incident ID": "2024.MMP0100.2",
    "Incident Type": "Split Incident",
    "Region of Incident": "Northern Africa",
    "Incident Date": "2024-02-03",
    "Number of Dead": 2,
    "Minimum Estimated Number of Missing": 5,
    "Total Number of Dead and Missing": 7,
    "Country of Origin": "Sudan, Eritrea, Unknown",
    "Region of Origin": "Eastern Africa",
    "Cause of Death": "Drowning, Violence",
    "Country of Incident": "Libya",
    "Migration Route": "Sahara Desert crossing",
    "Coordinates": "24.1, 13.2",
    "Source Quality": 5,
}
MONTH = {
    "Incident ID": "2024.MMP0101",
    "Incident Year": 2024,
    "Month": "February",
    "Country of Origin": "Niger",
}


def test_the_new_columns_and_the_keys_of_the_api_say_the_same_as_the_old_ones(office: Office) -> None:
    account = office.takes_incidents(sheet(NEW, SPLIT, MONTH))
    assert (outcomes(account), told(account)) == ({"new": 2}, [])
    assert account.notes == []
    report = {"event_tool": "MMP", "event_stage": "report"}
    assert said_rows(office) == [
        {
            **report,
            "source_id": "2024.MMP0100.2",
            "event_id": "2024.MMP0100",
            "event_date": date(2024, 2, 3),
            "reporting_date": date(2024, 2, 3),
            "incident_region": "north_africa",
            "incident_iso3": "LBY",
            "migration_route": "sahara",
            "death_cause": "mixed_unknown",
            "cause_said": "Drowning, Violence",
            "origin_countries": "SDN;ERI",
            "region_origin": "Eastern Africa",
            "dead": 2,
            "missing": 5,
            "lat": 24.1,
            "lon": 13.2,
            "source_quality": 5,
        },
        {
            **report,
            "source_id": "2024.MMP0101",
            "reporting_date": date(2024, 2, 1),
            "period_start": date(2024, 2, 1),
            "period_end": date(2024, 2, 29),
            "origin_iso3": "NER",
            "origin_countries": "NER",
        },
    ]
    api = [
        {"web_id": "2025.MMP0937", "region": "Europe", "reported_date": "2025-03-01T00:00:00",
         "number_dead": 3, "number_missing": None, "location_coodinates": "36.1, 14.2",
         "cause_death": "Drowning", "country_of_incident": "Malta", "source_quality": 4}
    ]  # fmt: skip
    account = office.takes_incidents(json.dumps({"data": api}).encode(), "api.json")
    assert (outcomes(account), told(account), account.encoding) == ({"new": 1}, [], "json")
    names = ("source_id", "reported_date", "dead", "missing", "incident_iso3", "lat")
    assert office.rows(event, *names)[-1] == ("2025.MMP0937", date(2025, 3, 1), 3, None, "MLT", 36.1)


def test_a_list_under_other_identifiers_is_stopped_before_it_counts_everybody_twice(office: Office) -> None:
    office.takes_incidents(sheet(OLD, ROAD, {**ROAD, "Web ID": "70007"}))
    renamed = sheet(OLD, {**ROAD, "Web ID": "2019.MMP0001"}, {**ROAD, "Web ID": "2019.MMP0002"})
    with pytest.raises(Conflict, match="None of the 2 rows"):
        office.takes_incidents(renamed)
    assert len(office.rows(event, "source_id")) == 2
    assert outcomes(office.takes_incidents(renamed, alongside=True)) == {"new": 2, "gone": 2}


def test_an_erased_incident_is_not_taken_in_again(office: Office) -> None:
    office.takes_incidents(LIST)
    root = original_id("missing_migrants", "70002")
    (uuid,) = [u for u, i in office.rows(submission, "uuid", "instance_id") if i == root]
    erase_submission(office.store, uuid, None, "asked for by the family")
    account = office.takes_incidents(sheet(OLD, WRECK, {**ROAD, "Number Dead": 2}, REMAINS))
    assert outcomes(account) == {"unchanged": 2, "listed": 1}
    assert told(account, listed=True) == [(3, "", "This record was erased here, and is not taken in again.")]
    assert office.rows(event, "source_id") == [("70001",), ("70003",)]
    assert account.balanced


def test_a_correction_made_here_and_one_of_the_list_are_both_kept_and_told(office: Office) -> None:
    office.takes_incidents(LIST)
    root = original_id("missing_migrants", "70002")
    compiled = compiled_form(office.store, office.project_uuid, "mmp_incident", "2026112201")
    assert compiled is not None
    answers = {"list/source_id": "70002", "day/reporting_date": "2019-10-09", "people/dead": "3"}
    xml = fill(compiled, answers, "uuid:by-a-coordinator", root)
    sender = Sender(office.project_uuid)
    Reception(office.store).accept(make_arrival(office.store.keyring, sender, read_envelope(xml), xml, now()))
    office.worker.drain()
    assert outcomes(office.takes_incidents(LIST)) == {"unchanged": 3}
    assert ("70002", 3) in office.rows(event, "source_id", "dead")
    account = office.takes_incidents(sheet(OLD, WRECK, {**ROAD, "Number Dead": 2}, REMAINS))
    assert outcomes(account) == {"changed": 1, "unchanged": 2}
    ((line, _, text),) = [one for one in told(account) if "corrected here" in one[2]]
    assert (line, text[:26]) == (3, "It was corrected here sinc")
    assert ("branched_edits",) in office.rows(flag, "code")
    assert len(office.rows(event, "source_id")) == 3


def test_a_closed_form_and_a_form_of_other_questions_are_said_before_anything_is_stored(
    office: Office,
) -> None:
    source = library()["mmp_incident"].decode()
    publish_form(office.store, office.project_id, source.encode(), "mmp_incident.md")
    office.store.write(lambda s: set_form_state(s, office.project_id, "mmp_incident", "closed"))
    with pytest.raises(Conflict, match="is closed"):
        office.takes_incidents(LIST)
    office.store.write(lambda s: set_form_state(s, office.project_id, "mmp_incident", "open"))
    local = source.replace("| cause_said |", "| cause_words |").replace("2026112201", "2026112202")
    publish_form(office.store, office.project_id, local.encode(), "mmp_incident.md")
    with pytest.raises(Conflict, match="does not ask people/cause_said"):
        office.takes_incidents(LIST)
    assert office.rows(submission, "id") == []


def test_what_is_no_such_list_is_refused_with_what_it_lacks(office: Office) -> None:
    with pytest.raises(Invalid, match="no column number of missing"):
        office.takes_incidents(sheet(("Web ID", "Number Dead"), ("1", 2)))
    with pytest.raises(NotFound):
        import_missing_migrants(office.store, 99, LIST, "list.csv")


def test_identities_follow_from_the_row_and_from_what_is_edited() -> None:
    root = original_id("missing_migrants", "70001")
    assert root == original_id("missing_migrants", "70001") != original_id("baseline", "70001")
    assert root.startswith("uuid:")
    first = edit_id("missing_migrants", "70001", root, {"a": "1", "b": "2"})
    assert first == edit_id("missing_migrants", "70001", root, {"b": "2", "a": "1"})
    assert first not in (edit_id("missing_migrants", "70001", first, {"a": "1", "b": "2"}), root)
