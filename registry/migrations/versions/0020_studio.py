"""Analysts work on packages: drafts, trials, publications from a day, and stopped matters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = (
    "package_draft",
    "draft_save",
    "draft_trial",
    "version_scenarios",
    "publication",
    "type_stop",
)
VERSIONS, COLUMN = "definition_version", "offered_from"


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for name in TABLES:
        tables[name].create(bind, checkfirst=True)  # a new database has it
    if VERSIONS in tables:  # unknown where the register is used without the engine
        there = {column["name"] for column in sa.inspect(bind).get_columns(VERSIONS)}
        if COLUMN not in there:
            op.add_column(VERSIONS, sa.Column(COLUMN, sa.DateTime(timezone=True)))


def downgrade() -> None:
    if VERSIONS in context.config.attributes["metadata"].tables:
        op.drop_column(VERSIONS, COLUMN)
    for name in reversed(TABLES):
        op.drop_table(name)
