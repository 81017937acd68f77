"""What a reader is shown of a version's XML and files.

In: a body as received, the version of the form it names, the sensitivities hidden from the reader. Out: the
very bytes where the form hides nothing from them, else the redacted document (sync/redaction.py). What any
version of the form closes is closed in the documents of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from sync.catalogue import compiled_form
from sync.envelope import EnvelopeUnreadable, read_envelope
from sync.problems import NotFound
from sync.receipt.arrival import clean_file_name
from sync.redaction import closed_paths, hides_something, local_path, named_files, redacted_xml
from sync.safe_xml import XmlUnreadable, local_name, read_xml
from sync.store import ReadSession, Store
from sync.tables import form, form_version, project


class Redactor:
    """Shows the documents of one form of one space."""

    def __init__(self, store: Store, session: ReadSession, space: str, xml_form_id: str) -> None:
        self._store = store
        self._space = space
        self._form_id = xml_form_id
        of_form = (
            select(form_version.c.version)
            .join(form, form.c.id == form_version.c.form_id)
            .join(project, project.c.id == form.c.project_id)
            .where(project.c.uuid == space, form.c.xml_form_id == xml_form_id)
        )
        self._versions = [row["version"] for row in session.all(of_form)]
        self._closed: dict[frozenset[str], frozenset[str]] = {}

    def hides(self, form_version: str, hidden: frozenset[str]) -> bool:
        """Whether anything of a document of this version is withheld."""
        compiled = compiled_form(self._store, self._space, self._form_id, form_version)
        return hides_something(compiled, hidden, self._closed_for(hidden))

    def xml(self, body: bytes, form_version: str, hidden: frozenset[str]) -> bytes:
        """The document as it is shown. Raises NotFound where it cannot be read, and so nothing be told from
        anything."""
        compiled = compiled_form(self._store, self._space, self._form_id, form_version)
        closed = self._closed_for(hidden)
        if not hides_something(compiled, hidden, closed):
            return body
        try:
            return redacted_xml(body, compiled, hidden, closed)
        except XmlUnreadable as unreadable:
            raise NotFound(f"{unreadable.reason} All of it is withheld.") from None

    def files(self, body: bytes, form_version: str, hidden: frozenset[str]) -> list[str]:
        """The names of the files the document mentions, those of withheld answers left out, in order."""
        compiled = compiled_form(self._store, self._space, self._form_id, form_version)
        if compiled is None:
            return []
        closed = self._closed_for(hidden)
        try:
            if is_encrypted(body):
                shown = set() if hides_something(compiled, hidden, closed) else _encrypted_files(body)
            else:
                shown = set(named_files(body, compiled, hidden, closed).shown)
        except XmlUnreadable:
            return []
        return sorted(shown)

    def mentioned(self, body: bytes, form_version: str) -> list[str]:
        """The names of all files the document mentions, for whoever adds them: telling nobody."""
        compiled = compiled_form(self._store, self._space, self._form_id, form_version)
        if compiled is None:
            return []
        try:
            if is_encrypted(body):
                return sorted(_encrypted_files(body))
            files = named_files(body, compiled)
        except XmlUnreadable:
            return []
        return sorted(files.shown | files.withheld)

    def structure(self, form_versions: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The paths of repeats and of groups that any of these versions has, in local names."""
        repeats: set[str] = set()
        groups: set[str] = set()
        for version in set(form_versions):
            compiled = compiled_form(self._store, self._space, self._form_id, version)
            for field in compiled.fields if compiled else ():
                if field.type in ("repeat", "group"):
                    (repeats if field.type == "repeat" else groups).add(local_path(field.path))
        return frozenset(repeats), frozenset(groups)

    def _closed_for(self, hidden: frozenset[str]) -> frozenset[str]:
        if hidden not in self._closed:
            found: set[str] = set()
            for version in self._versions:
                compiled = compiled_form(self._store, self._space, self._form_id, version)
                if compiled is not None:
                    found |= closed_paths(compiled, hidden)
            self._closed[hidden] = frozenset(found)
        return self._closed[hidden]


def is_encrypted(body: bytes) -> bool:
    """Whether a body is the envelope of an encrypted one."""
    try:
        return b"<base64EncryptedKey" in body or read_envelope(body).encrypted
    except EnvelopeUnreadable:
        return False


def instance_name(body: bytes) -> str | None:
    """What the form calls this record; it often repeats answers."""
    try:
        return read_envelope(body).instance_name
    except EnvelopeUnreadable:
        return None


def _encrypted_files(body: bytes) -> set[str]:
    root = read_xml(body)
    named: list[str] = []
    for child in root:
        tag = local_name(str(child.tag))
        if tag == "encryptedXmlFile":
            named.append("".join(map(str, child.itertext())))
        elif tag == "media":
            named += [
                "".join(map(str, file.itertext())) for file in child if local_name(str(file.tag)) == "file"
            ]
    return {clean_file_name(name) for name in map(str.strip, named) if name}
