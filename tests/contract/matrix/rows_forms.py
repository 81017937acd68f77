from __future__ import annotations

from dataclasses import dataclass

from sync.form_drafting import set_draft
from sync.form_files import set_file
from sync.form_life import delete_form
from sync.form_reading import draft_view
from sync.form_uploads import read_upload
from sync.registry import get_form, publish_form
from tests.contract.matrix.row import ON_FORM, ON_PROJECT, Made, Row, Rows
from tests.server.office import Office, xform

_VERSION, _DRAFT = ON_FORM + "/versions/{version}", ON_FORM + "/draft"


@dataclass(frozen=True, slots=True)
class Reads(Row):
    """Lets in whoever may fill in open forms, and whoever may read forms."""

    def passes(self, verbs: set[str]) -> bool:
        return self.verb in verbs or str(self.verb).removeprefix("open_") in verbs


def _first(office: Office, project_id: int) -> Made:
    return {"version": "1"}


def _spare(office: Office, project_id: int) -> Made:
    """Another form, which nothing else is asked about."""
    publish_form(office.store, project_id, xform("spare", "1"), "form.xml")
    return {"xml_form_id": "spare"}


def _deleted(office: Office, project_id: int) -> Made:
    form_id = _spare(office, project_id)["xml_form_id"]
    with office.store.read() as session:
        row = get_form(session, project_id, form_id)
    office.store.write(lambda session: delete_form(session, row))
    return {"form_number": row["id"]}


def drafted(office: Office, project_id: int) -> Made:
    """The form `fmr` with a draft that needs two files, of which it has one."""
    store = office.store
    with store.read() as session:
        row = get_form(session, project_id, "fmr")
    upload = read_upload(store, xform("fmr", "2", media=("a.png", "b.png")), "")
    set_draft(store, row, upload)
    store.write(lambda s: set_file(s, draft_view(s, row).definition, row, "a.png", b"a", None))
    return {"name": "a.png"}


def _reads(suffix: str) -> dict[tuple[str, str], Row]:
    also = (404,) if suffix in (".xls", ".xlsx", "/attachments/{name}") else ()
    return {
        ("GET", ON_FORM + suffix): Reads("form", "open_form.read", also=also),
        ("GET", _VERSION + suffix): Reads("form", "open_form.read", needs=(_first,), also=also),
        ("GET", _DRAFT + suffix): Row("form", "form.update", needs=(drafted,), also=also),
    }


ROWS: Rows = {
    ("GET", ON_PROJECT + "/forms"): Reads("project", "open_form.list"),
    ("POST", ON_PROJECT + "/forms"): Row("project", "form.create", xform("new", "1"), also=(409,)),
    ("PATCH", ON_FORM): Row("form", "form.update", {"state": "open"}),
    ("DELETE", ON_FORM): Row("form", "form.delete", needs=(_spare,)),
    ("POST", ON_PROJECT + "/forms/{form_number}/restore"): Row("project", "form.restore", needs=(_deleted,)),
    ("GET", ON_FORM + "/versions"): Reads("form", "open_form.read"),
    ("POST", _DRAFT): Row("form", "form.update", b""),
    ("DELETE", _DRAFT): Row("form", "form.update", needs=(drafted,)),
    ("POST", _DRAFT + "/publish"): Row("form", "form.update", needs=(drafted,), also=(409,)),
    ("POST", _DRAFT + "/attachments/{name}"): Row("form", "form.update", b"a", needs=(drafted,)),
    ("PATCH", _DRAFT + "/attachments/{name}"): Row(
        "form", "form.update", {"dataset": True}, needs=(drafted,), also=(403, 404)
    ),
    ("DELETE", _DRAFT + "/attachments/{name}"): Row("form", "form.update", needs=(drafted,)),
    **{
        key: row
        for suffix in (
            "", ".xml", ".xls", ".xlsx", "/fields", "/manifest", "/attachments", "/attachments/{name}"
        )
        for key, row in _reads(suffix).items()
    },
}  # fmt: skip
