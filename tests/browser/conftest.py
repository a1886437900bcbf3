"""A service on a free port and Chromium in front of it; anything amiss on a page fails the test."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from casework.office import Office
from tests.browser.hands import Hand, LookedAt
from tests.databases import TEST_SECRET
from web import create_app
from web.demo.people.seed import seed
from web.process import wiring
from web.settings import Settings

FONTS = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
Clock = Callable[[], datetime]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --disable-quic --no-first-run"
)


def now() -> datetime:
    """Give the time in whole seconds, as documents carry it."""
    return datetime.now(UTC).replace(microsecond=0)


def _chromium() -> str | None:
    """Find Chromium; without windows (Debian: chromium-headless-shell) it takes half the CPU."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    return {
        "executable_path": os.environ.get("CHROMIUM") or _chromium(),
        "args": FLAGS.split(),
    }


@pytest.fixture(scope="module")
def host() -> str:
    """Give the name by which people reach the service; passkeys need one that is no address."""
    return "127.0.0.1"


@pytest.fixture(scope="module")
def clock() -> Clock:
    """Give the clock of the service; a module may turn one of its own."""
    return now


@pytest.fixture(scope="module")
def served(
    host: str, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Flask]]:
    """Serve the whole application with its demonstration people; give its address and itself.

    Each module has a service of its own, so what one does to a person is no other's affair.
    """
    folder = tmp_path_factory.mktemp("service")
    with ExitStack() as ending:
        server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True)
        ending.callback(server.server_close)
        base = f"http://{host}:{server.server_port}"
        settings = Settings(
            secret=TEST_SECRET,
            database_url=f"sqlite:///{folder}/zhuce.db",
            keys_url=f"sqlite:///{folder}/keys.db",
            files=str(folder / "files"),
            fonts=FONTS,
            base_url=base,
            worker_threads=0,
        )
        wiring.migrate_database(settings)
        office = wiring.open_office_of(settings, clock=clock)
        ending.callback(wiring.close, office)
        for _ in wiring.deploy_types(office, wiring.TYPES):
            pass
        seed(office)
        app = server.app = create_app(settings, office)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        ending.callback(thread.join)
        ending.callback(server.shutdown)
        yield base, app


@pytest.fixture(scope="module")
def service(served: tuple[str, Flask]) -> str:
    """Give the address of the service."""
    return served[0]


@pytest.fixture(scope="module")
def app(served: tuple[str, Flask]) -> Flask:
    """Give the application behind the service, for people whose screen nobody looks at."""
    return served[1]


@pytest.fixture(scope="module")
def office(app: Flask) -> Office:
    """Give the office behind the service, to put on record what took years to happen."""
    made: Office = app.extensions["zhuce_office"]
    return made


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> LookedAt:
    """Give what all processes of the run have looked at."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "looked-at"
    folder.mkdir(exist_ok=True)
    return LookedAt(folder)


@pytest.fixture
def somebody(
    browser: Browser, served: tuple[str, Flask], looked: LookedAt
) -> Iterator[Callable[..., Hand]]:
    """Give people in front of the screen; when they leave, nothing may have gone wrong."""
    service, app = served
    with ExitStack() as leaving:

        def sit_down(
            *,
            width: int = 1280,
            script: bool = True,
            scheme: str = "light",
            also: int | None = None,
            looks: bool = True,
        ) -> Hand:
            context = browser.new_context(
                base_url=service,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                viewport={"width": width, "height": 900},
                java_script_enabled=script,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page = context.new_page()
            own = looked if looks else None
            hand = Hand(page, script=script, scheme=scheme, also=also, looked=own, app=app)
            leaving.callback(context.close)
            leaving.callback(hand.saw_nothing_wrong)
            return hand

        yield sit_down
