"""Which submissions make one record, and which version of it counts.

In: submission ids. Out: a `Record` for each: the original, the edits that lead back to it, the winning
version, and the state each version ought to have. It is worked out from what is stored now, so the order in
which originals and edits arrived makes no difference.

An edit that cannot be processed does not count: while the newest event of a submission is parked, the version
before it does, and the edit is among those not applied. Once it is tried again and passes, it counts.

An edit names the instanceID it deprecates (PROTOCOL 1.7), chains may branch, and an edit may be here before
or without its original. At a branch the edit with the greater uuid wins: a rule that every server follows
alike; the branch is flagged for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select

from sync.choices import Choices, read_choices
from sync.queue import parked_now
from sync.store import ReadSession
from sync.tables import submission, submission_version
from sync.tables.records import HoldReason, VersionState

FormState = Callable[[str, str, str], str]
"""(project_uuid, xml_form_id, version) -> open | closing | closed | unknown_form | unknown_version."""

_HELD_BY_FORM = {
    "unknown_form": HoldReason.UNKNOWN_FORM,
    "unknown_version": HoldReason.UNKNOWN_VERSION,
    "closed": HoldReason.FORM_CLOSED,
}
_A_PERSON_DECIDES = {HoldReason.NOT_ASSIGNED, HoldReason.LINK_USED_UP, HoldReason.OUTDATED}
_COUNTING = (VersionState.CURRENT, VersionState.EDIT)
_NEVER_APPLIED = {HoldReason.TOO_LARGE, HoldReason.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    uuid: str
    submission_id: int
    state: str
    hold_reason: str | None
    form_version: str
    received_at: datetime
    actor_uuid: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One submission of the record."""

    id: int
    uuid: str
    project_uuid: str
    xml_form_id: str
    instance_id: str
    deprecated_id: str | None
    root_id: int | None
    erased: bool
    versions: tuple[Version, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.project_uuid, self.xml_form_id, self.instance_id)

    @property
    def parent_key(self) -> tuple[str, str, str] | None:
        return (self.project_uuid, self.xml_form_id, self.deprecated_id) if self.deprecated_id else None


@dataclass(frozen=True, slots=True)
class Record:
    """An original with its edits. Without `root` the original is not here, and nothing counts yet."""

    root: Node | None
    nodes: tuple[Node, ...]
    winner: Version | None
    branched: bool = False
    conflicts: tuple[Version, ...] = ()
    states: dict[int, tuple[str, str | None]] = field(default_factory=dict)  # by version id
    not_applied: tuple[Version, ...] = ()  # edits after the winner whose processing is parked

    @property
    def owned_by(self) -> Version | None:
        """The version whose sender's organisation the record belongs to: the original's, whoever corrects it;
        the winner's where the original itself waits."""
        own = self.root.versions if self.root else ()
        return next((v for v in own if self.states[v.id][0] == VersionState.CURRENT), self.winner)

    @property
    def fingerprint(self) -> tuple[int, ...]:
        """The versions it was worked out from: another set means it has to be worked out again."""
        return tuple(sorted(v.id for node in self.nodes for v in node.versions))


def resolve(session: ReadSession, submission_ids: Collection[int], form_state: FormState) -> list[Record]:
    """The records that the given submissions belong to, each once, in the order of their first id."""
    nodes = _load(session, submission_ids)
    bodies = [version.uuid for node in nodes.values() for version in node.versions]
    choices = read_choices(session, [node.uuid for node in nodes.values()], bodies)
    parked = parked_now(session, nodes)
    by_key = {node.key: node for node in nodes.values()}
    children: dict[int, list[Node]] = defaultdict(list)
    for node in nodes.values():
        parent = by_key.get(node.parent_key) if node.parent_key else None
        if parent is not None:
            children[parent.id].append(node)
    records: list[Record] = []
    seen: set[int] = set()
    for start in sorted(submission_ids):
        if start not in nodes or start in seen:
            continue
        top = _top(nodes[start], by_key)
        members = tuple(_below(top, children))
        seen.update(node.id for node in members)
        # Any adopted edit lets its chain count: an earlier edit that comes later must not hide it.
        is_adopted = any(node.uuid in choices.adopted for node in members) and top.parent_key not in by_key
        is_root = top.deprecated_id is None or is_adopted
        records.append(_record(top if is_root else None, members, children, form_state, choices, parked))
    return records


