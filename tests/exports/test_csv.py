"""A form's records as csv and csv.zip, as Central's clients take them."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

from sync.registry import publish_form
from tests.odata.village import Village

SURVEY = """
| survey |
| | type | name | label | sensitivity |
| | begin_group | who | Who | |
| | text | name | Name | |
| | end_group | | | |
| | decimal | litres | Litres | |
| | geopoint | here | Here | |
| | select_multiple needs | needs | Needs | |
| | date | day | Day | |
| | image | well | Photo of the well | |
| | text | secret | Secret | confidential |
| | audit | audit | | |
| | begin_repeat | child | Child | |
| | text | name | Name | |
| | begin_group | more | More | |
| | begin_repeat | toy | Toy | |
| | text | colour | Colour | |
| | end_repeat | | | |
| | end_group | | | |
| | end_repeat | | | |
| | begin_group | elsewhere | Elsewhere | |
| | begin_repeat | other | Child | |
| | integer | age | Age | |
| | end_repeat | | | |
| | end_group | | | |
| settings |
| | form_id | form_title | version |
| | survey | A survey | 1 |
| choices |
| | list_name | name | label |
| | needs | water | Water |
| | needs | food | Food |
| | needs | fuel | Fuel |
"""

OF_SERVER = (
    "KEY,SubmitterID,SubmitterName,AttachmentsPresent,AttachmentsExpected,Status,ReviewState,DeviceID,Edits,"
    "FormVersion"
)
HEADER = (
    "SubmissionDate,who-name,litres,here-Latitude,here-Longitude,here-Altitude,here-Accuracy,needs,day,well,"
    f"meta-audit,meta-instanceID,{OF_SERVER}"
)
LOG = "event, node,start,end\nquestion,/data/who/name,1,2\n\nend,,3\n"


def xml(instance_id: str, inside: str, meta: str = "") -> str:
    """A submission as a tablet writes it."""
    meta = f"<meta><instanceID>{instance_id}</instanceID>{meta}</meta>"
    return f'<data id="survey" version="1">{inside}{meta}</data>'


def sends(village: Village, body: str, **files: bytes) -> None:
    """A tablet's upload, with files by name (a "." is written "__")."""
    project = village.country.project_id
    parts: list[Any] = [("xml_submission_file", ("data.xml", body, "text/xml"))]
    parts += [(name, (name, data)) for name, data in ((n.replace("__", "."), d) for n, d in files.items())]
    answer = village.client.post(
        f"/v1/key/{village.tablet_token}/projects/{project}/submission?deviceID=collect%3A7", files=parts
    )
    assert answer.status_code == 201, answer.text
    village.worker.drain()


def asks(village: Village, token: str, file: str = "submissions.csv.zip", **options: str) -> Any:
    where = f"/v1/projects/{village.country.project_id}/forms/survey/{file}"
    return village.client.get(where, params=options, headers={"Authorization": f"Bearer {token}"})


def opens(village: Village, token: str, **options: str) -> dict[str, str]:
    """The texts of the files in a csv.zip."""
    answer = asks(village, token, **options)
    assert answer.status_code == 200, answer.text
    assert "content-length" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def cells(text: str, *columns: str) -> list[list[str]]:
    return [[row[name] for name in columns] for row in csv.DictReader(io.StringIO(text))]


CHILDREN = (
    "<child><name>Ali</name><more><toy><colour>red</colour></toy><toy><colour>blue</colour></toy></more></child>"
    "<child><name>Bea, the second</name><more><toy><colour>green</colour></toy></more></child>"
)
FIRST = (
    "<who><name>=cmd()</name></who><litres>012.50</litres><here>12.5 1.250 310 4.9</here>"
    "<needs>water  fuel</needs><day>2026-11-02T00:00:00</day><well>well.jpg</well><secret>x</secret>"
    f"{CHILDREN}<elsewhere><other><age>007</age></other></elsewhere>"
)
SECOND = "<who><name> Hawa </name></who><litres>many</litres><needs>food</needs><well>well.jpg</well>"


def survey(village: Village) -> str:
    """Two records are here, the second with a log of what was typed. Gives an analyst's token."""
    publish_form(village.store, village.country.project_id, SURVEY.encode(), "survey.md")
    sends(village, xml("uuid:one", FIRST), well__jpg=b"one's well")
    audit = "<audit>audit.csv</audit>"
    sends(village, xml("uuid:two", SECOND, audit), well__jpg=b"two's well", audit__csv=LOG.encode())
    return village.token("coordinator")


