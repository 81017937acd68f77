"""What authors get wrong in a mapping, and all they are told."""

from __future__ import annotations

from tests.forms.authors import Mistake

IN_MAPPINGS: tuple[Mistake, ...] = (
    Mistake(
        "misspells a variable",
        "flow.men ",
        "flow.mne ",
        ("unknown-variable survey!E8: The table flow has no variable 'mne'. Did you mean men?",),
    ),
    Mistake(
        "maps a variable the pipeline fills",
        "flow.men ",
        "flow.adm1_pcode ",
        (
            (
                "unknown-variable survey!E8: flow.adm1_pcode cannot be fed by a form: the pipeline fills "
                "it. Leave it out of the mapping."
            ),
        ),
    ),
    Mistake(
        "misspells a table",
        "flow.women",
        "flwo.women",
        (
            (
                "unknown-table survey!E9: There is no harmonised table 'flwo'. Did you mean flow? The "
                "tables are observation, flow, baseline, profile, event, flow_split."
            ),
        ),
    ),
    Mistake(
        "names the pseudo-table of common variables",
        "flow.location ",
        "common.location ",
        (
            (
                "unknown-table survey!E5: There is no harmonised table 'common'. Name the tables whose "
                "rows it goes to, each with its name: observation.place_id; flow.place_id."
            ),
        ),
    ),
    Mistake(
        "feeds a count from a text",
        "| integer | men ",
        "| text | men ",
        (
            (
                "wrong-type survey!E8: 'men' is text, but flow.men takes int (movements). Feed it from an"
                " integer question."
            ),
        ),
    ),
    Mistake(
        "feeds a count from a decimal",
        "| integer | men ",
        "| decimal | men ",
        (
            (
                "wrong-type survey!E8: 'men' is a decimal, but flow.men takes int (movements). Feed it "
                "from an integer question, or from a calculate: round(${men})."
            ),
        ),
    ),
    Mistake(
        "feeds one code from several",
        "| select_one way |",
        "| select_multiple way |",
        (
            (
                "wrong-type survey!E7: 'way' is select_multiple, but flow.direction takes code. Feed it "
                "from a select_one question, or map it to a variable that takes several codes."
            ),
        ),
    ),
    Mistake(
        "feeds a position from a calculate",
        "| geopoint | here | Where? | Où ? | flow.location | restricted | | |",
        "| calculate | here | | | flow.location | restricted | | today() |",
        (
            (
                "wrong-type survey!E5: 'here' is text, but flow.location takes geopoint (degrees WGS84). "
                "Feed it from a geopoint question."
            ),
        ),
    ),
    Mistake(
        "offers a choice the code list does not know",
        "| incoming |",
        "| inbound |",
        (
            (
                "uncovered-choice choices!E4: The choice 'inbound' of 'way' has no code in direction, "
                "which flow.direction takes. Give its code in the harmonise column of the choices sheet "
                "(incoming, outgoing, internal, transit, undefined), or '-' if it means no answer."
            ),
        ),
    ),
    Mistake(
        "gives a choice a code that does not exist",
        "| movement |",
        "| moving |",
        (
            (
                "unknown-code choices!E2: 'moving' is not in observation_outcome, the code list of "
                "observation.outcome. Use one of its codes: movement, no_movement, not_observed."
            ),
        ),
    ),
    Mistake(
        "fixes a code that does not exist",
        "{flow_tool=FMR}",
        "{flow_tool=FRM}",
        (
            (
                "unknown-code settings!E2: 'FRM' is not in flow_tool, the code list of flow.flow_tool. "
                "Use one of its codes: FMR, FMC, POE, TTT, EET."
            ),
        ),
    ),
    Mistake(
        "splits by a nationality that does not exist",
        "| TCD |",
        "| CHAD |",
        (
            (
                "uncovered-choice choices!E7: The choice 'CHAD' of 'nation' has no code in nationality, "
                "which flow_split.code takes. Give its code in the harmonise column of the choices sheet "
                "(THA, TCD, TCA, ABW, AFG, AGO, AIA, ALA, ALB, AND, ARE, ARG, ...), or '-' if it means no"
                " answer."
            ),
        ),
    ),
    Mistake(
        "maps no question to a required variable",
        "| select_one day | day | The day | La journée | observation.outcome |",
        "| select_one day | day | The day | La journée | |",
        (
            (
                "missing-variable settings!E2: Each submission makes a row of observation, but nothing "
                "feeds observation.outcome. Map a question or a calculate to observation.outcome "
                "(Outcome), or fix it with observation{outcome=CODE} where the rows are made."
            ),
        ),
    ),
    Mistake(
        "asks in a repeat what the day has once",
        "| flow.women ",
        "| observation.obs_start; flow.women ",
        (
            (
                "wrong-type survey!E9: 'women' is an integer, but observation.obs_start takes time. Feed "
                "it from a time question."
            ),
            (
                "wrong-grain survey!E9: 'women' is asked in the repeat '/data/group', but observation has"
                " one row per submission. Mark the repeat with observation, or map a calculate outside it"
                " instead: sum(${women})."
            ),
        ),
    ),
    Mistake(
        "marks no repeat",
        "| Groupe | flow ",
        "| Groupe | ",
        (
            (
                "wrong-grain survey!E7: 'way' is asked in the repeat '/data/group', but flow has one row "
                "per submission. Mark the repeat with flow, or ask it outside the repeat."
            ),
            (
                "wrong-grain survey!E8: 'men' is asked in the repeat '/data/group', but flow has one row "
                "per submission. Mark the repeat with flow, or map a calculate outside it instead: "
                "sum(${men})."
            ),
            (
                "wrong-grain survey!E9: 'women' is asked in the repeat '/data/group', but flow has one "
                "row per submission. Mark the repeat with flow, or map a calculate outside it instead: "
                "sum(${women})."
            ),
            (
                "wrong-grain survey!E10: 'all' is asked in the repeat '/data/group', but flow has one row"
                " per submission. Mark the repeat with flow, or ask it outside the repeat."
            ),
            (
                "missing-variable settings!E2: Each submission makes a row of flow, but nothing feeds "
                "flow.n_ind. Map a question or a calculate to flow.n_ind (Movements)."
            ),
        ),
    ),
    Mistake(
        "does not name the table of the day",
        "; observation |",
        " |",
        (
            (
                "wrong-grain survey!E2: 'today' feeds observation.obs_date, but nothing in the form makes"
                " rows of observation. Name observation in the settings' harmonise column for a row per "
                "submission, or mark a repeat with it."
            ),
            (
                "wrong-grain survey!E3: 'day' feeds observation.outcome, but nothing in the form makes "
                "rows of observation. Name observation in the settings' harmonise column for a row per "
                "submission, or mark a repeat with it."
            ),
        ),
    ),
    Mistake(
        "feeds a cell twice",
        "flow.women",
        "flow.men",
        (
            (
                "cell-fed-twice survey!E9: 'men' and 'women' both feed flow.men of the same row. Map "
                "neither, and feed flow.men from one calculate: coalesce(${men}, ${women}). Or give each "
                "its own qualifiers."
            ),
        ),
    ),
    Mistake(
        "feeds what is fixed",
        "flow.women",
        "flow.women; flow.flow_tool",
        (
            (
                "wrong-type survey!E9: 'women' is an integer, but flow.flow_tool takes code. Feed it from"
                " a select_one question."
            ),
            (
                "cell-fed-twice survey!E9: It feeds flow.flow_tool, which is fixed to 'FMR' in the same "
                "row. Drop the fixed value or this mapping."
            ),
        ),
    ),
    Mistake(
        "fixes otherwise what is fixed",
        "| Groupe | flow ",
        "| Groupe | flow{flow_tool=TTT} ",
        (
            (
                "cell-fed-twice survey!E6: flow.flow_tool is fixed to 'FMR' for these rows, and here to "
                "'TTT'. Keep one of the two fixed values."
            ),
        ),
    ),
    Mistake(
        "maps a direct identifier",
        "| Qui le dit ? | |",
        "| Qui le dit ? | flow.informant_id |",
        (
            (
                "identifier-mapped survey!E4: 'informant' is marked direct_identifier and feeds "
                "flow.informant_id. Leave the harmonise cell empty: identifying answers stay sealed. Map "
                "a pseudonym if one is needed."
            ),
        ),
    ),
    Mistake(
        "misspells a sensitivity",
        "restricted",
        "restricked",
        (
            (
                "bad-sensitivity survey!F5: The sensitivity 'restricked' is not known. Did you mean "
                "restricted? It is one of public, internal, restricted, confidential, direct_identifier."
            ),
        ),
    ),
    Mistake(
        "writes a mapping that cannot be read",
        "flow.women",
        "flow:women",
        (
            (
                "bad-mapping survey!E9: 'flow:women' is not of the form table.variable{name=code, ...}. "
                "Write flow.men, or baseline.ind{population_category=idp}; separate several by ';'."
            ),
        ),
    ),
    Mistake(
        "fixes a value without a name",
        "flow_split{dimension=nationality}",
        "flow_split{nationality}",
        (
            (
                "bad-mapping survey!E11: 'nationality' in 'flow_split{nationality}' is not of the form "
                "name=code. Write flow.men, or baseline.ind{population_category=idp}; separate several by"
                " ';'."
            ),
        ),
    ),
    Mistake(
        "maps a note",
        "| Thank you | Merci | |",
        "| Thank you | Merci | flow.men |",
        (
            (
                "bad-mapping survey!E16: The row 'note' has no answer, but carries the mapping "
                "'flow.men'. Move it to the question that feeds it, or to the begin_repeat that makes the"
                " rows."
            ),
        ),
    ),
    Mistake(
        "maps the end of a repeat",
        "| | end_repeat | | | | | | | |\n| | note",
        "| | end_repeat | | | | flow | | | |\n| | note",
        (
            (
                "bad-mapping survey!E15: The row 'end_repeat' has no answer, but carries the mapping "
                "'flow'. Move it to the question that feeds it, or to the begin_repeat that makes the "
                "rows."
            ),
        ),
    ),
    Mistake(
        "marks a repeat with a variable",
        "| Groupe | flow ",
        "| Groupe | flow.men ",
        (
            (
                "bad-mapping survey!E6: The repeat 'group' carries 'flow.men', but a repeat feeds no "
                "variable. Write only the table whose row one instance makes, flow; map variables at "
                "questions."
            ),
        ),
    ),
    Mistake(
        "names a variable in the settings",
        "; observation |",
        "; observation.outcome |",
        (
            (
                "bad-mapping settings!E2: The settings' item 'observation.outcome' names a variable. "
                "Settings name each table once: flow{flow_tool=FMR}; observation."
            ),
        ),
    ),
    Mistake(
        "uses a lone name without a default table",
        "flow{flow_tool=FMR}; observation",
        "",
        (
            (
                "wrong-grain survey!E2: 'today' feeds observation.obs_date, but nothing in the form makes"
                " rows of observation. Name observation in the settings' harmonise column for a row per "
                "submission, or mark a repeat with it."
            ),
            (
                "wrong-grain survey!E3: 'day' feeds observation.outcome, but nothing in the form makes "
                "rows of observation. Name observation in the settings' harmonise column for a row per "
                "submission, or mark a repeat with it."
            ),
            (
                "missing-variable survey!E6: Each instance of '/data/group' makes a row of flow, but "
                "nothing feeds flow.flow_tool. Map a question or a calculate to flow.flow_tool (Tool), or"
                " fix it with flow{flow_tool=CODE} where the rows are made."
            ),
            (
                "missing-variable survey!E6: Each instance of '/data/group' makes a row of flow, but "
                "nothing feeds flow.n_ind. Map a question or a calculate to flow.n_ind (Movements)."
            ),
            (
                "bad-mapping survey!E7: 'direction' names no table, and the form has no default table. "
                "Write table.direction, or name the default table in the settings' harmonise column."
            ),
            (
                "bad-mapping survey!E10: 'n_ind' names no table, and the form has no default table. Write"
                " table.n_ind, or name the default table in the settings' harmonise column."
            ),
        ),
    ),
)
