"""The data dictionary over HTTP: a page to read and a workbook for statisticians. Open to everybody: it holds
no data, and whoever gets a dataset has to be able to look up what its columns mean.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request
from starlette.responses import Response

from forms.vocabulary import VERSION
from sync.problems import NotFound

router = APIRouter(tags=["data dictionary"])

FORMATS = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown; charset=utf-8",
}
_CACHING = {"Cache-Control": "public, max-age=3600"}
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@router.get("/data-dictionary.{format_}")
def data_dictionary(request: Request, format_: str) -> Response:
    """Every harmonised variable and code list: html to read, xlsx for statisticians, md."""
    if format_ not in FORMATS:
        raise NotFound(f"There is no {format_!r} of the data dictionary.", f"There are {', '.join(FORMATS)}.")
    headers = {**_CACHING, "Content-Security-Policy": _POLICY}
    if format_ == "xlsx":
        headers["Content-Disposition"] = f'attachment; filename="waypost-data-dictionary-{VERSION}.xlsx"'
    return Response(rendered(format_), 200, headers, FORMATS[format_])


@cache
def rendered(format_: str) -> bytes:
    """The dictionary of this version in one of FORMATS: made once, for it compiles the library's forms."""
    from forms import dictionary

    current = dictionary.current()
    if format_ == "html":
        return dictionary.page(current)
    return dictionary.workbook(current) if format_ == "xlsx" else dictionary.markdown(current).encode()
