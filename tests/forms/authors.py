"""Authors and their forms: one good form, and the mistakes made in it, one at a time.

`GOOD` compiles. A `Mistake` is the same form with one text changed; the story then says what its author is
told. Columns are lettered A type, B name, C label::English (en), D label::French (fr), E harmonise,
F sensitivity, G relevant, H calculation in the survey, A list_name, B name, C and D labels, E harmonise in
the choices; the header is row 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.compile import compile_form
from forms.model import Compilation

GOOD = """
A registry of flows, with its day and a split by nationality.

| survey |
| | type | name | label::English (en) | label::French (fr) | harmonise | sensitivity | relevant |calculation|
| |---|---|---|---|---|---|---|---|
| | today | today | | | observation.obs_date; flow.reporting_date | | | |
| | select_one day | day | The day | La journée | observation.outcome | | | |
| | text | informant | Who says so? | Qui le dit ? | | direct_identifier | | |
| | geopoint | here | Where? | Où ? | flow.location | restricted | | |
| | begin_repeat | group | Group | Groupe | flow | | ${day} = 'moved' | |
| | select_one way | way | Direction | Direction | direction | | | |
| | integer | men | Men | Hommes | flow.men | | | |
| | integer | women | Women | Femmes | flow.women | | | |
| | calculate | all | | | n_ind | | | ${men} + ${women} |
| | begin_repeat | split | Nationalities | Nationalités | flow_split{dimension=nationality} | | | |
| | select_one nation | nation | Nationality | Nationalité | flow_split.code | | | |
| | integer | people | People | Personnes | flow_split.n | | | |
| | end_repeat | | | | | | | |
| | end_repeat | | | | | | | |
| | note | thanks | Thank you | Merci | | | | |

| choices |
| | list_name | name | label::English (en) | label::French (fr) | harmonise |
| | day | moved | Movement | Mouvement | movement |
| | day | quiet | No movement | Rien | no_movement |
| | way | incoming | In | Entrée | |
| | way | outgoing | Out | Sortie | |
| | way | unclear | Cannot say | Ne sait pas | - |
| | nation | TCD | Chad | Tchad | |
| | nation | SDN | Sudan | Soudan | |

| settings |
| | form_id | version | form_title | default_language | harmonise |
| | fmr | 3 | Flows | English (en) | flow{flow_tool=FMR}; observation |
"""


@dataclass(frozen=True)
class Mistake:
    """One cell of GOOD written otherwise, and all that is said of it, as `waypost form check` prints it."""

    story: str
    old: str
    new: str
    told: tuple[str, ...]  # "code cell: detail hint" of each problem and warning

    def written(self) -> bytes:
        assert GOOD.count(self.old) == 1, f"{self.old!r} must stand in GOOD once"
        return GOOD.replace(self.old, self.new).encode()


def compiles(markdown: str | bytes, name: str = "form.md") -> Compilation:
    data = markdown if isinstance(markdown, bytes) else markdown.encode()
    return compile_form(data, name)


def told(compilation: Compilation) -> tuple[str, ...]:
    return tuple(f"{p.code} {p}" for p in (*compilation.problems, *compilation.warnings))


def codes(compilation: Compilation) -> list[tuple[str, str]]:
    """(code, cell) of each problem, errors first."""
    found = (*compilation.problems, *compilation.warnings)
    return [(p.code, str(p.cell) if p.cell else "") for p in found]
