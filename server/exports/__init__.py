"""Records as files, as ODK Central's clients take them: csv, csv.zip with media and audit logs, GeoJSON.

In: a form's tables as one reader has them (`server/odata`), and the typed answers kept at intake. Out:
bytes, piece by piece. Like OData this reads no XML: what was sent is given back from the texts kept beside
values. The one exception is a record that came encrypted, opened with the passphrase of the request.
"""
