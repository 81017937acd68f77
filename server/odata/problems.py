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


class UnaskableProperty(Unsupported):
    """A filter or an order names a property that the table does not have, or that may not be asked of: it is
    not there, this reader may not see it, or it is only shown."""

    code = "odata-unaskable"
    title = "This property cannot be asked of"


class BadSkipToken(Invalid):
    """A page token this server cannot read."""

    code = "odata-skiptoken"
    title = "The page token cannot be read"


class NoSuchRow(Invalid):
    """A page token that names a row of a repeat which is not there, or out of the reader's scope."""

    code = "odata-row"
    title = "The row of the page token is not there"
