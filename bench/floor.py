"""The floor under one user task over HTTP: SpiffWorkflow, one state row a case, Flask, the server.

Nobody signs in, nothing is checked, audited, listed or timed. `python -m bench.floor PORT FILE`
serves it; FILE is JSON with the database's URL, that of the service whose cases are copied, the
definition, the process, and [case, task, base64 of its state] for each case.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import LargeBinary, String, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from engine.definitions import Definitions
from engine.instances import runtime, state
from engine.instances.script import Engine
from storage.database import open_database, sessions_of, writing

ORDER = "ZHUCE_BENCH_FLOOR"


class _Floor(DeclarativeBase):
    """A metadata of its own."""


class Case(_Floor):
    """One case, one row."""

    __tablename__ = "bench_floor_case"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    task: Mapped[str] = mapped_column(String(64))
    state: Mapped[bytes] = mapped_column(LargeBinary)


def _functions(_: Any) -> dict[str, Any]:
    return {
        "days": lambda number: timedelta(days=number),
        "minutes": lambda number: timedelta(minutes=number),
        "workdays": lambda number: timedelta(days=number),
        "deadline": lambda _: datetime.now(UTC) + timedelta(days=20),
        "date_time": datetime.fromisoformat,
    }


def make_app() -> Flask:
    """Make the floor as the file named by the environment orders it."""
    order = json.loads(Path(os.environ[ORDER]).read_text())
    database = open_database(order["database"])
    _Floor.metadata.drop_all(database)
    _Floor.metadata.create_all(database)
    sessions = sessions_of(database)
    service = sessions_of(open_database(order["service"]))
    process = Definitions(service).get(order["definition"]).process(order["process"])
    with writing(sessions) as session:
        for key, task, text in order["cases"]:
            row = {"id": key, "task": task, "state": base64.b64decode(text)}
            session.execute(insert(Case), [row])
    app = Flask("floor")

    @app.get("/healthz")
    def healthy() -> str:
        return "ok"

    @app.post("/complete/<key>")
    def complete(key: str) -> str:
        with sessions() as session:
            row = session.execute(select(Case.task, Case.state).where(Case.id == key)).one()
        engine = Engine(_functions, datetime.now(UTC), lambda *_: (False, None, None))
        workflow = state.load(row.state, process, engine)
        runtime.complete(workflow, row.task, {"recommendation": "approve"})
        with writing(sessions) as session:
            session.execute(update(Case).where(Case.id == key).values(state=state.dump(workflow)))
        return "done"

    return app


def main() -> None:
    """Serve the floor on the same server with the same options as the service."""
    from waitress import serve

    serve(make_app(), host="127.0.0.1", port=int(sys.argv[1]), threads=4, asyncore_use_poll=True)


if __name__ == "__main__":
    os.environ[ORDER] = sys.argv[2]
    main()
