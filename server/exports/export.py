"""One export: a form's records as csv, or as a zip of csv, media and logs.

In: the records of a reader, and what the request asks for. Out: bytes as a stream; each table is read on the
same snapshot, one after the other, so that memory stays flat however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from server.exports.archive import Entry, zip_pieces
from server.exports.cells import CsvWriter
from server.exports.media import Media, audit_csv
from server.exports.records import Records
from server.exports.sheets import Sheet, safe_name, sheets
from sync.store import Store
from sync.tables import answer_row, submission

_MANY_ROWS = 500_000
"""From how many rows on a csv is announced to the zip as one that may be large."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a request asks for, as Central's parameters say it; `defuse` (raw=false) is ours."""

    filter: str | None = None
    attachments: bool = True
    group_paths: bool = True
    deleted_fields: bool = False
    split_choices: bool = False
    defuse: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> ExportOptions:
        def says(name: str, what: str) -> bool:
            return query.get(name, "").lower() == what

        return cls(
            filter=query.get("$filter") or None,
            attachments=not says("attachments", "false"),
            group_paths=not says("groupPaths", "false"),
            deleted_fields=says("deletedFields", "true"),
            split_choices=says("splitSelectMultiples", "true"),
            defuse=says("raw", "false"),
        )


@dataclass(frozen=True, slots=True)
class Export:
    """The export of one request."""

    store: Store
    records: Records
    options: ExportOptions

    def csv(self) -> Iterator[bytes]:
        """The submissions alone."""
        yield from self._rows(self._sheets(root_only=True)[0])

    def zip(self) -> Iterator[bytes]:
        """All tables; media and logs unless they are left out."""
        return zip_pieces(self._entries())

    def _entries(self) -> Iterator[Entry]:
        large = self._has_many_rows()
        for sheet in self._sheets():
            yield Entry(sheet.file_name, self._rows(sheet), large=large)
        if self.options.attachments:
            media = Media(self.store, self.records)
            yield from media.files()
            logs = audit_csv(media.audits(), self._writer())
            if logs is not None:
                name = safe_name(f"{self.records.service.xml_form_id} - audit.csv")
                yield Entry(name, logs, large=large)

    def _sheets(self, root_only: bool = False) -> list[Sheet]:
        choices = self.records.choices_made() if self.options.split_choices else None
        return sheets(
            self.records.service,
            group_paths=self.options.group_paths,
            choices=choices,
            root_only=root_only,
        )

    def _rows(self, sheet: Sheet) -> Iterator[bytes]:
        writer = self._writer()
        yield writer.rows([sheet.header])
        records = self.records
        batches = records.rows_of_repeat(sheet) if sheet.table.path else records.submissions(sheet)
        for batch in batches:
            yield writer.rows(batch)

    def _writer(self) -> CsvWriter:
        return CsvWriter(defuse=self.options.defuse)

    def _has_many_rows(self) -> bool:
        records = self.records.records
        mine = (submission.c.project_uuid == records.space, submission.c.xml_form_id == records.xml_form_id)
        rows = (
            select(answer_row.c.id)
            .join(submission, submission.c.id == answer_row.c.root_id)
            .where(*mine)
            .limit(_MANY_ROWS + 1)
        )
        found = self.records.session.scalar(select(func.count()).select_from(rows.subquery()))
        return int(found) > _MANY_ROWS
