"""What every page costs the server: CPU, SQL statements and bytes, for each kind of visitor."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, event

from casework.office import Office
from tests.screens.visitors import VISITORS, Walk, kind_of, peopled
from tests.web.browser import Tab
from web import create_app
from web.process import wiring

ROUNDS = 20
TABLE = Path("build/bench-pages.json")


@dataclass(frozen=True, kw_only=True)
class PageCost:
    """What one kind of page costs one visitor."""

    visitor: str
    page: str
    p95_ms: float  #: CPU of the process, the 19th of 20
    statements: int
    kilobytes: float
    sent_kilobytes: float  #: compressed


def costs(folder: Path, fonts: Path) -> dict[str, float]:
    """Open every page that links lead to, 20 times; print a table; return the dearest page.

    The demonstration's data, one process, no network.
    """
    settings, office = peopled(folder, fonts, "http://127.0.0.1:8000")
    try:
        told = of_everybody(create_app(settings, office), office)
    finally:
        wiring.close(office)
    tell(told)
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps([asdict(cost) for cost in told], indent=1), "utf-8")
    return {"page_p95_cpu_ms": told[0].p95_ms, "pages_measured": len(told)}


def of_everybody(app: Flask, office: Office) -> list[PageCost]:
    """Measure the pages of each kind of visitor, the dearest first."""
    engine: Engine = office.sessions.kw["bind"]
    told: list[PageCost] = []
    for name, visitor in VISITORS.items():
        tab = Tab(app)
        if visitor is not None:
            tab.sign_in(visitor[0], visitor[1], pin=visitor[2] or "")
        for address in _reached(tab, "/" if visitor is None else "/notices"):
            told.append(_cost(tab, engine, name, address))
    return sorted(told, key=lambda cost: cost.p95_ms, reverse=True)


def tell(told: list[PageCost]) -> None:
    """Print the table."""
    for cost in told:
        print(
            f"   {cost.p95_ms:7.1f} ms {cost.statements:4d} SQL {cost.kilobytes:7.1f} KB"
            f" {cost.sent_kilobytes:6.1f} KB sent  {cost.visitor:10} {cost.page}"
        )


def _reached(tab: Tab, start: str) -> list[str]:
    walk = Walk(start)
    while (address := walk.next()) is not None:
        answer = tab.open(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            walk.take(address, [str(link["href"]) for link in tab.soup().select("a[href]")])
    return walk.taken


def _cost(tab: Tab, engine: Engine, visitor: str, address: str) -> PageCost:
    taken, statements = [], 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    for _ in range(ROUNDS):
        began = time.process_time()
        answer = tab.client.get(address)
        content = answer.data
        taken.append((time.process_time() - began) * 1000)
    event.listen(engine, "before_cursor_execute", count)
    tab.client.get(address)
    event.remove(engine, "before_cursor_execute", count)
    return PageCost(
        visitor=visitor,
        page=kind_of(address),
        p95_ms=sorted(taken)[ROUNDS - 2],
        statements=statements,
        kilobytes=len(content) / 1000,
        sent_kilobytes=len(gzip.compress(content)) / 1000,
    )
