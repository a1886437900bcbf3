"""What analysts wait for: a step of play, the check's answer, a dry run, a heat map, the editor.

`python -m bench studio` measures all of it; a dry run of 10,000 cases and a heat map over 1,000,000
events are made by copying the rows of one case.
"""

from __future__ import annotations

import statistics
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import Table, event, insert, select
from sqlalchemy.orm import Session

from bench.inside import town
from bench.measure import wall_ms
from casework import migrations
from casework.office import Office
from casework.published import seen
from engine import actors, definitions, flow
from engine.tables import InstanceEvent, ProcessInstance, UserTask, core
from registry.applications.applications import Application
from registry.people.persons import Person
from registry.trail.version_corrections import TriedCase, VersionCorrection
from storage.database import id_at, new_id, writing
from tests.browser.conftest import FLAGS, _chromium
from tests.browser.hands import Hand
from tests.offices import TYPE, Town, files_of_type
from tests.web.desk import Desk
from web import create_app
from web.demo.walk.server import Server
from web.settings import Settings

EVENTS, CASES = 1_000_000, 10_000
AT_ONCE = 2_000  #: copies of one transaction
DAYS = 3 * 365  #: over which the copies are spread
ANALYST = actors.officer("fenxi", "analyst")
LARGEST = "renewal.bpmn"  #: the largest diagram that is shipped
Rows = dict[Table, list[dict[str, Any]]]


def measure(folder: Path, fonts: Path) -> dict[str, float]:
    """Measure every wait; the figures are wall times, as people feel them."""
    return {
        **_editing(folder / "editing", fonts),
        **_dry_run(folder / "dry-run", fonts),
        **_heat_map(folder / "heat-map", fonts),
    }


# Playing, checking, opening ------------------------------------------------------------------


def _editing(folder: Path, fonts: Path) -> dict[str, float]:
    """Sign in with Chromium as an analyst with a draft, and time what the hands wait for."""
    with Server(folder, fonts=fonts) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS.split())
        context = chromium.new_context(base_url=server.base)
        Hand(context.new_page(), script=True).signs_in("officer", "fenxi")
        draft = _sent(context, "/studio/drafts", title="计量", type=TYPE)
        play = _sent(context, f"{draft}/plays", title="计量", start="registered", steps="3")
        figures = {
            "studio_play_step_ms": _played(context, play),
            "studio_check_ms": _checked(context, draft),
        }
        told, address = context.storage_state(), f"{draft}/files/{LARGEST}"
        figures["studio_editor_opens_s"] = statistics.median(
            _opened(chromium, server.base, told, address) for _ in range(7)
        )
        return figures


def _sent(context: BrowserContext, address: str, **fields: str) -> str:
    """Send a form; give the path of the page to which it leads."""
    answer = context.request.post(address, form={**fields, "csrf_token": _token(context, address)})
    if not answer.ok:
        raise RuntimeError(f"{address}: {answer.status}")
    return urlsplit(answer.url).path


def _played(context: BrowserContext, play: str) -> float:
    """Take a step and take it back, over HTTP: the answer and the page that it leads to."""
    token = _token(context, play)
    taken = []
    for _ in range(8):
        for act in ({"do": "take"}, {"do": "back"}):
            page = BeautifulSoup(context.request.get(play).text(), "lxml")
            forms = page.select("form")
            form = next(each for each in forms if each.select_one(f"[value={act['do']}]"))
            fields = {
                str(field["name"]): str(field.get("value", ""))
                for field in form.select("input[name]")
            }
            for choice in form.select("select"):
                option = choice.select_one("option[selected]") or choice.select_one("option")
                fields[str(choice["name"])] = str(option["value"]) if option else ""
            began = time.perf_counter()
            answer = context.request.post(play, form=fields | {"csrf_token": token})
            if act["do"] == "take":
                taken.append(time.perf_counter() - began)
            if not answer.ok:
                raise RuntimeError(f"{act}: {answer.status}")
    return statistics.median(taken[1:]) * 1000


def _token(context: BrowserContext, address: str) -> str:
    page = BeautifulSoup(context.request.get(address).text(), "lxml")
    return str(page.select_one("input[name=csrf_token]")["value"])  # type: ignore[index]  # has one


