"""Files a form version needs: images, sounds, choice lists.

Names and bytes go in with a publication, rows with their md5 come out, so that a manifest never has to hash
anything when a tablet asks for it.
"""

from __future__ import annotations

import hashlib
import mimetypes
import unicodedata
from collections.abc import Mapping

from sqlalchemy import insert, literal, select

from forms.generated_lists import GENERATED_LISTS
from forms.problems import FormProblem
from sync.listing import empty_lists
from sync.problems import Invalid
from sync.store import WriteSession
from sync.tables import form, form_draft_media, form_list_link, form_media, form_version

_TYPES = mimetypes.MimeTypes()  # Python's own table: the machine's files would make servers differ
_TYPES.add_type("application/geo+json", ".geojson")
_TYPES.add_type("audio/mp4", ".m4a")
_TYPES.add_type("image/webp", ".webp")


def media_type(name: str) -> str:
    """The content type of a file by its ending."""
    return _TYPES.guess_type(name, strict=True)[0] or "application/octet-stream"


def media_names(media: Mapping[str, bytes]) -> dict[str, bytes]:
    """File names in NFC. A name that is a path is refused: tablets keep its last part only."""
    named = {unicodedata.normalize("NFC", name): content for name, content in media.items()}
    for name in named:
        if name in ("", ".", "..") or "/" in name or "\\" in name or not name.isprintable():
            raise Invalid(
                f"{name!r} cannot be the name of a media file.", "Give plain file names, without folders."
            )
    return named


def store_media(
    session: WriteSession,
    version_id: int,
    previous_id: int | None,
    named: tuple[str, ...],
    files: Mapping[str, bytes],
) -> tuple[FormProblem, ...]:
    """Store what was given, carry over what is named and was there before; warn of what is missing."""
    session.upsert(
        form_media,
        [_media_row(version_id, name, content) for name, content in files.items()],
        key=("form_version_id", "name"),
    )
    here = session.all(select(form_media.c.name).where(form_media.c.form_version_id == version_id))
    linked = select(form_list_link.c.name).where(form_list_link.c.form_version_id == version_id)
    have = {row["name"] for row in (*here, *session.all(linked))}
    wanted = [unicodedata.normalize("NFC", name) for name in named]
    if previous_id is not None and previous_id != version_id:
        absent = [name for name in wanted if name not in have]
        columns = [c for c in form_media.c if c.name not in ("id", "form_version_id")]
        carried = session.all(
            select(*columns).where(form_media.c.form_version_id == previous_id, form_media.c.name.in_(absent))
        )
        session.insert(form_media, [{**row, "form_version_id": version_id} for row in carried])
        have |= {row["name"] for row in carried}
    absent = [name for name in wanted if name not in have]
    return (
        *(_not_given(name) for name in absent if name not in GENERATED_LISTS),
        *_empty(session, version_id, [name for name in absent if name in GENERATED_LISTS]),
    )


def copy_files(session: WriteSession, draft_id: int, version_id: int) -> None:
    """Give a version the files of the draft it was."""
    names = ("name", "md5", "size", "content_type", "content")
    of_draft = select(literal(version_id), *(form_draft_media.c[name] for name in names)).where(
        form_draft_media.c.draft_id == draft_id
    )
    session.execute(insert(form_media).from_select(["form_version_id", *names], of_draft))


def _not_given(name: str) -> FormProblem:
    return FormProblem(
        "missing-media",
        f"The form refers to {name!r}, which was not given.",
        f"Publish again with `--media {name}`; until then tablets get the form without it.",
        severity="warning",
    )


def _empty(session: WriteSession, version_id: int, names: list[str]) -> list[FormProblem]:
    """A generated list is there whatever the project holds; one without a row leaves a question empty."""
    project_id = session.scalar(
        select(form.c.project_id)
        .join(form_version, form_version.c.form_id == form.c.id)
        .where(form_version.c.id == version_id)
    )
    return [
        FormProblem(
            "empty-list",
            f"{each.name} is made from the project's data, and no {each.holds} are registered.",
            f"Register them: {each.filled_by}. Tablets get them at their next check.",
            severity="warning",
        )
        for each in empty_lists(session, project_id, names)
    ]


def _media_row(version_id: int, name: str, content: bytes) -> dict[str, object]:
    return {
        "form_version_id": version_id,
        "name": name,
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "size": len(content),
        "content_type": media_type(name),
        "content": content,
    }
