"""The REST API that ODK Central's clients speak, under `/v1`: one small file for each resource.

What all of them share stands in five files: `routing` (who may, declared at the route), `callers` (who asks),
`answers` (how values, lists and their freshness are written), `asking` (what a request says) and `problems`.
"""
