"""No form of the library is unwise: what lint would say of it is mended, or silenced with a reason."""

from __future__ import annotations

import pytest

from forms.library_index import library
from forms.lint import lint_form


@pytest.mark.parametrize("form", sorted(library()))
def test_lint_has_nothing_to_say_of_it(form: str) -> None:
    assert [str(problem) for problem in lint_form(library()[form], f"{form}.md")] == []
