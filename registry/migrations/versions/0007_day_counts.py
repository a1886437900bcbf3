"""What the daily duties of a day did, until one audit row says it."""

from __future__ import annotations

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = context.config.attributes["metadata"].tables["day_count"]
    table.create(op.get_bind(), checkfirst=True)  # the first version makes it in a new database


def downgrade() -> None:
    op.drop_table("day_count")
