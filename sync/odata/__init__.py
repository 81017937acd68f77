"""The shape of answers as OData gives them: the tables of a form, the JSON of their rows, and that JSON as it
is kept with each row when a record is processed. Pure; addresses, scope and statements are server/odata's."""
