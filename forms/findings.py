"""A mistake in a mapping before it has a cell: what, how to mend it, and the key of its place.

The key is a field's path, or one of the keys made here; `forms.cells` finds the author's cell for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.problems import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    key: str
    code: str  # of forms.problems.PROBLEM_TITLES
    detail: str
    hint: str
    severity: Severity = "error"

    @property
    def path(self) -> str:
        """The field the key belongs to; paths hold neither "=" nor "@"."""
        return path_of(self.key)


def path_of(key: str) -> str:
    return key.split("=", 1)[0].split("@", 1)[0]


def sensitivity_key(path: str) -> str:
    return f"{path}@sensitivity"


def codes_key(path: str) -> str:
    return f"{path}@codes"


def form_key(root: str) -> str:
    """The form as a whole, which has no cell."""
    return f"{root}@form"


def choice_key(path: str, choice: str) -> str:
    return f"{path}={choice}"
