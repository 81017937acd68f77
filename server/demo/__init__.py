"""The demo: an invented country, a dozen simulated tablets, their own ledgers, and a verdict.

Nothing here is used by a running server. `run.py` is the whole of it on one screen.
"""
