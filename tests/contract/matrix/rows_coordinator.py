from __future__ import annotations

from tests.contract.matrix.row import ON_FORM, ON_PROJECT, Row, Rows, key

_USER = ON_PROJECT + "/app-users/{app_user_id}"

ROWS: Rows = {
    ("GET", _USER + "/ledger"): Row("project", "field_key.list", needs=(key,)),
    ("GET", _USER + "/ledger.txt"): Row("project", "field_key.list", needs=(key,)),
    ("GET", ON_PROJECT + "/held"): Row("project", "submission.update"),
    ("POST", ON_PROJECT + "/held/{held_id}/{action}"): Row(
        "project", "submission.update", {"reason": "whatever it is"}, also=(404,)
    ),
    ("POST", ON_FORM + "/submissions/{instance_id}/return"): Row(
        "form", "submission.update", {"message": "whatever it is"}, also=(404,)
    ),
}
