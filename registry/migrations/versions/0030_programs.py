"""Programs tell when they were last used, their messages when they are tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0030"
down_revision = "0026"
branch_labels = None
depends_on = None

COLUMNS = (("client", "used_at"), ("webhook_delivery", "next_at"))


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    for table, column in COLUMNS:
        if column not in {known["name"] for known in there.get_columns(table)}:
            op.add_column(table, sa.Column(column, UtcDateTime()))
    _tell_next_attempts()


def _tell_next_attempts() -> None:
    """Write to each message that waits when its job is due."""
    database = op.get_bind()
    if "job" not in sa.inspect(database).get_table_names():
        return  # a register without an engine
    job = sa.table("job", sa.column("params", sa.JSON), sa.column("due_at"), sa.column("operation"))
    message = sa.table(
        "webhook_delivery", sa.column("id"), sa.column("next_at"), sa.column("state")
    )
    due = sa.select(job.c.params, job.c.due_at).where(job.c.operation == "webhook/deliver")
    for params, due_at in database.execute(due).all():
        waiting = sa.update(message).where(
            message.c.id == params["delivery_id"], message.c.state == "WAITING"
        )
        database.execute(waiting.values(next_at=due_at))


def downgrade() -> None:
    for table, column in COLUMNS:
        op.drop_column(table, column)
