from __future__ import annotations

from tests.contract.matrix.row import ON_PROJECT, Row, Rows

ROWS: Rows = {
    ("POST", ON_PROJECT + "/key"): Row(
        "project", "project.update", {"passphrase": "three camels at the well"}, also=(409,)
    ),
}
