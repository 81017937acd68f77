"""What was received and does not count, or counts with a doubt: why, since when, and what can be done.

`waiting` lists held bodies, edits whose original never came, and second bodies under one instanceID;
`records` lists records that are parked, branched or without a file they mention; `listing` puts both
together, page by page, in the scope of who asks. `acting` is the one action for each: a decision with a
reason, which says beforehand what would follow, can be taken back, and deletes nothing. `keeping` makes a
second body a record of its own.
"""
