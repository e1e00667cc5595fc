"""Alembic's entry: it runs on the connection that `jobs.migrations` hands over."""

from alembic import context

from jobs.migrations import load_tables
from space_hub.db import metadata

load_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