def test_every_answer_leaves_as_it_was_sent_under_centrals_columns(village: Village) -> None:
    token = survey(village)

    found = opens(village, token)

    header, *_ = found["survey.csv"].splitlines()
    assert header == HEADER.replace("meta-audit", "secret,meta-audit")
    assert (found["survey.csv"][-1], "\r" in found["survey.csv"]) == ("\n", False)
    names = ("who-name", "litres", "here-Longitude", "here-Altitude", "needs", "day", "well", "KEY")
    assert cells(found["survey.csv"], *names) == [
        [" Hawa ", "many", "", "", "food", "", "well.jpg", "uuid:two"],
        ["=cmd()", "012.50", "1.250", "310", "water  fuel", "2026-11-02T00:00:00", "well.jpg", "uuid:one"],
    ]
    of_server = (*OF_SERVER.split(","), "meta-instanceID", "meta-audit")
    who = [str(village.tablet.id), "Tablet 7"]
    assert cells(found["survey.csv"], *of_server) == [
        ["uuid:two", *who, "2", "2", "", "", "collect:7", "0", "1", "uuid:two", "audit.csv"],
        ["uuid:one", *who, "1", "1", "", "", "collect:7", "0", "1", "uuid:one", ""],
    ]
    assert found["survey-child.csv"].splitlines() == [
        "name,PARENT_KEY,KEY",
        "Ali,uuid:one,uuid:one/child[1]",
        '"Bea, the second",uuid:one,uuid:one/child[2]',
    ]
    assert found["survey-toy.csv"].splitlines() == [
        "colour,PARENT_KEY,KEY",
        "red,uuid:one/child[1],uuid:one/child[1]/more/toy[1]",
        "blue,uuid:one/child[1],uuid:one/child[1]/more/toy[2]",
        "green,uuid:one/child[2],uuid:one/child[2]/more/toy[1]",
    ]
    assert found["survey-other.csv"].splitlines() == [
        "age,PARENT_KEY,KEY",
        "007,uuid:one,uuid:one/elsewhere/other[1]",
    ]
    assert list(found) == [
        "survey.csv", "survey-child.csv", "survey-toy.csv", "survey-other.csv",
        "media/well.jpg", "media/well~2.jpg", "survey - audit.csv",
    ]  # fmt: skip
    assert [found["media/well.jpg"], found["media/well~2.jpg"]] == ["two's well", "one's well"]
    assert found["survey - audit.csv"].splitlines() == [
        "instance ID,event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason",
        "uuid:two,question,/data/who/name,1,2,,,,,,,",
        "uuid:two,end,,3,,,,,,,,",
    ]


def test_options_choose_columns_rows_and_files(village: Village) -> None:
    token = survey(village)

    alone = asks(village, token, "submissions.csv", groupPaths="false", raw="false")
    split = opens(village, token, splitSelectMultiples="true", attachments="false")
    few = opens(village, token, **{"$filter": "__id eq 'uuid:two'"})

    assert alone.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        alone.headers["content-disposition"]
        == "attachment; filename=\"survey.csv\"; filename*=UTF-8''survey.csv"
    )
    assert cells(alone.text, "name", "instanceID") == [[" Hawa ", "uuid:two"], ["'=cmd()", "uuid:one"]]
    assert cells(split["survey.csv"], "needs", "needs/food", "needs/fuel", "needs/water") == [
        ["food", "1", "0", "0"],
        ["water  fuel", "0", "1", "1"],
    ]
    assert list(split) == ["survey.csv", "survey-child.csv", "survey-toy.csv", "survey-other.csv"]
    assert asks(village, token, attachments="false").headers["content-disposition"] == (
        "attachment; filename=\"survey.csv.zip\"; filename*=UTF-8''survey.csv.zip"
    )
    assert cells(few["survey.csv"], "KEY") == [["uuid:two"]]
    assert len(few["survey-child.csv"].splitlines()) == 1
    assert [name for name in few if name.startswith("media")] == ["media/well.jpg"]
    refused = asks(village, token, **{"$filter": "nothing eq 1"})
    assert (refused.status_code, refused.json()["code"]) == (501, 501.5)


def test_questions_of_earlier_versions_are_there_when_asked_for(village: Village) -> None:
    token = survey(village)
    later = SURVEY.replace("| | decimal | litres | Litres | |\n", "").replace("survey | 1 |", "survey | 2 |")
    publish_form(village.store, village.country.project_id, later.replace("| 1 |", "| 2 |").encode(), "s.md")

    now, with_past = (
        asks(village, token, "submissions.csv", deletedFields=text).text.splitlines()[0]
        for text in ("false", "true")
    )

    assert "litres" not in now
    assert with_past == HEADER.replace("meta-audit", "secret,meta-audit")


def test_what_a_reader_may_not_see_is_in_no_file(village: Village) -> None:
    survey(village)
    analyst = village.token("analyst")

    found = opens(village, analyst)

    assert found["survey.csv"].splitlines()[0] == HEADER.replace("meta-audit,", "")
    assert [name for name in found if "audit" in name] == []  # the log has confidential answers too
    assert asks(village, village.tablet_token).status_code == 401


def test_a_file_taken_off_and_an_edit_that_was_refused_are_not_told_of(village: Village) -> None:
    token = survey(village)
    bearer = {"Authorization": f"Bearer {token}"}
    record = f"/v1/projects/{village.country.project_id}/forms/survey/submissions/uuid:one"

    def edits(instance_id: str) -> int:
        body = xml(instance_id, FIRST, "<deprecatedID>uuid:one</deprecatedID>")
        return village.client.put(record, content=body, headers=bearer).status_code

    taken_off = village.client.delete(f"{record}/attachments/well.jpg", headers=bearer)
    answers = [taken_off.status_code, edits("uuid:three"), edits("uuid:four")]
    village.worker.drain()
    found = opens(village, token)

    assert answers == [200, 200, 409]
    assert cells(found["survey.csv"], "KEY", "AttachmentsPresent", "AttachmentsExpected", "Edits") == [
        ["uuid:two", "2", "2", "0"],
        ["uuid:one", "0", "1", "1"],
    ]
    assert [name for name in found if name.startswith("media")] == ["media/well.jpg"]
