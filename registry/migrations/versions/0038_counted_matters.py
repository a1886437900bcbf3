"""What an enterprise's lists count stands in the indexes they walk: no case is read for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLE = "application"
INDEXES = {
    "ix_application_enterprise": ["uscc", "status", "id"],
    "ix_application_named": ["uscc", "id"],
}


def upgrade() -> None:
    known = {
        index["name"]: index["column_names"]
        for index in sa.inspect(op.get_bind()).get_indexes(TABLE)
    }
    for name, columns in INDEXES.items():
        if known.get(name) == columns:  # a new database has it otherwise
            op.drop_index(name, TABLE)
            op.create_index(name, TABLE, [*columns, "matter"])


def downgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, TABLE)
        op.create_index(name, TABLE, columns)
