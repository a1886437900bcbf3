"""A browser tab over Flask's test client: keeps cookies, follows links, sends forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_ASKS = "button[name=confirmed][value=yes]"


class _Client(FlaskClient):
    def open(self, *args: Any, **more: Any) -> TestResponse:
        """Close what was sent: a large form is a file, which nobody else closes."""
        answer = super().open(*args, **more)
        answer.request.environ["wsgi.input"].close()
        return answer


class Tab:
    """Somebody in front of the pages; `page` is what was answered last."""

    def __init__(self, app: Flask) -> None:
        app.test_client_class = _Client
        self.client = app.test_client()
        self.page: TestResponse

    def open(self, address: str, *, follow: bool = False) -> TestResponse:
        """Open an address of ours."""
        self.page = self.client.get(_path(address))
        return self._follow() if follow else self.page

    def send(
        self,
        address: str,
        fields: Mapping[str, Any] | None = None,
        *,
        follow: bool = False,
        confirms: bool = True,
    ) -> TestResponse:
        """Send a form to an address with the token of a page that has one.

        A page that asks once more is answered with 【确认提交】, unless it is what is looked at.
        """
        values = {"csrf_token": self.token(), **self.seen(address), **(fields or {})}
        self.page = self.client.post(_path(address), data=values)
        if confirms and _asks_once_more(self.page):
            values |= self.seen(address) | {"confirmed": "yes"}
            self.page = self.client.post(_path(address), data=values)
        return self._follow() if follow else self.page

    def seen(self, address: str) -> dict[str, str]:
        """Give which version the page shows whose form posts to `address`; open it if need be.

        Empty for pages that do not act on a thing, and where the visitor is shown no such form.
        """
        path = _path(address).partition("?")[0]
        if (place := page_that_acts(path)) is None:
            return {}
        if hasattr(self, "page") and (shown := _version_in(self.page, path)) is not None:
            return {"seen": shown}
        shown = _version_in(self.client.get(place), path)
        return {} if shown is None else {"seen": shown}

    def sign_in(self, kind: str, subject: str, **fields: str) -> TestResponse:
        """Sign in at the portal as `subject`; give the page that opens then."""
        asked = self.open(f"/sign-in/{kind}").location
        self.open(asked)
        self.send(asked, {"subject": subject, **fields})
        return self._follow()

    def token(self) -> str:
        """Give the CSRF token of this session; any form of ours has it, a passer-by has none."""
        element = BeautifulSoup(self.client.get("/verify").text, "html.parser").select_one(
            "input[name=csrf_token]"
        )
        return str(element["value"]) if element is not None else ""

    def soup(self) -> BeautifulSoup:
        """Give the page as a tree."""
        return BeautifulSoup(self.page.text, "html.parser")

    @property
    def text(self) -> str:
        """Give the words that this page says: of its main part, blanks folded.

        What head, menu and foot say on every page proves nothing about one of them; see `frame`.
        """
        page = self.soup()
        return _folded(page.find("main") or page)

    @property
    def frame(self) -> str:
        """Give the words around the main part: who is signed in, the menu, the foot."""
        page = self.soup()
        for part in page.select("main"):
            part.decompose()
        return _folded(page)

    def _follow(self) -> TestResponse:
        while self.page.status_code in {301, 302, 303}:
            self.page = self.client.get(_path(self.page.location))
        return self.page


#: What acts on a thing, by the end of its address → the page that shows it, for everyone who tests.
ACTS: tuple[tuple[str, str], ...] = (
    (r"(/applications/\w+)/(?:continue|resubmit|answer)", r"\1"),
    (r"(/applications/\w+/withdraw)", r"\1"),
    (r"(/applications/\w+/without-enterprise)", r"\1"),
    (r"(/applications/\w+/exchange)", r"\1"),
    (r"(/applications/\w+/sign)", r"\1"),
    (r"(/applications/\w+/sign)/(?:code|confirm)", r"\1/code"),
    (r"(/hearings/\w+)", r"\1"),
    (r"(/certificates/\w+/(?:claim|report|copies))", r"\1"),
    (r"(/enterprise/applications/\w+)(?:/answer)?", r"\1"),
    (r"(/enterprise/applications/\w+/seal)", r"\1"),
    (r"(/enterprise/requests/\w+/(?:seal|withdraw))", r"\1"),
    (r"(/enterprise/people/\w+/cancel)", r"\1"),
    (r"(/enterprise/rename/\w+)/(?:confirm|cancel|retry)", r"\1"),
    (r"(/agency/tasks/[\w-]+)", r"\1"),
    (r"(/agency/cases/\w+)/withdraw", r"\1"),
    (r"(/agency/registrations/\w+/act)", r"\1"),
    (r"(/agency/people/\w+/correction)", r"\1"),
    (r"(/agency/people/\w+)/bans", r"\1"),
    (r"(/agency/bans)/\w+/lift", r"\1"),
    (r"(/agency/applications/\w+/reopening)", r"\1"),
    (r"(/operations)/incidents/\w+", r"\1"),
)


def _folded(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


def _asks_once_more(page: TestResponse) -> bool:
    is_page = page.status_code == 200 and page.mimetype == "text/html"
    return is_page and BeautifulSoup(page.text, "html.parser").select_one(_ASKS) is not None


def page_that_acts(path: str) -> str | None:
    """Give the page whose form posts to `path`; None when it acts on nothing that is shown."""
    for pattern, place in ACTS:
        if match := re.fullmatch(pattern, path):
            return match.expand(place)
    return None


def _version_in(page: TestResponse, path: str) -> str | None:
    if page.mimetype != "text/html":
        return None
    for form in BeautifulSoup(page.text, "html.parser").select("form[method=post]"):
        held = form.select_one("input[name=seen]")
        if held is not None and form.get("action", path) == path:
            return str(held["value"])
    return None


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
