"""docs/PERFORMANCE.md from the figures: what was measured, against what, and which goals are met."""

from __future__ import annotations

from collections.abc import Iterable

from bench.machine import describe, fsync_us
from bench.odata import Reads
from bench.places import Geotag
from bench.receipt import CONCURRENCIES, ENGINES, Figure
from bench.whole_way import Way

Figures = dict[tuple[str, int, str], Figure]

GOAL_RATE, GOAL_CPU, GOAL_PER_CORE, GOAL_GEOTAG_US = 6.0, 6.0, 500.0, 30.0
GOAL_PAGE_MS = 50.0
CENTRAL_ODATA, CENTRAL_CSV = 2800.0, 4400.0
"""Rows a second of ODK Central, the upper of what was measured on such a machine."""
GOAL_ODATA, GOAL_CSV = 40.0, 20.0


def page(figures: Figures, ways: dict[str, Way], geotag: Geotag, reads: Reads, rounds: int) -> str:
    median, p99 = fsync_us()
    machine = describe()
    return "\n".join(
        [
            "# Performance",
            "",
            f"Written by `make bench`: one run, the three servers taking turns, median of {rounds} rounds. Compare",
            "figures of one page only; rates move with the machine's load, processor time per submission hardly.",
            "",
            f"- {machine['processor']}; {machine['system']}",
            f"- {machine['libraries']}",
            f"- durable 4 KB write (fdatasync): {median:.0f} us median, {p99:.0f} us at the 99th percentile",
            "",
            "## Receipt",
            "",
            "One day's registry form with two groups, authenticated. *Waypost*: sealed, keyed, logged, the answer after",
            "the commit. *Plain*: `bench/plain.py`, what most people would write: UploadFile, a SQLModel session per",
            "request, the same authentication, tables, index and durability, but no sealing, keys or change log.",
            "*Discard*: parse the multipart body and throw it away. The load generator runs on the same machine.",
            "",
            *_receipt_table(figures),
            "",
            "## Goals",
            "",
            *_goals(figures, ways, geotag, reads),
            "",
            "## The whole way",
            "",
            "From the bytes of a request body to harmonised rows, flags, tags and pairs, without HTTP: processor time of",
            "the process and of the child that runs the steps, per submission of two groups with their splits.",
            "",
            "| engine | receive | derive | derived a second (wall) | whole way a second and core |",
            "| --- | ---: | ---: | ---: | ---: |",
            *(
                f"| {engine} | {way.receive_us:.0f} us | {way.derive_us:.0f} us | {way.derived_per_s:.0f} "
                f"| {way.per_core:.0f} |"
                for engine, way in ways.items()
            ),
            "",
            "## Geotag",
            "",
            f"{geotag.areas:,} areas of 400 vertices: opened in {geotag.open_ms:.0f} ms and {geotag.open_mb:.0f} MB; a point",
            f"costs {geotag.cold_us:.0f} us the first time in an area and {geotag.warm_us:.0f} us after that. The whole step, with the",
            f"declared place, the check of the border and the nearest of 400 sites, costs {geotag.step_us:.0f} us.",
            "",
            "## Reading",
            "",
            *_reading(reads),
            "",
        ]
    )


def _reading(reads: Reads) -> Iterable[str]:
    """What a reader waits for; one page of the goals is told in it."""
    yield "Whole tables of 6,000 submissions (28 answers each, `__system` with them) and of their 54,000 repeat rows, on"
    yield "SQLite. *Plain*: loops of `sqlite3`, `orjson` and `csv` over the same rows, without scope, names, keys or links."
    yield "*v Central*: against the upper of the rates measured for ODK Central, in a run of its own."
    yield ""
    yield "| | processor time a row | rows a second and core | v Central | plain | v plain |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for what, own, plain, central in (
        ("OData, submissions", reads.root_us, reads.plain_root_us, CENTRAL_ODATA),
        ("OData, repeat rows", reads.repeat_us, reads.plain_repeat_us, CENTRAL_ODATA),
        ("csv.zip, both", reads.csv_us, reads.plain_csv_us, CENTRAL_CSV),
    ):
        rate = 1e6 / own
        yield f"| {what} | {own:.1f} us | {rate:,.0f} | {rate / central:.0f}x | {plain:.1f} us | {own / plain:.1f}x |"
    yield ""
    yield (
        f"A page of 250 repeat rows takes {reads.first_page_ms:.0f} ms at the beginning and "
        f"{reads.deep_page_ms:.0f} ms at the end of the table, asked for by number."
    )


