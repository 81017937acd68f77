"""`waypost dictionary`: the data dictionary as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from server.cli import invocation


class Format(StrEnum):
    html = "html"
    xlsx = "xlsx"
    md = "md"


def dictionary(
    out: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="The file to write.")],
    kind: Annotated[
        Format | None, typer.Option("--format", help="Default: what the file's ending says.")
    ] = None,
) -> None:
    """Write the data dictionary: every harmonised variable with its definition, unit, codes and HXL tag, and
    the forms of the library that feed it.

    The server shows the same at /data-dictionary.html.

    \b
    waypost dictionary -o dictionary.html
    waypost dictionary -o dictionary.xlsx
    """
    from server.dictionary import FORMATS, rendered
    from sync.problems import Invalid

    format_ = kind.value if kind else out.suffix.removeprefix(".")
    if format_ not in FORMATS:
        raise Invalid(
            f"The ending {out.suffix!r} says no format of the data dictionary.",
            f"Name the file .{', .'.join(FORMATS)}, or give --format.",
        )
    out.write_bytes(rendered(format_))
    invocation.show({"file": str(out.resolve()), "format": format_}, f"The data dictionary is in {out}.")
