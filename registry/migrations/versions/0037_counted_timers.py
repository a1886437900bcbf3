"""A case notes by what its timers were last computed anew: a night need not compute it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "process_instance"
COLUMNS: dict[str, sa.String | sa.Integer] = {
    "timers_by": sa.String(64),
    "timers_version": sa.Integer(),
}


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for name, kind in COLUMNS.items():
        if name not in known:  # a new database has it
            op.add_column(TABLE, sa.Column(name, kind))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(TABLE, name)
