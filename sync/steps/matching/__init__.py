"""When two rows may be one and the same: a module per kind of row, each with `block` and `evidence`."""
