"""How many SQL statements one user task costs over HTTP: sign-in, access, engine, audit, inbox."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from sqlalchemy import event

from bench.inside import town
from engine import queries
from tests.web.browser import Tab
from web import create_app
from web.settings import Settings


def task_sql_statements(folder: Path, fonts: Path) -> float:
    """Return the statements of a signed-in reviewer's POST that completes a review."""
    with town(folder / "statements", fonts) as place:
        person, operator = place.person(issued=date(2025, 6, 2)), place.enterprise()
        place.officer("shencha", "reviewer")
        case = place.starts(person)
        place.files(case, person, operator)
        settings = Settings(secret="s" * 40, fonts=fonts, worker_threads=0)
        app = create_app(settings, place.office)
        tab = Tab(app)
        tab.sign_in("officer", "shencha")
        with place.office.sessions() as session:
            task = queries.task_for(session, case, "review")
            database = session.get_bind()
        if task is None:
            raise RuntimeError("nothing to review")
        address = f"/agency/tasks/{task.id}"
        tab.open(address)
        fields = {
            "csrf_token": tab.token(),
            **tab.seen(address),
            "action": "review",
            "outcome": "approve",
        }
        ran: list[str] = []
        event.listen(database, "before_cursor_execute", lambda *said: ran.append(said[2]))
        answer = tab.client.post(address, data=fields)
        if answer.status_code != 303:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:2000]}")
        counted = [statement for statement in ran if not re.match("BEGIN|COMMIT|PRAGMA", statement)]
        for statement in counted:
            print("  ", " ".join(statement.split())[:110])
        return float(len(counted))