def _receipt_table(figures: Figures) -> Iterable[str]:
    yield "| engine | at once | | submissions/s | p99 | processor time each | v plain: rate | v plain: processor | v discard: processor |"
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for engine in ENGINES:
        for concurrency in CONCURRENCIES:
            own, plain, discard = (
                figures[engine, concurrency, kind] for kind in ("waypost", "plain", "discard")
            )
            start = f"| {engine} | {concurrency}"
            yield (
                f"{start} | Waypost | {own.rate:.0f} | {own.p99_ms:.1f} ms | {own.cpu_us:.0f} us "
                f"| {own.rate / plain.rate:.1f}x | 1/{plain.cpu_us / own.cpu_us:.1f} | {own.cpu_us / discard.cpu_us:.1f}x |"
            )
            yield f"{start} | plain | {plain.rate:.0f} | {plain.p99_ms:.1f} ms | {plain.cpu_us:.0f} us | | | |"
            yield f"{start} | discard | {discard.rate:.0f} | {discard.p99_ms:.1f} ms | {discard.cpu_us:.0f} us | | | |"


def _goals(figures: Figures, ways: dict[str, Way], geotag: Geotag, reads: Reads) -> Iterable[str]:
    yield "| goal | measured | |"
    yield "| --- | --- | --- |"
    for engine in ENGINES:
        own, plain = figures[engine, 32, "waypost"], figures[engine, 32, "plain"]
        rate, cpu = own.rate / plain.rate, plain.cpu_us / own.cpu_us
        yield _goal(
            f"receipt at 32 at once, {engine}: at least {GOAL_RATE:.0f}x the plain rate",
            f"{rate:.1f}x",
            rate >= GOAL_RATE,
        )
        yield _goal(
            f"receipt at 32 at once, {engine}: at most 1/{GOAL_CPU:.0f} of the plain processor time",
            f"1/{cpu:.1f}",
            cpu >= GOAL_CPU,
        )
    for engine, way in ways.items():
        yield _goal(
            f"whole way, {engine}: at least {GOAL_PER_CORE:.0f} submissions a second and core",
            f"{way.per_core:.0f}",
            way.per_core >= GOAL_PER_CORE,
        )
    yield _goal(
        f"first page of 250 of 54,000 repeat rows over OData: at most {GOAL_PAGE_MS:.0f} ms",
        f"{reads.first_page_ms:.0f} ms",
        reads.first_page_ms <= GOAL_PAGE_MS,
    )
    for what, us, central, goal in (
        ("OData, submissions", reads.root_us, CENTRAL_ODATA, GOAL_ODATA),
        ("OData, repeat rows", reads.repeat_us, CENTRAL_ODATA, GOAL_ODATA),
        ("csv.zip", reads.csv_us, CENTRAL_CSV, GOAL_CSV),
    ):
        ratio = 1e6 / us / central
        yield _goal(f"{what}: at least {goal:.0f}x Central's rate", f"{ratio:.0f}x", ratio >= goal)
    yield _goal(
        f"from a point to its areas, warm: at most {GOAL_GEOTAG_US:.0f} us",
        f"{geotag.warm_us:.0f} us",
        geotag.warm_us <= GOAL_GEOTAG_US,
    )


def _goal(goal: str, measured: str, is_met: bool) -> str:
    return f"| {goal} | {measured} | {'met' if is_met else '**missed**'} |"
