#!/usr/bin/env bash
# One would guess  A JSON column is given another document, the session is committed: the row has the document that was given. In JSON
#                  1 and true are different values, and so are 0 and false.
# What happens     Whether there is anything to write is asked of Python, for which {"agreed": 1} == {"agreed": True}, at any depth. No
#                  UPDATE is sent, the version counter of the row stays, `is_modified` is False, and after the commit the
#                  object itself has the old document again. With one other change anywhere in the document both are written.
# Versions         SQLAlchemy 2.1.9, SQLite of Python's own sqlite3
# Source           SQLAlchemy, TypeEngine.compare_values (`x == y`), used by the history of a scalar attribute; RFC 8259, 3; issue 11602
# Why it matters   A form kept its tick as 1 and a migration turns it into true, row by row: it reads each row, sets the new document
#                  and commits, no error, and nothing is changed. Then `data->>'agreed' = 'true'` finds nobody. Such a column needs
#                  a type whose compare_values compares the text of the document.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SQLAlchemy==2.1.9
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from typing import Any

from sqlalchemy import JSON, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Form(Base):
    __tablename__ = "form"
    id: Mapped[int] = mapped_column(primary_key=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    counter: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": counter}


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)


def written(before: dict[str, Any], after: dict[str, Any]) -> Any:
    """Store a form, give it other answers and commit; return the answers as they lie in the table, and the version."""
    with Session(engine) as session:
        form = Form(answers=before)
        session.add(form)
        session.commit()
        form.answers  # loaded, as a page does to show it
        form.answers = after
        session.commit()
        return session.execute(text("SELECT answers, counter FROM form WHERE id = :id"), {"id": form.id}).one()


print("SQLAlchemy", version("SQLAlchemy"))
cases = {
    "1 to true": ({"agreed": 1}, {"agreed": True}),
    "deep inside": ({"people": [{"age": 40, "agreed": 0}]}, {"people": [{"age": 40, "agreed": False}]}),
    "1 to 2": ({"agreed": 1}, {"agreed": 2}),
    "1 to true, and another": ({"agreed": 1, "age": 40}, {"agreed": True, "age": 41}),
}
seen = {name: written(*pair) for name, pair in cases.items()}
for name, (answers, counter) in seen.items():
    print(f"{name:24} {answers}  version {counter}")
assert seen == {
    "1 to true": ('{"agreed": 1}', 1),
    "deep inside": ('{"people": [{"age": 40, "agreed": 0}]}', 1),
    "1 to 2": ('{"agreed": 2}', 2),
    "1 to true, and another": ('{"agreed": true, "age": 41}', 2),
}
PYTHON
