"""Headers and methods of every kind of answer, as a browser meets them over https."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Clock, settings_in
from web import create_app
from web.process import wiring

ROOT = Path(__file__).parents[3]
BASE = "https://zhuce.example"
#: A page, a list, what is not there, what is refused, for machines, for programs, a certificate.
ANSWERS = (
    "/",
    "/verify",
    "/nowhere",
    "/sign-out",
    "/healthz",
    "/api/v1/openapi.json",
    "/pki/root.crt",
)


@pytest.fixture(scope="module")
def browser(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Ask as from outside, through https."""
    folder = tmp_path_factory.mktemp("security") / "var"
    shutil.copytree(prepared, folder)
    settings = settings_in(folder, f"sqlite:///{folder}/zhuce.db")
    office = wiring.open_office_of(settings, clock=Clock())
    app = create_app(replace(settings, base_url=BASE, checked=False), office)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app.test_client()
    wiring.close(office)


@pytest.mark.parametrize("address", ANSWERS)
def test_every_answer_is_closed_to_other_sites(browser: FlaskClient, address: str) -> None:
    """No sniffing, frames, plug-ins or foreign readers; a year of https for every host below."""
    headers = browser.get(
        address, base_url=BASE, headers={"Origin": "https://evil.example"}
    ).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["Referrer-Policy"] == "same-origin"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == policy["base-uri"] == policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert not [name for name in headers if str(name).startswith("Access-Control-")]


@pytest.mark.parametrize("address", ANSWERS)
def test_every_answer_says_what_it_is(browser: FlaskClient, address: str) -> None:
    """A type that fits, and the characters of a text."""
    answer = browser.get(address, base_url=BASE)
    kind = answer.headers["Content-Type"]

    assert answer.data
    if kind.startswith("text/"):
        assert kind.endswith("charset=utf-8")
        answer.data.decode("utf-8")
    else:
        assert kind in {"application/json", "application/pkix-cert", "application/problem+json"}


def test_the_cookie_of_a_session_is_for_this_host_and_no_script(browser: FlaskClient) -> None:
    """Its name, its flags and that it is a long random word."""
    with browser.session_transaction(base_url=BASE) as begun:
        begun["sign_ins"] = {}
    cookie = browser.get_cookie("__Host-zhuce", domain="zhuce.example")

    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    assert cookie.path == "/"
    assert len(cookie.value) >= 22  # 128 bits in base64


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
def test_what_would_repeat_a_request_is_not_there(browser: FlaskClient, method: str) -> None:
    assert browser.open("/", method=method, base_url=BASE).status_code == 405


@pytest.mark.parametrize(
    "address", ["/static/", "/static/dist/", "/static/../settings.py", "/.git/config", "/.env"]
)
def test_no_folder_is_listed_and_nothing_beside_the_pages_is_served(
    browser: FlaskClient, address: str
) -> None:
    assert browser.get(address, base_url=BASE).status_code == 404


def test_scripts_show_text_as_text_and_keep_no_data() -> None:
    """What a page got is never read as markup; a browser keeps the size of letters, no more."""
    scripts = "".join(
        path.read_text("utf-8") for path in sorted((ROOT / "web/assets/src/site").rglob("*.js"))
    )

    assert not re.search(r"\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write", scripts)
    assert not re.search(r"\beval\(|new Function\(|postMessage|indexedDB|sessionStorage", scripts)
    assert set(re.findall(r"localStorage\.\w+\('([^']+)'", scripts)) == {"large-text"}
