"""Posts of officers that one operator asks for and another confirms."""

from __future__ import annotations

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "post_request"


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    tables[TABLE].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(TABLE)