def chain(record: Record) -> list[Version]:
    """The versions that lead to the one that counts, the original's first, itself last."""
    by_instance = {node.instance_id: node for node in record.nodes}
    at = next((n for n in record.nodes if record.winner and n.id == record.winner.submission_id), None)
    found: list[Version] = []
    seen: set[int] = set()
    while at is not None and at.id not in seen:
        seen.add(at.id)
        found += [v for v in at.versions if record.states[v.id][0] in _COUNTING]
        at = by_instance.get(at.deprecated_id) if at.deprecated_id else None
    return found[::-1]


def _record(
    root: Node | None,
    members: tuple[Node, ...],
    children: dict[int, list[Node]],
    form_state: FormState,
    choices: Choices,
    parked: set[int],
) -> Record:
    states: dict[int, tuple[str, str | None]] = {}
    for node in members:
        states.update(_states(node, root, form_state, choices))
    usable = {
        node.id: version
        for node in members
        for version in node.versions
        if states[version.id][0] in (VersionState.CURRENT, VersionState.EDIT)
    }
    conflicts = tuple(v for n in members for v in _undecided(n, choices) if _conflicts(states[v.id]))
    preferred = _preferred(members, children, choices)

    def leads_on(node: Node) -> bool:
        """Whether an edit, or one after it, may count: one that waits for somebody hides none beside it."""
        return any(below.id in usable for below in _below(node, children))

    winner, branched, at = None, False, root
    not_applied: list[Version] = []
    while at is not None and not at.erased:
        version = usable.get(at.id)
        if version is not None and at.id in parked:
            not_applied.append(version)
        elif version is not None:
            winner, not_applied = version, []
        following = sorted(children.get(at.id, []), key=lambda n: (leads_on(n), n.id in preferred, n.uuid))
        branched = branched or (len(following) > 1 and not any(node.id in preferred for node in following))
        at = following[-1] if following else None
    return Record(root, members, winner, branched, conflicts, states, tuple(not_applied))


def _states(
    node: Node, root: Node | None, form_state: FormState, choices: Choices
) -> dict[int, tuple[str, str | None]]:
    """What each version of a submission is: the one that was chosen counts, else the first that came; others
    conflict with it. What was set aside never counts, and says what it would be if it were the only one."""
    is_adopted = node.uuid in choices.adopted
    own = VersionState.CURRENT if root is not None and node.id == root.id else VersionState.EDIT
    states: dict[int, tuple[str, str | None]] = {}
    taken = False
    for version in sorted(node.versions, key=lambda v: (v.uuid not in choices.used, v.id)):
        undecided = version.hold_reason in _A_PERSON_DECIDES
        while_closed = is_adopted and version.hold_reason == HoldReason.FORM_CLOSED
        # stays noted: the adoption may be taken back
        kept = version.hold_reason if undecided or while_closed else None
        if version.state == VersionState.DRAFT or version.hold_reason in _NEVER_APPLIED:
            states[version.id] = (version.state, version.hold_reason)
        elif undecided and not is_adopted:
            states[version.id] = (VersionState.HELD, version.hold_reason)
        elif version.uuid in choices.set_aside:
            held = kept or _hold_reason(node, version, root, form_state, is_adopted) or HoldReason.DISCARDED
            alone = len(node.versions) == 1
            states[version.id] = (VersionState.HELD, held) if alone else (VersionState.CONFLICT, kept)
        elif taken:
            states[version.id] = (VersionState.CONFLICT, kept)
        else:
            taken = True
            reason = _hold_reason(node, version, root, form_state, is_adopted)
            states[version.id] = (VersionState.HELD, kept or reason) if reason else (own, kept)
    return states


