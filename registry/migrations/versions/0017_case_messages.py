"""What applicants and officers write to each other, and the opinions that the authority keeps."""

from __future__ import annotations

from alembic import context, op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("case_message", "opinion_template")


def upgrade() -> None:
    tables = context.config.attributes["metadata"].tables
    for table in TABLES:
        tables[table].create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
