"""A published form with another mapping: the same questions and answers, read otherwise.

    annotations of a revision + published form -> the form as its submissions are projected from then on

The XForm stays as it was served; only bindings and makers are made anew from the revision's annotations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from forms.grain import plan_rows
from forms.mapping import Annotation
from forms.model import CompiledForm
from forms.vocabulary import VERSION
from forms.xform import annotations_by_path
from forms.xform_document import open_xform

Annotations = dict[str, list[str]]
"""What a revision keeps: [harmonise, codes] by path, the settings' items under the root's path."""


def mapping_of(form: CompiledForm) -> Annotations:
    """The mapping a form's own XForm carries."""
    annotations = annotations_by_path(form.fields, open_xform(form.xform).annotations(), form.root_path)
    return {
        path: [one.harmonise, one.codes] for path, one in annotations.items() if one.harmonise or one.codes
    }


def mapping_hash(annotations: Mapping[str, list[str]]) -> str:
    """SHA-256, in hex, of a mapping: equal mappings have equal hashes on every server."""
    text = json.dumps(annotations, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def remapped(form: CompiledForm, annotations: Mapping[str, list[str]], number: int) -> CompiledForm:
    """The form with a revision's mapping. Fields, XForm and hash stay as they are.

    annotations  as `mapping_of` gives them; sensitivities remain those of the XForm
    number       the revision, which rows carry as `mapping_version`
    """
    given = {path: Annotation(harmonise, "", codes) for path, (harmonise, codes) in annotations.items()}
    plan = plan_rows(form.fields, given, form.root_path)
    return replace(
        form,
        bindings=tuple(plan.bindings),
        makers=plan.makers,
        vocabulary_version=VERSION if plan.bindings or plan.makers else "",
        mapping_version=number,
        mapping_hash=mapping_hash(annotations),
    )
