"""A reader: asks the datasets and the health of a server over HTTP, with a reader's token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

Row = dict[str, Any]


class Coordinator:
    """Reads one project.

    base_url  the server's address, `http://127.0.0.1:8080`
    token     from `waypost token create`
    patient   wait before each reading until everything received is processed
    """

    def __init__(self, base_url: str, token: str, project_id: int = 1, patient: bool = False) -> None:
        self.base_url = base_url.rstrip("/")
        self.project_id = project_id
        self.patient = patient
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def rows(self, dataset: str, **filters: Any) -> list[Row]:
        """A dataset's rows. Filters are the endpoint's own: place, tool, `date_from`, `date_to` ..."""
        if self.patient:
            self.waits_until_processed()
        names = {"date_from": "from", "date_to": "to"}
        answer = self._client.get(
            f"{self.base_url}/v1/projects/{self.project_id}/figures/{dataset}.json",
            params={names.get(key, key): str(value) for key, value in filters.items()},
        )
        answer.raise_for_status()
        rows: list[Row] = answer.json()
        return rows

    def flows(self, point: str | None = None, tool: str | None = None) -> list[Row]:
        """Movements by direction: `[{"direction": "outgoing", "n_ind": 41, "submissions": 1}]`, sorted."""
        totals: dict[str, tuple[int, set[str]]] = {}
        for row in self.rows("flow", **_given(place=point, tool=tool)):
            direction = row["direction"] or "unknown"
            count, submissions = totals.get(direction, (0, set()))
            totals[direction] = (count + (row["n_ind"] or 0), submissions | {row["instance_id"]})
        return [
            {"direction": direction, "n_ind": count, "submissions": len(submissions)}
            for direction, (count, submissions) in sorted(totals.items())
        ]

    def days(self, point: str, *columns: str, **filters: Any) -> list[Row]:
        """flow_daily of a point, only the columns asked for (default: date, outcome, movements)."""
        wanted = columns or ("date", "outcome", "movements")
        rows = self.rows("flow_daily", place=point, **filters)
        return [{name: row[name] for name in wanted} for row in rows]

    def health(self) -> Row:
        """What waits, what is parked."""
        answer = self._client.get(f"{self.base_url}/health")
        answer.raise_for_status()
        health: Row = answer.json()
        return health

    def waits_until_processed(
        self, timeout_s: float = 60.0, progress: Callable[[int], None] = lambda waiting: None
    ) -> Row:
        """Poll health until nothing waits. Raises TimeoutError, naming what still does."""
        deadline = time.monotonic() + timeout_s
        while True:
            health = self.health()
            progress(int(health["waiting"]))
            if not health["waiting"]:
                return health
            if time.monotonic() > deadline:
                raise TimeoutError(f"{health['waiting']} submissions still wait after {timeout_s:.0f} s.")
            time.sleep(0.05)


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}
