"""Lists are searched, sorted and saved: indexes for their orders, and the saved questions."""

from __future__ import annotations

from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEXES = {
    "application": ("ix_application_named",),
    "registration": ("ix_registration_roster",),
    "user_task": ("ix_user_task_newest", "ix_user_task_closed"),
    "notice": ("ix_notice_unread",),
}


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for table, names in _INDEXES.items():
        if table not in tables:  # unknown where the register is used without the engine
            continue
        for index in tables[table].indexes:
            if index.name in names:
                index.create(bind, checkfirst=True)
    if "web_saved_view" in tables:  # unknown where the register is used without pages
        tables["web_saved_view"].create(bind, checkfirst=True)


def downgrade() -> None:
    for names in _INDEXES.values():
        for name in names:
            op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute("DROP TABLE IF EXISTS web_saved_view")
