"""What can be wrong with an OData request. `server/problems.py` gives each the number Central has for it."""

from __future__ import annotations

from sync.problems import Invalid, NotFound, NotSupported


class BadExpression(Invalid):
    """A filter, an order or a page token that cannot be read; says at which character."""

    code = "odata-expression"
    title = "The OData expression cannot be read"


class UnknownProperty(Invalid):
    """A property that the table does not have, or that this reader may not see: the two look the same."""

    code = "odata-property"
    title = "There is no such property"


class Unsupported(NotSupported):
    """Valid OData that this server does not answer."""

    code = "odata-unsupported"
    title = "This part of OData is not supported"


class UnsupportedExpand(Unsupported):
    """`$expand` of anything but `*`, or together with `$select`."""

    code = "odata-expand"
    title = "This expansion is not supported"


class NoSuchTable(NotFound):
    """A table, record or row of the service that is absent, or out of the reader's scope."""

    code = "odata-table"
    title = "There is no such table"
