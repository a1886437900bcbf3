"""Every letter has a code of its own; those that are there are given one, which they do not print."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from registry import verification_codes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = context.config.attributes["metadata"].tables.get("letter_intent")
    if table is None:  # unknown where the register is used alone
        return
    bind = op.get_bind()
    if "token" not in {column["name"] for column in sa.inspect(bind).get_columns(table.name)}:
        op.add_column(
            table.name, sa.Column("token", sa.String(32), server_default="", nullable=False)
        )
        for key in bind.execute(sa.select(table.c.key)).scalars().all():
            given = sa.update(table).where(table.c.key == key)
            bind.execute(given.values(token=verification_codes.new()))
        if bind.dialect.name == "postgresql":  # SQLite keeps a default that nothing uses
            op.alter_column(table.name, "token", server_default=None)
    for index in table.indexes:
        index.create(bind, checkfirst=True)


def downgrade() -> None:
    if "letter_intent" not in sa.inspect(op.get_bind()).get_table_names():
        return
    for name in ("uq_letter_intent_token", "ix_letter_intent_number"):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.drop_column("letter_intent", "token")
