"""A browser tab over Flask's test client: keeps cookies, follows links, sends forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse


class Tab:
    """Somebody in front of the pages; `page` is what was answered last."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: TestResponse

    def open(self, address: str, *, follow: bool = False) -> TestResponse:
        """Open an address of ours."""
        self.page = self.client.get(_path(address))
        return self._follow() if follow else self.page

    def send(
        self, address: str, fields: Mapping[str, Any] | None = None, *, follow: bool = False
    ) -> TestResponse:
        """Send a form to an address with the token of a page that has one."""
        values = {"csrf_token": self.token(), **(fields or {})}
        self.page = self.client.post(_path(address), data=values)
        return self._follow() if follow else self.page

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
        """Give the visible words of the page, blanks folded."""
        return " ".join(self.soup().get_text(" ").split())

    def _follow(self) -> TestResponse:
        while self.page.status_code in {301, 302, 303}:
            self.page = self.client.get(_path(self.page.location))
        return self.page


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
