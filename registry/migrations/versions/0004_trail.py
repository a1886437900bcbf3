"""The trail is searched by actor and by day, and says whence at any length; refusals are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEXES = ("ix_audit_event_actor", "ix_audit_event_day")


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for index in tables["audit_event"].indexes:
        if index.name in _INDEXES:
            index.create(bind, checkfirst=True)
    if "web_refusal" in tables:  # unknown where the register is used without pages
        tables["web_refusal"].create(bind, checkfirst=True)
    if bind.dialect.name == "postgresql":  # SQLite keeps to no length
        op.alter_column("audit_event", "origin", type_=sa.String(200))


def downgrade() -> None:
    for name in _INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute("DROP TABLE IF EXISTS web_refusal")
