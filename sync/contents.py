"""What database and files hold of a project, every original opened and hashed, for whoever verifies it.

In: a store and a project. Out: `Contents`: SHA-256 of plain bytes, states, flags, pairs, tags. It reads
everything and keeps nothing; the hashes are never stored, because a plain hash lets anybody test a guess.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import select

from sync.originals import open_attachment, open_body
from sync.store import ReadSession, Store
from sync.tables import (
    attachment,
    boundary_release,
    duplicate_pair,
    flag,
    project,
    submission,
    submission_version,
    tag,
)
from sync.tables.records import VersionState

Body = tuple[str, str, str]  # form, instanceID, sha256 of the opened XML
File = tuple[str, str, str, str]  # form, instanceID, file name, sha256 of the opened bytes


@dataclass
class Contents:
    """Lists, not sets: what is there twice shows."""

    identities: list[tuple[str, str]] = field(default_factory=list)  # form, instanceID
    bodies: list[Body] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    states: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    held: list[tuple[str, str | None]] = field(default_factory=list)  # instanceID, reason
    flags: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by instanceID
    pairs: list[tuple[str, str]] = field(default_factory=list)  # instanceIDs
    tags: dict[str, dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # adm2 by record, release


def read_contents(store: Store, project_id: int) -> Contents:
    """Open and hash everything of a project."""
    found = Contents()
    with store.read() as session:
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        rows = session.all(select(submission).where(submission.c.project_uuid == project_uuid))
        identity = {row["id"]: (row["xml_form_id"], row["instance_id"]) for row in rows}
        found.identities = sorted(identity.values())
        _bodies(session, store, identity, found)
        _files(session, store, identity, found)
        _derived(session, {row_id: instance for row_id, (_, instance) in identity.items()}, found)
    return found


def _bodies(
    session: ReadSession, store: Store, identity: dict[int, tuple[str, str]], found: Contents
) -> None:
    for row in session.all(select(submission_version).order_by(submission_version.c.id)):
        if row["submission_id"] not in identity:
            continue
        form, instance_id = identity[row["submission_id"]]
        found.bodies.append((form, instance_id, sha256(open_body(session, store, row["id"])).hexdigest()))
        found.states[form, instance_id].append(row["state"])
        if row["state"] == VersionState.HELD:
            found.held.append((instance_id, row["hold_reason"]))


def _files(session: ReadSession, store: Store, identity: dict[int, tuple[str, str]], found: Contents) -> None:
    for row in session.all(select(attachment).order_by(attachment.c.id)):
        if row["submission_id"] not in identity:
            continue
        hashed = sha256()
        for chunk in open_attachment(session, store, row["id"]):
            hashed.update(chunk)
        found.files.append((*identity[row["submission_id"]], row["name"], hashed.hexdigest()))


def _derived(session: ReadSession, instances: dict[int, str], found: Contents) -> None:
    for row in session.all(select(flag.c.root_id, flag.c.code)):
        if row["root_id"] in instances:
            found.flags[instances[row["root_id"]]].add(row["code"])
    for row in session.all(select(duplicate_pair.c.root_a, duplicate_pair.c.root_b)):
        if row["root_a"] in instances:
            found.pairs.append((instances[row["root_a"]], instances[row["root_b"]]))
    names = {row["id"]: row["name"] for row in session.all(select(boundary_release))}
    for row in session.all(select(tag)):
        if row["root_id"] in instances and "2" in row["pcodes"]:
            found.tags[row["record_id"]][names.get(row["release_id"], "none")] = row["pcodes"]["2"]
