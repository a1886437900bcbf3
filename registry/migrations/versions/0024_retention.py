"""A case whose period of retention is over says what became of it; such cases are found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE, COLUMN, INDEX = "application", "retired", "ix_application_kept"


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    if COLUMN not in {column["name"] for column in there.get_columns(TABLE)}:
        op.add_column(TABLE, sa.Column(COLUMN, sa.String(8)))
    if INDEX not in {index["name"] for index in there.get_indexes(TABLE)}:
        waits = sa.text("retired IS NULL AND closed_at IS NOT NULL")
        op.create_index(
            INDEX, TABLE, ["closed_at", "id"], sqlite_where=waits, postgresql_where=waits
        )


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
