"""Officers prove themselves twice; two operators reset what was lost."""

from __future__ import annotations

from alembic import context, op

revision = "0027"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("second_factor", "factor_request")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:  # a new database has them
        tables[name].create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
