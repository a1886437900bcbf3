"""How costs grow: one registration, each page, inboxes, enterprises, cases with many papers.

    python -m bench.growth [PART…]  measures the service that ZHUCE_… settings describe

The database is one of the demonstration (`zhuce serve --prepare`), empty or filled by
`zhuce seed-load`; it is written to, so give it a copy. Figures go to build/bench-growth.json under
the number of cases in it; a second run on a larger database adds its own beside them.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select, text, update

from adapters import world
from bench import pages, stock
from bench.measure import cpu_ms
from casework.office import Office
from engine import queries
from engine.actors import role_inbox
from engine.tables import TaskStatus, UserTask
from registry.applications.applications import Application
from registry.applications.attachments import Attachment
from registry.certificates.registrations import Registration
from registry.people.officers import OfficerRole
from storage.database import new_id, writing
from tests.screens.visitors import FIRM, VISITORS
from tests.web.browser import Tab
from web import create_app
from web.demo.people import seed
from web.demo.people.engineer import Engineer
from web.process import wiring
from web.settings import Settings

OUTPUT = Path("build/bench-growth.json")
STORIES = 5
ENGINEERS = (10, 1_000, 10_000)
PAPERS = (1, 10, 100)
STRANGERS = (1, 4, 16)
CLERKS = ("/enterprise", "/enterprise/inbox", "/enterprise/people", "/enterprise/confirmed")


def main() -> None:
    """Measure and write."""
    settings = Settings.from_environment({**os.environ, "ZHUCE_WORKER_THREADS": "0"})
    office = wiring.open_office_of(settings)
    try:
        app = create_app(settings, office)
        cases, size = _size(office)
        figures = {"database_kb_a_case": size / 1000 / max(cases, 1)}
        parts: dict[str, Callable[[Flask, Office], dict[str, float]]] = {
            "registrations": registrations,
            "pages": every_page,
            "enterprise": enterprises,
            "papers": papers,
            "strangers": strangers,
        }
        for name, part in parts.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            print(f"== {name}", flush=True)
            figures |= part(app, office)
            _write(f"{office.sessions.kw['bind'].dialect.name} {cases}", figures)
    finally:
        wiring.close(office)


def _size(office: Office) -> tuple[int, int]:
    """Give how many cases there are and the bytes of the database."""
    with office.sessions() as session:
        cases = session.scalar(select(func.count()).select_from(Application)) or 0
        if session.get_bind().dialect.name == "postgresql":
            query = text("SELECT pg_database_size(current_database())")
        else:
            query = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return cases, int(session.scalar(query) or 0)


def registrations(_: Flask, office: Office) -> dict[str, float]:
    """Tell whole registrations inside this process; CPU, medians.

    What they leave to the queue is not in it: in a filled database other cases' jobs are due too.
    """
    whole, reviews = [], []
    numbers = count(world.LARGEST_CROWD - int(time.time()) % 5_000, -1)
    for _ in range(STORIES + 1):
        citizen = world.member(next(numbers))
        seed.welcome(office, citizen)
        engineer = Engineer(office, citizen, FIRM, 1)
        began = time.process_time()
        case = engineer.starts("INITIAL")
        engineer.fills(case)
        engineer.signs(case)
        engineer.seals(case)
        before = time.process_time()
        engineer.reviewed(case)
        reviews.append(time.process_time() - before)
        engineer.decided(case)
        engineer.claims(case)
        whole.append(time.process_time() - began)
    inbox = [role_inbox(OfficerRole.REVIEWER)]
    with office.sessions() as session:
        first = cpu_ms(lambda: queries.open_tasks(session, inbox))
    return {
        "registration_cpu_ms": statistics.median(whole[1:]) * 1000,
        "review_cpu_ms": statistics.median(reviews[1:]) * 1000,
        "inbox_in_database_ms": first,
    }


def every_page(app: Flask, office: Office) -> dict[str, float]:
    """Open every page that links lead to, for each kind of visitor."""
    told = pages.of_everybody(app, office)
    pages.tell(told)
    dearest = {f"page {cost.visitor} {cost.page}": cost.p95_ms for cost in told[:12]}
    return {"page_p95_cpu_ms": told[0].p95_ms, "pages_measured": len(told)} | dearest


def enterprises(app: Flask, office: Office) -> dict[str, float]:
    """Give one enterprise ever more engineers; measure the pages of its clerk."""
    tab, figures = Tab(app), {}
    kind, subject, pin = VISITORS["enterprise"] or ("", "", None)
    tab.sign_in(kind, subject, pin=pin or "")
    for engineers in ENGINEERS:
        have = select(func.count()).where(Registration.uscc == FIRM.uscc)
        with writing(office.sessions) as session:
            missing = engineers - (session.scalar(have) or 0)
            others = select(Registration.id).where(Registration.uscc != FIRM.uscc)
            found = session.scalars(others.limit(max(0, missing))).all()
            for start in range(0, len(found), 500):
                moved = update(Registration).where(Registration.id.in_(found[start : start + 500]))
                session.execute(moved.values(uscc=FIRM.uscc))
            number = session.scalar(have) or 0
        for address in CLERKS:
            if tab.open(address).status_code == 200:
                figures[f"{address} of {number}"] = _page_ms(tab, address)
    return _told(figures)


def papers(app: Flask, office: Office) -> dict[str, float]:
    """Give one case ever more papers; measure the officer's task and the evidence behind it."""
    query = (
        select(UserTask)
        .join(Attachment, Attachment.application_id == UserTask.business_key)
        .where(UserTask.status == TaskStatus.OPEN, UserTask.node == "review")
    )
    with office.sessions() as session:
        task = session.scalars(query.limit(1)).one()
        model = session.scalars(
            select(Attachment).where(Attachment.application_id == task.business_key).limit(1)
        ).one()
    tab, figures = Tab(app), {}
    tab.sign_in("officer", "shencha")
    kept = {column.name: getattr(model, column.name) for column in Attachment.__table__.columns}
    have = 1
    for number in PAPERS:
        with writing(office.sessions) as session:
            more = [
                kept | {"id": new_id(), "kind": "QUALIFICATION_SCAN"} for _ in range(have, number)
            ]
            if more:
                session.execute(insert(Attachment), more)
        have = number
        figures[f"task of a case with {number} papers"] = _page_ms(tab, f"/agency/tasks/{task.id}")
    return _told(figures)


