"""Alembic migrations, run by `waypost init`, `waypost migrate` and the tests through sync/migrate.py."""
