"""What happened, told to people: the numbers, the daily flow table, the promises, and where to look next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.demo.coordinator import Coordinator
from server.demo.verdict import told
from server.demo.world import World

_CELLS = {"missing": "silent", "not_observed": "n/obs"}


@dataclass(frozen=True)
class Account:
    """The account of one demo."""

    verdict: dict[str, Any]
    coordinator: Coordinator
    world: World
    url: str
    data: Path
    database: str
    project_id: int

    def text(self, seconds: float) -> str:
        """All of it."""
        broken = sum(not promise["ok"] for promise in self.verdict["promises"])
        ending = "Every promise held." if self.verdict.get("ok") else f"{broken} PROMISES WERE BROKEN."
        parts = (self._numbers(), self._daily(), "Promises\n" + told(self.verdict), self._where())
        return "\n" + "\n\n".join(parts) + f"\n\n{ending}  ({seconds:.1f} s)"

    def _numbers(self) -> str:
        f = self.verdict["figures"]
        if not f:
            return "The verdict could not be reached; see the messages above."
        lost = f"{f['answers_lost_or_refused']} were cut, refused, or their answer was lost"
        lines = [
            (f["filled"], "filled in", f"forms, {f['edits']} of them edits"),
            (f["attempts"], "sent", f"requests; {lost}"),
            (
                f["received"],
                "received once",
                f"submissions in {f['bodies']} bodies, with {f['files']} photos",
            ),
            (f["held"], "held", "until its form is published"),
            (f["flagged"], "flagged", "with the reason; every figure stays"),
            (f["pairs_under_review"], "under review", "pair(s) that may be one group; both stay counted"),
        ]
        told_lines = [f"  {name:<14}{count:>6}   {what}" for count, name, what in lines]
        return "\n".join(["What the tablets did, and what arrived", *told_lines])

    def _daily(self) -> str:
        """Movements by point and day. 0 is a recorded zero, silent is nobody heard of, n/obs not observed."""
        days = [self.world.day(number) for number in range(7)]
        cells: dict[tuple[str, str], str] = {}
        for row in self.coordinator.rows("flow_daily", date_from=days[0], date_to=days[-1]):
            if row["flow_tool"] in ("FMR", "TTT"):
                review = "*" if row["n_under_review"] else ""
                shown = row["movements"] if row["movements"] is not None else _CELLS.get(row["outcome"], "?")
                cells[row["place_id"], row["date"]] = f"{shown}{review}"
        points = [p for p in self.world.points.values() if p.weekdays]
        width = max(len(f"{p.code} {p.name}") for p in points)
        lines = [
            "Movements by point and day",
            " " * (width + 2) + "".join(f"{day:%a %d}".rjust(8) for day in days),
        ]
        lines += [
            "  "
            + f"{p.code} {p.name}".ljust(width)
            + "".join(cells.get((p.code, str(d)), "-").rjust(8) for d in days)
            for p in points
        ]
        lines.append(
            "  0 observed, nobody passed · n/obs nobody could observe · silent expected, never heard of"
        )
        lines.append("  - not expected · * under review, counted")
        return "\n".join(lines)

    def _where(self) -> str:
        token = self.data / "demo" / "reader.token"
        base = f"{self.url}/v1/projects/{self.project_id}/figures"
        waypost = f"waypost --data {self.data}" + (
            "" if self.database.startswith("sqlite") else f" --database '{self.database}'"
        )
        ask = f'curl -H "Authorization: Bearer $(cat {token})"'
        return "\n".join(
            (
                "Where things are",
                f"  data folder      {self.data.resolve()}",
                f"  tablets' ledgers {(self.data / 'demo' / 'ledgers').resolve()}",
                f"  forms and places {(self.data / 'demo' / 'files').resolve()}",
                f"  server           {self.url}",
                "Try",
                f"  {ask} {base}/flow_daily.csv",
                f"  {ask} '{base}/flow.csv?hxl=true'",
                f"  {ask} {base}/flow.geojson",
                f"  {waypost} submission list --state held",
                f"  {waypost} duplicates list --project {self.project_id}",
            )
        )
