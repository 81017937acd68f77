"""Which files of a form are entity lists.

A form that chooses from `people.csv` gets the entities of the list `people` instead of a file, once the two
are linked: by itself when a draft is made and the list is there, or by hand. Links go with the version when a
draft is published, and to the next draft.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

from sqlalchemy import RowMapping, delete, select

from forms.generated_lists import GENERATED_LISTS
from sync.entities.datasets import find_dataset
from sync.problems import NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import dataset, form, form_draft, form_list_link, form_media

CSV = ".csv"


def list_of_file(name: str) -> str | None:
    """The list a file's name means: "people.csv" -> "people"; None for what is no CSV file."""
    return name[: -len(CSV)] if name.lower().endswith(CSV) else None


def link_list(session: WriteSession, draft_id: int, name: str, dataset_id: int | None = None) -> None:
    """Let a file of a draft be an entity list. Linking it again changes nothing.

    name        of the file, "people.csv"
    dataset_id  None: the project's list of that name
    Raises NotFound (no such list).
    """
    if dataset_id is None:
        project_id = session.scalar(
            select(form.c.project_id)
            .join(form_draft, form_draft.c.form_id == form.c.id)
            .where(form_draft.c.id == draft_id)
        )
        found = find_dataset(session, project_id, list_of_file(name) or "")
        if found is None:
            raise NotFound(f"There is no entity list for {name}.", "Make the list first, then link it.")
        dataset_id = found["id"]
    session.upsert(
        form_list_link,
        [{"draft_id": draft_id, "name": name, "dataset_id": dataset_id, "updated_at": now()}],
        key=("draft_id", "name"),
    )


def unlink_list(session: WriteSession, draft_id: int, name: str) -> None:
    """Let a file of a draft be a file again."""
    mine = form_list_link.c.draft_id == draft_id, form_list_link.c.name == name
    session.execute(delete(form_list_link).where(*mine))


def keep_links(
    session: WriteSession,
    version_id: int,
    previous_id: int | None,
    project_id: int,
    names: Iterable[str],
    given: Collection[str],
) -> None:
    """Link files of a version that was published without a draft: what the version before read from a list,
    and what is named like a list and has no file, given now or before."""
    before = {} if previous_id is None else links_of_version(session, previous_id)
    had = select(form_media.c.name).where(form_media.c.form_version_id == previous_id)
    files = {*given, *(row["name"] for row in session.all(had))}
    links: dict[str, int] = {}
    for name in (unicodedata.normalize("NFC", each) for each in names):
        if name in given or name in GENERATED_LISTS:
            continue
        if name in before:
            links[name] = before[name]["id"]
        elif name not in files and (found := find_dataset(session, project_id, list_of_file(name) or "")):
            links[name] = found["id"]
    set_links(session, version_id, links.items())


def link_by_name(session: WriteSession, draft_id: int, project_id: int, files: Iterable[str]) -> list[str]:
    """Link those of a draft's files whose list is there. Returns which."""
    linked = []
    for name in files:
        found = find_dataset(session, project_id, list_of_file(name) or "")
        if found is not None:
            link_list(session, draft_id, name, found["id"])
            linked.append(name)
    return linked


def publish_links(session: WriteSession, draft_id: int, version_id: int) -> None:
    """Give a version the links of the draft it was made of."""
    set_links(session, version_id, [(row["name"], row["dataset_id"]) for row in _links(session, draft_id)])


def set_links(session: WriteSession, version_id: int, links: Iterable[tuple[str, int]]) -> None:
    """Exactly these files of a version are lists."""
    session.execute(delete(form_list_link).where(form_list_link.c.form_version_id == version_id))
    at = now()
    session.insert(
        form_list_link,
        [
            {"form_version_id": version_id, "name": name, "dataset_id": dataset_id, "updated_at": at}
            for name, dataset_id in links
        ],
    )


def links_of_version(session: ReadSession, version_id: int) -> dict[str, RowMapping]:
    """The lists a published version reads, by file name; a deleted list is linked no more."""
    return {
        row["file"]: row for row in session.all(_LISTS.where(form_list_link.c.form_version_id == version_id))
    }


def links_of_draft(session: ReadSession, draft_id: int) -> dict[str, RowMapping]:
    """The same of a draft."""
    return {row["file"]: row for row in session.all(_LISTS.where(form_list_link.c.draft_id == draft_id))}


_LISTS = (
    select(form_list_link.c.name.label("file"), form_list_link.c.updated_at.label("linked_at"), dataset)
    .join(dataset, dataset.c.id == form_list_link.c.dataset_id)
    .where(dataset.c.deleted_at.is_(None))
)


def _links(session: ReadSession, draft_id: int) -> list[RowMapping]:
    return list(session.all(select(form_list_link).where(form_list_link.c.draft_id == draft_id)))
