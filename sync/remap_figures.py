"""What a mapping amounts to, in numbers: rows per table, and the sums a coordinator knows by heart.

Rows come in one by one, derived just now or read back from the tables; a Tally goes out. Sums name their tool
and are made only of what may be added: stocks within one breakdown, never across tools (DOMAIN 2.6, 2.8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from sync.store import ReadSession
from sync.tables import HARMONISED, flow, flow_split

SUMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # table: (what is added up, what it is told apart by)
    "flow": (("n_ind",), ("flow_tool",)),
    "baseline": (("ind", "hh"), ("assessment_type", "population_category")),
    "event": (("n_ind", "dead", "missing", "injured"), ("event_tool",)),
}

Figure = tuple[str, str, tuple[tuple[str, str | None], ...]]
"""(table, variable, ((variable, code), ...)): flow, n_ind, flow_tool=FMR."""


@dataclass
class Tally:
    """Rows by table, and sums by figure. A sum of which every part is unknown is absent, not 0."""

    rows: Counter[str] = field(default_factory=Counter)
    sums: dict[Figure, int] = field(default_factory=dict)

    def add(self, table: str, values: Mapping[str, Any]) -> None:
        """Count a row; rows a decision took out of every figure are rows, and in no sum."""
        self.rows[table] += 1
        added, apart = SUMS.get(table, ((), ()))
        if values.get("status") != "valid":
            return
        if table == "baseline" and values.get("breakdown") != "total":
            return
        for name in added:
            if values.get(name) is not None:
                figure = (table, name, tuple((by, values.get(by)) for by in apart))
                self.sums[figure] = self.sums.get(figure, 0) + values[name]


def stored_tally(session: ReadSession, project_uuid: str, form_id: str, versions: list[str]) -> Tally:
    """The tally of the rows that are in the tables now, of some versions of one form."""
    tally = Tally()
    for name, table in HARMONISED.items():
        if table is flow_split:
            continue
        added, apart = SUMS.get(name, ((), ()))
        names = [*dict.fromkeys(("status", *added, *apart, *(("breakdown",) if name == "baseline" else ())))]
        rows = select(*(table.c[column] for column in names)).where(
            table.c.project_uuid == project_uuid,
            table.c.form_id == form_id,
            table.c.form_version.in_(versions),
        )
        for batch in session.stream(rows):
            for row in batch:
                tally.add(name, dict(zip(names, row, strict=True)))
    splits = (
        select(flow_split.c.record_id)
        .join(flow, flow.c.record_id == flow_split.c.record_id)
        .where(
            flow.c.project_uuid == project_uuid, flow.c.form_id == form_id, flow.c.form_version.in_(versions)
        )
    )
    for batch in session.stream(splits):
        tally.rows["flow_split"] += len(batch)
    return tally


def figures_beside(before: Tally, after: Tally) -> Iterator[dict[str, Any]]:
    """Each figure before and after, as the command line shows it; None where nothing is known."""
    figures = sorted({*before.sums, *after.sums}, key=repr)
    for figure in figures:
        table, variable, apart = figure
        yield {
            "figure": f"{table}.{variable}",
            "of": {name: code for name, code in apart if code is not None},
            "before": before.sums.get(figure),
            "after": after.sums.get(figure),
        }
