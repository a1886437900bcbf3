"""Corrections mark the field that they are about, and the applicant answers each of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE, COLUMN, NEW = "decision", "marked", "correction_answer"


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    if COLUMN not in there:  # a new database has it
        op.add_column(TABLE, sa.Column(COLUMN, sa.Text()))
    tables = context.config.attributes["metadata"].tables
    tables[NEW].create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    op.drop_table(NEW)
    op.drop_column(TABLE, COLUMN)
