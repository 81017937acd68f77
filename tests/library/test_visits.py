"""Every visit of the stories is one that ODK Collect lets a field worker make, and sends just so."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import tests.library
from forms.library_index import library
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import Visit

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
"""What the form takes from the tablet's clock, such as the time of consent: any moment will do."""


def visits() -> list[Visit]:
    """The visits of all story modules of this package: their values of that type, lists and dicts of them."""
    found: list[Visit] = []
    for module in pkgutil.iter_modules(tests.library.__path__):
        if not module.name.startswith("visits_"):
            continue
        for value in vars(importlib.import_module(f"tests.library.{module.name}")).values():
            found += [v for v in _each(value) if isinstance(v, Visit)]
    return found


def _each(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("visit", visits(), ids=lambda v: f"{v.form}: {v.name}")
def test_collect_lets_a_field_worker_make_the_visit_and_sends_it_so(
    enumerator: Enumerator, visit: Visit
) -> None:
    filled = enumerator.fills(visit.form, visit.answers)
    assert filled.findings == []
    repeats = {path for path, answer in visit.answers.items() if _opens(path, visit)}
    told = {**visit.answers, **visit.calculated}
    said = {path: _number(str(answer)) for path, answer in told.items() if path not in repeats}
    assert visit.by_device.keys() <= filled.answers.keys()
    answered = {path: answer for path, answer in filled.answers.items() if path not in visit.by_device}
    sent = {path: _number(_without_zone(answer)) for path, answer in answered.items()}
    clock = {
        path for path in visit.calculated if _MOMENT.match(said[path]) and _MOMENT.match(sent.get(path, ""))
    }
    assert sent == said | {path: sent[path] for path in clock}


def _opens(path: str, visit: Visit) -> bool:
    """Whether a path opens instances of a repeat: others lie below it."""
    return any(other.startswith((f"{path}/", f"{path}[")) for other in {**visit.answers, **visit.calculated})


def _number(answer: str) -> str:
    """JavaRosa writes a decimal with a point always: 8300.0."""
    return re.sub(r"^(-?\d+)\.0$", r"\1", answer)


def _without_zone(answer: str) -> str:
    """JavaRosa writes times with the zone of the tablet, which is UTC in these stories."""
    return answer.removesuffix("Z") if answer.count(":") == 2 and "T" not in answer else answer


def test_every_form_of_the_library_has_a_visit() -> None:
    assert sorted(library()) == sorted({visit.form for visit in visits()})
