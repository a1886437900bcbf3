"""What decision tables said about cases, and how cases flow through the nodes day by day."""

from __future__ import annotations

from alembic import context, op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("table_answer", "node_day", "flow_mark")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        if name in tables:  # unknown where the register is used without the engine
            tables[name].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for name in TABLES:
        if name in tables:
            op.drop_table(name)
