"""The data dictionary: the vocabulary as people read it, as a page, as a workbook, as a document.

`current()` is what it says; `markdown`, `page` and `workbook` are how it looks. `python -m forms.dictionary`
prints the Markdown, whose committed copy (docs/DATA_DICTIONARY.md) a test compares.
"""

from forms.dictionary.contents import Dictionary, current
from forms.dictionary.markdown import markdown
from forms.dictionary.page import page
from forms.dictionary.workbook import workbook

__all__ = ["Dictionary", "current", "markdown", "page", "workbook"]
