from __future__ import annotations

from sync.public_links import LinkTerms, create_public_link
from sync.registry import get_form
from tests.contract.matrix.row import ABSENT, ON_FORM, ON_PROJECT, Made, Row, Rows
from tests.server.office import Office

_LINKS = ON_FORM + "/public-links"


def link(office: Office, project_id: int) -> Made:
    """A public link of the form, where there is one."""
    if project_id == ABSENT:
        return {"link_id": ABSENT}
    store = office.store
    with store.read() as session:
        form = get_form(session, project_id, "fmr")
    made = store.write(lambda s: create_public_link(s, store.keyring, form, "Volunteers", LinkTerms()))
    return {"link_id": made}


ROWS: Rows = {
    ("POST", ON_PROJECT + "/key"): Row(
        "project", "project.update", {"passphrase": "three camels at the well"}, also=(409,)
    ),
    ("GET", _LINKS): Row("form", "public_link.list"),
    ("POST", _LINKS): Row("form", "public_link.create", {"displayName": "Volunteers"}),
    ("GET", _LINKS + "/{link_id}"): Row("form", "public_link.read", needs=(link,)),
    ("PATCH", _LINKS + "/{link_id}"): Row("form", "public_link.update", {"once": True}, (link,)),
    ("DELETE", _LINKS + "/{link_id}"): Row("form", "public_link.delete", needs=(link,)),
}
