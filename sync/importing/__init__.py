"""Imports: what partners already have, the opposite way through the same receipt (STYLE, the one idea).

A file goes in. Each of its rows becomes a submission of a form of the library, XML as a tablet would send it,
and is received like any other: so rebuild, duplicates, erasure, edits and quality flags hold for it too. What
comes out is an `Account`: each row imported, as it was, changed or listed with its reason, and sums that show
that nobody was lost on the way.

table.py (file to rows) -> missing_migrants.py, baseline.py (rows to answers) -> taking.py (to receipt)
"""

from __future__ import annotations
