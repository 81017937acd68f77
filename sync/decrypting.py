"""All encrypted records of a form, decrypted: into a folder, and back into the store so that they count.

One record that is damaged, not whole or encrypted to another key does not stop the others; the account says
of each what became of it. What is brought back comes as an edit of the encrypted record: its instanceID
follows from the record's, so that a second time changes nothing, the encrypted original stays what was
received, and everything an edit goes through applies (decision 0013).
"""

from __future__ import annotations
