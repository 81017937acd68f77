"""The registers of an office: organisations, operations, rounds, and enumerators by pseudonym.

Registering refuses no record and changes none: rows carry codes as text, and one that is not registered is
kept and flagged. Where the registers say more than the form (the only operation, the one round of that day),
the steps fill the row from them and say so. Registers are inputs of a rebuild, as places are.
"""
