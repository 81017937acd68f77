"""Backups: one file that holds a server at one moment, sealed under a passphrase, for either engine.

`making.py` writes it, `restoring.py` verifies it and fills an empty server from it; `archive.py` is the file,
`rows.py` the tables. The master key is no part of it: whoever has both can read the records.
"""
