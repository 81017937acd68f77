"""Rows taken as they were kept when the record was processed are, byte for byte, what the answers make."""

from __future__ import annotations

import random
from typing import Any

import httpx
from sqlalchemy import func, literal, select, update

from sync.registry import publish_form
from sync.store import WriteSession, now
from sync.tables import answer_row, submission
from tests.odata.village import FORM, Village, submission_xml

TABLES = ("/Submissions", "/Submissions.camp.tent", "/Submissions.camp.tent.bed")
TEXTS = ("Guéra", 'a "b" \\u001f c', "\\u001e", "d\\'eau", "&lt;1&gt;", "😀", "{}", "مدينة", " 007 ")
PAGES: tuple[dict[str, str], ...] = ({"$count": "true"}, {"$top": "3", "$skip": "2"})


def household(chance: random.Random) -> dict[str, Any]:
    """Answers to some of the questions, some of which fit no question."""
    pool: dict[str, Any] = {
        "day": lambda: chance.choice(("2026-11-02", "soon")),
        "village": lambda: chance.choice(TEXTS),
        "here": lambda: chance.choice(("13.5 14.25 0 4.9", "1 2", "north")),
        "persons": lambda: chance.choice(("7", "-3", "seven", "123456789012345678901234567890")),
        "litres": lambda: chance.choice(("0.1", "12.50", "3", "1e21", "much")),
        "started": lambda: chance.choice(("2026-11-02T18:00:00.000+01", "2026-11-02T17:00:00.000Z", "late")),
        "woke": lambda: chance.choice(("05:30:00.000+01:00", "06:15")),
        "needs": lambda: chance.choice(("water food", "water")),
        "head": lambda: "Adam",
        "abuse": lambda: chance.choice(TEXTS),
        "well": lambda: "well.jpg",
    }
    answers = {name: value() for name, value in pool.items() if chance.random() < 0.7}
    tents = [
        {"colour": chance.choice(TEXTS), "bed": [{"age": age} for age in range(chance.randrange(3))]}
        for _ in range(chance.randrange(3))
    ]
    camp = {"block-no": chance.choice(TEXTS), "tent": tents}
    return answers | {"camp": camp, "incident": [{"story": chance.choice(TEXTS)}] * chance.randrange(3)}


def test_a_kept_row_is_what_its_answers_make(village: Village) -> None:
    chance = random.Random(4)
    ids = [f"uuid:{number:08}-0000-4000-8000-000000000000" for number in range(24)]
    village.sends(*(submission_xml(one, household(chance)) for one in (*ids, "other:o'dd (id)")))
    village.household(deprecated=ids[3], **household(chance))
    village.store.write(lambda session: _review(session, ids[5]))
    tokens = [village.token(role) for role in ("coordinator", "analyst")]
    with village.store.read() as session:
        kept = session.scalar(select(func.count(answer_row.c.odata)))
        rows = session.scalar(select(func.count()).select_from(answer_row))

    quick = _reads(village, tokens)
    _change(village, literal("-") + answer_row.c.odata)  # of no key that a reader asks for
    plain = _reads(village, tokens)
    _change(village, func.substr(answer_row.c.odata, 2))
    publish_form(village.store, village.country.project_id, _next_version().encode(), "village.md")
    newer = submission_xml("uuid:new", {"persons": 4, "later": "yes"}).replace(b'version="1"', b'version="2"')
    village.sends(newer)
    quick += _reads(village, tokens)
    _change(village, func.replace(answer_row.c.odata, '"later"', '"LATER"'))
    taken = village.asks("/Submissions", tokens[0]).text
    _change(village, None)
    plain += _reads(village, tokens)

    assert kept > rows * 0.6  # no number beyond 64 bits, no answer that reads like a mark
    assert taken.count('"LATER":"yes"') == 1
    assert taken.count('"later":null') == len(ids) + 1
    assert [one.json() for one in quick] == [one.json() for one in plain]
    if village.store.engine.dialect.name == "sqlite":  # PostgreSQL orders what is in a position otherwise
        assert [one.content for one in quick] == [one.content for one in plain]


def _reads(village: Village, tokens: list[str]) -> list[httpx.Response]:
    """Every table as everybody reads it, whole and a page of it."""
    asked = [(table, token, page) for table in TABLES for token in tokens for page in PAGES]
    found = [village.asks(*one) for one in asked]
    assert {one.status_code for one in found} == {200}
    return found


def _change(village: Village, value: Any) -> None:
    village.store.write(lambda session: session.execute(update(answer_row).values(odata=value)))


def _review(session: WriteSession, instance_id: str) -> None:
    mine = submission.c.instance_id == instance_id
    session.execute(update(submission).where(mine).values(review_state="approved", updated_at=now()))


def _next_version() -> str:
    later = "| | text | later | Later | | |\n| | text | head |"
    return FORM.replace("| 1 | flow", "| 2 | flow").replace("| | text | head |", later)