def _checked(context: BrowserContext, draft: str) -> float:
    """Ask for the check of the largest diagram, each time with another change, over HTTP."""
    text = context.request.get(f"{draft}/raw/{LARGEST}").text()
    token, taken = _token(context, f"{draft}/files/{LARGEST}"), []
    for number in range(12):
        changed = text.replace('name="', f'name="第{number}次', 1)
        drawn = {"name": "blob", "mimeType": "application/octet-stream", "buffer": changed.encode()}
        began = time.perf_counter()
        answer = context.request.post(
            f"{draft}/check/{LARGEST}",
            multipart={"drawn": drawn, "seen": "0", "csrf_token": token},  # type: ignore[arg-type]
            headers={"Accept": "application/json"},
        )
        taken.append(time.perf_counter() - began)
        if "problems" not in answer.json():
            raise RuntimeError(answer.text())
    print(f"   the check, first: {taken[0] * 1000:.0f} ms")
    return statistics.median(taken[2:]) * 1000


def _opened(chromium: Browser, base: str, told: Any, address: str) -> float:
    """Open the editor of the largest diagram with an empty cache; seconds until it can draw."""
    context = chromium.new_context(base_url=base, storage_state=told)
    try:
        page, began = context.new_page(), time.perf_counter()
        page.goto(address)
        page.wait_for_selector("[data-editor][data-ready]")
        return time.perf_counter() - began
    finally:
        context.close()


# Many cases ------------------------------------------------------------------------------------


def _dry_run(folder: Path, fonts: Path) -> dict[str, float]:
    """Try a version with another period on 10,000 running cases, until each has its answer."""
    with town(folder, fonts) as place:
        case = _waits(place)
        _copy(place.office, case, CASES - 1, events=False)
        files = dict(files_of_type())
        drawn = files["initial.bpmn"].replace(b"decision_stage", b"decision_part")
        with writing(place.office.sessions) as session:
            old = definitions.keys(session)[TYPE]
            files = {**files, "initial.bpmn": drawn}
            new = definitions.deploy(session, TYPE, files, "bench", place.office.now())
        place.office.definitions.forget()
        began = time.perf_counter()
        migration = migrations.try_out(place.office, old, new, {}, ANALYST)
        while _is_trying(place.office, migration):
            place.office.runner.run_due()
        took = time.perf_counter() - began
        with place.office.sessions() as session:
            tried = session.scalars(select(TriedCase.stays)).all()
        print(f"   {len(tried)} cases, of which {sum(why is None for why in tried)} may move")
        return {"studio_dry_run_10000_s": took * CASES / len(tried)}


def _is_trying(office: Office, migration: str) -> bool:
    with office.sessions() as session:
        return session.get_one(VersionCorrection, migration).tried_at is None


def _waits(place: Town) -> str:
    """Bring a case as far as its review."""
    person, operator = place.person(issued=date(2025, 6, 2)), place.enterprise()
    case = place.starts(person)
    place.clock.forward(hours=5)
    place.files(case, person, operator)
    place.clock.forward(days=3)
    return case


def _told(place: Town) -> str:
    """Bring a case to its decision."""
    case = _waits(place)
    place.reviews(case, place.officer("shencha", "reviewer"))
    place.clock.forward(days=2)
    place.decides(case, place.officer("jueding", "approver"))
    return case


