"""Running cases move to versions with other diagrams: tried first, undone from a snapshot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0029"
down_revision = "0030"
branch_labels = None
depends_on = None

ADDED = (
    ("version_correction", sa.Column("nodes", sa.Text)),
    ("version_correction", sa.Column("tried_at", sa.DateTime(timezone=True))),
    ("corrected_case", sa.Column("snapshot", sa.LargeBinary)),
    ("corrected_case", sa.Column("version", sa.Integer)),
)
TRIED = "tried_case"


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    for table, column in ADDED:
        if column.name not in {known["name"] for known in there.get_columns(table)}:
            op.add_column(table, column)
    tried = context.config.attributes["metadata"].tables[TRIED]
    tried.create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(TRIED)
    for table, column in reversed(ADDED):
        op.drop_column(table, str(column.name))
