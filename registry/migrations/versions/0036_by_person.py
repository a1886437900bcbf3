"""No index begins with what very many applications share: SQLite took it before the person's."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

#: Some days old: 0035 made them at first.
_GONE = ("ix_application_status", "ix_application_matter", "ix_application_type")
_QUALIFICATION, _TABLE = "ix_application_qualification", "application"


def upgrade() -> None:
    for name in (*_GONE, _QUALIFICATION):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.create_index(_QUALIFICATION, _TABLE, ["qualification_no", "type"])


def downgrade() -> None:
    op.execute(f"DROP INDEX IF EXISTS {_QUALIFICATION}")
    op.create_index(_QUALIFICATION, _TABLE, ["type", "qualification_no"])
