from __future__ import annotations

from tests.contract.matrix.row import ON_PROJECT, Row, Rows

ROWS: Rows = {
    ("GET", "/data-dictionary.{format}"): Row("open"),
    ("GET", ON_PROJECT + "/figures"): Row("figures"),
    ("GET", ON_PROJECT + "/figures/{name}.{format}"): Row("figures"),
    ("GET", ON_PROJECT + "/figures/{name}"): Row("figures"),
    ("GET", ON_PROJECT + "/datasets/{name}.csv"): Row("figures"),
    ("GET", ON_PROJECT + "/datasets/{name}.geojson"): Row("figures"),
    ("GET", ON_PROJECT + "/datasets/{name}.json"): Row("figures"),
}
