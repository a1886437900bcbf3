"""How many SQL statements one user task costs over HTTP: sign-in, access, engine, audit, inbox."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from sqlalchemy import event

from bench.inside import town
from web import create_app
from web.settings import Settings


def task_sql_statements(folder: Path, fonts: Path) -> float:
    """Return the statements of a signed-in reviewer's POST that completes a review."""
    with town(folder / "statements", fonts) as place:
        person, operator = place.person(issued=date(2025, 6, 2)), place.enterprise()
        place.officer("shencha", "reviewer")
        case = place.starts(person)
        place.files(case, person, operator)
        settings = Settings(secret="s" * 40, base_url="http://localhost", fonts=fonts)
        return float(_count(create_app(settings, place.office), place, case))