def _undecided(node: Node, choices: Choices) -> list[Version]:
    """The versions of a submission that nobody has decided about, by themselves or by choosing one."""
    if _is_used(node, choices):
        return []
    return [version for version in node.versions if version.uuid not in choices.set_aside]


def _preferred(members: tuple[Node, ...], children: dict[int, list[Node]], choices: Choices) -> set[int]:
    """The submissions on the way to an edit that somebody chose at a branch."""
    if not choices.led:
        return set()
    return {node.id for node in members if any(n.uuid in choices.led for n in _below(node, children))}


def _is_used(node: Node, choices: Choices) -> bool:
    return any(version.uuid in choices.used for version in node.versions)


def _conflicts(state: tuple[str, str | None]) -> bool:
    return state[0] == VersionState.CONFLICT


def _hold_reason(
    node: Node, version: Version, root: Node | None, form_state: FormState, is_adopted: bool
) -> str | None:
    state = form_state(node.project_uuid, node.xml_form_id, version.form_version)
    if state == "closed" and (is_adopted or version.hold_reason != HoldReason.FORM_CLOSED):
        state = "open"  # it came while the form was open: closing holds what comes, not what is here
    if state in _HELD_BY_FORM:
        return _HELD_BY_FORM[state]
    return HoldReason.ORIGINAL_MISSING if root is None else None


def _top(node: Node, by_key: dict[tuple[str, str, str], Node]) -> Node:
    """The original of a chain, or the earliest edit that is here. A circle ends at its smallest uuid."""
    seen = {node.id}
    while node.parent_key and (parent := by_key.get(node.parent_key)):
        if parent.id in seen:
            return min((n for n in by_key.values() if n.id in seen), key=lambda n: n.uuid)
        seen.add(parent.id)
        node = parent
    return node


def _below(top: Node, children: dict[int, list[Node]]) -> Iterable[Node]:
    seen, waiting = {top.id}, [top]
    while waiting:
        node = waiting.pop()
        yield node
        for child in children.get(node.id, []):
            if child.id not in seen:
                seen.add(child.id)
                waiting.append(child)


def _load(session: ReadSession, ids: Collection[int]) -> dict[int, Node]:
    """The given submissions, all they lead back to, all that lead back to those, and every version."""
    nodes = _nodes(session, submission.c.id.in_(list(ids)))
    fresh = list(nodes.values())
    while fresh:
        known = {node.key for node in nodes.values()}
        found: dict[int, Node] = {}
        for (project, form), group in _by_form(fresh).items():
            parents = [n.deprecated_id for n in group if n.parent_key and n.parent_key not in known]
            same_form = (submission.c.project_uuid == project) & (submission.c.xml_form_id == form)
            if parents:
                found |= _nodes(session, same_form & submission.c.instance_id.in_(parents))
            own = [n.instance_id for n in group]
            found |= _nodes(session, same_form & submission.c.deprecated_id.in_(own))
        fresh = [node for key, node in found.items() if key not in nodes]
        nodes |= {node.id: node for node in fresh}
    versions: dict[int, list[Version]] = defaultdict(list)
    columns = [submission_version.c[name] for name in Version.__slots__]
    for row in session.all(select(*columns).where(submission_version.c.submission_id.in_(list(nodes)))):
        versions[row["submission_id"]].append(Version(**row))
    return {key: replace(node, versions=tuple(versions[key])) for key, node in nodes.items()}


def _nodes(session: ReadSession, where: object) -> dict[int, Node]:
    names = ("id", "uuid", "project_uuid", "xml_form_id", "instance_id", "deprecated_id", "root_id")
    statement = select(*(submission.c[name] for name in names), submission.c.erased_at).where(where)  # type: ignore[arg-type]
    return {
        row["id"]: Node(**{name: row[name] for name in names}, erased=row["erased_at"] is not None)
        for row in session.all(statement)
    }


def _by_form(nodes: Iterable[Node]) -> dict[tuple[str, str], list[Node]]:
    groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        groups[node.project_uuid, node.xml_form_id].append(node)
    return groups
