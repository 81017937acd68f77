"""Key informants: people who tell. Known by a pseudonym everywhere; name and phone are sealed here and only
here.

In: who somebody is. Out: a pseudonym, which forms carry in `informant_id`. Name and phone are sealed under a
key of the person's own, wrapped by the master key; they are opened by `sync/disclosure.py` alone. Phones are
compared by a keyed digest. Erasing somebody destroys the key: rows keep the pseudonym, which is never given
again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import RowMapping, select, update

from forms import vocabulary
from sync.erasures import ErasureKind, ledger, note_applied
from sync.problems import Conflict, Invalid, NotFound
from sync.pseudonyms import is_pseudonym, new_pseudonym, spelled
from sync.seal import Keyring, SealKey
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import key_informant, organisation, project
from sync.tables.log import ChangeKind

_CODE_LISTS = {"role": "informant_role", "channel": "interview_channel", "sex": "sex"}
_SAME_NUMBER = 8  # last digits: with and without the country's code, a number is the same
_LONGEST = 200
_FORGOTTEN = ("sealed", "wrapped", "phone_digest", "source_code", "role", "sex", "channel", "area_pcode")


@dataclass(frozen=True, slots=True)
class NewInformant:
    """Somebody to be registered. Codes are those of the vocabulary and of the office's registers."""

    name: str
    phone: str | None = None
    role: str | None = None  # code list informant_role
    organisation: str | None = None  # organisation.code
    pcode: str | None = None  # area the person tells of
    channel: str | None = None  # code list interview_channel
    sex: str | None = None  # code list sex
    source_code: str | None = None  # what the office's own list calls the person


def add_informant(
    store: Store, project_id: int, given: NewInformant, by: str | None = None, same_phone: bool = False
) -> str:
    """Register somebody. Returns the pseudonym.

    same_phone  let two people share a phone, as villages do
    Raises NotFound (project), Invalid (name, codes), Conflict (the phone is somebody's already).
    """

    def work(session: WriteSession) -> str:
        _check_project(session, project_id)
        wrong = mistakes(session, given)
        if wrong:
            raise Invalid(wrong[0], "`waypost informant add --help` says what each option takes.")
        holder = None if same_phone else holder_of(session, store.keyring, project_id, given.phone)
        if holder is not None:
            raise Conflict(
                f"{holder} has this phone number already.",
                "Use that pseudonym; or, when two people share the phone, say --same-phone.",
            )
        return register(session, store.keyring, project_id, given, by)

    return store.write(work)


def register(
    session: WriteSession, keyring: Keyring, project_id: int, given: NewInformant, by: str | None = None
) -> str:
    """Seal and insert somebody who was checked. Returns the pseudonym."""
    uuid, key = new_uuid(), SealKey.new()
    taken = select(key_informant.c.id).where(key_informant.c.project_id == project_id)
    pseudonym = new_pseudonym(
        lambda text: session.scalar(taken.where(key_informant.c.pseudonym == text)) is not None
    )
    person = orjson.dumps({"name": given.name.strip(), "phone": (given.phone or "").strip() or None})
    row = {
        "uuid": uuid,
        "project_id": project_id,
        "pseudonym": pseudonym,
        "organisation_id": _organisation_id(session, given.organisation),
        "area_pcode": given.pcode,
        "channel": given.channel,
        "role": given.role,
        "sex": given.sex,
        "sealed": key.seal(person, _context(uuid)),
        "wrapped": keyring.wrap(key, _context(uuid)),
        "phone_digest": phone_digest(keyring, project_id, given.phone),
        "source_code": given.source_code,
        "created_at": now(),
    }
    session.insert(key_informant, [row])
    session.change(ChangeKind.INFORMANT, uuid)
    session.audit("informant.add", uuid, by, pseudonym=pseudonym, project=project_id)
    return pseudonym


def mistakes(session: ReadSession, given: NewInformant) -> list[str]:
    """What is wrong with somebody to be registered, in sentences that repeat neither name nor phone."""
    found = []
    if not given.name.strip() or len(given.name) > _LONGEST:
        found.append(f"The name is empty or longer than {_LONGEST} characters.")
    if given.phone and (not digits(given.phone) or len(given.phone) > _LONGEST):
        found.append("The phone number has no digits.")
    for column, list_name in _CODE_LISTS.items():
        code, known = getattr(given, column), vocabulary.codes(list_name)
        if code is not None and code not in known:
            found.append(f"{code!r} is no {column}. Use one of {', '.join(known)}.")
    if given.organisation is not None and _organisation_id(session, given.organisation) is None:
        known_here = [
            row["code"] for row in session.all(select(organisation.c.code).order_by(organisation.c.code))
        ]
        found.append(
            f"There is no organisation {given.organisation!r}. "
            f"Registered: {', '.join(known_here) or 'none yet'}."
        )
    return found


