"""People get what is kept about them as one file, which is there for some days."""

from __future__ import annotations

from alembic import context, op

revision = "0028"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLE = "data_export"


def upgrade() -> None:
    table = context.config.attributes["metadata"].tables[TABLE]
    table.create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(TABLE)
