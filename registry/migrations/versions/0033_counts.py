"""What is counted over all cases is counted by an index alone; events are found by their kind."""

from __future__ import annotations

from alembic import context, op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_INDEXES = {
    "process_instance": "ix_process_instance_running",
    "audit_event": "ix_audit_event_action",
    "user_task": "ix_user_task_came",
}


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for table, name in _INDEXES.items():
        if table not in tables:  # unknown where the register is used without the engine
            continue
        for index in tables[table].indexes:
            if index.name == name:
                index.create(bind, checkfirst=True)


def downgrade() -> None:
    for name in _INDEXES.values():
        op.execute(f"DROP INDEX IF EXISTS {name}")
