"""Where Alembic meets the tables. The connection comes from sync/migrate.py, which opened the transaction."""

from __future__ import annotations

from alembic import context

from sync.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="types.",
)
with context.begin_transaction():
    context.run_migrations()
