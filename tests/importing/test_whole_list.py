"""The public list as it is, 2014 to 2019, whole: every row imported or listed, and not one person lost."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from sync.tables import HARMONISED, submission_version
from tests.importing.office import Office, outcomes

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED_DATA_FOR_TESTS") or ROOT.parent / "shared" / "data")
LIST = SHARED / "missing_migrants" / "MissingMigrants_2014_2019.csv"

pytestmark = pytest.mark.skipif(
    not LIST.is_file(), reason=f"{LIST} is not here; SHARED_DATA_FOR_TESTS names the folder"
)
event = HARMONISED["event"]
NUMBERS = {"dead": "Number Dead", "missing": "Minimum Estimated Number of Missing"}


def by_hand(text: str) -> dict[str, dict[str, int | None]]:
    """Dead and missing by identifier, read again as simply as can be."""
    return {
        row["Web ID"]: {ours: int(row[column]) if row[column] else None for ours, column in NUMBERS.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    }


@pytest.mark.nightly  # six thousand records, three imports and a rebuild: a hundred seconds on each engine
def test_the_whole_list_comes_in_changes_as_edits_and_is_rebuilt_alike(office: Office) -> None:
    text = LIST.read_bytes().decode("cp1252")
    expected = by_hand(text)

    account = office.takes_incidents(LIST.read_bytes(), LIST.name)
    assert outcomes(account) == {"new": len(expected)}
    assert account.rows == len(expected) == 6069
    assert (account.encoding, account.unmatched, account.balanced) == ("cp1252", {}, True)
    totals = {ours: sum(row[ours] or 0 for row in expected.values()) for ours in NUMBERS}
    assert {ours: account.sums[column].imported for ours, column in NUMBERS.items()} == totals
    found = {
        source: {"dead": dead, "missing": missing}
        for source, dead, missing in office.rows(event, "source_id", "dead", "missing")
    }
    assert found == expected  # each by itself: what is not known is null, and never 0

    first = office.hash()
    assert outcomes(office.takes_incidents(LIST.read_bytes(), LIST.name)) == {"unchanged": 6069}
    assert office.hash() == first

    changed = text.replace('"39.207629332807, 26.683134343416"', '"39.2, 26.7"').replace(
        "52483,Mediterranean,7-Oct-19,2019,Oct,13,15,28", "52483,Mediterranean,7-Oct-19,2019,Oct,14,20,34"
    )
    account = office.takes_incidents(changed.encode("cp1252"), LIST.name)
    assert outcomes(account) == {"changed": 2, "unchanged": 6067}
    assert {ours: account.sums[column].imported for ours, column in NUMBERS.items()} == {
        "dead": totals["dead"] + 1,
        "missing": totals["missing"] + 5,
    }
    rows = office.rows(event, "dead", "missing")
    assert (sum(d or 0 for d, _ in rows), sum(m or 0 for _, m in rows)) == (
        totals["dead"] + 1,
        totals["missing"] + 5,
    )
    states = [state for (state,) in office.rows(submission_version, "state")]
    assert (states.count("current"), states.count("edit")) == (6069, 2)
    assert office.rebuilds_alike()
