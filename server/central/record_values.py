"""Records, their versions and comments as the API shows them.

Who sent something, from which device, counts as internal; what the form calls a record repeats answers, and
is told only where nothing of the document is withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.central.actors import actor_value
from server.central.answers import instant
from sync.assignments import actors_by_uuid
from sync.originals import open_bodies
from sync.records.reading import Body, RecordView
from sync.records.redacting import Redactor, instance_name
from sync.store import ReadSession, Store

_CHUNK = 200  # bodies opened together
_STAFF = "internal"


class Teller:
    """Writes records of one form. `extended` adds who sent them, as whole actors."""

    def __init__(
        self, store: Store, session: ReadSession, space: str, xml_form_id: str, extended: bool = False
    ) -> None:
        self._store = store
        self._session = session
        self._extended = extended
        self.redactor = Redactor(store, session, space, xml_form_id)

    def records(self, records: Sequence[RecordView]) -> list[dict[str, Any]]:
        """The records, each with its current version."""
        bodies = [body for record in records for body in (record.first, record.current)]
        senders = self._senders(bodies)
        names = self._names([(record.current, record.hidden) for record in records])
        return [self._record(record, senders, names) for record in records]

    def versions(self, record: RecordView, bodies: Sequence[Body]) -> list[dict[str, Any]]:
        """Versions of a record by themselves; extended, with the version of the form too."""
        senders = self._senders(bodies)
        names = self._names([(body, record.hidden) for body in bodies])
        shown = [self._body(body, record.hidden, senders, names) for body in bodies]
        if not self._extended:
            return shown
        return [value | {"formVersion": body.form_version} for value, body in zip(shown, bodies, strict=True)]

    def _record(
        self, record: RecordView, senders: Mapping[str, Any], names: Mapping[int, str | None]
    ) -> dict[str, Any]:
        sent = _staff(record.first, record.hidden, senders)
        value = {
            "instanceId": record.instance_id,
            "submitterId": sent["submitterId"],
            "deviceId": sent["deviceId"],
            "createdAt": instant(record.first.received_at),
            "updatedAt": instant(record.updated_at),
            "reviewState": record.review_state,
            "userAgent": sent["userAgent"],
            "deletedAt": instant(record.deleted_at),
            "currentVersion": self._body(record.current, record.hidden, senders, names),
        }
        return value | {"submitter": sent["submitter"]} if self._extended else value

    def _body(
        self,
        body: Body,
        hidden: frozenset[str],
        senders: Mapping[str, Any],
        names: Mapping[int, str | None],
    ) -> dict[str, Any]:
        sent = _staff(body, hidden, senders)
        value = {
            "submitterId": sent["submitterId"],
            "createdAt": instant(body.received_at),
            "instanceName": names.get(body.id),
            "instanceId": body.instance_id,
            "current": body.is_current,
            "deviceId": sent["deviceId"],
            "userAgent": sent["userAgent"],
        }
        return value | {"submitter": sent["submitter"]} if self._extended else value

    def _senders(self, bodies: Iterable[Body]) -> Mapping[str, Any]:
        return actors_by_uuid(self._session, {body.actor_uuid for body in bodies if body.actor_uuid})

    def _names(self, bodies: Sequence[tuple[Body, frozenset[str]]]) -> dict[int, str | None]:
        """The names of those versions of which nothing is withheld."""
        plain: dict[tuple[str, frozenset[str]], bool] = {}
        ids = []
        for body, hidden in bodies:
            key = (body.form_version, hidden)
            if key not in plain:
                plain[key] = not self.redactor.hides(*key)
            if plain[key]:
                ids.append(body.id)
        found: dict[int, str | None] = {}
        for start in range(0, len(ids), _CHUNK):
            opened = open_bodies(self._session, self._store, ids[start : start + _CHUNK])
            found |= {id_: instance_name(body) for id_, body in opened.items() if body is not None}
        return found


def _staff(body: Body, hidden: frozenset[str], senders: Mapping[str, Any]) -> dict[str, Any]:
    if _STAFF in hidden:
        return dict.fromkeys(("submitterId", "deviceId", "userAgent", "submitter"))
    sender = senders.get(body.actor_uuid or "")
    return {
        "submitterId": None if sender is None else sender["id"],
        "deviceId": body.device_id,
        "userAgent": body.user_agent,
        "submitter": None if sender is None else actor_value(sender),
    }
