"""A person with a browser that knows links, forms and cookies, but no script and no picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
from lxml import html

Upload = tuple[str, bytes, str]  #: file name, content, media type


class NotOnThePage(Exception):
    """What the person was looking for is not on the page; the text of the page is the message."""


@dataclass(frozen=True)
class Page:
    """A page as it was answered."""

    url: str
    status: int
    content: bytes
    tree: html.HtmlElement

    @property
    def text(self) -> str:
        """Return the visible words, spaces folded."""
        return " ".join(self.tree.text_content().split())

    def form(self, *, button: str | None = None, action: str | None = None) -> html.FormElement:
        """Return the form that has a button with this text or an action that ends so."""
        for form in self.tree.forms:
            if action is not None and not str(form.action or self.url).endswith(action):
                continue
            if button is None or any(button in _label(other) for other in _buttons(form)):
                return form
        raise NotOnThePage(f"{button or action} — {self.url}: {self.text[:800]}")

    def link(self, text: str) -> str:
        """Return the address of the first link whose words contain `text`."""
        for link in self.tree.iter("a"):
            if text in link.text_content() and link.get("href"):
                return urljoin(self.url, str(link.get("href")))
        raise NotOnThePage(f"{text} — {self.url}: {self.text[:800]}")


def _buttons(form: html.FormElement) -> list[html.HtmlElement]:
    return list(form.xpath('.//button | .//input[@type="submit"]'))


def _label(button: html.HtmlElement) -> str:
    return str(button.text_content() or button.get("value") or "")


class BrowserSession:
    """One browser session.

    >>> BrowserSession("http://127.0.0.1:8000").base
    'http://127.0.0.1:8000'
    """

    def __init__(self, base: str, *, timeout_s: float = 60) -> None:
        self.base = base
        self.client = httpx.Client(base_url=base, timeout=timeout_s, follow_redirects=True)
        self.taken: dict[bytes, str] = {}  #: address of each file that was downloaded

    def open(self, address: str) -> Page:
        """Open an address and read the page."""
        return self._read(self.client.get(address))

    def download(self, address: str) -> bytes:
        """Fetch a file; anything but 200 is an error."""
        answer = self.client.get(address)
        answer.raise_for_status()
        self.taken[answer.content] = address
        return answer.content

    def other_form(self, pdf: bytes) -> bytes | None:
        """Fetch the OFD form of a PDF that was downloaded; None: the agency did not seal it."""
        address = self.taken.get(pdf, "")
        if ".pdf" not in address:
            return None
        answer = self.client.get(address.replace(".pdf", ".ofd"))
        return answer.content if answer.is_success else None

    def submit(
        self,
        page: Page,
        button: str,
        fields: Mapping[str, str | list[str]] | None = None,
        uploads: Mapping[str, Upload] | None = None,
    ) -> Page:
        """Fill in the form that holds `button`, press it, and read what comes."""
        form = page.form(button=button)
        values: dict[str, str | list[str]] = {}
        for name, value in form.form_values():
            held = values.get(name)
            values[name] = (
                value if held is None else [*([held] if isinstance(held, str) else held), value]
            )
        values.update(fields or {})
        pressed = next(other for other in _buttons(form) if button in _label(other))
        if pressed.get("name"):
            values[str(pressed.get("name"))] = str(pressed.get("value") or "")
        target = urljoin(page.url, str(pressed.get("formaction") or form.action or page.url))
        if form.method == "GET":
            return self._read(self.client.get(target, params=values))
        return self.post(target, values, uploads)

    def post(
        self,
        target: str,
        values: Mapping[str, str | list[str]],
        uploads: Mapping[str, Upload] | None = None,
    ) -> Page:
        """Send a form that is filled in."""
        return self._read(self.client.post(target, data=values, files=dict(uploads or {}) or None))

    def _read(self, answer: httpx.Response) -> Page:
        kind = answer.headers.get("content-type", "")
        source = answer.content if kind.startswith("text/html") else b"<p></p>"
        tree = html.fromstring(source or b"<p></p>", parser=html.HTMLParser(encoding="utf-8"))
        return Page(str(answer.url), answer.status_code, answer.content, tree)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
