"""What one 初始注册 asks of the database: a budget for each POST, in statements.toml."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, Pool, event

from casework.office import Office
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw

BUDGET: dict[str, dict[str, int]] = tomllib.loads(
    Path(__file__).with_name("statements.toml").read_text("utf-8")
)
KINDS = ("statements", "checkouts", "application_reads")
MOST = {"statements": 265, "checkouts": 21}  #: of all POSTs that act, together
ASKS_ONCE_MORE = "/agency/tasks/… 2"  #: a POST that shows a page and takes its act back
MOST_READS = 2  #: of the application, in any request
MOST_OF_OWN_LIST = 8  #: statements of 我的申请 with a case in progress, asked again while it is
MOST_OF_TASK_PAGE = 17  #: statements: each thing that an officer is shown is read once
_SIGNING_IN = ("/sign-in", "/portal")
_FRAME = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE)")
#: By its own key, alone or joined with what belongs to it.
_READS_APPLICATION = re.compile(
    r"\s*SELECT\b.*\bFROM application\b.*\bWHERE application\.id = ", re.DOTALL
)


class Counts:
    """What each request cost, by its route: what its thread asks while it answers.

    The thread that renews leases comes by itself, however long a request takes.
    """

    def __init__(self, app: Flask) -> None:
        self.steps: dict[str, Counter[str]] = {}
        self.pages: dict[str, Counter[str]] = {}
        self._current: Counter[str] | None = None
        self._thread = 0
        self._app, self._answer = app, app.wsgi_app
        app.wsgi_app = self._count  # type: ignore[assignment,method-assign]  # one more layer

    def _count(self, environ: dict[str, Any], start_response: Any) -> Any:
        step = re.sub("[0-9a-f]{16,}", "…", environ["PATH_INFO"])
        is_step = environ["REQUEST_METHOD"] == "POST" and not step.startswith(_SIGNING_IN)
        group = self.steps if is_step else self.pages
        again = sum(name.startswith(f"{step} ") for name in group)
        self._current = group[f"{step} {again + 1}"] = Counter()
        self._thread = get_ident()
        try:
            return self._answer(environ, start_response)
        finally:
            self._current = None

    def statement(self, _connection: object, _cursor: object, text: str, *_: object) -> None:
        """Hear of a statement."""
        if self._current is None or self._thread != get_ident() or _FRAME.match(text):
            return
        self._current["statements"] += 1
        self._current["application_reads"] += bool(_READS_APPLICATION.match(text))

    def checkout(self, *_: object) -> None:
        """Hear that a connection was taken."""
        if self._current is not None and self._thread == get_ident():
            self._current["checkouts"] += 1


@pytest.fixture
def counts(app: Flask) -> Iterator[Counts]:
    counts = Counts(app)
    ears = [
        (Engine, "before_cursor_execute", counts.statement),
        (Pool, "checkout", counts.checkout),
    ]
    for ear in ears:
        event.listen(*ear)
    yield counts
    for ear in ears:
        event.remove(*ear)


def test_no_step_asks_more_than_its_budget(app: Flask, office: Office, counts: Counts) -> None:
    """Statements, connections and reads of the application, from the matter to 领证."""
    office.signatures.authority.trust()  # lists are made once an hour, by whoever comes first
    me = Desk(app).comes_as("person-01").starts()
    me.saves(action="verify", enterprise_name=COMPANY.name)
    me.saves(photo=("我.jpg", draw(1)))
    me.signs()
    for _ in range(2):  # the second look is asked again what the first has read
        me.open("/applications")
    Desk(app).comes_as("enterprise").seals(me.application)
    Desk(app).comes_as("shencha").does("review", outcome="approve")
    Desk(app).comes_as("jueding").does("decide", outcome="approve")
    me.open("/certificates")
    me.send(str(me.soup().find("a", string=re.compile("领证"))["href"]), {}, follow=True)  # type: ignore[index]

    assert "领证成功" in me.text
    spent = counts.steps
    assert spent.keys() == BUDGET.keys()
    over = [
        f"{step}: {of[kind]} {kind}, budget {BUDGET[step][kind]}"
        for step, of in spent.items()
        for kind in KINDS
        if of[kind] > BUDGET[step][kind]
    ]
    acts = [of for step, of in spent.items() if step != ASKS_ONCE_MORE]
    together = {kind: sum(of[kind] for of in acts) for kind in MOST}
    assert all(together[kind] <= most for kind, most in MOST.items()), together
    of_tasks = [of for page, of in counts.pages.items() if page.startswith("/agency/tasks/")]
    assert of_tasks
    assert all(of["statements"] <= MOST_OF_TASK_PAGE for of in of_tasks)
    own = [of for page, of in counts.pages.items() if re.fullmatch(r"/applications \d", page)]
    assert own
    assert all(of["statements"] <= MOST_OF_OWN_LIST for of in own)
    asked = spent | counts.pages
    reads = {name: of["application_reads"] for name, of in asked.items()}
    assert {name: number for name, number in reads.items() if number > MOST_READS} == {}
    assert over == [], f"statements.toml would be:\n{_as_budget(spent)}"


def _as_budget(spent: dict[str, Counter[str]]) -> str:
    """Write what was spent as statements.toml has it."""
    return "\n".join(
        f'"{step}" = {{ ' + ", ".join(f"{kind} = {of[kind]}" for kind in KINDS) + " }"
        for step, of in spent.items()
    )
