"""Requests about the keys of others, which a second operator confirms."""

from __future__ import annotations

from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = context.config.attributes["metadata"].tables["key_request"]
    table.create(op.get_bind(), checkfirst=True)  # the first version makes it in a new database


def downgrade() -> None:
    op.drop_table("key_request")
