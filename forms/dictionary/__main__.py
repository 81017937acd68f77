"""`python -m forms.dictionary > docs/DATA_DICTIONARY.md`."""

import sys

from forms.dictionary import current, markdown

sys.stdout.write(markdown(current()))
