"""How one setting is declared and read: a dataclass field that knows its variable, its meaning and its text.

Used by server/settings.py alone. Text goes in, a value comes out, or what the value should have been.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PREFIX = "WAYPOST_"

_ADDRESS = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}

Errors = list[dict[str, object]]
"""{"setting", "detail", "hint"} of everything that is wrong."""


class Unreadable(ValueError):
    """What a value should have been, to be said after the setting's name: "a whole number"."""


def setting(
    variable: str,
    meaning: str,
    default: Any,
    read: Callable[[str], Any] = str,
    *,
    shown: str | None = None,
    secret: bool = False,
) -> Any:
    """One setting.

    read    text to value; raises Unreadable
    shown   the default as the documentation says it, where the value does not say enough
    secret  may also be given as the name of a file, in VARIABLE_FILE
    """
    metadata = {"variable": variable, "meaning": meaning, "read": read, "shown": shown, "secret": secret}
    return field(default=default, metadata=metadata)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    wanted = f"of {least} or more" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            raise Unreadable(f"a whole number {wanted}")
        return int(text)

    return read


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise Unreadable("a number of seconds above 0")
    return value


def flag(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise Unreadable("1 or 0")
    return text.lower() in _YES


def several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def networks(text: str) -> tuple[str, ...]:
    """Addresses and networks: `10.0.0.7,fd00::/8`."""
    parts = several(text)
    try:
        return tuple(str(ipaddress.ip_network(part, strict=False)) for part in parts)
    except ValueError:
        raise Unreadable("addresses or networks such as 10.0.0.7,192.168.0.0/16") from None


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise Unreadable(" or ".join([", ".join(allowed[:-1]), allowed[-1]]))
        return text

    return read


def address(text: str) -> str:
    """An absolute http(s) address without a trailing slash, query or fragment."""
    if not _ADDRESS.fullmatch(text):
        raise Unreadable("an address such as https://waypost.example.org")
    return text.rstrip("/")


def written(value: Any) -> str:
    """A value as the environment would hold it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def read_setting(one: Field[Any], given: Mapping[str, str], errors: Errors) -> Any:
    """The value of one setting, its default where there is none; what is wrong is added to `errors`."""
    variable = one.metadata["variable"]
    text = given.get(variable)
    if one.metadata["secret"] and (file := given.get(f"{variable}_FILE")) is not None:
        if text is not None:
            errors.append(
                trouble(variable, f"is given twice, also as {variable}_FILE", "Keep one of the two.")
            )
            return one.default
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as failure:
            errors.append(
                trouble(f"{variable}_FILE", f"names a file that cannot be read ({type(failure).__name__})")
            )
            return one.default
    if text is None or text == "":
        return one.default
    try:
        return one.metadata["read"](text)
    except Unreadable as wanted:
        quoted = "" if one.metadata["secret"] else f", not {text!r}"
        errors.append(trouble(variable, f"must be {wanted}{quoted}"))
        return one.default


def unknown_settings(given: Mapping[str, str], declared: list[Field[Any]]) -> Iterator[dict[str, object]]:
    known = [one.metadata["variable"] for one in declared]
    known += [f"{one.metadata['variable']}_FILE" for one in declared if one.metadata["secret"]]
    for name in sorted(name for name in given if name.startswith(PREFIX) and name not in known):
        near = get_close_matches(name, known, n=1)
        yield trouble(
            name, "is not a setting", f"Did you mean {near[0]}?" if near else "docs/SETTINGS.md lists them."
        )


def trouble(variable: str, detail: str, hint: str = "") -> dict[str, object]:
    return {"setting": variable, "detail": detail, "hint": hint}