def strangers(app: Flask, _: Office) -> dict[str, float]:
    """Judge strangers' files, so many at once; the seconds until the last has its answer.

    Whoever finds all places taken is asked to come back (503): he is not counted as judged.
    """
    figures: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        content = stock.strangers_file(Path(folder))

    def judge(number: int) -> bool:
        tab = Tab(app)
        tab.open("/verify")
        # Each is another file: nothing of it is remembered.
        other = io.BytesIO(content + b"\n%" + new_id().encode())
        given = {"csrf_token": tab.token(), "file": (other, f"{number}.pdf")}
        # Each comes from a host of his own: one alone is told to wait after a few tries.
        whence = {"REMOTE_ADDR": f"10.0.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}
        answer = tab.client.post("/verify", data=given, environ_base=whence)
        assert answer.status_code in {200, 503}, answer.status_code
        return answer.status_code == 200

    judge(0)
    for number in STRANGERS:
        began, cpu = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(number) as hands:
            judged = sum(hands.map(judge, range(number)))
        figures[f"{number} strangers' files, judged at once"] = judged
        figures[f"{number} strangers' files, s"] = time.perf_counter() - began
        figures[f"{number} strangers' files, CPU ms each"] = (
            (time.process_time() - cpu) * 1000 / max(judged, 1)
        )
    return _told(figures)


def _page_ms(tab: Tab, address: str) -> float:
    def look() -> None:
        assert tab.client.get(address).status_code == 200, address

    return cpu_ms(look, rounds=15, warm=2)


def _told(figures: dict[str, float]) -> dict[str, float]:
    for name, value in figures.items():
        print(f"   {name:<50}{value:10.1f}")
    return figures


def _write(name: str, figures: dict[str, float]) -> None:
    known: dict[str, Any] = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    known[name] = known.get(name, {}) | figures
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
