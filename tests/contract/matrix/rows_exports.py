from __future__ import annotations

from tests.contract.matrix.row import ON_FORM, Row, Rows
from tests.contract.matrix.rows_submissions import drafted, sent, sent_to_draft

_DOCUMENTS = (".svc", ".svc/", ".svc/$metadata", ".svc/{address}")
_ENDINGS = (".csv", ".csv.zip")
_FILES = tuple((method, f"/submissions{ending}") for method in ("GET", "POST") for ending in _ENDINGS)

ROWS: Rows = {
    **{("GET", ON_FORM + path): Row("form", "submission.read") for path in _DOCUMENTS},
    **{
        ("GET", f"{ON_FORM}/draft{path}"): Row("form", "submission.read", needs=(drafted,))
        for path in _DOCUMENTS
    },
    **{(method, ON_FORM + path): Row("form", "submission.read", b"") for method, path in _FILES},
    **{
        (method, f"{ON_FORM}/draft{path}"): Row("form", "submission.read", b"", (drafted,))
        for method, path in _FILES
    },
}

_RECORD = "/submissions/{instance_id}"
ROWS |= {
    ("GET", ON_FORM + "/submissions.geojson"): Row("form", "submission.list"),
    ("GET", ON_FORM + "/draft/submissions.geojson"): Row("form", "submission.list", needs=(drafted,)),
    **{
        ("GET", f"{ON_FORM}{place}{_RECORD}{ending}"): Row("form", "submission.read", needs=needs)
        for place, needs in (("", (sent,)), ("/draft", (sent_to_draft,)))
        for ending in (".geojson", "/versions/{version_id}.geojson")
    },
}
