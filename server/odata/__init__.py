"""OData 4 over the typed answers of a form's records: what Power BI, Excel, pyodk and ruODK read.

The way of one question: `options` reads the query, `grammar` and `binding` its filter, `record_scope` says
which records and columns the reader has, `query` makes one statement of it, `shape` makes JSON objects of the
answers as they were kept at intake. The XML of a submission is never read here.
"""
