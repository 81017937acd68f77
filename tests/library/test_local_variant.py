"""A country's own registry, renamed, re-coded and re-arranged, lands in the very same rows as the library's.

What a coordinator writes in Portuguese, with other names, other codes, another order, sex and age as a table
and nationalities as fixed questions, differs from `fmr` in nothing but where its rows come from.
"""

from __future__ import annotations

from typing import Any

import pytest

from forms.compile import compile_form
from forms.model import CompiledForm
from sync.steps.values import Outcome
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import Visit, outcome

LOCAL = """
| survey |
| | type | name | label | harmonise | sensitivity | relevant | calculation |
| | begin_repeat | caravana | Grupo que passa | flow | | | |
| | calculate | ordem | | group_id | public | | position(..) |
| | begin_group | viagem | De onde e para onde | | | | |
| | text | pais_inicio | País de partida (ISO3) | origin_iso3 | public | | |
| | text | regiao_inicio | Região de partida | origin_adm1 | public | | |
| | text | pais_fim | País de destino (ISO3) | final_iso3 | public | | |
| | select_one meio | meio | Meio de transporte | transport | public | | |
| | select_one motivo | motivo | Motivo principal | reason_main | public | | |
| | select_multiple motivo | motivos | Todos os motivos | reasons | public | | |
| | end_group | | | | | | |
| | begin_group | quadro | Sexo e idade | | | | |
| | integer | h18 | Homens, 18 e mais | men | public | | |
| | integer | m18 | Mulheres, 18 e mais | women | public | | |
| | integer | h17 | Rapazes, menos de 18 | boys | public | | |
| | integer | m17 | Raparigas, menos de 18 | girls | public | | |
| | integer | sem | Sem informação | sadd_unknown | public | | |
| | calculate | soma | | n_ind | public | | ${h18} + ${m18} + ${h17} + ${m17} + ${sem} |
| | end_group | | | | | | |
| | begin_group | nacoes | Nacionalidades | | | | |
| | integer | chade | Chade | flow_split.n{dimension=nationality, code=TCD} | public | | |
| | integer | niger | Níger | flow_split.n{dimension=nationality, code=NER} | public | | |
| | integer | nenhuma | Sem nacionalidade | flow_split.n{dimension=nationality, code=XXA} | public | | |
| | end_group | | | | | | |
| | select_one sentido | sentido | Sentido | direction | public | | |
| | select_one classe | classe | Tipo de movimento | movement_type | public | | |
| | select_one sn | contado | Já foi contado noutro posto? | counted_elsewhere | public | | |
| | select_one fonte | fonte | Quem informou? | info_source | public | | |
| | end_repeat | | | | | | |
| | begin_group | posto | Posto e jornada | | | | |
| | text | codigo_posto | Posto | observation.place_id; flow.place_id | public | | |
| | date | data | Data | observation.obs_date; observation.reporting_date; flow.reporting_date | public | | |
| | select_one jornada | jornada | O que aconteceu? | observation.outcome | public | | |
| | select_one razao | razao | Porquê? | observation.not_observed_reason | public | ${jornada} = 'nada' | |
| | time | ate | Até às | observation.obs_end; flow.obs_end | public | | |
| | time | das | Das | observation.obs_start; flow.obs_start | public | | |
| | end_group | | | | | | |
| choices |
| | list_name | name | label | harmonise |
| | meio | autocarro | Autocarro | bus |
| | meio | a_pe | A pé | foot |
| | motivo | trabalho | Trabalho | economic |
| | motivo | fome | Falta de comida | food |
| | motivo | guerra | Conflito | conflict |
| | sentido | entra | Entra | incoming |
| | sentido | sai | Sai | outgoing |
| | classe | epoca | Sazonal | seasonal |
| | classe | fuga | Deslocação forçada | displacement |
| | sn | s | Sim | yes |
| | sn | n | Não | no |
| | sn | nao_sei | Não sei | dnk |
| | fonte | o_proprio | Alguém do grupo | group_member |
| | fonte | condutor | Condutor | driver_transporter |
| | jornada | passaram | Passou gente | movement |
| | jornada | ninguem | Ninguém passou | no_movement |
| | jornada | nada | Não se observou | not_observed |
| | razao | perigo | Insegurança | insecurity |
| settings |
| | form_id | form_title | version | harmonise |
| | registo_local | Registo de fluxos | 1 | flow{flow_tool=FMR}; observation |
"""

