"""Blobs no row refers to: what a crash between the file's rename and the commit leaves behind.

They were never acknowledged. A commit whose answer was lost may refer to them all the same, so they are
removed only after a look at the rows, and only when old.
"""

from __future__ import annotations

from itertools import islice

from sqlalchemy import bindparam, select

from sync.store import Store
from sync.tables import attachment, raw_body

OLDER_THAN_S = 24 * 3600.0
_BATCH = 500

_REFERRED = (
    select(attachment.c.blob).where(attachment.c.blob.in_(bindparam("names", expanding=True))),
    select(raw_body.c.blob).where(raw_body.c.blob.in_(bindparam("names", expanding=True))),
)


def sweep(store: Store, older_than_s: float = OLDER_THAN_S) -> int:
    """Remove the remains of dead uploads and blobs without a row. Returns how many files went."""
    removed = store.blobs.sweep()
    names = store.blobs.durable(older_than_s)
    while batch := list(islice(names, _BATCH)):
        with store.read() as session:
            known = {row["blob"] for query in _REFERRED for row in session.all(query, {"names": batch})}
        for name in batch:
            if name not in known:
                store.blobs.discard(name)
                removed += 1
    return removed
