"""Records as people read and change them: listed, looked at, reviewed, deleted, commented on.

A *record* is an original with the edits that lead back to it (sync/lineage.py); each body of them that
counts is a *version*. All of it works on what receipt stored, so that nobody waits for the pipeline.
Functions take the space (a project's uuid, or a draft's) and what the reader sees of the form (`sight.py`).
"""
