"""The ledger of an app user: what came from its tablets, what is missing, and what they may delete.

`account` counts what was received, by device and form version; `sequences` compares the numbers a form
gives to its records on the tablet with those that came; `safe` lists what is stored with all its files. All
of it is worked out from what is stored when somebody asks: a submission that comes in costs nothing more.
Only records in the scope of who asks are counted (sync/policy).
"""
