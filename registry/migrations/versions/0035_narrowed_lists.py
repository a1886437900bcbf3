"""What waits with whom and what the trail is narrowed by have indexes in the order of the page."""

from __future__ import annotations

from alembic import context, op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

#: Indexes that end with more columns than before: those they had.
_LONGER = {
    "user_task": {
        "ix_user_task_held": "(claimed_by) WHERE status = 'OPEN' AND claimed_by IS NOT NULL",
        "ix_user_task_case": "(business_key, node)",
    },
    "audit_event": {"ix_audit_event_action": "(action, at)"},
}


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for table, names in _LONGER.items():
        if table not in tables:  # unknown where the register is used without the engine
            continue
        for index in tables[table].indexes:
            if index.name in names:
                op.execute(f"DROP INDEX IF EXISTS {index.name}")
                index.create(bind)


def downgrade() -> None:
    for table, former in _LONGER.items():
        if table not in context.config.attributes["metadata"].tables:
            continue
        for name, of in former.items():
            op.execute(f"DROP INDEX IF EXISTS {name}")
            op.execute(f"CREATE INDEX {name} ON {table} {of}")
