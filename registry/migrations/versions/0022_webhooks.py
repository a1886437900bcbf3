"""Where programs are told what happened, and each message."""

from __future__ import annotations

from alembic import context, op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("webhook", "webhook_delivery")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        tables[name].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
