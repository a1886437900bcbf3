"""One open application a person and profession; one cancellation in progress, whoever asks."""

from __future__ import annotations

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHANGED = ("uq_application_open_person", "uq_application_open_cancellation")


def upgrade() -> None:
    table = context.config.attributes["metadata"].tables["application"]
    for name in _CHANGED:  # the first version makes them as they are now in a new database
        op.execute(f"DROP INDEX IF EXISTS {name}")
        next(index for index in table.indexes if index.name == name).create(op.get_bind())


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS uq_application_open_cancellation")
