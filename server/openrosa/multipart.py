"""One multipart submission, streamed: XML into memory up to a limit, files into sealed blobs on the disk.

Bytes of the request go in, an `Upload` comes out, once the closing boundary has been seen: a body that ends
before it is refused, for a parser that is lenient there drops the last photo silently (PROMISES 0.1). A photo
is never whole in memory: up to `_BUFFER` bytes of a request wait there, more are written by a helper thread,
and so are the fsyncs at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from sync.blobs import CHUNK, Blobs, BlobWriter, StoredBlob
from sync.problems import BodyCut, Invalid
from sync.receipt import ArrivedFile, clean_file_name

XML_PART = "xml_submission_file"
INCOMPLETE_PART = "*isIncomplete*"
HEAD_BYTES = 64 * 1024
"""How much of XML that is too large is kept to read its envelope from."""

_BUFFER = CHUNK
_MAX_PARTS = 1000  # Collect sends at most 103 in a request
_MAX_HEADER_BYTES = 16 * 1024
_MAX_HEADERS = 16

_DISK = ThreadPoolExecutor(max_workers=4, thread_name_prefix="blobs")
_RESEND = "Send it again."


@dataclass(slots=True)
class Upload:
    """A whole request. Its files are durable; no row refers to them yet."""

    xml: bytes  # all of it, or its first HEAD_BYTES when parked
    parked: StoredBlob | None = None  # XML over the limit
    files: list[ArrivedFile] = field(default_factory=list)


def boundary_of(content_type: str) -> str:
    """The boundary of a multipart/form-data request. Raises Invalid."""
    kind, options = parse_options_header(content_type)
    boundary: str = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise Invalid(
            "A submission is sent as multipart/form-data with a boundary.",
            f"This one came as {kind!r}." if kind else "This one came without a Content-Type.",
        )
    return boundary


async def read_upload(
    chunks: AsyncIterator[bytes], boundary: str, blobs: Blobs, max_xml_bytes: int
) -> Upload:
    """Read a request to its end.

    Raises BodyCut for a body that ends before its closing boundary, Invalid for one that is not a submission,
    StorageFull. Then, and when the client goes away, nothing is left on the disk.
    """
    parser = PushMultipartParser(
        boundary,
        max_segment_count=_MAX_PARTS,
        max_header_size=_MAX_HEADER_BYTES,
        max_header_count=_MAX_HEADERS,
        header_charset="latin-1",  # never fails; `_text` reads it as the UTF-8 it is
    )
    spool = _Spool(blobs)
    try:
        parts = _Parts(spool, max_xml_bytes)
        async for chunk in chunks:
            if chunk:
                _feed(parser, chunk, parts)
            if spool.is_full:
                await spool.flush()
        _check_complete(parser)
        return await parts.finish()
    except BaseException:
        spool.abort()
        raise


def _feed(parser: PushMultipartParser, chunk: bytes, parts: _Parts) -> None:
    if parser.closed:
        return  # an epilogue after the closing boundary, which nobody reads
    try:
        for event in parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                parts.begin(event)
            elif event:
                parts.data(event)
            else:
                parts.end()
    except MultipartError as error:
        raise Invalid(f"The upload is not a proper multipart body ({error}).", _RESEND) from None


def _check_complete(parser: PushMultipartParser) -> None:
    """The closing boundary was seen, or nothing is stored."""
    try:
        parser.close()
    except MultipartError:
        raise BodyCut("The upload was cut before its end: nothing of it was stored.", _RESEND) from None


class _Parts:
    """The parts of one request as they come. Matched by name: attachments may come before the XML."""

    def __init__(self, spool: _Spool, max_xml_bytes: int) -> None:
        self._spool = spool
        self._max_xml_bytes = max_xml_bytes
        self._xml: bytearray | None = None
        self._parked: _SpooledFile | None = None
        self._files: list[tuple[str, str | None, _SpooledFile]] = []
        self._take: Callable[[bytes], None] = _ignore

    def begin(self, segment: MultipartSegment) -> None:
        name = _text(segment.name or "")
        if name == XML_PART:
            if self._xml is not None:
                raise Invalid(f"The upload has two parts named {XML_PART}.", "Send one submission a request.")
            self._xml = bytearray()
            self._take = self._take_xml
        elif name == INCOMPLETE_PART:  # advice nobody can rely on: a first request may never be followed
            self._take = _ignore
        else:
            file = self._spool.open()
            self._files.append(
                (clean_file_name(_text(segment.filename or "") or name), segment.content_type, file)
            )
            self._take = file.write

    def data(self, chunk: bytes) -> None:
        self._take(chunk)

    def end(self) -> None:
        self._take = _ignore

    async def finish(self) -> Upload:
        if self._xml is None:
            raise Invalid(f"The upload has no part named {XML_PART}.", "Send the submission's XML in it.")
        await self._spool.finish()
        files = [ArrivedFile(name, kind, file.stored()) for name, kind, file in self._files]
        parked = self._parked.stored() if self._parked else None
        return Upload(bytes(self._xml), parked, files)

    def _take_xml(self, chunk: bytes) -> None:
        assert self._xml is not None
        if len(self._xml) + len(chunk) <= self._max_xml_bytes:
            self._xml += chunk
            return
        self._parked = self._spool.open()
        self._parked.write(bytes(self._xml))
        self._parked.write(chunk)
        self._xml = (self._xml + chunk)[:HEAD_BYTES]
        self._take = self._parked.write


def _ignore(_chunk: bytes) -> None:
    """A part that is not kept."""


def _text(latin: str) -> str:
    """Names come as raw UTF-8 bytes (OkHttp), read as latin-1 by the parser; old clients do send latin-1."""
    try:
        return latin.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return latin


class _SpooledFile:
    """One file of a request: pieces wait in memory until the spool writes them."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self.pieces: list[bytes] = []
        self.writer: BlobWriter | None = None
        self.blob: StoredBlob | None = None

    def write(self, chunk: bytes) -> None:
        self.pieces.append(chunk)
        self._spool.waiting_bytes += len(chunk)

    def stored(self) -> StoredBlob:
        assert self.blob is not None, "finish() comes first"
        return self.blob


class _Spool:
    """The files of one request, written and made durable on a helper thread, never on the event loop."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._files: list[_SpooledFile] = []
        self.waiting_bytes = 0

    @property
    def is_full(self) -> bool:
        return self.waiting_bytes > _BUFFER

    def open(self) -> _SpooledFile:
        file = _SpooledFile(self)
        self._files.append(file)
        return file

    async def flush(self) -> None:
        """Write what waits. The request is not read on meanwhile: that is the back-pressure."""
        await self._on_disk_thread(self._write)

    async def finish(self) -> None:
        """Write the rest and make every file durable, in one hop. Nothing is done without files."""
        if self._files:
            await self._on_disk_thread(self._make_durable)

    def abort(self) -> None:
        """Leave nothing on the disk."""
        for file in self._files:
            if file.writer:
                file.writer.abort()
            if file.blob:
                self._blobs.discard(file.blob.name)

    async def _on_disk_thread(self, work: Callable[[], None]) -> None:
        running = asyncio.get_running_loop().run_in_executor(_DISK, work)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])  # then `abort` does not race with it
            raise

    def _write(self) -> None:
        for file in self._files:
            if file.writer is None:
                file.writer = self._blobs.writer()
            for piece in file.pieces:
                file.writer.write(piece)
            file.pieces.clear()
        self.waiting_bytes = 0

    def _make_durable(self) -> None:
        self._write()
        for file in self._files:
            assert file.writer is not None
            file.blob = file.writer.finish()
