"""The tables as they are before the first release: all that the caller's metadata knows."""

from __future__ import annotations

from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    context.config.attributes["metadata"].create_all(op.get_bind())


def downgrade() -> None:
    context.config.attributes["metadata"].drop_all(op.get_bind())
