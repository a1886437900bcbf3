"""People choose how messages reach them; a message is a short message or an e-mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLE, COLUMN, CHOICES = "sms", "channel", "message_choice"


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    if COLUMN not in {column["name"] for column in there.get_columns(TABLE)}:
        op.add_column(TABLE, sa.Column(COLUMN, sa.String(4), nullable=False, server_default="SMS"))
    choices = context.config.attributes["metadata"].tables[CHOICES]
    choices.create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(CHOICES)
    op.drop_column(TABLE, COLUMN)
