"""Corrections of versions, and what became of each case."""

from __future__ import annotations

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("version_correction", "corrected_case")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        tables[name].create(op.get_bind(), checkfirst=True)  # a new database has them


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
