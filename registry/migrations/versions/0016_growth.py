"""What grows is looked up by an index: jobs of a case, papers by their hash, people by number."""

from __future__ import annotations

from alembic import context, op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXES = {
    "job": ("ix_job_next", "ix_job_case"),
    "user_task": ("ix_user_task_held",),
    "application": ("ix_application_provisional", "ix_application_due"),
    "person": ("ix_person_id_no_index",),
    "document": ("ix_document_sha256",),
    "certificate": ("ix_certificate_document_id",),
}
_FORMER = "ix_job_due"  #: without the id, which sorts what is due at one moment


def upgrade() -> None:
    tables, bind = context.config.attributes["metadata"].tables, op.get_bind()
    for table, names in _INDEXES.items():
        if table not in tables:  # unknown where the register is used without the engine
            continue
        for index in tables[table].indexes:
            if index.name in names:
                index.create(bind, checkfirst=True)
    op.execute(f"DROP INDEX IF EXISTS {_FORMER}")


def downgrade() -> None:
    if "job" in context.config.attributes["metadata"].tables:
        op.create_index(_FORMER, "job", ["state", "due_at"])
    for names in _INDEXES.values():
        for name in names:
            op.execute(f"DROP INDEX IF EXISTS {name}")
