"""The verdict: a process of its own that compares what the tablets noted with what the server has.

In: the tablets' ledgers; the database and its files, opened with the master key; the datasets, read over HTTP
with a reader's token. Out: each promise with `ok` or `broken` and what is wrong, and the exit status 0 only
when every one held. It shares no state with the processes it judges.

    python -m server.demo.verdict --data demo-data --url http://127.0.0.1:8080
        --ledgers demo-data/demo/ledgers --token-file demo-data/demo/reader.token
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from server.demo.coordinator import Coordinator
from server.demo.ledger import Entry, read_ledgers
from server.demo.office import NEW_FMR, OLD_FMR
from server.demo.recount import Recount
from server.demo.world import World, build_world
from sync.contents import Contents, read_contents
from sync.store import open_store


@dataclass
class Promise:
    """What must hold: how much was looked at (`seen`) and, line by line, where it does not (`broken`)."""

    title: str
    seen: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken and self.seen > 0

    def expect(self, holds: bool, otherwise: str) -> None:
        self.seen += 1
        if not holds:
            self.broken.append(otherwise)

    def equal(self, what: str, found: Any, expected: Any) -> None:
        self.expect(found == expected, f"{what}: {found!r} where the ledgers have {expected!r}")


@dataclass(frozen=True)
class Case:
    """Everything the promises are held against."""

    entries: list[Entry]
    recount: Recount
    stored: Contents
    coordinator: Coordinator
    world: World

    def told(self, story: str) -> list[Entry]:
        """The entries of one story, acknowledged or not."""
        return [entry for entry in self.entries if entry.story == story]


def acknowledged_is_there(case: Case, promise: Promise) -> None:
    bodies = case.stored.bodies
    for entry in case.entries:
        if entry.acknowledged:
            found = bodies.count((entry.form, entry.instance_id, entry.sha256))
            promise.expect(found == 1, f"{entry.tablet} {entry.instance_id} is there {found} times")
    identities = [(form, instance) for form, instance, _ in bodies]
    for identity in sorted(set(identities)):
        sent = {e.sha256 for e in case.entries if (e.form, e.instance_id) == identity}
        promise.expect(
            case.stored.identities.count(identity) == 1 and identities.count(identity) <= len(sent),
            f"{identity[1]} of {identity[0]} is there more than once",
        )


def nothing_is_invented(case: Case, promise: Promise) -> None:
    attempted = {(e.form, e.instance_id, e.sha256) for e in case.entries if e.attempted}
    for body in case.stored.bodies:
        promise.expect(body in attempted, f"{body[1]} of {body[0]} holds a body no tablet sent")
    files = {
        (e.form, e.instance_id, name, sha)
        for e in case.entries
        if e.attempted
        for name, sha in e.files.items()
    }
    for held in case.stored.files:
        promise.expect(held in files, f"{held[1]} holds a file {held[2]} no tablet sent")


def files_are_there(case: Case, promise: Promise) -> None:
    for entry in case.entries:
        for name in sorted(entry.acknowledged_files):
            wanted = (entry.form, entry.instance_id, name, entry.files[name])
            found = case.stored.files.count(wanted)
            promise.expect(
                found == 1, f"{entry.tablet} {entry.instance_id} {name}: {found} times with its bytes"
            )


def held_as_expected(case: Case, promise: Promise) -> None:
    expected = sorted(
        (e.instance_id, e.expects["held"]) for e in case.entries if e.acknowledged and "held" in e.expects
    )
    promise.equal("held submissions", sorted(case.stored.held), expected)


def both_bodies_are_kept(case: Case, promise: Promise) -> None:
    for entry in case.told("the same instanceID with another body"):
        states = case.stored.states[entry.form, entry.instance_id]
        promise.equal(f"{entry.instance_id}, its versions", sorted(states), ["conflict", "current"])
        flagged = case.stored.flags.get(entry.instance_id, set())
        promise.expect("conflicting_versions" in flagged, f"{entry.instance_id} is not flagged")


def days_add_up(case: Case, promise: Promise) -> None:
    found = {
        (row["flow_tool"], row["place_id"], row["date"]): row["movements"]
        for row in case.coordinator.rows("flow_daily")
        if row["movements"]
    }
    expected = {key: total for key, total in case.recount.movements.items() if total}
    for key in sorted({*found, *expected}):
        promise.equal(" ".join(key), found.get(key), expected.get(key))


def zero_is_not_silence(case: Case, promise: Promise) -> None:
    rows = {
        (row["place_id"], row["date"]): (row["outcome"], row["movements"])
        for row in case.coordinator.rows("flow_daily", tool="FMR")
    }
    for (place, day), outcome in case.recount.outcomes.items():
        expected: tuple[str, int | None] = ("observed", case.recount.movements.get(("FMR", place, day), 0))
        if outcome == "not_observed":
            expected = ("not_observed", None)
        promise.equal(f"{place} {day}", rows.get((place, day)), expected)
    for number in range(7):
        day = str(case.world.day(number))
        promise.equal(f"FMP-05 {day}, silent", rows.get(("FMP-05", day)), ("missing", None))
    told = set(case.recount.outcomes.values())
    promise.equal("kinds of day the ledgers have", told, {"movement", "no_movement", "not_observed"})


def pair_is_under_review(case: Case, promise: Promise) -> None:
    herd = {e.instance_id for e in case.told("one herd, two informants")}
    pairs = [pair for pair in case.stored.pairs if set(pair) == herd]
    promise.expect(len(pairs) == 1, f"{len(pairs)} pairs of the two reports of one herd")
    for row in case.coordinator.rows("flow", tool="TTT"):
        if row["instance_id"] in herd:
            counted = row["under_review"] and row["status"] == "valid" and row["n_ind"] == 6
            promise.expect(bool(counted), f"{row['instance_id']} is not under review and counted")
    days = case.coordinator.rows("flow_daily", tool="TTT", place="CP-01")
    reviewed = [(d["movements"], d["movements_without_review"]) for d in days if d["n_under_review"]]
    promise.equal("movements of the day, with and without those under review", reviewed, [(12, 0)])


def edits_are_applied(case: Case, promise: Promise) -> None:
    wanted = sorted(case.recount.baseline)
    found = sorted(
        [
            row["population_category"] or row["record_type"],
            row["place_id"],
            row["reporting_date"],
            row["operational_status"] or row["ind"],
        ]
        for row in case.coordinator.rows("baseline")
        if row["record_type"] == "place_status" or row["population_category"] == "idp"
    )
    promise.equal("rows of the baseline", _sortable(found), _sortable(wanted))
    for story in ("an edit before its original", "an edit that is applied"):
        edits = case.told(story)
        promise.expect(
            bool(edits) and all((e.acknowledged and 202 in e.statuses) or 201 in e.statuses for e in edits),
            f"no story of {story}",
        )


def old_tags_are_kept(case: Case, promise: Promise) -> None:
    country = case.world.country
    early = {e.instance_id for e in case.entries if e.form == "fmr" and _sent_on(e, case.world, (0, 1))}
    for row in case.coordinator.rows("flow", place="FMP-03", tool="FMR"):
        where = f"{row['instance_id']} {row['reporting_date']}"
        placed = (row["adm2_pcode"], row["boundary_release"])
        promise.equal(f"{where}, placed", placed, (country.split_into, "v02"))
        if row["instance_id"] in early:
            tags = case.stored.tags.get(row["record_id"], {})
            promise.equal(f"{where}, its tags", tags, {"v01": country.split_from, "v02": country.split_into})


def versions_are_kept_apart(case: Case, promise: Promise) -> None:
    versions = {row["instance_id"]: row["form_version"] for row in case.coordinator.rows("flow", tool="FMR")}
    for entry in case.recount.counted:
        if entry.form == "fmr" and entry.instance_id in versions and entry.deprecates is None:
            promise.equal(
                f"{entry.instance_id}, its form version", versions[entry.instance_id], entry.version
            )
    late = {e.version for e in case.told("an old form version")}
    promise.equal("versions of the tablet that did not update", late, {OLD_FMR})
    promise.equal("versions in the dataset", set(versions.values()), {OLD_FMR, NEW_FMR})


def doubt_is_flagged(case: Case, promise: Promise) -> None:
    for entry in case.entries:
        for flag in entry.expects.get("flags", ()):
            found = case.stored.flags.get(entry.instance_id, set())
            promise.expect(flag in found, f"{entry.instance_id} is not flagged {flag} but {sorted(found)}")


def everything_is_processed(case: Case, promise: Promise) -> None:
    health = case.coordinator.health()
    promise.equal("waiting and parked", (health["waiting"], health["parked"]), (0, 0))


def nobody_else_reads(case: Case, promise: Promise) -> None:
    address = f"{case.coordinator.base_url}/v1/projects/{case.coordinator.project_id}/figures/flow.json"
    promise.equal("without a token", httpx.get(address, trust_env=False).status_code, 401)


PROMISES: dict[str, Callable[[Case, Promise], None]] = {
    "Every acknowledged submission is there, byte for byte, exactly once": acknowledged_is_there,
    "Every acknowledged photo is there, byte for byte, exactly once": files_are_there,
    "Nothing is there that no tablet sent": nothing_is_invented,
    "What cannot be applied yet is held, and nothing else is": held_as_expected,
    "Two bodies under one instanceID are both kept, and flagged": both_bodies_are_kept,
    "Movements by point and day are what the enumerators counted": days_add_up,
    "Zero, not observed and silent are told apart": zero_is_not_silence,
    "One herd told by two informants is under review, and counted": pair_is_under_review,
    "Edits are applied, also one that came before its original": edits_are_applied,
    "A new boundary release moved its rows and kept their old tags": old_tags_are_kept,
    "Each form version is processed as it was filled in": versions_are_kept_apart,
    "Wrong clocks are flagged": doubt_is_flagged,
    "Nothing waits and nothing is parked": everything_is_processed,
    "Without a token nobody reads": nobody_else_reads,
}


def judge(case: Case) -> list[Promise]:
    """Hold every promise against the case. One that cannot be checked is broken."""
    promises = []
    for title, check in PROMISES.items():
        promise = Promise(title)
        try:
            check(case, promise)
        except Exception as error:
            promise.broken.append(f"could not be checked: {type(error).__name__}: {error}")
        promises.append(promise)
    return promises


def figures(case: Case) -> dict[str, int]:
    """The account's numbers."""
    statuses = [status for entry in case.entries for status in entry.statuses]
    return {
        "filled": len(case.entries),
        "attempts": sum(entry.attempts for entry in case.entries),
        "answers_lost_or_refused": sum(e.attempts for e in case.entries)
        - sum(s in (201, 202) for s in statuses),
        "acknowledged": sum(entry.acknowledged for entry in case.entries),
        "received": len(set(case.stored.identities)),
        "bodies": len(case.stored.bodies),
        "files": len(case.stored.files),
        "held": len(case.stored.held),
        "flagged": len(case.stored.flags),
        "pairs_under_review": len(case.stored.pairs),
        "edits": sum(entry.deprecates is not None for entry in case.entries),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge and print; 0 when every promise held, else 1."""
    options = _options(arguments)
    world = build_world(options.seed, options.monday)
    coordinator = Coordinator(options.url, options.token_file.read_text().strip(), options.project)
    entries = read_ledgers(options.ledgers)
    store = open_store(options.data, options.database)
    try:
        case = Case(entries, Recount.of(entries), read_contents(store, options.project), coordinator, world)
        promises = judge(case)
        value = {
            "ok": all(promise.ok for promise in promises),
            "promises": [{**asdict(promise), "ok": promise.ok} for promise in promises],
            "figures": figures(case),
        }
    finally:
        store.close()
    if options.json:
        json.dump(value, sys.stdout)
    else:
        print(told(value))
    return 0 if value["ok"] else 1


def told(value: dict[str, Any]) -> str:
    """The promises, for people."""
    lines = []
    for promise in value["promises"]:
        lines.append(
            f"  {'ok    ' if promise['ok'] else 'BROKEN'}  {promise['title']}  ({promise['seen']} checks)"
        )
        lines += [f"          {line}" for line in promise["broken"][:8]]
        if not promise["ok"] and not promise["broken"]:
            lines.append("          there was nothing to check")
    return "\n".join(lines)


def _sent_on(entry: Entry, world: World, days: Sequence[int]) -> bool:
    wanted = {str(world.day(number)) for number in days}
    return any(day in wanted for _, _, day, _ in entry.expects.get("flow", ()))


def _sortable(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(cell) for cell in row) for row in rows)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m server.demo.verdict", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database")
    parser.add_argument("--url", required=True)
    parser.add_argument("--ledgers", type=Path, required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--project", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--monday", type=date.fromisoformat, default=None)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
