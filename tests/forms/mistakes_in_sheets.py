"""What authors get wrong in the sheets, and all they are told."""

from __future__ import annotations

from tests.forms.authors import Mistake

IN_SHEETS: tuple[Mistake, ...] = (
    Mistake(
        "misspells a type",
        "| integer | men ",
        "| integre | men ",
        ("unknown-type survey!A8: There is no question type 'integre'. Did you mean 'integer'?",),
    ),
    Mistake(
        "asks for a list with blanks",
        "| select_one way |",
        "| select_one way out |",
        (
            (
                "unknown-list survey!A7: The type 'select_one way out' names a list with blanks in it. "
                "Name the list without blanks, here and on the choices sheet: select_one way_out."
            ),
        ),
    ),
    Mistake(
        "forgets the list",
        "| select_one way |",
        "| select_one |",
        (
            (
                "unknown-list survey!A7: The type 'select_one' names no choice list. Write select_one "
                "LIST, with a list of choices."
            ),
            (
                "unused-list choices!A4: No question uses the choice list 'way'. Use it, or take it out: "
                "tablets carry it for nothing."
            ),
        ),
    ),
    Mistake(
        "forgets the type",
        "| integer | men ",
        "| | men ",
        (
            (
                "missing-value survey!A8: The row of 'men' has no type. Give it one, such as text or "
                "integer, or clear the row."
            ),
        ),
    ),
    Mistake(
        "forgets the name",
        "| integer | men ",
        "| integer | ",
        (
            (
                "missing-value survey!B8: The 'integer' row has no name. Give it a name of letters, "
                "digits and underscores; answers are kept under it."
            ),
            (
                "unknown-reference survey!H10: ${men} refers to a question that does not exist. Did you "
                "mean ${women}?"
            ),
        ),
    ),
    Mistake(
        "uses a name with blanks",
        "| integer | women ",
        "| integer | nbre de femmes ",
        (
            (
                "bad-name survey!B9: The name 'nbre de femmes' cannot be used. Begin with a letter or "
                "underscore; go on with letters, digits, '_', '-' or '.', without blanks: nbre_de_femmes."
            ),
            (
                "unknown-reference survey!H10: ${women} refers to a question that does not exist. Did you"
                " mean ${men}?"
            ),
        ),
    ),
    Mistake(
        "uses a name twice",
        "| integer | women ",
        "| integer | men ",
        (
            (
                "duplicate-name survey!B9: The name 'men' is used in the same group, at survey!B8. Rename"
                " one of them."
            ),
            (
                "duplicate-name survey!H10: ${men} could mean any of 2 rows named 'men'. Rename them so "
                "that the one referred to has a name of its own."
            ),
            (
                "unknown-reference survey!H10: ${women} refers to a question that does not exist. Did you"
                " mean ${men}?"
            ),
        ),
    ),
    Mistake(
        "names two repeats alike",
        "| begin_repeat | split ",
        "| begin_repeat | group ",
        (
            (
                "duplicate-name survey!B11: The name 'group' is used by another repeat, at survey!B6. "
                "Rename one of them."
            ),
        ),
    ),
    Mistake(
        "forgets a label",
        "| Men | Hommes |",
        "| | |",
        (
            (
                "missing-value survey!C8: The question 'men' has no label. Give it a label or a hint: "
                "nobody could see what is asked."
            ),
        ),
    ),
    Mistake(
        "forgets a calculation",
        "${men} + ${women}",
        "",
        (
            (
                "missing-value survey!H10: The calculate 'all' has no calculation. Write the formula in "
                "the calculation column, or take out the row."
            ),
        ),
    ),
    Mistake(
        "forgets to end a repeat",
        "| | end_repeat | | | | | | | |\n| | note",
        "| | note",
        (
            (
                "unbalanced-group survey!A6: The repeat 'group' has no end. Add an end_repeat row after "
                "its last question."
            ),
        ),
    ),
    Mistake(
        "ends a repeat as a group",
        "| | end_repeat | | | | | | | |\n| | note",
        "| | end_group | | | | | | | |\n| | note",
        (
            (
                "unbalanced-group survey!A15: This 'end_group' closes the repeat 'group', begun at "
                "survey!6. Write end_repeat, or close what was begun in between."
            ),
        ),
    ),
    Mistake(
        "ends what was not begun",
        "| | note | thanks | Thank you | Merci | | | | |",
        "| | end_group | | | | | | | |",
        (
            (
                "unbalanced-group survey!A16: This 'end_group' ends nothing: no group or repeat is open. "
                "Take it out."
            ),
        ),
    ),
    Mistake(
        "misspells a list",
        "| select_one way |",
        "| select_one wya |",
        (
            "unknown-list survey!A7: The choices sheet has no list 'wya'. Did you mean 'way'?",
            (
                "unused-list choices!A4: No question uses the choice list 'way'. Use it, or take it out: "
                "tablets carry it for nothing."
            ),
        ),
    ),
    Mistake(
        "leaves a list without names",
        "| nation | TCD | Chad | Tchad | |\n| | nation | SDN ",
        "| nation | | Chad | Tchad | |\n| | nation | ",
        (
            (
                "empty-list survey!A12: The choice list 'nation' has no choice with a name. Name its "
                "choices on the choices sheet."
            ),
            "missing-value choices!B7: A choice of the list 'nation' has no name. Give it a name.",
            "missing-value choices!B8: A choice of the list 'nation' has no name. Give it a name.",
        ),
    ),
    Mistake(
        "uses a choice twice",
        "| outgoing ",
        "| incoming ",
        (
            (
                "duplicate-name choices!B5: The list 'way' has 'incoming' in row 4 already. Rename or "
                "remove one of them."
            ),
        ),
    ),
    Mistake(
        "refers to a question that does not exist",
        "${day} = 'moved'",
        "${dya} = 'moved'",
        (
            (
                "unknown-reference survey!G6: ${dya} refers to a question that does not exist. Did you "
                "mean ${day}?"
            ),
        ),
    ),
    Mistake(
        "breaks a reference",
        "${day} = 'moved'",
        "${day = 'moved'",
        (
            (
                "unknown-reference survey!G6: \"${day = 'moved'\" is not a reference. Write ${name}: a "
                "question's name between '${' and '}', without blanks."
            ),
        ),
    ),
    Mistake(
        "leaves a list unused",
        "| select_one way |",
        "| text |",
        (
            (
                "unused-list choices!A4: No question uses the choice list 'way'. Use it, or take it out: "
                "tablets carry it for nothing."
            ),
        ),
    ),
    Mistake(
        "forgets a translation",
        "| Hommes ",
        "| ",
        (
            (
                "missing-translation survey!D8: 'label::French (fr)' is empty where another language has "
                "a text: D8. Translate into French (fr)."
            ),
        ),
    ),
    Mistake(
        "forgets a choice's label",
        "| Chad | Tchad ",
        "| | ",
        (
            (
                "missing-value choices!C7: The choice 'TCD' of the list 'nation' has no label. Give it "
                "one: tablets show an empty line."
            ),
        ),
    ),
    Mistake(
        "has no form_id",
        "| form_id | version",
        "| id | version",
        (
            (
                "missing-value settings!2: The settings give no form_id; the file's name stands in for "
                "it. Add a form_id: submissions belong to it for ever, whatever the file is called."
            ),
        ),
    ),
    Mistake(
        "names the audit",
        "| | note | thanks | Thank you ",
        "| | audit | thanks | Thank you ",
        (
            (
                "pyxform survey!B16: Audits must always be named 'audit.' The name column should be left "
                "blank. Correct it as pyxform says; the XLSForm reference is at xlsform.org."
            ),
        ),
    ),
    Mistake(
        "misspells the harmonise column",
        "| label::French (fr) | harmonise | sensitivity |",
        "| label::French (fr) | harmonize | sensitivity |",
        (
            (
                "missing-variable settings!E2: Each submission makes a row of flow, but nothing feeds "
                "flow.n_ind. Map a question or a calculate to flow.n_ind (Movements)."
            ),
            (
                "missing-variable settings!E2: Each submission makes a row of observation, but nothing "
                "feeds observation.obs_date. Map a question or a calculate to observation.obs_date "
                "(Observation date)."
            ),
            (
                "missing-variable settings!E2: Each submission makes a row of observation, but nothing "
                "feeds observation.outcome. Map a question or a calculate to observation.outcome "
                "(Outcome), or fix it with observation{outcome=CODE} where the rows are made."
            ),
            (
                "missing-column survey!E1: The column 'harmonize' is not read. Did you mean 'harmonise'? "
                "Rename it."
            ),
        ),
    ),
    Mistake(
        "numbers a column of the choices",
        "| | list_name | name | label::English (en) | label::French (fr) | harmonise |\n| | day",
        "| | list_name | name | label::English (en) | 2024 | harmonise |\n| | day",
        (
            (
                "bad-name choices!D1: The column '2024' of the choices cannot be carried to tablets under"
                " this name. Begin with a letter and use letters, digits and underscores; or clear the "
                "header."
            ),
            (
                "missing-translation choices!C1: 'label' has no column for French (fr). Add a column "
                "label::French (fr)."
            ),
        ),
    ),
    Mistake(
        "forgets the name column",
        "| | list_name | name |",
        "| | list_name | code |",
        ("missing-column choices!1: The sheet 'choices' has no column 'name'. Add a column 'name'.",),
    ),
    Mistake(
        "names the survey otherwise",
        "| survey |",
        "| survy |",
        ("missing-sheet There is no sheet named 'survey'. Rename the sheet 'survy' to 'survey'.",),
    ),
    Mistake(
        "forgets the choices",
        "| choices |",
        "| lists |",
        (
            (
                "missing-sheet survey!A3: There is no choices sheet, but 3 questions ask for lists: day, "
                "nation, way. Add a sheet 'choices' with the columns list_name, name and label."
            ),
        ),
    ),
    Mistake(
        "has a column twice",
        "| relevant |calculation|",
        "| relevance | relevant |",
        (
            (
                "duplicate-name survey!H1: The column 'relevant' means the same as column G. Keep one of "
                "the two, or clear the header of the one that holds your notes."
            ),
            (
                "missing-value survey!A10: The calculate 'all' has no calculation. Write the formula in "
                "the calculation column, or take out the row."
            ),
        ),
    ),
)
