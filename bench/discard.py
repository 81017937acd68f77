"""The floor: read the multipart body with the same parser, keep nothing, answer 201."""

from __future__ import annotations

from multipart import PushMultipartParser, parse_options_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

app = Starlette()


async def submission(request: Request) -> Response:
    _, options = parse_options_header(request.headers["content-type"])
    size = 0
    with PushMultipartParser(options["boundary"]) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                if isinstance(event, (bytes, bytearray)):
                    size += len(event)
        for _ in parser.parse(b""):
            pass
    return Response(status_code=201, content=b"<OpenRosaResponse/>", media_type="text/xml")


app.add_route("/v1/key/{token}/projects/{project_id:int}/submission", submission, methods=["POST"])
