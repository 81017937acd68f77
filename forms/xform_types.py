"""What the answer to a question is, from its bind and its control in the XForm.

Nothing of pyxform here: whoever reads a form that was compiled before need not load the compiler.
"""

from __future__ import annotations

from forms.model import AnswerType

_BIND_TYPES: dict[str, AnswerType] = {
    "string": "string", "barcode": "string", "intent": "string",
    "int": "int", "integer": "int", "long": "int",
    "decimal": "decimal", "double": "decimal", "float": "decimal",
    "date": "date", "time": "time", "dateTime": "dateTime", "boolean": "boolean",
    "geopoint": "geopoint", "geotrace": "geotrace", "geoshape": "geoshape",
    "binary": "binary", "base64Binary": "binary", "rank": "rank",
    "select": "select", "select1": "select1",
}  # fmt: skip

_CONTROL_TYPES: dict[str, AnswerType] = {
    "select": "select", "select1": "select1", "rank": "rank", "upload": "binary",
}  # fmt: skip


def answer_type(bind_type: str | None, control: str | None) -> AnswerType:
    """The answer's type from its bind's `type` and its body control, prefixes (`xsd:`, `odk:`) aside.

    The control decides for selects and uploads: pyxform binds those as "string" and "binary".
    """
    by_control = _CONTROL_TYPES.get((control or "").rsplit(":", 1)[-1])
    return by_control or _BIND_TYPES.get((bind_type or "").strip().rsplit(":", 1)[-1], "string")