def _heat_map(folder: Path, fonts: Path) -> dict[str, float]:
    """Open the page over 1,000,000 events, all counted but those of the last minutes."""
    with town(folder, fonts) as place:
        office, case = place.office, _told(place)
        with office.sessions() as session:
            own = len(session.scalars(_of(InstanceEvent, case)).all())
            version = session.scalars(_of(ProcessInstance, case)).one().definition
        _copy(office, case, EVENTS // own, events=True)
        began = time.perf_counter()
        counted = seen.roll(office)
        print(f"   {counted} events counted in {time.perf_counter() - began:.0f} s")
        settings = Settings(secret="s" * 40, fonts=fonts, worker_threads=0)
        desk = Desk(create_app(settings, office))
        place.officer("fenxi", "analyst")
        desk.comes_as("fenxi")
        page, until = f"/studio/versions/{version}/flow/initial_registration", office.today()
        since = until - timedelta(days=DAYS)
        figures = {}
        for name, address in (
            ("90_days", page),
            ("3_years", f"{page}?since={since}&until={until}"),
            ("csv", f"{page}.csv?since={since}&until={until}"),
        ):
            figures[f"studio_heat_map_{name}_ms"] = _shown(office, desk, address)
        _copy(office, case, flow.MOST // own, events=True, now=True)
        figures["studio_heat_map_uncounted_ms"] = _shown(office, desk, page)
        return figures


def _shown(office: Office, desk: Desk, address: str) -> float:
    """Open a page several times; print what of it is SQL, give the milliseconds of the server."""
    spent, began = [0.0], [0.0]
    engine = office.sessions.kw["bind"]
    listeners = {
        "before_cursor_execute": lambda *_: began.__setitem__(0, time.perf_counter()),
        "after_cursor_execute": lambda *_: spent.__setitem__(
            0, spent[0] + time.perf_counter() - began[0]
        ),
    }
    if desk.open(address).status_code != 200:
        raise RuntimeError(desk.text)
    took = wall_ms(lambda: desk.client.get(address), rounds=7, warm=1)
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    cpu = time.process_time()
    desk.client.get(address)
    cpu = time.process_time() - cpu
    for name, listener in listeners.items():
        event.remove(engine, name, listener)
    print(
        f"   {took:.0f} ms, CPU {cpu * 1000:.0f}, of it SQL {spent[0] * 1000:.0f}: {address[-60:]}"
    )
    return took


def _of(entity: Any, case: str) -> Any:
    return select(entity).where(entity.business_key == case)


def _copy(office: Office, case: str, count: int, *, events: bool, now: bool = False) -> None:
    """Copy a case with its instances, its tasks and its events or its application.

    Copies lie over three years behind, or in this moment: ids and moments go together.
    """
    with office.sessions() as session:
        rows = _rows(session, case, events)
    shipped = office.now()
    for start in range(0, count, AT_ONCE):
        with writing(office.sessions) as session:
            made: Rows = {table: [] for table in rows}
            for number in range(start, min(start + AT_ONCE, count)):
                back = timedelta() if now else timedelta(days=DAYS) * (1 - number / count)
                _add(made, rows, case, number, back + timedelta(minutes=0 if now else 20), shipped)
            for table, several in made.items():
                session.connection().execute(insert(table), several)


def _rows(session: Session, case: str, events: bool) -> Rows:
    tables: list[tuple[Table, Any]] = [
        (core(entity), core(entity).c.business_key == case)
        for entity in (ProcessInstance, UserTask, *([InstanceEvent] if events else []))
    ]
    if not events:
        cases, people = core(Application), core(Person)
        owner = select(cases.c.person_id).where(cases.c.id == case).scalar_subquery()
        tables = [(people, people.c.id == owner), (cases, cases.c.id == case), *tables]
    return {
        table: [dict(row) for row in session.execute(select(table).where(where)).mappings()]
        for table, where in tables
    }


def _add(made: Rows, rows: Rows, case: str, number: int, back: timedelta, now: datetime) -> None:
    """Add one copy: other ids in the order of time, moments so far back, a pace of its own."""
    ids: dict[str, str] = {case: new_id()}
    first = min((row["at"] for row in rows.get(core(InstanceEvent), ())), default=now)
    pace = 2 ** (number % 33 / 8 - 4)

    def other(old: str, moment: datetime) -> str:
        if old not in ids:
            ids[old] = f"{id_at(moment)[:16]}{number:08x}{len(ids):08x}"
        return ids[old]

    for table, several in rows.items():
        for row in several:
            copy: dict[str, Any] = {}
            for name, value in row.items():
                if isinstance(value, datetime) and value.tzinfo is not None:
                    copy[name] = first + (value - first) * pace - back
                elif name in ("id", "instance_id", "business_key", "person_id") and value:
                    at = next((row[each] for each in ("at", "entered_at") if row.get(each)), now)
                    copy[name] = other(value, first + (at - first) * pace - back)
                elif name in ("no", "id_no_index", "acceptance_no") and value:
                    copy[name] = f"B{number:017d}"  # each case is another person's
                else:
                    copy[name] = value
            made[table].append(copy)
