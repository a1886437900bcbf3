"""Requests of programs that may be sent twice."""

from __future__ import annotations

from alembic import context, op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "client_request"


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    tables[TABLE].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(TABLE)
