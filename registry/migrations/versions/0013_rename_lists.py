"""Every file of a sealed rename list is known, so that a later time stamp loses none of them."""

from __future__ import annotations

from alembic import context, op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "rename_list"


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    tables[TABLE].create(op.get_bind(), checkfirst=True)  # a new database has it
    op.execute(
        "INSERT INTO rename_list (sha256, batch_id, at)"
        " SELECT sealed_sha256, id, COALESCE(confirmed_at, computed_at) FROM rename_batch"
        " WHERE sealed_sha256 IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
