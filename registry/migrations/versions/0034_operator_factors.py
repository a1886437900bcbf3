"""Operators of enterprises prove themselves twice, where they or their enterprise want it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLE, COLUMN = "enterprise", "second_factor_required"


def upgrade() -> None:
    bind = op.get_bind()
    tables = context.config.attributes["metadata"].tables
    tables["operator_factor"].create(bind, checkfirst=True)  # a new database has it
    if COLUMN not in {known["name"] for known in sa.inspect(bind).get_columns(TABLE)}:
        op.add_column(
            TABLE, sa.Column(COLUMN, sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    op.drop_table("operator_factor")
    op.drop_column(TABLE, COLUMN)
