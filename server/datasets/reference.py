"""docs/DATASETS.md: every dataset, what one row of it is, what it tells and what it does not, its columns.

Made by `python -m server.datasets.reference > docs/DATASETS.md` (`make docs`); tests/test_docs.py holds it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from server.datasets.dataset import Dataset
from server.datasets.definitions import DATASETS
from server.datasets.filters import parameters

PREFACE = """# Datasets

Made from the code by `make docs`; a test holds it. A reader gets them at
`/v1/projects/ID/figures/NAME.csv` (or `.json`, `.geojson`, `.csv?hxl=true`), the office with
`waypost dataset export NAME`. The card of a dataset (`/v1/projects/ID/figures/NAME`) says the same with
counts for this reader. Who sees which rows and columns is one policy (`sync/policy`); columns
marked other than public are there for those who may see them. Herds, corridors and alerts reach viewers only
with their owner's release, late and no finer than the second level.

| dataset | one row is |
| --- | --- |"""


def documentation() -> str:
    """The text of docs/DATASETS.md."""
    index = [f"| [{one.name}](#{one.name}) | {one.unit} |" for one in DATASETS.values()]
    sections = ["\n".join(_section(one)) for one in DATASETS.values()]
    return "\n\n".join(["\n".join([PREFACE, *index]), *sections]) + "\n"


def _section(dataset: Dataset) -> Iterator[str]:
    yield f"## {dataset.name}\n"
    yield f"{dataset.title}. {dataset.description}\n"
    yield f"**How.** {dataset.method}\n"
    yield "**What it does not tell.**\n"
    yield from (f"- {limit}" for limit in dataset.limits)
    yield f"\n**Parameters.** {', '.join(f'`{name}`' for name in parameters(dataset))}\n"
    if dataset.table:
        yield f"**Columns.** Those of `{dataset.table}` in the [data dictionary](DATA_DICTIONARY.md)."
        return
    yield "| column | type | meaning | null | sensitivity |"
    yield "| --- | --- | --- | --- | --- |"
    for c in dataset.columns:
        kind = f"{c.type}, {c.unit}" if c.unit else c.type
        yield f"| `{c.name}` | {kind} | **{c.label}.** {c.definition} | {c.null_rule} | {c.sensitivity} |"


if __name__ == "__main__":
    sys.stdout.write(documentation())
