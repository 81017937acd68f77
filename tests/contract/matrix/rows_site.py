from __future__ import annotations

from itertools import count

from sqlalchemy import select

from sync.preferences import SITE, set_preference
from sync.tables import actor
from tests.contract.matrix.row import ON_PROJECT, Made, Row, Rows, key
from tests.server.office import Office

_names = count(1)
ACTORS = select(actor.c.id)


def liked(office: Office, _project_id: int) -> Made:
    """A preference of everybody in the story, each their own."""
    name = f"columns{next(_names)}"
    with office.store.read() as session:
        people = session.all(ACTORS)
    for row in people:
        actor_id = row["id"]
        office.store.write(lambda s, who=actor_id: set_preference(s, who, SITE, name, 1))
    return {"name": name}


def word(_office: Office, _project_id: int) -> Made:
    return {"body": {"name": f"team{next(_names)}"}}


VALUE = {"propertyValue": 1}
ON_SITE, OF_PROJECT = "/v1/user-preferences/site/{name}", "/v1/user-preferences/project/{of_project}/{name}"
ROWS: Rows = {
    ("GET", "/v1/audits"): Row("site", "audit.read"),
    ("GET", "/v1/analytics/preview"): Row("site", "analytics.read"),
    ("GET", "/v1/config/public"): Row("anybody"),
    ("GET", "/v1/config/public/{key}"): Row("anybody", needs=(lambda o, p: {"key": "logo"},), also=(404,)),
    ("GET", "/v1/config/{key}"): Row("site", "config.read", also=(404,)),
    ("POST", "/v1/config/{key}"): Row("site", "config.set", {}, (lambda o, p: {"key": "analytics"},)),
    ("DELETE", "/v1/config/{key}"): Row("site", "config.set", needs=(lambda o, p: {"key": "analytics"},)),
    ("PUT", ON_SITE): Row("known", body=VALUE),
    ("DELETE", ON_SITE): Row("known", needs=(liked,)),
    ("PUT", OF_PROJECT): Row("known", body=VALUE, also=(404,)),  # a project one has nothing to do with
    ("DELETE", OF_PROJECT): Row("known", also=(404,)),
    ("GET", ON_PROJECT + "/actor-properties"): Row("project", "actor_property.list"),
    ("POST", ON_PROJECT + "/actor-properties"): Row("project", "actor_property.update", needs=(word,)),
    ("PATCH", ON_PROJECT + "/app-users/{app_user_id}"): Row(
        "project", "field_key.update", {"displayName": "Gate 2"}, (key,)
    ),
    ("GET", ON_PROJECT + "/app-users/sheets.html"): Row("project", "field_key.create"),
    **{
        ("GET", f"{ON_PROJECT}/app-users/{{app_user_id}}/{what}"): Row(
            "project", "field_key.create", needs=(key,)
        )
        for what in ("sheet.html", "qr.json", "qr.png")
    },
}  # fmt: skip
