"""`waypost codes`: the code lists, for whoever reads figures. Their age is known with a data folder only."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from server.cli import invocation

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Code lists of the harmonised tables: codes, labels, definitions, versions, crosswalks.",
)

Lang = Annotated[str, typer.Option("--lang", metavar="CODE", help="Language of the labels: en, fr, ar.")]


@app.command("list")
def list_all(
    name: Annotated[str | None, typer.Argument(metavar="[LIST]", help="A list; none: all of them.")] = None,
    lang: Lang = "en",
) -> None:
    """List the code lists, or the codes of one with their labels.

    \b
    waypost codes list
    waypost codes list death_cause --lang fr
    """
    _check_language(lang)
    if name is None:
        _show_lists()
        return
    since = _since(name)
    found = [_plain(one, lang, since) for one in _codes(name).values()]
    columns = ("code", "label", "valid_from", "retired_in", "definition")
    rows = [[one[column] for column in columns] for one in found]
    headings = ("code", "label", "since", "retired in", "definition")
    invocation.show(found, lambda: invocation.table(rows, headings, f"{name} has no codes."))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="LIST", help="The list.")],
    code: Annotated[str, typer.Argument(help="A code of it.")],
    lang: Lang = "en",
) -> None:
    """Show one code: its definition, its label in each language, what others write for it.

    \b
    waypost codes show death_cause drowning
    """
    from forms import crosswalks
    from sync.problems import NotFound

    _check_language(lang)
    found = _codes(name).get(code)
    if found is None:
        raise NotFound(f"{name} has no code {code}.", f"`waypost codes list {name}` shows those there are.")
    foreign = {
        source: [
            one.foreign_code
            for one in crosswalks.shipped(source).crossings
            if (one.list_name, one.code) == (name, code)
        ]
        for source in crosswalks.sources()
    }
    foreign = {source: texts for source, texts in foreign.items() if texts}
    labels = {"en": found.label, **found.labels}
    value = _plain(found, lang, _since(name)) | {
        "labels": labels,
        "crosswalks": foreign,
        "variables": _fed(name),
    }
    lines = [f"{name} {code}: {value['label']}"]
    if found.definition:
        lines.append(found.definition)
    if value["valid_from"]:
        lines.append(f"Here since vocabulary {value['valid_from']}.")
    if found.retired_in:
        lines.append(f"Retired in vocabulary {found.retired_in}: not for new answers.")
    lines += [f"{language}  {text}" for language, text in labels.items()]
    lines += [f"{source} writes: {'; '.join(texts)}" for source, texts in foreign.items()]
    if value["variables"]:
        lines.append(f"Used by {', '.join(value['variables'])}.")
    invocation.show(value, "\n".join(lines))


def _show_lists() -> None:
    from forms import vocabulary

    found = [
        {"list": name, "codes": len(vocabulary.codes(name)), "variables": _fed(name)}
        for name in vocabulary.code_lists()
    ]
    rows = [(one["list"], one["codes"], " ".join(_fed(str(one["list"])))) for one in found]
    title = f"Vocabulary {vocabulary.VERSION}"
    text = invocation.table(rows, ("list", "codes", "variables"), "")
    invocation.show({"vocabulary_version": vocabulary.VERSION, "lists": found}, f"{title}\n{text}")


def _codes(name: str) -> dict[str, Any]:
    from forms import vocabulary
    from sync.problems import NotFound

    if name not in vocabulary.code_lists():
        raise NotFound(f"There is no code list {name}.", "`waypost codes list` shows those there are.")
    return dict(vocabulary.codes(name))


def _plain(one: Any, lang: str, since: dict[str, str]) -> dict[str, Any]:
    """A code with its label in the language, in English where it has none."""
    return {
        "code": one.code,
        "label": one.labels.get(lang, one.label),
        "definition": one.definition,
        "valid_from": since.get(one.code),
        "retired_in": one.retired_in,
    }


def _since(name: str) -> dict[str, str]:
    """The vocabulary version each code came with, as the data folder knows it; nothing without one."""
    from sync.problems import Problem
    from sync.registers.codes import codes_since

    try:
        with invocation.opened_store() as store, store.read() as session:
            return codes_since(session, name)
    except Problem:
        return {}


def _fed(name: str) -> list[str]:
    from forms import vocabulary

    return [variable.key for variable in vocabulary.all_variables() if variable.code_list == name]


def _check_language(lang: str) -> None:
    from forms import languages
    from sync.problems import Invalid

    known = languages.languages()
    if lang not in known:
        raise Invalid(f"There is no language {lang}.", f"Use one of {', '.join(known)}.")
