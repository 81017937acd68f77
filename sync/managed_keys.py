"""Managed encryption: a project's own key, whose private half lies here under a passphrase kept nowhere.

The private half is sealed under a key made from the passphrase, and once more by the master key. So neither
the server nor a copy of its database together with the master key can read what tablets encrypt; and whoever
forgets the passphrase has lost the answers for good.
"""

from __future__ import annotations

import hashlib
import os

from sqlalchemy import RowMapping, Table, insert, literal, select, update

from forms.encryption import encrypted_for
from forms.xform import read_xform
from sync.catalogue import catalogue
from sync.form_drafting import replace_draft
from sync.odk_cipher import PrivateKey, WrongKey
from sync.passwords import SHORTEST, PasswordTooShort, key_of_passphrase
from sync.problems import Conflict, KeyMissing, NotFound
from sync.registry import get_project
from sync.seal import Keyring, SealKey
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import (
    encryption_key,
    form,
    form_draft,
    form_list_link,
    form_mapping,
    form_media,
    form_version,
    project,
)
from sync.tables.log import ChangeKind

_SALT = 16


class AlreadyEncrypted(Conflict):
    """Managed encryption was begun before, and cannot be begun again or ended."""

    def __init__(self, _detail: str = "") -> None:
        super().__init__(
            "The project has managed encryption already.", "Its key stays: records are encrypted to it."
        )


def begin_managed_encryption(
    store: Store, project_id: int, passphrase: str, hint: str | None = None, by: str | None = None
) -> int:
    """Make the project's key and publish each of its forms under it. Returns encryption_key.id.

    hint  the office's own reminder of the passphrase, shown to whoever is asked for it
    Forms that have a key are left as they are; drafts get the key too. There is no way back.
    Raises PasswordTooShort, AlreadyEncrypted, NotFound (project).
    """
    if len(passphrase) < SHORTEST:
        raise PasswordTooShort(
            f"A passphrase has at least {SHORTEST} characters.", "Several uncommon words make a good one."
        )
    with store.read() as session:
        _refuse_twice(get_project(session, project_id))
    private = PrivateKey.new()
    locked = _lock(store.keyring, private, passphrase)
    key_id = store.write(lambda session: _begin(session, project_id, private.public, locked, hint, by))
    catalogue(store).expire()
    return key_id


def unlock(session: ReadSession, keyring: Keyring, key_id: int, passphrase: str) -> PrivateKey:
    """The private half of a managed key. Raises WrongKey, NotFound (no such managed key)."""
    row = session.first(select(encryption_key).where(encryption_key.c.id == key_id))
    if row is None or row["sealed"] is None:
        raise NotFound(
            f"There is no managed key {key_id}.", "A form's own key is with whoever made the form."
        )
    locked = keyring.master.open(row["sealed"], _context(row["public"]))
    key = SealKey(key_of_passphrase(passphrase, locked[:_SALT]))
    try:
        return PrivateKey.read(key.open(locked[_SALT:], _context(row["public"])))
    except KeyMissing:
        hint = f"The hint that was left: {row['hint']}" if row["hint"] else "No hint was left."
        raise WrongKey("The passphrase is not the one the key was made with.", hint) from None


def _lock(keyring: Keyring, private: PrivateKey, passphrase: str) -> bytes:
    salt, context = os.urandom(_SALT), _context(private.public)
    key = SealKey(key_of_passphrase(passphrase, salt))
    return keyring.master.seal(salt + key.seal(private.raw(), context), context)


def _context(public: str) -> bytes:
    return b"managed key:" + public.encode()


def _begin(
    session: WriteSession, project_id: int, public: str, locked: bytes, hint: str | None, by: str | None
) -> int:
    owner = get_project(session, project_id)
    _refuse_twice(owner)
    named = {"project_id": project_id, "public": public, "sealed": locked, "hint": hint}
    key_id = session.insert_returning(encryption_key, {**named, "is_managed": True, "created_at": now()})
    session.execute(update(project).where(project.c.id == project_id).values(key_id=key_id, updated_at=now()))
    for version in session.all(_CURRENT.where(form.c.project_id == project_id)):
        _publish_under(session, version, key_id, public, by)
    for draft in session.all(_DRAFTS.where(form.c.project_id == project_id)):
        row = session.first(select(form).where(form.c.id == draft["form_id"]))
        assert row is not None
        compiled = read_xform(encrypted_for(draft["xform"], public))
        replace_draft(session, row, compiled, (draft["source"], draft["source_name"]), {}, by)
    session.change(ChangeKind.PROJECT, owner["uuid"])
    session.audit("project.update", owner["uuid"], by, keyId=key_id)
    return key_id


def _refuse_twice(owner: RowMapping) -> None:
    if owner["key_id"] is not None:
        raise AlreadyEncrypted()


def _publish_under(
    session: WriteSession, before: RowMapping, key_id: int, public: str, by: str | None
) -> None:
    """The form's current version again, under the key: with its files, its lists and its mappings."""
    compiled = read_xform(encrypted_for(before["xform"], public))
    columns = {name: value for name, value in before.items() if name in form_version.c and name != "id"}
    columns |= {"uuid": new_uuid(), "version": compiled.version, "hash": compiled.hash, "key_id": key_id}
    columns |= {"xform": compiled.xform, "published_at": now(), "published_by": by}
    version_id = session.insert_returning(form_version, columns)
    for table in (form_media, form_list_link):
        _copy(session, table, before["id"], version_id)
    revisions = select(form_mapping).where(form_mapping.c.form_version_id == before["id"])
    session.insert(
        form_mapping,
        [
            {**row, "id": None, "uuid": new_uuid(), "form_version_id": version_id}
            for row in session.all(revisions)
        ],
    )
    session.execute(
        update(form)
        .where(form.c.id == before["form_id"])
        .values(current_version_id=version_id, updated_at=now())
    )
    session.change(ChangeKind.FORM, columns["uuid"], hashlib.sha256(compiled.xform).digest())
    session.audit(
        "form.publish", columns["uuid"], by, form=before["xml_form_id"], version=compiled.version,
        hash=compiled.hash,
    )  # fmt: skip


def _copy(session: WriteSession, table: Table, before: int, version_id: int) -> None:
    """The rows of one form version for another."""
    names = [column.name for column in table.c if column.name != "id"]
    values = [literal(version_id) if name == "form_version_id" else table.c[name] for name in names]
    session.execute(
        insert(table).from_select(names, select(*values).where(table.c.form_version_id == before))
    )


_CURRENT = (
    select(form_version, form.c.xml_form_id)
    .join(form, form.c.current_version_id == form_version.c.id)
    .where(form_version.c.key_id.is_(None))
    .order_by(form.c.id)
)
_DRAFTS = (
    select(form_draft.c.form_id, form_draft.c.xform, form_draft.c.source, form_draft.c.source_name)
    .join(form, form.c.id == form_draft.c.form_id)
    .where(form_draft.c.ended_at.is_(None), form_draft.c.key_id.is_(None))
    .order_by(form_draft.c.id)
)
