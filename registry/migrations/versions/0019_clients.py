"""Programs of others: clients with their secrets and tokens."""

from __future__ import annotations

from alembic import context, op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("client", "client_secret", "client_token")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        tables[name].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
