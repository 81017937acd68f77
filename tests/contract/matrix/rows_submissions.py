from __future__ import annotations

from uuid import uuid4

from sync.drafts import current_draft
from sync.envelope import read_envelope
from sync.receipt import ArrivedFile, Reception, Sender, make_arrival
from sync.records.deciding import delete_record
from sync.records.reading import find_record
from sync.records.sight import WholeForm
from sync.registry import get_form, get_project
from sync.store import WriteSession, now
from sync.tables import form_draft
from tests.contract.matrix.row import ON_FORM, Made, Row, Rows
from tests.server.office import Office, xform

XML = {"Content-Type": "application/xml"}


def filled(instance_id: str, deprecated_id: str = "", further: str = "") -> bytes:
    old = f"<deprecatedID>{deprecated_id}</deprecatedID>" if deprecated_id else ""
    meta = f"<meta><instanceID>{instance_id}</instanceID>{old}{further}</meta>"
    return f'<data id="fmr" version="1"><n>3</n>{meta}</data>'.encode()


def new(_office: Office, _project_id: int) -> Made:
    return {"body": filled(f"uuid:{uuid4()}")}


def sent(office: Office, project_id: int) -> Made:
    """A record that somebody sent, and the body that would correct it."""
    with office.store.read() as session:
        space = get_project(session, project_id)["uuid"]
    return _sent_to(office, space)


def sent_to_draft(office: Office, project_id: int) -> Made:
    return _sent_to(office, drafted(office, project_id)["space"])


def drafted(office: Office, project_id: int) -> Made:
    """The form has a draft, which it keeps."""

    def work(session: WriteSession) -> str:
        form_id = get_form(session, project_id, "fmr")["id"]
        known = current_draft(session, form_id)
        if known is not None:
            return str(known["uuid"])
        row = {
            "uuid": str(uuid4()),
            "form_id": form_id,
            "token": uuid4().hex * 2,
            "version": "2",
            "title": "A draft",
            "hash": "0" * 32,
            "xform": xform("fmr", "2"),
            "source": b"",
            "source_name": "form.xml",
            "vocabulary_version": "",
            "is_mapped": False,
            "created_at": now(),
        }
        session.insert(form_draft, [row])
        return str(row["uuid"])

    return {"space": office.store.write(work)}


def standing(office: Office, project_id: int) -> Made:
    """A record, and nothing to send."""
    return {name: value for name, value in sent(office, project_id).items() if name != "body"}


def deleted(office: Office, project_id: int) -> Made:
    made = standing(office, project_id)
    with office.store.read() as session:
        space = get_project(session, project_id)["uuid"]
        record = find_record(session, space, "fmr", made["instance_id"], WholeForm())
    assert record is not None
    office.store.write(lambda session: delete_record(session, record))
    return made


def with_a_file(office: Office, project_id: int) -> Made:
    with office.store.read() as session:
        space = get_project(session, project_id)["uuid"]
    return _with_a_file(office, space)


def draft_with_a_file(office: Office, project_id: int) -> Made:
    return _with_a_file(office, drafted(office, project_id)["space"])


def _with_a_file(office: Office, space: str) -> Made:
    """A record with the log of what was typed."""
    writer = office.store.blobs.writer()
    writer.write(b"event,node,start,end")
    log = ArrivedFile("audit.csv", "text/csv", writer.finish())
    made = _sent_to(office, space, (log,))
    return {"instance_id": made["instance_id"], "version_id": made["instance_id"], "name": "audit.csv"}


def _sent_to(office: Office, space: str, files: tuple[ArrivedFile, ...] = ()) -> Made:
    instance_id = f"uuid:{uuid4()}"
    xml = filled(instance_id, further="<audit>audit.csv</audit>" if files else "")
    arrival = make_arrival(office.store.keyring, Sender(space), read_envelope(xml), xml, now(), files)
    Reception(office.store).accept(arrival)
    edit = filled(f"uuid:{uuid4()}", instance_id)
    return {"instance_id": instance_id, "version_id": instance_id, "body": edit}


ROWS: Rows = (
    {
        (method, ON_FORM + prefix + path): Row("form", verb, needs=needs, headers=headers)
        for prefix, there, one in (
            ("/submissions", (), (sent,)),
            ("/draft/submissions", (drafted,), (sent_to_draft,)),
        )
        for method, path, verb, needs, headers in (
            ("GET", "", "submission.list", there, {}),
            ("POST", "", "submission.create", (*there, new), XML),
            ("GET", "/submitters", "submission.read", there, {}),
            ("GET", "/keys", "submission.read", there, {}),
            ("GET", "/{instance_id}", "submission.read", one, {}),
            ("GET", "/{instance_id}.xml", "submission.read", one, {}),
            ("PUT", "/{instance_id}", "submission.create", one, XML),
            ("GET", "/{instance_id}/versions", "submission.read", one, {}),
            ("GET", "/{instance_id}/versions/{version_id}", "submission.read", one, {}),
            ("GET", "/{instance_id}/versions/{version_id}.xml", "submission.read", one, {}),
            ("GET", "/{instance_id}/diffs", "submission.read", one, {}),
            ("GET", "/{instance_id}/audits", "submission.read", one, {}),
        )
    }
    | {
        (method, ON_FORM + "/submissions/{instance_id}" + path): Row("form", verb, body, (need,), also)
        for method, path, verb, body, need, also in (
            ("GET", "/comments", "submission.read", None, standing, ()),
            ("POST", "/comments", "submission.read", {"body": "Call them again"}, standing, ()),
            ("PATCH", "", "submission.update", {"reviewState": "approved"}, standing, ()),
            ("DELETE", "", "submission.delete", None, standing, ()),
            ("POST", "/restore", "submission.restore", None, deleted, ()),
            ("GET", "/edit", "submission.update", None, standing, (409,)),
        )
    }
    | {
        (method, ON_FORM + prefix + path): Row("form", verb, b"bytes", (one,), also)
        for prefix, one in (("/submissions", with_a_file), ("/draft/submissions", draft_with_a_file))
        for method, path, verb, also in (
            ("GET", "/{instance_id}/attachments", "submission.read", ()),
            ("GET", "/{instance_id}/attachments/{name}", "submission.read", (404,)),
            ("POST", "/{instance_id}/attachments/{name}", "submission.create", (403,)),
            ("DELETE", "/{instance_id}/attachments/{name}", "submission.update", ()),
            ("GET", "/{instance_id}/versions/{version_id}/attachments", "submission.read", ()),
            ("GET", "/{instance_id}/versions/{version_id}/attachments/{name}", "submission.read", (404,)),
            ("DELETE", "/{instance_id}/versions/{version_id}/attachments/{name}", "submission.update", ()),
        )
    }
)
