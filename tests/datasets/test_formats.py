"""csv, HXL, GeoJSON and JSON as people and spreadsheets get them."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import select

from forms import vocabulary
from server.datasets.definitions import DATASETS
from server.datasets.export import export
from sync.problems import Invalid, NotFound
from sync.tables import flow
from tests.datasets.readers import Readers
from tests.datasets.rows import FMP_01, FMP_02, MONDAY, TUESDAY, Country


def exported(of: Country, name: str, format_: str) -> bytes:
    out = io.BytesIO()
    export(of.store, None, of.project_id, name, format_, out)
    return out.getvalue()


def test_names_with_accents_commas_and_quotes_survive(sahelia: Country, readers: Readers) -> None:
    name = 'Pont de l\'Éléphant, dit "le Vieux"\nrive gauche'
    sahelia.flow(MONDAY, {**FMP_01, "place_name": name}, 12)
    token = readers.token("viewer")
    row = readers.csv("/flow.csv", token)[0]
    assert (row["place_name"], row["adm1_name"], row["adm2_name"]) == (name, "Nord, Région du", "N'Guélé")
    assert readers.asks("/flow.json", token).json()[0]["place_name"] == name
    body = readers.asks("/flow.csv", token).content
    assert body.startswith(b"record_id,")
    assert body.endswith(b"\r\n")
    assert readers.asks("/flow.csv?bom=true", token).content == b"\xef\xbb\xbf" + body


def test_unknown_stays_empty_and_zero_stays_zero(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 0, men=0, women=None, under_review=True)
    token = readers.token("viewer")
    row = readers.csv("/flow.csv", token)[0]
    assert (row["n_ind"], row["men"], row["women"], row["under_review"]) == ("0", "0", "", "true")
    row = readers.asks("/flow.json", token).json()[0]
    assert (row["n_ind"], row["men"], row["women"], row["under_review"]) == (0, 0, None, True)
    assert row["reporting_date"] == "2026-11-02"


FORMULAS = ["=1+1", "+33 6", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x";"y")', "＝1"]


def test_a_cell_that_a_spreadsheet_takes_for_a_formula_is_made_harmless(
    sahelia: Country, readers: Readers
) -> None:
    for text in [*FORMULAS, "Côte-d'Or = 3", "'quoted"]:
        sahelia.flow(MONDAY, FMP_01, 1, origin_place=text, lon=-3.25, lat=-1.5)
    token = readers.token("coordinator")
    rows = readers.csv("/flow.csv", token)
    said = sorted(row["origin_place"] for row in rows)
    assert said == sorted([f"'{text}" for text in FORMULAS] + ["Côte-d'Or = 3", "'quoted"])
    assert {(row["lon"], row["lat"]) for row in rows} == {("-3.25", "-1.5")}
    raw = readers.csv("/flow.csv?raw=true", token)
    assert sorted(row["origin_place"] for row in raw) == sorted([*FORMULAS, "Côte-d'Or = 3", "'quoted"])


HXL = re.compile(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")


def test_the_hxl_row_stands_below_the_header_and_tags_every_column(
    sahelia: Country, readers: Readers
) -> None:
    sahelia.flow(MONDAY, FMP_01, 12)
    for name in DATASETS:
        answer = readers.asks(f"/{name}.csv?hxl=true", readers.token("coordinator"))
        header, tags, *rows = csv.reader(io.StringIO(answer.text))
        assert len(header) == len(tags) == len(set(header))
        assert all(HXL.fullmatch(tag) for tag in tags), tags
        assert len(set(tags)) == len(tags), [tag for tag in tags if tags.count(tag) > 1]
        of_one_group = {"flow": 1, "flow_daily": 1, "flow_points": 2}  # the point and its network
        assert len(rows) == of_one_group.get(name, 0)
    assert exported(sahelia, "flow", "hxl").count(b"\r\n") == 3


def test_geojson_has_points_only_for_those_who_may_see_them(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 12, lon=2.1, lat=13.5)
    sahelia.flow(MONDAY, FMP_02, 3)
    geometry = {
        role: [f["geometry"] for f in readers.asks("/flow.geojson", readers.token(role)).json()["features"]]
        for role in ("viewer", "supervisor")
    }
    point = {"type": "Point", "coordinates": [2.1, 13.5]}
    assert geometry == {"viewer": [None, None], "supervisor": [point, None]}
    answer = readers.asks("/flow.geojson", readers.token("supervisor"))
    assert answer.headers["content-type"] == "application/geo+json"
    whole = answer.json()
    assert (whole["type"], whole["numberReturned"]) == ("FeatureCollection", 2)
    assert "movements" in " ".join(whole["limits"]).lower()
    first = whole["features"][0]
    assert first["type"] == "Feature"
    assert first["id"] == first["properties"]["record_id"]
    assert "lat" not in first["properties"]


def test_a_dataset_without_rows_is_a_whole_answer(sahelia: Country) -> None:
    for name in DATASETS:
        assert json.loads(exported(sahelia, name, "json")) == []
        assert json.loads(exported(sahelia, name, "geojson"))["features"] == []
        assert exported(sahelia, name, "csv").count(b"\r\n") == 1
        assert exported(sahelia, name, "hxl").count(b"\r\n") == 2


def test_removed_rows_are_there_only_when_asked_for(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 12)
    sahelia.flow(MONDAY, FMP_01, 13, status="rejected_duplicate")
    sahelia.flow(MONDAY, FMP_01, 14, status="withdrawn")
    token = readers.token("viewer")
    assert [row["n_ind"] for row in readers.csv("/flow.csv", token)] == ["12"]
    every = readers.csv("/flow.csv?removed=true", token)
    assert sorted((row["n_ind"], row["status"]) for row in every) == [
        ("12", "valid"), ("13", "rejected_duplicate"), ("14", "withdrawn"),
    ]  # fmt: skip


def test_filters_choose_rows_and_a_mistyped_one_is_refused(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 1)
    sahelia.flow(TUESDAY, FMP_02, 2, flow_tool="TTT", round="R2")
    token = readers.token("analyst")

    def found(query: str, dataset: str = "flow", figure: str = "n_ind") -> list[str]:
        return [row[figure] for row in readers.csv(f"/{dataset}.csv?{query}", token)]

    assert found("") == ["1", "2"]
    assert found("place=FMP-02") == ["2"]
    assert found("place=FMP-02&place=FMP-01") == ["1", "2"]
    assert found("from=2026-11-03") == ["2"]
    assert found("to=2026-11-02") == ["1"]
    assert found("tool=TTT") == ["2"]
    assert found("round=R2") == ["2"]
    assert found("tool=TTT&to=2026-11-02") == []
    assert found("place=FMP-01", "flow_daily", "movements") == ["1"]
    for query, why in (
        ("plcae=FMP-01", "is not a parameter"),
        ("from=yesterday", "is not a date"),
        ("from=2026-11-03&to=2026-11-02", "is after"),
        ("tool=XYZ", "is not a tool"),
        ("hxl=yes", "neither true nor false"),
        ("to=2026-11-02&to=2026-11-03", "2 times"),
    ):
        answer = readers.asks(f"/flow.csv?{query}", token)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert why in answer.json()["detail"], query
    assert readers.asks("/flow.json?hxl=true", token).status_code == 400
    assert readers.asks("/baseline.csv?tool=FMR", token).status_code == 400


def test_an_unknown_dataset_is_answered_with_those_there_are(sahelia: Country, readers: Readers) -> None:
    token = readers.token("viewer")
    for path in ("/flows.csv", "/flows"):
        answer = readers.asks(path, token)
        assert answer.status_code == 404
        assert answer.json()["hint"] == f"There are {', '.join(DATASETS)}."
    assert readers.asks("/flow.xlsx", token).status_code == 404
    with pytest.raises(NotFound):
        exported(sahelia, "flows", "csv")
    with pytest.raises(Invalid):
        exported(sahelia, "flow", "xlsx")


def test_the_card_says_what_the_figures_mean(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 12, under_review=True)
    sahelia.flow(TUESDAY, FMP_01, 12)
    token = readers.token("viewer")
    card = readers.asks("/flow", token).json()
    assert {name: card[name] for name in ("n_rows", "n_under_review", "n_without_review", "first_date")} == {
        "n_rows": 2, "n_under_review": 1, "n_without_review": 1, "first_date": "2026-11-02",
    }  # fmt: skip
    assert any("not persons" in limit for limit in card["limits"])
    assert any("never the total" in limit for limit in card["limits"])
    assert card["sensitivity"] == "public"
    assert card["boundaries"]["name"] == "Sahelia v01"
    assert [c["name"] for c in card["columns"]] == list(readers.csv("/flow.csv", token)[0])
    listed = readers.asks("", token).json()
    assert [one["name"] for one in listed] == list(DATASETS)
    assert readers.asks("/flow_daily", token).json()["n_rows"] == 2
    for one in listed:
        about = readers.client.get(one["card"], headers={"Authorization": f"Bearer {token}"}).json()
        for address in about["formats"].values():
            got = readers.client.get(address, headers={"Authorization": f"Bearer {token}"})
            assert got.status_code == 200, address


def test_an_answer_is_sent_again_only_when_something_changed(sahelia: Country, readers: Readers) -> None:
    sahelia.flow(MONDAY, FMP_01, 12)
    token, other = readers.token("viewer"), readers.token("viewer", pcodes=["SU02"])
    for path in ("/flow.csv", "/flow_daily.json"):
        tag = readers.asks(path, token).headers["ETag"]
        assert tag.startswith('W/"')
        again = readers.asks(path, token, If_None_Match=tag)
        assert (again.status_code, again.content) == (304, b"")
        assert readers.asks(path, other, If_None_Match=tag).status_code == 200
        assert readers.asks(f"{path}?place=FMP-01", token, If_None_Match=tag).status_code == 200
        sahelia.flow(TUESDAY, FMP_01, 12)  # the pipeline settled another event
        assert readers.asks(path, token, If_None_Match=tag).status_code == 200


def test_every_column_has_its_labels_and_both_engines_give_the_same_order(sahelia: Country) -> None:
    for dataset in DATASETS.values():
        for column in dataset.columns:
            assert column.label, column.name
            assert column.labels["fr"], column.name
            assert column.definition, column.name
        assert "root_id" not in [column.name for column in dataset.columns]
    for place, day in (
        ("b", MONDAY),
        ("B", MONDAY),
        ("é", MONDAY),
        (None, MONDAY),
        ("a-1", MONDAY),
        ("z", None),
    ):
        sahelia.flow(day, {**FMP_01, "place_id": place}, 1)
    rows = json.loads(exported(sahelia, "flow", "json"))
    assert [row["place_id"] for row in rows] == ["z", None, "B", "a-1", "b", "é"]


def many(of: Country, doublings: int) -> int:
    """2 ** doublings rows of flow, made inside the database. Gives their number."""
    of.flow(MONDAY, FMP_01, 3)
    names = [column.name for column in flow.columns]
    for number in range(doublings):
        copies = [flow.c[name] if name != "record_id" else flow.c.record_id + f"{number:x}" for name in names]
        doubled = flow.insert().from_select(names, select(*copies))
        of.store.write(lambda session, doubled=doubled: session.execute(doubled))
    return int(2**doublings)


def test_sixty_five_thousand_rows_take_no_more_memory_than_a_few(sahelia: Country) -> None:
    number = many(sahelia, 16)

    class Sink(io.RawIOBase):
        lines = 0

        def write(self, data: Any) -> int:
            self.lines += data.count(b"\r\n")
            return len(data)

    sink = Sink()
    tracemalloc.start()
    rows = export(sahelia.store, None, sahelia.project_id, "flow", "csv", sink)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (rows, sink.lines) == (number, number + 1)
    assert peak < 24 << 20, f"{peak >> 20} MB"


def test_vocabulary_variables_reach_their_dataset(sahelia: Country) -> None:
    for name in ("flow", "baseline", "profile"):
        expected = [v.name for v in vocabulary.variables(name).values() if v.is_column]
        assert [c.name for c in DATASETS[name].columns] == expected
