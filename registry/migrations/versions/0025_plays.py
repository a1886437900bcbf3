"""Drafts are played, and judged by the small changes that nothing of them notices."""

from __future__ import annotations

from alembic import context, op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("draft_noticing", "draft_play")


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for name in TABLES:
        tables[name].create(bind, checkfirst=True)  # a new database has it


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
