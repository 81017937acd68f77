"""What a form works out of an identifying answer leaves the tablet apart from it: it must be less than it."""

from __future__ import annotations

from lxml import etree

from tests.properties.depth import each_form
from tests.steps.fieldwork import library_form

BIND = "{http://www.w3.org/2002/xforms}bind"

LESS = {
    "age": "years from a date of birth, restricted",
    "typed_by": "the user's name where it is a pseudonym such as EN-04, else nothing",
}


@each_form
def test_nothing_worked_out_repeats_who_somebody_is(name: str) -> None:
    form = library_form(name)
    kept = {f.path for f in form.fields if f.sensitivity == "direct_identifier"}
    found = {}
    for bind in etree.fromstring(form.xform).iter(BIND):
        words = bind.get("calculate", "").replace("(", " ").replace(")", " ").replace(",", " ").split()
        named = {
            path
            for path in kept
            if any(w == path or w.endswith("/" + path.rpartition("/")[2]) for w in words)
        }
        if named and bind.get("nodeset") not in kept:
            found[bind.get("nodeset").rpartition("/")[2]] = bind
    assert found.keys() <= LESS.keys()
    if "typed_by" in found:
        assert "regex(" in found["typed_by"].get("relevant", "")
    if "age" in found:
        assert form.field(found["age"].get("nodeset")).sensitivity == "restricted"  # type: ignore[union-attr]
