"""What Central's own clients and tests hold a server to, beyond rows: links, tokens, headers, errors, drafts,
records that came encrypted."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import update

from sync.registry import publish_form
from sync.store import now
from sync.tables import submission
from tests.odata.test_contract import FULL, key
from tests.odata.village import Village, submission_xml

PLAIN = """
| survey |
| | type | name | label |
| | text | name | Name |
| settings |
| | form_id | form_title | version | instance_name |
| | {form_id} | A form | {version} | concat('of ', ${{name}}) |
"""


def named(**values: str) -> str:
    return "01" + base64.b64encode(orjson.dumps(values)).decode()


def service(village: Village, form: str = "village") -> str:
    project = village.country.project_id
    return f"http://127.0.0.1:8080/v1/projects/{project}/forms/{form}.svc"


def test_a_link_is_there_where_rows_are(village: Village) -> None:
    one = village.household(**FULL)
    village.household(camp={"tent": [{"colour": "green"}]})
    token = village.token("coordinator")

    bare, full = village.reads("/Submissions", token)["value"]
    tents = village.reads("/Submissions.camp.tent", token)["value"]
    inside = village.reads("/Submissions", token, expand="*")["value"]

    assert "incident@odata.navigationLink" not in bare
    assert full["incident@odata.navigationLink"] == f"Submissions('{quote(one, safe='')}')/incident"
    assert ["bed@odata.navigationLink" in tent for tent in tents] == [False, True, True]
    assert [set(row["camp"]) for row in inside] == [
        {"block_no", "tent", "tent@odata.navigationLink"},
        {"block_no", "tent", "tent@odata.navigationLink"},
    ]
    assert "bed" not in inside[0]["camp"]["tent"][0]


def test_pages_go_on_by_the_key_of_the_last_row_whoever_gave_it(village: Village) -> None:
    tents = [{"colour": colour, "bed": [{"age": n} for n in range(3)]} for colour in ("blue", "red")]
    one = village.household(camp={"tent": tents})
    two, three = (village.household(persons=n) for n in (2, 3))
    token = village.token("coordinator")

    first = village.reads("/Submissions", token, top="1", select="__id", filter="persons gt 0")
    beds = village.reads("/Submissions.camp.tent.bed", token, top="2", skip="1")
    within = village.reads(f"/Submissions('{one}')/camp/tent", token, top="1")

    query = "%24top=1&%24select=__id&%24filter=persons+gt+0&%24skiptoken="
    query += quote(named(instanceId=three), safe="")
    assert first["@odata.nextLink"] == f"{service(village)}/Submissions?{query}"
    last = named(repeatId=beds["value"][1]["__id"])
    assert beds["@odata.nextLink"].endswith(f"?%24top=2&%24skiptoken={quote(last, safe='')}")
    assert [bed["age"] for bed in village.asks(beds["@odata.nextLink"], token).json()["value"]] == [0, 1]
    assert within["@odata.nextLink"].startswith(
        f"{service(village)}/Submissions(%27{quote(one, safe='')}%27)/camp/tent?%24top=1&"
    )
    rest = village.asks(within["@odata.nextLink"], token).json()
    assert ([tent["colour"] for tent in rest["value"]], "@odata.nextLink" in rest) == (["red"], False)
    # of keys that this server did not give out, the place is looked up
    assert village.ids(token, skiptoken=named(instanceId=three)) == [two, one]
    fourth = key(one, "camp#", "tent#1", "bed#0")
    assert [
        bed["age"]
        for bed in village.reads("/Submissions.camp.tent.bed", token, skiptoken=named(repeatId=fourth))[
            "value"
        ]
    ] == [1, 2]
    assert village.ids(token, skiptoken=named(instanceId="uuid:nobody")) == []
    for path in ("/Submissions.camp.tent", f"/Submissions('{one}')/camp/tent"):
        assert village.refusal(path, token, skiptoken=named(repeatId="nonsense")) == (400, 400.34)
    order = {"orderby": "persons", "skiptoken": named(instanceId=three)}
    assert village.refusal("/Submissions", token, **order) == (501, 501.1)


def test_what_was_decided_about_a_record_stands_in_its_row(village: Village) -> None:
    sent = [village.household(persons=n) for n in range(3)]
    at = now()
    decided = {0: {"review_state": "approved", "updated_at": at}, 1: {"deleted_at": at}}
    for n, values in decided.items():
        mine = update(submission).where(submission.c.instance_id == sent[n]).values(**values)
        village.store.write(lambda session, mine=mine: session.execute(mine))
    token = village.token("coordinator")

    rows = village.reads("/Submissions", token, orderby="__system/reviewState desc", select="__id,__system")

    told = [
        (row["__id"], row["__system"]["reviewState"], row["__system"]["updatedAt"]) for row in rows["value"]
    ]
    assert told == [
        (sent[0], "approved", at.isoformat(timespec="milliseconds")[:-6] + "Z"),
        (sent[2], None, None),
    ]
    assert village.ids(token, filter="__system/reviewState eq 'approved'") == [sent[0]]
    assert village.ids(token, filter="__system/updatedAt eq null") == [sent[2]]
    assert village.ids(token, filter="not __system/deletedAt eq null") == [sent[1]]
    assert village.refusal(f"/Submissions('{sent[1]}')", token) == (404, 404.1)


def test_headers_and_errors_are_centrals(village: Village) -> None:
    village.household(persons=1)
    token, other = village.token("coordinator"), village.token("analyst")

    rows, document = village.asks("/Submissions", token), village.asks("", token)
    metadata, absent = village.asks("/$metadata", token), village.asks("/$metadata", token, form="absent")

    for answer, path in ((rows, "/Submissions"), (document, "")):
        assert answer.headers["content-type"] == "application/json; charset=utf-8; odata.metadata=minimal"
        tag = answer.headers["etag"]
        assert tag.startswith('W/"')
        assert village.asks(path, token, **{"If-None-Match": tag}).status_code == 304
        assert village.asks(path, other, **{"If-None-Match": tag}).status_code == 200  # another's tag
    assert metadata.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<edmx:Edmx')
    assert (absent.status_code, absent.headers["content-type"]) == (404, "text/xml; charset=utf-8")
    assert absent.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<error code="404.1">\n  <message>')
    village.household(persons=2)
    fresh = village.asks("/Submissions", token, **{"If-None-Match": rows.headers["etag"]})
    assert (fresh.status_code, len(fresh.json()["value"])) == (200, 2)


def test_a_form_without_identifying_questions_tells_its_meta_too(village: Village) -> None:
    for version in ("1", "2"):
        form = PLAIN.format(form_id="a/b c", version=version)
        publish_form(village.store, village.country.project_id, form.encode(), "plain.md")
    village.sends(submission_xml("uuid:one", {"name": "Ali"}, form_id="a/b c"))
    token = village.token("analyst")

    answer = village.asks("/Submissions", token, form="a%2Fb%20c").json()

    assert answer["@odata.context"] == f"{service(village, 'a%2Fb%20c')}/$metadata#Submissions"
    assert answer["value"][0]["meta"] == {"instanceID": "uuid:one", "instanceName": "Adam Oumar"}


SEALED: dict[str, Any] = {
    "base64EncryptedKey": "a2V5",
    "media": {"file": "well.jpg.enc"},
    "encryptedXmlFile": "submission.xml.enc",
}


def test_a_record_that_came_encrypted_tells_only_what_the_server_knows(village: Village) -> None:
    body = submission_xml("uuid:sealed", SEALED).replace(b"<data ", b'<data encrypted="yes" ')
    project = village.country.project_id
    where = f"/v1/key/{village.tablet_token}/projects/{project}/submission"

    def sends(**files: bytes) -> None:
        parts: list[Any] = [("xml_submission_file", ("data.xml", body, "text/xml"))]
        parts += [(name, (name, data)) for name, data in files.items()]
        assert village.client.post(where, files=parts).status_code == 201
        village.worker.drain()

    token = village.token("coordinator")
    told = []
    for files in ({}, {"submission.xml.enc": b"sealed"}):
        sends(**files)
        (row,) = village.reads("/Submissions", token)["value"]
        system = row.pop("__system")
        told.append((row, *(system[n] for n in ("status", "attachmentsPresent", "attachmentsExpected"))))

    assert told == [
        ({"__id": "uuid:sealed"}, "missingEncryptedFormData", 0, 2),
        ({"__id": "uuid:sealed"}, "notDecrypted", 1, 2),
    ]
    assert village.reads("/Submissions.camp.tent", token)["value"] == []