def list_informants(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """Everybody registered in a project, erased ones as a pseudonym only. Never a name, never a phone."""
    _check_project(session, project_id)
    columns = (
        key_informant.c.pseudonym,
        key_informant.c.role,
        key_informant.c.sex,
        key_informant.c.area_pcode.label("pcode"),
        organisation.c.code.label("organisation"),
        key_informant.c.channel,
        key_informant.c.source_code,
        key_informant.c.created_at,
        key_informant.c.retired_at,
        key_informant.c.erased_at,
    )
    rows = select(*columns).outerjoin(organisation, organisation.c.id == key_informant.c.organisation_id)
    mine = rows.where(key_informant.c.project_id == project_id)
    return [dict(row) for row in session.all(mine.order_by(key_informant.c.pseudonym))]


def find_informant(session: ReadSession, project_id: int, pseudonym: str) -> RowMapping:
    """The row of a pseudonym, however it is written. Raises NotFound, saying whether it was mistyped."""
    text = spelled(pseudonym)
    mine = select(key_informant).where(
        key_informant.c.project_id == project_id, key_informant.c.pseudonym == text
    )
    row = session.first(mine)
    if row is None:
        why = "Its check character says that it was mistyped." if not is_pseudonym(text) else ""
        raise NotFound(f"There is no key informant {text} in project {project_id}. {why}".strip(),
                       "`waypost informant list` shows the pseudonyms.")  # fmt: skip
    return row


def retire_informant(store: Store, project_id: int, pseudonym: str, by: str | None = None) -> str:
    """Say that somebody tells no more. Name and phone stay sealed. Returns the pseudonym."""

    def work(session: WriteSession) -> str:
        row = find_informant(session, project_id, pseudonym)
        if row["retired_at"] is None:
            mine = update(key_informant).where(key_informant.c.id == row["id"])
            session.execute(mine.values(retired_at=now()))
            session.change(ChangeKind.INFORMANT, row["uuid"])
            session.audit("informant.retire", row["uuid"], by, pseudonym=row["pseudonym"])
        return str(row["pseudonym"])

    return store.write(work)


def erase_informant(store: Store, uuid: str, by: str | None, reason: str) -> bool:
    """Forget a person: key, sealed part and all that describes them; the pseudonym stays, and stays taken.

    The erasure ledger is written first, so that a restored backup does not bring the person back. Returns
    False when the engine still keeps something of the row because of a long read: call it again.
    Raises NotFound.
    """

    def work(session: WriteSession) -> None:
        row = session.first(select(key_informant).where(key_informant.c.uuid == uuid))
        if row is None:
            raise NotFound(f"There is no key informant {uuid}.")
        entries = ledger(store).append([(ErasureKind.INFORMANT, uuid)])
        if row["erased_at"] is None:
            at = now()
            gone = dict.fromkeys(_FORGOTTEN) | {"organisation_id": None}
            retired = row["retired_at"] or at
            mine = update(key_informant).where(key_informant.c.id == row["id"])
            session.execute(mine.values(**gone, erased_at=at, retired_at=retired))
            session.change(ChangeKind.ERASURE, uuid)
            session.audit("informant.erase", uuid, by, reason=reason, pseudonym=row["pseudonym"])
        note_applied(session, entries)

    store.write(work)
    return store.overwrite_deleted([key_informant.name])


def open_person(keyring: Keyring, row: RowMapping) -> dict[str, str | None]:
    """{"name", "phone"} of a row. For sync/disclosure.py, which asks for the grant and audits."""
    if row["wrapped"] is None:
        raise NotFound(f"{row['pseudonym']} was erased.", "Nothing of who it was is left.")
    key = keyring.unwrap(row["wrapped"], _context(row["uuid"]))
    person: dict[str, str | None] = orjson.loads(key.open(row["sealed"], _context(row["uuid"])))
    return person


def holder_of(session: ReadSession, keyring: Keyring, project_id: int, phone: str | None) -> str | None:
    """The pseudonym of somebody in the project who has this phone number."""
    digest = phone_digest(keyring, project_id, phone)
    if digest is None:
        return None
    mine = select(key_informant.c.pseudonym).where(
        key_informant.c.project_id == project_id, key_informant.c.phone_digest == digest
    )
    found = session.scalar(mine.order_by(key_informant.c.id).limit(1))
    return None if found is None else str(found)


def phone_digest(keyring: Keyring, project_id: int, phone: str | None) -> bytes | None:
    """A keyed digest of the number's last eight digits; None without digits. A phone number is guessed in no
    time: only a key outside the database keeps the digest from telling it."""
    number = digits(phone or "")[-_SAME_NUMBER:]
    return keyring.master.digest(f"phone:{project_id}:{number}".encode()) if number else None


def digits(phone: str) -> str:
    """The digits of a phone number in any script, without signs and blanks."""
    return "".join(str(unicodedata.decimal(c)) for c in phone if c.isdecimal())


def _context(uuid: str) -> bytes:
    return b"informant:" + uuid.encode()


def _check_project(session: ReadSession, project_id: int) -> None:
    if session.scalar(select(project.c.id).where(project.c.id == project_id)) is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the ids.")


def _organisation_id(session: ReadSession, code: str | None) -> int | None:
    found: Sequence[RowMapping] = session.all(select(organisation.c.id).where(organisation.c.code == code))
    return found[0]["id"] if found else None
