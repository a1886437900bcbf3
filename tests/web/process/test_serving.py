"""The real server in its own process: started as `make run` starts it, asked over the network."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from adapters import world
from adapters.errors import SignInRefused
from adapters.identity_portal import IdentityPortal
from tests.web.conftest import FONTS
from web.demo.walk.server import Server
from web.demo.walk.visitor import BrowserSession
from web.settings import Settings
from web.sign_in import portal

TAO = world.CITIZENS[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with Server(folder, fonts=FONTS, extra={"ZHUCE_THREADS": "2"}) as running:
        yield running


def test_the_address_and_who_may_sign_in_are_printed(server: Server) -> None:
    said = server.log.read_text()

    assert server.base in said
    assert all(person.name in said for person in world.CITIZENS)
    assert all(official.name in said for official in world.OFFICIALS)


def test_it_is_ready(server: Server) -> None:
    answer = httpx.get(f"{server.base}/readyz", timeout=30)

    assert answer.json() == {
        "status": "ok",
        "checks": {"database": True, "schema": True, "disk": True},
        "warnings": [],
    }


def test_a_person_signs_in_over_the_network(server: Server) -> None:
    """R11: the whole way through the portal, with cookies and redirects as browsers have them."""
    visitor = BrowserSession(server.base)
    page = visitor.submit(visitor.open("/start/initial"), f"以{TAO.name}登录")

    assert page.status == 200
    assert TAO.name in page.text
    visitor.close()


def test_more_people_than_threads_sign_in_at_once(server: Server) -> None:
    """Two threads serve twelve people: nobody waits for himself."""

    def sign_in(person: world.Citizen) -> int:
        visitor = BrowserSession(server.base, timeout_s=30)
        try:
            return visitor.submit(
                visitor.open("/sign-in/person?next=/readiness"), f"以{person.name}登录"
            ).status
        finally:
            visitor.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(sign_in, [*world.CITIZENS[:6], *world.CITIZENS[:6]]))

    assert answers == [200] * 12


def test_the_client_and_the_provider_meet_over_the_network(server: Server) -> None:
    """The portal may stand elsewhere: our client asks its addresses, keys and tokens over HTTP."""
    settings = Settings(secret=server.environment["ZHUCE_SECRET"], base_url=server.base)
    client = IdentityPortal(
        portal.issuer_of(settings),
        portal.client_secret_of(settings),
        redirect_uri=portal.redirect_uri_of(settings),
        clock=lambda: datetime.now(UTC),
    )
    begun = client.begin("person")
    with httpx.Client(timeout=30) as visitor:
        form = visitor.get(begun.url)
        token = form.text.split('name="csrf_token" value="')[1].split('"')[0]
        back = visitor.post(begun.url, data={"csrf_token": token, "subject": TAO.subject})
    answer = dict(httpx.QueryParams(urlsplit(back.headers["location"]).query))

    identity = client.complete(begun.kept(), answer)

    assert (identity.name, identity.level) == (TAO.name, "L2")
    assert identity.claims["id_no"] == TAO.id_no
    with pytest.raises(SignInRefused, match="已使用"):
        client.complete(begun.kept(), answer)
    client.close()


def test_static_files_are_kept_by_browsers_for_ever(server: Server) -> None:
    page = httpx.get(f"{server.base}/", timeout=30).text
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = httpx.get(f"{server.base}{sheet}", timeout=30)

    assert answer.headers["cache-control"] == "max-age=315360000, public, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_killed_server_starts_again_with_everybody_signed_in(server: Server) -> None:
    """Sessions are rows: a crash signs nobody out."""
    visitor = BrowserSession(server.base)
    visitor.submit(visitor.open("/sign-in/person"), f"以{TAO.name}登录")
    server.kill()

    server.start()

    assert TAO.name in visitor.open("/applications").text
    visitor.close()


def test_it_ends_when_asked_to(server: Server) -> None:
    leader, *others = server.pids()
    assert others

    server.stop()

    assert not any(Path(f"/proc/{pid}").exists() for pid in (leader, *others))
