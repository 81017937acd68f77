"""How Power BI and Excel ask: signed in with a password, documents first, then pages to the last."""

from __future__ import annotations

import base64
from typing import Any

from starlette.testclient import TestClient

from sync.access import Grant, assign
from sync.accounts import create_user
from sync.passwords import hash_password
from sync.store import WriteSession, now
from tests.odata.village import Village

POWER_BI = {
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9",
    "MaxDataServiceVersion": "3.0",
    "OData-MaxVersion": "4.0",
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
}
EXCEL = {"Accept": "application/json;odata.metadata=minimal", "OData-Version": "4.0"}


class Analyst:
    """Somebody with an account, at a client that signs in with every request."""

    def __init__(self, village: Village, client: dict[str, str]) -> None:
        project = village.country.project_id
        address, password = f"{len(client)}@example.org", "correct horse battery"

        def open_account(session: WriteSession) -> None:
            user = create_user(session, address, password_hash=hash_password(password))
            assign(session, user, Grant("analyst", project), now())

        village.store.write(open_account)
        words = base64.b64encode(f"{address}:{password}".encode()).decode()
        self._headers = {**client, "Authorization": f"Basic {words}"}
        self._root = f"/v1/projects/{project}/forms/village.svc"
        self._client = TestClient(village.client.app, base_url="https://127.0.0.1:8080")

    def gets(self, path: str) -> Any:
        """JSON, or the text of a document; a link is followed as it is."""
        where = path if path.startswith("https") else f"{self._root}{path}"
        answer = self._client.get(where, headers=self._headers)
        assert answer.status_code == 200, (where, answer.text)
        assert answer.headers["odata-version"] == "4.0"
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    def reads_all(self, path: str) -> list[dict[str, Any]]:
        page = self.gets(path)
        rows: list[dict[str, Any]] = page["value"]
        while "@odata.nextLink" in page:
            page = self.gets(page["@odata.nextLink"])
            rows += page["value"]
        return rows


def test_power_bi_reads_documents_then_refreshes_what_is_new(village: Village) -> None:
    sent = [village.household(persons=n, village="Guéra", litres="0.5") for n in range(5)]
    bi = Analyst(village, POWER_BI)

    tables = {table["name"]: table["url"] for table in bi.gets("/")["value"]}
    assert 'Name="persons" Type="Edm.Int64"' in bi.gets("/$metadata")
    assert bi.gets(f"/{tables['Submissions']}?$top=0&$count=true")["@odata.count"] == 5
    rows = bi.reads_all(f"/{tables['Submissions']}?$select=__id,persons&$top=2")
    assert rows == [{"__id": key, "persons": n} for n, key in reversed(list(enumerate(sent)))]

    # folded by the client from a filter on a column, and from an incremental refresh
    folded = (
        "/Submissions?$filter=persons%20ge%203%20and%20startswith(village,%27Gu%C3%A9%27)&$select=persons"
    )
    assert [row["persons"] for row in bi.reads_all(folded)] == [4, 3]
    newest = bi.gets("/Submissions?$top=1&$select=__system/submissionDate")["value"][0]["__system"]
    since = f"/Submissions?$filter=__system%2FsubmissionDate%20gt%20{newest['submissionDate']}"
    assert bi.reads_all(since) == []
    late = village.household(persons=9)
    assert [row["__id"] for row in bi.reads_all(since)] == [late]


def test_excel_reads_a_table_of_rows_with_its_parent(village: Village) -> None:
    one = village.household(camp={"tent": [{"colour": "blue"}, {"colour": "red"}]})
    excel = Analyst(village, EXCEL)

    assert [table["kind"] for table in excel.gets("")["value"]] == ["EntitySet"] * 3
    tents = excel.reads_all("/Submissions.camp.tent?$orderby=colour%20desc&$top=1")

    assert [(tent["colour"], tent["__Submissions-id"]) for tent in tents] == [("red", one), ("blue", one)]
