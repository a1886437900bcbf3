"""PostgreSQL tells who listens that a job was left, so that nobody has to ask."""

from __future__ import annotations

from alembic import op

from engine.tables import TELLS

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in TELLS:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER job_left_again ON job")
        op.execute("DROP TRIGGER job_left ON job")
        op.execute("DROP FUNCTION tell_of_job()")
