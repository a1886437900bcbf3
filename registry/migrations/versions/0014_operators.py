"""Operators have duties and a last day; who comes with the enterprise's certificate appoints."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "operator"
COLUMNS: dict[str, Any] = {"acts_until": sa.Date(), "deputy_for": sa.String(32)}


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for name, kind in COLUMNS.items():
        if name not in there:  # a new database has them
            op.add_column(TABLE, sa.Column(name, kind))
    table = sa.table(TABLE, sa.column("role"), sa.column("person_id"))
    holders = sa.update(table).where(table.c.person_id.is_(None)).values(role="ADMIN")
    op.get_bind().execute(holders)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(TABLE, name)
