"""A list of key informants as an office has it: CSV in, pseudonyms out. Names and phones go into the seal
only.

Columns: name; phone, role, organisation, pcode, channel, sex, code where there are any (`code` is how the
list itself calls the person). Nothing is written unless every line can be; a report names lines by number,
never by what they say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from sync.informants import NewInformant, holder_of, list_informants, mistakes, phone_digest, register
from sync.problems import Invalid
from sync.seal import Keyring
from sync.store import ReadSession, Store, WriteSession
from sync.tables import key_informant

COLUMNS = ("name", "phone", "role", "organisation", "pcode", "channel", "sex", "code")
MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would. Lines are those of the file, the heading being line 1."""

    new: list[dict[str, object]] = field(default_factory=list)  # line, code, pseudonym (None in a dry run)
    known: list[dict[str, object]] = field(default_factory=list)  # line, code, pseudonym: imported before
    same_phone: list[dict[str, object]] = field(default_factory=list)  # line, pseudonym or other line
    dry_run: bool = False


def import_informants(
    store: Store,
    project_id: int,
    content: bytes,
    dry_run: bool,
    same_phone: bool = False,
    by: str | None = None,
) -> Imported:
    """Register everybody in a CSV who is not there yet.

    same_phone  register also those whose phone is somebody's already; else they are told and left out
    A line whose `code` was imported before is left as it is. Raises NotFound, Invalid (`errors`: the lines).
    """
    given = _read(content)
    if dry_run:
        with store.read() as session:
            return _sort(session, store.keyring, project_id, given, same_phone, dry_run=True)

    def work(session: WriteSession) -> Imported:
        found = _sort(session, store.keyring, project_id, given, same_phone, dry_run=False)
        people = dict(given)
        for entry in found.new:
            line = entry["line"]
            assert isinstance(line, int)
            entry["pseudonym"] = register(session, store.keyring, project_id, people[line], by)
        return found

    return store.write(work)


def _sort(
    session: ReadSession,
    keyring: Keyring,
    project_id: int,
    given: Iterable[tuple[int, NewInformant]],
    same_phone: bool,
    dry_run: bool,
) -> Imported:
    """Who is new, who is known, and whose phone is somebody's: of the registry, or of a line before."""
    list_informants(session, project_id)  # the project is there
    found, problems = Imported(dry_run=dry_run), []
    phones: dict[bytes, int] = {}
    for line, person in given:
        problems += [{"line": line, "detail": wrong} for wrong in mistakes(session, person)]
        entry: dict[str, object] = {"line": line, "code": person.source_code}
        known = _known(session, project_id, person.source_code)
        if known is not None:
            found.known.append({**entry, "pseudonym": known})
            continue
        digest = phone_digest(keyring, project_id, person.phone)
        holder = holder_of(session, keyring, project_id, person.phone)
        before = phones.setdefault(digest, line) if digest is not None else line
        if holder is not None or before != line:
            told = {"pseudonym": holder} if holder is not None else {"as_line": before}
            found.same_phone.append({**entry, **told})
            if not same_phone:
                continue
        found.new.append({**entry, "pseudonym": None})
    if problems:
        raise Invalid(
            f"{len(problems)} lines cannot be taken; nothing was.",
            "Correct them, then import again.",
            problems,
        )
    return found


def _known(session: ReadSession, project_id: int, code: str | None) -> str | None:
    if code is None:
        return None
    mine = select(key_informant.c.pseudonym).where(
        key_informant.c.project_id == project_id, key_informant.c.source_code == code
    )
    found = session.scalar(mine.limit(1))
    return None if found is None else str(found)


def _read(content: bytes) -> list[tuple[int, NewInformant]]:
    """(line, person) of each line that says anything."""
    if len(content) > MAX_BYTES:
        raise Invalid(
            "The file is larger than 10 MB.", "A list of informants is small: is it the right file?"
        )
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Invalid(
            "The file is not a CSV in UTF-8.", "Save it as “CSV UTF-8” from the spreadsheet."
        ) from None
    heading = [name.strip().lower() for name in rows[0]] if rows else []
    unknown = sorted(set(filter(None, heading)) - set(COLUMNS))
    if "name" not in heading or unknown:
        what = f"has unknown columns: {', '.join(unknown)}" if unknown else "has no column `name`"
        raise Invalid(
            f"The heading {what}.", f"Use these columns: {', '.join(COLUMNS)}. Only name is needed."
        )
    people = []
    for line, row in enumerate(rows[1:], start=2):
        cells = {name: value.strip() or None for name, value in zip(heading, row, strict=False) if name}
        if any(cells.values()):
            code, called = cells.pop("code", None), cells.pop("name", None)
            people.append((line, NewInformant(called or "", source_code=code, **cells)))
    return people


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return ";" if heading.count(";") > heading.count(",") else ","
