"""Alembic's entry: everything is in shared.storage.migrations."""

from alembic import context

from shared.storage.migrations import run_environment

run_environment(context)
