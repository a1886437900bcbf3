"""A browser tab over Flask's test client: keeps cookies, follows links, sends forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters.identity_portal import PortalIdentity
from web.sign_in import pages, portal

#: Everything a page says; not its scripts, styles and templates.
_SAID = "//text()[not(ancestor::script or ancestor::style or ancestor::template)]"
_ASKS = ".//button[@name='confirmed'][@value='yes']"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class _Client(FlaskClient):
    def open(self, *args: Any, **more: Any) -> TestResponse:
        """Close what was sent: a large form is a file, which nobody else closes."""
        answer = super().open(*args, **more)
        answer.request.environ["wsgi.input"].close()
        return answer


class _Portal:
    """The portal, for somebody who has been there: it says who he is without asking."""

    def __init__(self, kind: str, subject: str) -> None:
        claims = portal.claims_of(kind, subject)
        self._known = PortalIdentity(
            kind=kind,
            subject=claims["sub"],
            name=claims["name"],
            level=claims["acr"],
            claims=claims,
        )

    def complete(self, *_: object) -> PortalIdentity:
        """Say who it is."""
        return self._known


class Tab:
    """Somebody in front of the pages; `page` is what was answered last."""

    def __init__(self, app: Flask) -> None:
        app.test_client_class = _Client
        self.client = app.test_client()
        self.page: TestResponse
        self._home: str
        self._held: tuple[object, str] = (None, "")  #: a token, and the session that it is of
        self._read: tuple[TestResponse | None, str] = (None, "")  #: a page and its words

    def open(self, address: str, *, follow: bool = False) -> TestResponse:
        """Open an address of ours."""
        self.page = self.client.get(_path(address))
        self._hold(self.page)
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
        if confirms and asks_once_more(self.page):
            values |= self.seen(address) | {"confirmed": "yes"}
            self.page = self.client.post(_path(address), data=values)
        return self._follow() if follow else self.page

    def confirms(self) -> TestResponse:
        """Answer the page that asks once more with yes, as its form stands."""
        form = self.soup().select_one('main form[method="post"]')
        assert form is not None, self.text
        fields = {
            str(field["name"]): str(field.get("value", field.get_text().removeprefix("\n")))
            for field in form.select("[name]")
        }
        self.page = self.client.post(_path(str(form["action"])), data=fields)
        return self._follow()

    def seen(self, address: str) -> dict[str, str]:
        """Give which version the page shows whose form posts to `address`; open it if need be.

        Empty for pages that do not act on a thing, and where the visitor is shown no such form.
        """
        path = _path(address).partition("?")[0]
        if (place := page_that_acts(path)) is None:
            return {}
        if "page" in vars(self) and (shown := _version_in(self.page, path)) is not None:
            return {"seen": shown}
        shown = _version_in(self.client.get(place), path)
        return {} if shown is None else {"seen": shown}

    def arrives(self, kind: str, subject: str) -> Tab:
        """Come back from the portal; the page that opens then is opened when it is looked at."""
        app = self.client.application
        real, app.extensions[pages.CLIENT] = app.extensions[pages.CLIENT], _Portal(kind, subject)
        try:
            answer = self.client.get("/sign-in/callback")
        finally:
            app.extensions[pages.CLIENT] = real
        assert answer.status_code == 303, answer.text
        self._home = str(answer.location)
        vars(self).pop("page", None)
        return self

    def __getattr__(self, name: str) -> TestResponse:
        """Open the first page of somebody who has arrived, when it is looked at."""
        if name != "page" or "_home" not in vars(self):
            raise AttributeError(name)
        self.open(self._home)
        return self._follow()

    def sign_in(self, kind: str, subject: str, **fields: str) -> TestResponse:
        """Sign in at the portal as `subject`; give the page that opens then."""
        asked = self.open(f"/sign-in/{kind}").location
        self.open(asked)
        self.send(asked, {"subject": subject, **fields})
        return self._follow()

    def token(self) -> str:
        """Give the CSRF token of this session; any form of ours has it, a passer-by has none.

        Read from the page that was opened last, as long as cookie and clock are what they were.
        """
        if self._held[0] is None or self._held[0] != self._session():
            self._hold(self.client.get("/verify"))
        return self._held[1]

    def _session(self) -> object:
        app = self.client.application
        cookie = self.client.get_cookie(app.session_interface.get_cookie_name(app))
        office = app.extensions["zhuce_office"]
        return (cookie.value, office.clock()) if cookie is not None else None

    def _hold(self, page: TestResponse) -> None:
        """Remember the token of a page, if it has one."""
        found = _TOKEN.search(page.text) if page.mimetype == "text/html" else None
        self._held = (self._session(), found[1]) if found is not None else (None, "")

    def soup(self) -> BeautifulSoup:
        """Give the page as a tree."""
        return BeautifulSoup(self.page.text, "html.parser")

    @property
    def text(self) -> str:
        """Give the words that this page says: of its main part, blanks folded.

        What head, menu and foot say on every page proves nothing about one of them; see `frame`.
        """
        if self._read[0] is not self.page:
            page = _tree(self.page)
            main = page.find(".//main")
            self._read = self.page, _folded(page if main is None else main)
        return self._read[1]

    @property
    def frame(self) -> str:
        """Give the words around the main part: who is signed in, the menu, the foot."""
        page = _tree(self.page)
        for part in page.findall(".//main"):
            part.drop_tree()
        return _folded(page)

    def _follow(self) -> TestResponse:
        while self.page.status_code in {301, 302, 303}:
            self.open(self.page.location)
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
    (r"(/programs/\w+/(?:secret|void))", r"\1"),
    (r"(/studio/drafts/\w+)/delete", r"\1"),
    (r"(/studio/versions/\w+/migrate)", r"\1"),
    (r"(/agency/held/[\w-]+)", r"\1"),
    (r"(/studio/publications/ask/\w+)", r"\1"),
)


def _tree(page: TestResponse) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(page.text or "<html></html>")


def _folded(part: lxml.html.HtmlElement) -> str:
    return " ".join(" ".join(part.xpath("." + _SAID)).split())


def asks_once_more(page: TestResponse) -> bool:
    """Tell whether a page asks to confirm what was sent."""
    may = page.status_code == 200 and page.mimetype == "text/html" and "confirmed" in page.text
    return may and _tree(page).find(_ASKS) is not None


def page_that_acts(path: str) -> str | None:
    """Give the page whose form posts to `path`; None when it acts on nothing that is shown."""
    for pattern, place in ACTS:
        if match := re.fullmatch(pattern, path):
            return match.expand(place)
    return None


def _version_in(page: TestResponse, path: str) -> str | None:
    if page.mimetype != "text/html" or 'name="seen"' not in page.text:
        return None
    for form in _tree(page).iterfind(".//form[@method='post']"):
        held = form.find(".//input[@name='seen']")
        if held is not None and form.get("action", path) == path:
            return str(held.get("value"))
    return None


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
