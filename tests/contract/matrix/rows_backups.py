from __future__ import annotations

from tests.contract.matrix.row import Row, Rows

ROWS: Rows = {("POST", "/v1/backup"): Row("site", "backup.run", {"passphrase": "x"})}
