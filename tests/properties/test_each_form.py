"""For each form of the library and whatever is answered: the rows are what the answers say, and no more."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from forms import vocabulary
from forms.model import CompiledForm
from sync import pipeline
from sync.pipeline import StepFailed
from sync.steps.duplicates import compare
from sync.steps.values import Block, KnownPlace, Outcome, Task
from tests.library.fieldworker import PLACES, RECEIVED
from tests.properties.answers import CANARIES, Filling, fillings
from tests.properties.depth import depths, each_form, for_any
from tests.properties.recount import Counted, recount
from tests.properties.writing import PLAIN, Hand, submission
from tests.steps.fieldwork import PROJECT, library_form

_BY_THE_PIPELINE = {"reporting_date", "location", "age_band"}
"""Form variables that the pipeline completes; they have stories of their own below."""


def processed(
    form: CompiledForm, body: bytes, places: dict[str, KnownPlace] | None = None, instance_id: str = "uuid:1"
) -> Outcome:
    return pipeline.run(
        Task(
            root_id=1,
            project_uuid=PROJECT,
            root_instance_id=instance_id,
            body=body,
            form=form,
            form_version=form.version,
            received_at=RECEIVED,
            places=places or {},
        )
    )


def said(outcome: Outcome) -> Counted:
    """The outcome as the clerk writes it down."""
    counted = Counted()
    for row in outcome.rows:
        names = [v.name for v in vocabulary.variables(row.table).values() if v.source == "form"]
        assert (row.table, row.record_id) not in counted.rows, "a record_id is given twice"
        assert "-0.0" not in [repr(value) for value in row.values.values()], "engines keep it differently"
        counted.rows[row.table, row.record_id] = {
            name: row.values.get(name) for name in (*names, "sensitivity") if name not in _BY_THE_PIPELINE
        }
    for split in outcome.splits:
        key = (split.record_id, split.dimension, split.code)
        assert key not in counted.splits, "a split is there twice"
        counted.splits[key] = split.n
    return counted


def clerk(form: CompiledForm, filling: Filling) -> Counted:
    counted = recount(form.xform, filling, PROJECT)
    for row in counted.rows.values():
        for name in _BY_THE_PIPELINE:
            row.pop(name, None)
    return counted


def numbers(counted: Counted) -> dict[str, tuple[int, int]]:
    """By table and numeric variable: the sum of what is known, and how many are not known."""
    found: dict[str, tuple[int, int]] = {}
    for (table, _), row in counted.rows.items():
        for variable in vocabulary.variables(table).values():
            if variable.type == "int" and variable.name in row:
                total, unknown = found.get(variable.key, (0, 0))
                value = row[variable.name]
                found[variable.key] = (total + (value or 0), unknown + (value is None))
    return found


def codes(counted: Counted) -> Counter[tuple[str, str | None]]:
    return Counter(
        (variable.key, code)
        for (table, _), row in counted.rows.items()
        for variable in vocabulary.variables(table).values()
        if variable.type in ("code", "codes") and variable.name in row
        for code in (row[variable.name].split(";") if row[variable.name] else [None])
    )


# -- totals -------------------------------------------------------------------------------------------------


@depths
@each_form
def test_rows_and_totals_are_those_a_clerk_counts_from_the_answers(name: str, depth: settings) -> None:
    form = library_form(name)

    def holds(filling: Filling) -> None:
        made, counted = said(processed(form, submission(form, filling))), clerk(form, filling)
        assert Counter(table for table, _ in made.rows) == Counter(table for table, _ in counted.rows)
        assert numbers(made) == numbers(counted)
        assert codes(made) == codes(counted)
        assert Counter(made.splits.values()) == Counter(counted.splits.values())
        assert made == counted

    for_any(depth, fillings(form), holds)


@each_form
def test_an_untouched_form_makes_no_number(name: str) -> None:
    """Nothing answered: whatever rows there are hold no count at all, and 0 least of all."""
    form = library_form(name)
    made = processed(form, submission(form, {}))
    given = dict.fromkeys(v for m in form.makers for v, _ in m.qualifiers)
    for row in made.rows:
        answered = {
            name: value
            for name, value in row.values.items()
            if (v := vocabulary.variable(row.table, name)) and v.source == "form" and name not in given
            if value is not None
        }
        assert answered == {}
    assert made.splits == ()


# -- the way it is written ----------------------------------------------------------------------------------

HANDS = st.builds(
    Hand, st.integers(0, 99), st.sampled_from(["", " ", "\n  "]), st.sampled_from(["", "a:", "="])
)


@depths
@each_form
def test_how_the_xml_is_written_changes_nothing(name: str, depth: settings) -> None:
    form = library_form(name)

    def holds(drawn: tuple[Filling, Hand]) -> None:
        filling, hand = drawn
        plain = processed(form, submission(form, filling, hand=PLAIN), PLACES)
        other = processed(form, submission(form, filling, hand=hand), PLACES)
        assert (other.rows, other.tags, other.blocks) == (plain.rows, plain.tags, plain.blocks)
        assert sorted(map(repr, other.splits)) == sorted(map(repr, plain.splits))
        assert sorted(map(repr, other.flags)) == sorted(map(repr, plain.flags))

    for_any(depth, st.tuples(fillings(form), HANDS), holds)


# -- identifiers --------------------------------------------------------------------------------------------


def names_somebody(value: Any) -> list[str]:
    return [canary for canary in CANARIES if canary in repr(value)]


@depths
@each_form
def test_what_identifies_somebody_is_in_nothing_that_is_derived(name: str, depth: settings) -> None:
    form = library_form(name)
    identifying = {f.path for f in form.fields if f.sensitivity == "direct_identifier"}

    def holds(filling: Filling) -> None:
        made = processed(form, submission(form, filling), PLACES)
        assert not names_somebody((made.rows, made.splits, made.tags, made.flags, made.blocks))
        assert not names_somebody((made.reporting_dates, made.parsed.unknown, made.parsed.started))
        for answers in made.parsed.answers:
            assert not names_somebody(answers.values)
            assert not answers.values.keys() & identifying
            assert answers.identifying.keys() <= identifying

    for_any(depth, fillings(form), holds)


# -- whatever comes -----------------------------------------------------------------------------------------


def broken(filling: Filling, chance: Any) -> Filling:
    """The same with questions answered by what belongs elsewhere: groups for answers, answers for groups,
    questions that nobody asks."""
    mixed: Filling = {}
    for name, value in filling.items():
        kind = chance.randrange(12)
        if kind == 0:
            mixed[name] = {"inside": "Kanari7391", name: "Kanari7391"}
        elif kind == 1:
            mixed[name] = [value if isinstance(value, dict) else {"a": "Kanari7391"}] * 3
        elif kind == 2:
            mixed[name] = "Kanari7391"
        elif kind == 3:
            mixed["nobody_asks_" + name] = value if isinstance(value, str) else "Kanari7391"
        elif isinstance(value, dict):
            mixed[name] = broken(value, chance)
        elif isinstance(value, list):
            mixed[name] = [broken(one, chance) if isinstance(one, dict) else one for one in value]
        else:
            mixed[name] = value
    return mixed


def refusal(form: CompiledForm, body: bytes) -> StepFailed | None:
    try:
        processed(form, body, PLACES)
    except StepFailed as refused:
        return refused
    return None


@depths
@each_form
def test_whatever_comes_is_read_or_refused_in_words_of_our_own(name: str, depth: settings) -> None:
    form = library_form(name)

    def holds(drawn: tuple[Filling, Any, int, bytes]) -> None:
        filling, chance, cut, noise = drawn
        body = submission(form, broken(filling, chance))
        assert isinstance(processed(form, body, PLACES), Outcome)  # well-formed XML always gives an outcome
        at = cut % (len(body) + 1)
        refused = refusal(form, body[:at] + noise + body[at + len(noise) :])
        assert refused is None or (refused.step, refused.reason[:8]) == ("parse", "The XML ")
        assert not names_somebody((str(refused), refused))

    noise = st.sampled_from(
        [b"", b"\x00", b"&#1;", b"&nobody;", b"<", b"</", b"]]>", b"\xff\xfe", b"<!DOCTYPE a>"]
    )
    drawn = st.tuples(fillings(form), st.randoms(use_true_random=False), st.integers(0, 2**16), noise)
    for_any(depth, drawn, holds)


# -- dates and positions ------------------------------------------------------------------------------------


@depths
@each_form
def test_each_row_has_the_day_it_was_given_or_a_day_of_field_work(name: str, depth: settings) -> None:
    form = library_form(name)
    latest = (RECEIVED + timedelta(hours=26)).date()

    def is_usable(day: date | None) -> bool:
        return day is not None and date(2001, 1, 1) <= day <= latest

    def holds(filling: Filling) -> None:
        given = recount(form.xform, filling, PROJECT).rows
        for row in processed(form, submission(form, filling)).rows:
            on, asked = row.values["reporting_date"], given[row.table, row.record_id]
            assert on is None or is_usable(on)
            if is_usable(asked["reporting_date"]):
                assert on == asked["reporting_date"]
            where = asked["location"]
            assert (row.values["lat"], row.values["lon"]) == (where or (None, None))
            band = asked.get("age_band")
            assert row.table != "profile" or band is None or row.values["age_band"] == band

    for_any(depth, fillings(form), holds)


# -- duplicates ---------------------------------------------------------------------------------------------


def must_pair(block: Block) -> bool:
    """Whether two equal rows of the kind are always to be looked at. Small groups meet their like by chance,
    and an informant who tells of two herds knows that they are two."""
    kind, features = block.features["kind_of_row"], block.features
    if kind.startswith(("baseline:", "event:")) or kind in ("flow:POE", "flow:FMC"):
        return True
    return kind in ("flow:FMR", "flow:EET") and features["n"] >= 100 and features["wall"] is not None


@depths
@each_form
def test_the_same_told_twice_is_looked_at_and_stays_counted(name: str, depth: settings) -> None:
    form = library_form(name)

    def holds(filling: Filling) -> None:
        one = processed(form, submission(form, filling, "uuid:1"), PLACES)
        other = processed(form, submission(form, filling, "uuid:2"), PLACES, "uuid:2")
        assert len(one.rows) == len(other.rows)
        assert not {row.record_id for row in one.rows} & {row.record_id for row in other.rows}
        twins = dict(
            zip((row.record_id for row in one.rows), (row.record_id for row in other.rows), strict=True)
        )
        blocks = {block.record_id: block for block in other.blocks}
        assert [twins[block.record_id] for block in one.blocks] == [block.record_id for block in other.blocks]
        for block in one.blocks:
            twin = blocks[twins[block.record_id]]
            assert set(block.keys) == set(twin.keys)
            pair = compare(block, twin)
            assert pair == compare(twin, block)
            assert pair is not None or not must_pair(block)
            assert compare(block, block) is None  # a row is no duplicate of itself

    for_any(depth, fillings(form), holds)


@depths
@each_form
def test_the_same_bytes_give_the_same_rows_whenever_they_are_read(name: str, depth: settings) -> None:
    form = library_form(name)

    def holds(filling: Filling) -> None:
        body = submission(form, filling)
        assert processed(form, body, PLACES) == processed(form, body, PLACES)

    for_any(depth, fillings(form), holds)
