"""The one gate for what identifies people: nothing sealed leaves but through here (STYLE rule 18).

Without the grant a reader learns that there is an answer, and gets XML and files without the identifying
ones. With it, `disclose` and its neighbours open them: in one transaction the grant is looked at and the
audit entry is written, and only after its commit is anything returned. The entry says who, which record,
which questions and why, never an answer; an attempt without the grant is entered too. REST, OData, CSV and
the command line all come here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from sqlalchemy import RowMapping, select

from sync.catalogue import compiled_form
from sync.derived_rows import IDENTIFYING
from sync.identifier_grants import cover_record, covers_area, held_grants
from sync.informants import find_informant, open_person
from sync.originals import open_attachment, open_body, record_keys
from sync.problems import Forbidden, Invalid, NotFound
from sync.redaction import identifying_questions, named_files, redacted_xml
from sync.safe_xml import XmlUnreadable
from sync.store import ReadSession, Store, WriteSession
from sync.tables import answer_row, attachment, organisation, project, submission, submission_version

__all__ = [
    "Discloser",
    "disclose",
    "disclose_file",
    "disclose_informant",
    "disclose_xml",
    "identifying_questions",
    "redacted_xml",
    "sealed_answers",
    "shown_file_names",
    "shown_xml",
]

T = TypeVar("T")
EVERYTHING = "*"
_SHORTEST_REASON = 8


@dataclass(frozen=True, slots=True)
class Discloser:
    """Who asks: the actor that holds the grant, and at the console the login it is used from."""

    actor_uuid: str
    login: str | None = None  # of the command line; None over HTTP, where a token says who it is


@dataclass(frozen=True, slots=True)
class Answer:
    """One identifying answer. `value` is None where it was not opened: "sealed", not "unknown"."""

    question: str  # path in the form
    repeat: str  # path of the repeat; "" for the form level
    ordinal: int  # of the instance, from 0 over the whole submission
    value: Any = None  # as sync.answers.to_json writes it


@dataclass(frozen=True, slots=True)
class VersionXml:
    """One body of a submission. `xml` is None where nothing of it may be shown; `withheld` says why."""

    version_id: int
    state: str
    form_version: str
    xml: bytes | None
    withheld: str | None = None


# -- without the grant ---------------------------------------------------------------------------------


def sealed_answers(session: ReadSession, store: Store, submission_uuid: str) -> list[Answer]:
    """The identifying answers a record has, by question and instance, without any of their values.

    Raises NotFound for an unknown submission. A record that was not processed, or was erased, has none.
    """
    row = _submission(session, submission_uuid)
    return [Answer(a.question, a.repeat, a.ordinal) for a in _opened(session, store, row)]


def shown_xml(session: ReadSession, store: Store, submission_uuid: str) -> list[VersionXml]:
    """Every body of a submission as a reader without the grant sees it, each by its own form version.

    Raises NotFound, also for an erased record.
    """
    row = _submission(session, submission_uuid)
    found = []
    for version in _versions(session, row):
        form = compiled_form(store, row["project_uuid"], row["xml_form_id"], version["form_version"])
        withheld = (
            None if form else "Its form version is not published here: which answers identify is unknown."
        )
        try:
            xml: bytes | None = redacted_xml(open_body(session, store, version["id"]), form)
        except XmlUnreadable as unreadable:
            xml, withheld = None, f"{unreadable.reason} All of it is withheld."
        found.append(VersionXml(version["id"], version["state"], version["form_version"], xml, withheld))
    return found


def shown_file_names(session: ReadSession, store: Store, submission_uuid: str) -> frozenset[str]:
    """The names of a submission's files that a reader without the grant may open: those that a shown answer
    of some body names, and no identifying answer of any. Raises NotFound."""
    row = _submission(session, submission_uuid)
    shown: set[str] = set()
    withheld: set[str] = set()
    for version in _versions(session, row):
        form = compiled_form(store, row["project_uuid"], row["xml_form_id"], version["form_version"])
        if form is None:
            return frozenset()
        try:
            files = named_files(open_body(session, store, version["id"]), form)
        except XmlUnreadable:
            return frozenset()
        shown |= files.shown
        withheld |= files.withheld
    return frozenset(shown - withheld)


# -- with the grant ------------------------------------------------------------------------------------


def disclose(store: Store, who: Discloser, submission_uuid: str, reason: str) -> list[Answer]:
    """Open the identifying answers of a record: those of the version that counts.

    reason  why, in words that repeat no answer; kept in the audit trail for ever
    Returns the answers, after the audit entry is committed. Empty for a record that was not processed: its
    answers are in the XML only. Raises NotFound, Invalid (no reason), Forbidden (no grant covers it).
    """

    def work(session: WriteSession, row: RowMapping) -> tuple[list[Answer], list[str]]:
        answers = _opened(session, store, row)
        return answers, list(dict.fromkeys(answer.question for answer in answers))

    return _with_grant(store, who, submission_uuid, reason, "identifiers.disclose", work)


def disclose_xml(store: Store, who: Discloser, submission_uuid: str, reason: str) -> list[VersionXml]:
    """The bodies of a submission byte for byte as they came. Raises as `disclose`."""

    def work(session: WriteSession, row: RowMapping) -> tuple[list[VersionXml], list[str]]:
        whole = [
            VersionXml(v["id"], v["state"], v["form_version"], open_body(session, store, v["id"]))
            for v in _versions(session, row)
        ]
        return whole, [EVERYTHING]

    return _with_grant(store, who, submission_uuid, reason, "identifiers.disclose_xml", work)


def disclose_file(
    store: Store, who: Discloser, submission_uuid: str, name: str, reason: str
) -> Iterator[bytes]:
    """The chunks of a file that is withheld without the grant; of the newest, where several have the name.

    Raises as `disclose`, NotFound for a name that no file has.
    """

    def work(session: WriteSession, row: RowMapping) -> tuple[int, list[str]]:
        mine = select(attachment.c.id).where(
            attachment.c.submission_id == row["id"], attachment.c.name == name
        )
        file = session.scalar(mine.order_by(attachment.c.id.desc()).limit(1))
        if file is None:
            raise NotFound("This submission has no file of that name.")
        return int(file), [f"file {file}"]  # not its name, which may be somebody's

    found = _with_grant(store, who, submission_uuid, reason, "identifiers.disclose_file", work)
    with store.read() as session:
        return open_attachment(session, store, found)


def disclose_informant(
    store: Store, who: Discloser, project_id: int, pseudonym: str, reason: str
) -> dict[str, str | None]:
    """{"pseudonym", "name", "phone"} of a key informant.

    Raises NotFound (unknown, erased), Invalid (no reason), Forbidden (no grant covers organisation and area).
    """
    check_reason(reason)

    def work(session: WriteSession) -> dict[str, str | None] | None:
        row = find_informant(session, project_id, pseudonym)
        person = open_person(store.keyring, row)
        code = session.scalar(select(organisation.c.code).where(organisation.c.id == row["organisation_id"]))
        grants = held_grants(session, who.actor_uuid, project_id)
        may = any(covers_area(session, grant, code, row["area_pcode"]) for grant in grants)
        _audit(session, who, "informant.disclose", row["uuid"], reason, may, pseudonym=row["pseudonym"])
        return {"pseudonym": row["pseudonym"], **person} if may else None

    found = store.write(work)
    if found is None:
        raise _refused()
    return found


def _with_grant(
    store: Store,
    who: Discloser,
    submission_uuid: str,
    reason: str,
    action: str,
    work: Callable[[WriteSession, RowMapping], tuple[T, list[str]]],
) -> T:
    """Look at the grant, work and write the audit entry in one transaction; give the result after it."""
    check_reason(reason)

    def attempt(session: WriteSession) -> tuple[bool, T | None]:
        row = _submission(session, submission_uuid)
        grants = held_grants(session, who.actor_uuid, row["project_id"])
        root_id = row["root_id"] or row["id"]
        if not cover_record(session, grants, row["project_id"], row["xml_form_id"], root_id):
            _audit(session, who, action, submission_uuid, reason, allowed=False)
            return False, None
        result, questions = work(session, row)
        _audit(session, who, action, submission_uuid, reason, allowed=True, questions=questions)
        return True, result

    allowed, result = store.write(attempt)
    if not allowed:
        raise _refused()
    return result  # type: ignore[return-value]  # what `work` gave


def _audit(
    session: WriteSession,
    who: Discloser,
    action: str,
    of: str,
    reason: str,
    allowed: bool,
    **detail: Any,
) -> None:
    said = {"reason": reason.strip(), "login": who.login, **detail}
    session.audit(action if allowed else f"{action}.refused", of, who.actor_uuid, **said)


def check_reason(reason: str) -> None:
    """Raise Invalid for a reason that says nothing."""
    if len(reason.strip()) < _SHORTEST_REASON:
        raise Invalid(
            f"The reason for opening identifying answers has fewer than {_SHORTEST_REASON} characters.",
            'Give the reason in a few words, never an answer: --reason "asked for by the family, case 12".',
        )


def _refused() -> Forbidden:
    return Forbidden(
        "Identifying answers of this record are not opened for this actor: no grant covers it now.",
        "`waypost grant list` shows the grants, `waypost grant identifiers ACTOR --project ID` gives one. "
        "The attempt is in the audit trail.",
    )


# -- rows ----------------------------------------------------------------------------------------------


def _submission(session: ReadSession, uuid: str) -> RowMapping:
    row = session.first(
        select(submission, project.c.id.label("project_id"))
        .join(project, project.c.uuid == submission.c.project_uuid)
        .where(submission.c.uuid == uuid)
    )
    if row is None:
        raise NotFound(f"There is no submission {uuid}.", "`waypost submission show` gives the uuid.")
    if row["erased_at"] is not None:
        raise NotFound("This record was erased.", "Nothing of what it said is left.")
    return row


def _versions(session: ReadSession, row: RowMapping) -> Sequence[RowMapping]:
    mine = select(submission_version).where(submission_version.c.submission_id == row["id"])
    return session.all(mine.order_by(submission_version.c.id))


def _opened(session: ReadSession, store: Store, row: RowMapping) -> list[Answer]:
    """The identifying answers of the record that a submission belongs to, opened."""
    rows = session.all(
        select(
            answer_row.c.table_path,
            answer_row.c.ordinal,
            answer_row.c.sealed,
            submission_version.c.submission_id,
        )
        .join(submission_version, submission_version.c.id == answer_row.c.version_id)
        .where(answer_row.c.root_id == (row["root_id"] or row["id"]), answer_row.c.sealed.is_not(None))
        .order_by(answer_row.c.table_path, answer_row.c.ordinal)
    )
    keys = record_keys(session, store, sorted({one["submission_id"] for one in rows}))
    return [
        Answer(question, one["table_path"], one["ordinal"], value)
        for one in rows
        for question, value in orjson.loads(
            keys[one["submission_id"]].open(one["sealed"], IDENTIFYING)
        ).items()
    ]
