"""The one policy: role x area subtree x organisation x sensitivity of the column, for every way out.

`grants` resolves what somebody was granted into `Part`s: which sensitivities, and where. `scope` compiles the
parts of one actor to a predicate on harmonised rows and a list of columns; `records` compiles the same parts
to a predicate on whole records; `release` holds back what of transhumance is not published; `viewing` lets
whoever may assign roles see what another sees. Everything that gives rows, records, counts, days or lists
of them asks here, and nothing else decides (decisions 0012 and 0013).
"""
