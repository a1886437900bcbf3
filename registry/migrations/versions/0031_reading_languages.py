"""Whoever has an account reads pages in the language that he chose."""

from __future__ import annotations

from alembic import context, op

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None

LANGUAGES = "reading_language"


def upgrade() -> None:
    languages = context.config.attributes["metadata"].tables[LANGUAGES]
    languages.create(op.get_bind(), checkfirst=True)  # a new database has it


def downgrade() -> None:
    op.drop_table(LANGUAGES)
