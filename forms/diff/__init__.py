"""Two versions of a form side by side: what changed, and what it does to the figures, in plain words.

CompiledForm, CompiledForm -> FormDiff. What is compared is what tablets get, so that it makes no difference
whether a version comes from a file or from the registry. Four questions are answered in the four modules:
which question is which (`pairing`), what is refused (`type_changes`), what changed in the questions
(`questions`), and which variables stay comparable (`feeds`).
"""

from __future__ import annotations

from forms.diff.changes import Change, FormDiff, Verdict
from forms.diff.feeds import verdicts
from forms.diff.pairing import pair_questions
from forms.diff.questions import question_changes
from forms.diff.type_changes import type_changes, type_changes_of_file
from forms.model import CompiledForm
from forms.signatures import read_signatures

__all__ = ["Change", "FormDiff", "Verdict", "diff_forms", "type_changes", "type_changes_of_file"]


def diff_forms(old: CompiledForm, new: CompiledForm) -> FormDiff:
    """Everything that differs between two versions of a form, in the order of the new one's questions."""
    pairs = pair_questions(old, new, read_signatures(old), read_signatures(new))
    changes, harmless = question_changes(pairs)
    return FormDiff(
        (old.xml_form_id, old.version),
        (new.xml_form_id, new.version),
        tuple(type_changes(old, new)),
        tuple(changes),
        tuple(verdicts(old, new, pairs, changes)),
        harmless,
    )
