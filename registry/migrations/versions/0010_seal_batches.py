"""Lists of files that an enterprise seals with one PIN, and what became of each."""

from __future__ import annotations

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("seal_batch", "seal_item")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        tables[name].create(op.get_bind(), checkfirst=True)  # a new database has them


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
