from __future__ import annotations

from sync.webhooks.hooks import create_hook
from sync.webhooks.queue import queue_test
from tests.contract.matrix.row import ON_PROJECT, Made, Row, Rows
from tests.server.office import Office

_URL = "https://hooks.example.org/waypost"
_LIST = ON_PROJECT + "/webhooks"
_ONE = _LIST + "/{webhook_id}"
_VERB = "project.update"


def hook(office: Office, project_id: int) -> Made:
    store = office.store
    made, _ = store.write(lambda s: create_hook(s, store.keyring, project_id, _URL))
    delivery = store.write(lambda s: queue_test(s, made))
    return {"webhook_id": made.id, "delivery_id": delivery}


ROWS: Rows = {
    ("GET", _LIST): Row("project", _VERB),
    ("POST", _LIST): Row("project", _VERB, {"url": _URL}),
    ("GET", _ONE): Row("project", _VERB, needs=(hook,)),
    ("PATCH", _ONE): Row("project", _VERB, {"paused": True}, needs=(hook,)),
    ("DELETE", _ONE): Row("project", _VERB, needs=(hook,)),
    ("POST", _ONE + "/test"): Row("project", _VERB, needs=(hook,)),
    ("GET", _ONE + "/deliveries"): Row("project", _VERB, needs=(hook,)),
    ("POST", _ONE + "/deliveries/{delivery_id}/redeliver"): Row("project", _VERB, needs=(hook,)),
}
