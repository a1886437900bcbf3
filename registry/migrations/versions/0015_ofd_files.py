"""The OFD form of papers that the agency sealed."""

from __future__ import annotations

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "ofd_file"


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    tables[TABLE].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(TABLE)
