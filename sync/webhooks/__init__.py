"""Webhooks: what happened to records, told to addresses outside.

The change log goes in (happenings.py); each webhook has a queue of its own (queue.py), which the sender of
`server/webhooks/` works off. Receipt and pipeline know nothing of it: nothing is written for it there.
"""