BUSY = (
    Visit(
        "fmr",
        {
            "day/place": "FMP-01",
            "day/obs_date": "2026-11-20",
            "day/outcome": "movement",
            "day/obs_start": "06:00:00.000",
            "day/obs_end": "18:00:00.000",
            "groups": 2,
            "groups/direction": "incoming",
            "groups/movement_type": "seasonal",
            "groups/n_ind": 10,
            "groups/sadd_known": "yes",
            "groups/sadd/men": 3,
            "groups/sadd/women": 2,
            "groups/sadd/boys": 4,
            "groups/sadd/girls": 1,
            "groups/nat_known": "yes",
            "groups/nationalities": 2,
            "groups/nationalities/nat_code": "XXA",
            "groups/nationalities/nat_n": 4,
            "groups/nationalities[2]/nat_code": "TCD",
            "groups/nationalities[2]/nat_n": 6,
            "groups/origin_country": "NER",
            "groups/origin_adm1": "NE001",
            "groups/final_country": "OOO",
            "groups/transport": "bus",
            "groups/reason_main": "economic",
            "groups/reasons": "economic food",
            "groups/counted_elsewhere": "dnk",
            "groups/info_source": "group_member",
            "groups[2]/direction": "outgoing",
            "groups[2]/movement_type": "displacement",
            "groups[2]/n_ind": 7,
            "groups[2]/sadd_known": "partly",
            "groups[2]/sadd/men": 1,
            "groups[2]/sadd/women": 0,
            "groups[2]/sadd/boys": 0,
            "groups[2]/sadd/girls": 2,
            "groups[2]/nat_known": "no",
            "groups[2]/origin_country": "TCD",
            "groups[2]/final_country": "NER",
            "groups[2]/transport": "foot",
            "groups[2]/reason_main": "conflict",
            "groups[2]/counted_elsewhere": "no",
            "groups[2]/info_source": "driver_transporter",
        },
        {
            "groups/group_no": 1,
            "groups/sadd_unknown": 0,
            "groups/nat_sum": 10,
            "groups[2]/group_no": 2,
            "groups[2]/sadd_unknown": 4,
        },
    ),
    Visit(
        "registo_local",
        {
            "posto/codigo_posto": "FMP-01",
            "posto/data": "2026-11-20",
            "posto/jornada": "passaram",
            "posto/das": "06:00:00.000",
            "posto/ate": "18:00:00.000",
            "caravana": 2,
            "caravana/viagem/pais_inicio": "NER",
            "caravana/viagem/regiao_inicio": "NE001",
            "caravana/viagem/pais_fim": "OOO",
            "caravana/viagem/meio": "autocarro",
            "caravana/viagem/motivo": "trabalho",
            "caravana/viagem/motivos": "trabalho fome",
            "caravana/quadro/h18": 3,
            "caravana/quadro/m18": 2,
            "caravana/quadro/h17": 4,
            "caravana/quadro/m17": 1,
            "caravana/quadro/sem": 0,
            "caravana/nacoes/chade": 6,
            "caravana/nacoes/nenhuma": 4,
            "caravana/sentido": "entra",
            "caravana/classe": "epoca",
            "caravana/contado": "nao_sei",
            "caravana/fonte": "o_proprio",
            "caravana[2]/viagem/pais_inicio": "TCD",
            "caravana[2]/viagem/pais_fim": "NER",
            "caravana[2]/viagem/meio": "a_pe",
            "caravana[2]/viagem/motivo": "guerra",
            "caravana[2]/quadro/h18": 1,
            "caravana[2]/quadro/m18": 0,
            "caravana[2]/quadro/h17": 0,
            "caravana[2]/quadro/m17": 2,
            "caravana[2]/quadro/sem": 4,
            "caravana[2]/sentido": "sai",
            "caravana[2]/classe": "fuga",
            "caravana[2]/contado": "n",
            "caravana[2]/fonte": "condutor",
        },
        {
            "caravana/ordem": 1,
            "caravana/quadro/soma": 10,
            "caravana[2]/ordem": 2,
            "caravana[2]/quadro/soma": 7,
        },
    ),
)

CLOSED = (
    Visit(
        "fmr",
        {
            "day/place": "FMP-01",
            "day/obs_date": "2026-11-20",
            "day/outcome": "not_observed",
            "day/not_observed_reason": "insecurity",
        },
    ),
    Visit(
        "registo_local",
        {
            "posto/codigo_posto": "FMP-01",
            "posto/data": "2026-11-20",
            "posto/jornada": "nada",
            "posto/razao": "perigo",
        },
    ),
)

IDENTITY = {"record_id", "instance_id", "form_id", "form_version", "observation_id"}
"""Where a row comes from: the only columns in which the two forms may differ."""


@pytest.fixture(scope="module")
def local() -> CompiledForm:
    compilation = compile_form(LOCAL.encode(), "registo_local.md")
    assert (compilation.problems, compilation.warnings) == ((), ())
    assert compilation.form is not None
    return compilation.form


@pytest.mark.parametrize("day", [BUSY, CLOSED], ids=["two groups pass", "nobody could observe"])
def test_a_local_variant_of_the_registry_lands_in_the_same_rows(
    local: CompiledForm, day: tuple[Visit, Visit]
) -> None:
    library_s, country_s = outcome(day[0]), outcome(day[1], local)
    assert whole(country_s) == whole(library_s)
    assert {row.values["form_id"] for row in country_s.rows} == {"registo_local"}


def test_the_local_variant_is_filled_in_as_told(enumerator: Enumerator, local: CompiledForm) -> None:
    (enumerator.folder / "registo_local.xml").write_bytes(local.xform)
    said = BUSY[1]
    filled = enumerator.fills("registo_local", said.answers)
    assert filled.findings == []
    assert {path: filled.answers[path] for path in said.calculated} == {
        path: str(answer) for path, answer in said.calculated.items()
    }


def test_a_local_variant_that_says_otherwise_lands_in_other_rows(local: CompiledForm) -> None:
    one_more = Visit("registo_local", {**BUSY[1].answers, "caravana/nacoes/niger": 1}, BUSY[1].calculated)
    assert whole(outcome(one_more, local)) != whole(outcome(BUSY[0]))


def whole(made: Outcome) -> dict[str, list[dict[str, Any]]]:
    """Every row with all its columns, null or not, but those of its identity; splits by their group."""
    groups = {row.record_id: row.values["group_id"] for row in made.rows if row.table == "flow"}
    rows = [
        {"table": row.table, **{k: v for k, v in row.values.items() if k not in IDENTITY}}
        for row in made.rows
    ]
    splits = [
        {"group": groups[split.record_id], "dimension": split.dimension, "code": split.code, "n": split.n}
        for split in made.splits
    ]
    return {
        "rows": sorted(rows, key=lambda row: (row["table"], row.get("group_id") or "")),
        "splits": sorted(splits, key=lambda split: (split["group"], split["code"])),
    }
