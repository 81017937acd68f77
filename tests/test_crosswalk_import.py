"""A statistics office brings its own codes: areas, ages, lists, as they hold on each day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import func, select

from forms import crosswalks
from forms.crosswalks import Unmapped
from sync.problems import Invalid, NotFound
from sync.registers.crosswalks import (
    export_crosswalk,
    import_crosswalk,
    list_crosswalks,
    project_crosswalk,
)
from sync.registers.entries import Report
from sync.setup import load_vocabulary
from sync.store import Store
from sync.tables import audit, change, code_crosswalk
from sync.tables.log import ChangeKind
from tests.datasets.rows import Country, country

OFFICE = """list_name,foreign_code,code,valid_from,valid_to,note
age_band,01,0_4,,,under five
age_band,02,5_11,,,
age_band,99,-,,,not asked
admin1,7,NO01,,2023-12-31,
admin1,7,SU02,2024-01-01,,after the reform
admin2,0701,NO0101,,,
"""


@pytest.fixture
def sahelia(store: Store) -> Country:
    return country(store)


def imports(of: Country, text: str, source: str = "insae", dry_run: bool = False) -> Report:
    return import_crosswalk(of.store, of.project_id, source, text.encode(), dry_run=dry_run)


def written(of: Country) -> Mapping[str, int]:
    counted = {
        "rows": select(func.count()).where(code_crosswalk.c.project_uuid == of.project_uuid),
        "changes": select(func.count()).where(change.c.kind == ChangeKind.CROSSWALK),
        "trail": select(func.count()).where(audit.c.action == "crosswalk.import"),
    }
    with of.store.read() as session:
        return {name: int(session.scalar(statement)) for name, statement in counted.items()}


def test_an_office_tries_its_table_and_imports_it(sahelia: Country) -> None:
    dry = imports(sahelia, OFFICE, dry_run=True)
    assert (len(dry.new), dry.dry_run, written(sahelia)) == (6, True, {"rows": 0, "changes": 0, "trail": 0})
    assert len(imports(sahelia, OFFICE).new) == 6
    assert imports(sahelia, OFFICE).unchanged == dry.new
    assert written(sahelia) == {"rows": 6, "changes": 1, "trail": 1}
    with sahelia.store.read() as session:
        office = project_crosswalk(session, sahelia.project_uuid, "insae")
    assert [office.ours("age_band", code) for code in ("01", "02", "99")] == ["0_4", "5_11", None]
    assert office.ours("admin1", "7", date(2023, 12, 31)) == "NO01"
    assert office.ours("admin1", "7", date(2024, 1, 1)) == "SU02"
    assert office.foreign("admin2", "NO0101") == "0701"
    with pytest.raises(Unmapped):
        office.ours("age_band", "03")


def test_what_is_exported_can_be_imported_again(sahelia: Country) -> None:
    imports(sahelia, OFFICE)
    with sahelia.store.read() as session:
        out = export_crosswalk(session, sahelia.project_id, "insae")
        assert sorted(out.splitlines()) == sorted(OFFICE.splitlines())
        with pytest.raises(NotFound):
            export_crosswalk(session, sahelia.project_id, "others")
    assert len(imports(sahelia, out).unchanged) == 6
    assert len(imports(sahelia, out, "second_list").new) == 6


def test_a_code_gets_another_meaning_and_the_rest_stays(sahelia: Country) -> None:
    imports(sahelia, OFFICE)
    report = imports(sahelia, "list_name;foreign_code;code\nage_band; 02 ;6_12\nage_band;03;12_17\n")
    assert (report.new, report.changed) == (["age_band 03"], ["age_band 02"])
    with sahelia.store.read() as session:
        office = project_crosswalk(session, sahelia.project_uuid, "insae")
    assert [office.ours("age_band", code) for code in ("01", "02", "03")] == ["0_4", "6_12", "12_17"]
    assert written(sahelia)["rows"] == 7


def test_every_row_that_cannot_be_is_told_and_nothing_is_written(sahelia: Country) -> None:
    table = (
        "list_name,foreign_code,code,valid_from,valid_to\n"
        "age_band,01,0_4,,\n"
        "age_band,01.,5_11,,\n"  # the same code, spelled otherwise
        "age_band,02,5_to_11,,\n"
        "agebands,03,0_4,,\n"
        "admin1,9,NO0101,,\n"
        "admin2,10,XX99,,\n"
        "age_band,,0_4,,\n"
        "age_band,11,60_plus,2026-01-01,2025-01-01\n"
        "admin1,7,NO01,,2024-01-01\n"
        "admin1,7,SU02,2024-01-01,\n"
    )
    with pytest.raises(Invalid) as refused:
        imports(sahelia, table)
    assert [(e["row"], e["column"]) for e in refused.value.errors] == [
        (3, "foreign_code"),
        (4, "code"),
        (5, "list_name"),
        (6, "code"),
        (7, "code"),
        (8, "foreign_code"),
        (9, "valid_to"),
        (11, "foreign_code"),
    ]
    assert all(e["hint"] for e in refused.value.errors)
    assert written(sahelia) == {"rows": 0, "changes": 0, "trail": 0}


def test_a_row_may_not_contradict_what_was_imported_before(sahelia: Country) -> None:
    imports(sahelia, OFFICE)
    with pytest.raises(Invalid) as refused:
        imports(sahelia, "list_name,foreign_code,code,valid_from\nage_band,01,5_11,2026-01-01\n")
    assert "0_4 in what is imported already" in str(refused.value.errors[0]["message"])


def test_what_waypost_ships_is_for_all_projects_and_nobodys_to_change(sahelia: Country) -> None:
    for source in ("dtm_api", "Insae Areas", "x"):
        with pytest.raises(Invalid):
            imports(sahelia, OFFICE, source)
    imports(sahelia, OFFICE)
    sahelia.store.write(load_vocabulary)  # the next start
    with sahelia.store.read() as session:
        listed = {one["source"]: one for one in list_crosswalks(session, sahelia.project_id)}
        shipped = project_crosswalk(session, sahelia.project_uuid, "dtm_api")
    assert listed["insae"] == {
        "source": "insae",
        "shipped": False,
        "lists": ["admin1", "admin2", "age_band"],
        "codes": 6,
    }
    assert {name: (one["shipped"], one["codes"]) for name, one in listed.items() if one["shipped"]} == {
        source: (True, len(crosswalks.shipped(source).crossings)) for source in crosswalks.sources()
    }
    assert shipped.ours("displacement_reason", "Conflict") == "conflict"
