"""What people do in front of the screen, and what must be true of every page they come to."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from tests.web.browser import Tab

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OURS = ("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:")
#: Chromium's own PDF viewer, not a request of the page.
VIEWER = ("chrome-extension://", "chrome://")
#: What a page is made of: title, classes of elements and names of fields, each once.
PARTS = """document.title + [...new Set([...document.querySelectorAll('body *')].flatMap(
    element => [...element.classList, element.getAttribute('name') ?? '']))].sort().join(' ')"""
_NAMES = re.compile(r"[0-9a-f]{32}|(?<=/verify/)\w+")
#: The number of a case or a certificate, in the title of its page.
_NUMBERS = re.compile(r"(?<![\w-])[0-9A-Z]{9,}(?![\w-])")
#: Numbers of people, enterprises, cases and certificates that go on in a second line.
TORN = r"""
() => {
  const torn = [], number = /(?<![\w*.-])(?=[A-Z*]*[0-9])[0-9A-Z*]{9,24}(?![\w*.-])/g;
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const around = '.fingerprint, code, pre, svg, textarea, dialog:not([open])';
    if (node.parentElement.closest(around)) continue;
    for (const { 0: found, index } of node.data.matchAll(number)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + found.length);
      const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
      if (lines.size > 1) torn.push(found);
    }
  }
  return torn;
}
"""
AXE = "options => axe.run(options).then(({ violations }) => violations)"


class LookedAt:
    """The kinds of pages that some process of this run has looked at, a file in `folder` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_first(self, *kind: object) -> bool:
        """Tell whether nobody has looked at such a page yet; from now on somebody has."""
        name = hashlib.sha256(repr(kind).encode()).hexdigest()
        try:
            (self._folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Hand:
    """One person with one browser; `also` is another width at which every page is looked at.

    Who has no `looked` to write to looks at nothing: others have looked at what is done here.
    """

    def __init__(
        self,
        page: Page,
        *,
        script: bool,
        scheme: str = "light",
        also: int | None = None,
        looked: LookedAt | None = None,
        app: Flask | None = None,
    ) -> None:
        self.page, self.script, self.scheme, self.also = page, script, scheme, also
        self._looked, self._app = looked if script else None, app
        self.wrong: list[str] = []
        self._expected = ["status of 422"]  # a refused form
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("console", self._heard)
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        expected = any(words in message.text for words in self._expected)
        if message.type in ("error", "warning") and not expected:
            self.wrong.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(OURS + VIEWER):
            self.wrong.append(f"external: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status}: {response.url}")

    def forgives(self, words: str) -> None:
        """Expect a message of the console, such as that of a page which is not there."""
        self._expected.append(words)

    def saw_nothing_wrong(self) -> None:
        """Fail when anything happened that should not."""
        assert self.wrong == [], self.wrong

    def looks(self) -> None:
        """Look at the page: nothing sticks out, and axe has nothing to say.

        A page of the same kind, width and parts is looked at once in a run, whichever service shows
        it. Who walks by telephone sees it as it is on a desk, too, where `also` says so.
        """
        if self._looked is None:
            return
        path = _NAMES.sub("*", urlsplit(self.page.url).path)
        kind = (path, self.scheme, _NUMBERS.sub("*", self.page.evaluate(PARTS)))
        if self._looked.is_first(*kind, (self.page.viewport_size or {}).get("width")):
            self._looks()
        if self.also is not None and self._looked.is_first(*kind, self.also):
            with self.otherwise():
                self._looks()

    @contextmanager
    def otherwise(self) -> Iterator[bool]:
        """Make the screen as wide as `also` says for a while; say whether it does."""
        own = self.page.viewport_size
        if self.also is None or own is None:
            yield False
            return
        self.page.set_viewport_size({"width": self.also, "height": own["height"]})
        yield True
        self.page.set_viewport_size(own)

    def _looks(self) -> None:
        told = self.tells()
        assert told == [], (self.page.url, self.page.viewport_size, told)

    def tells(self) -> list[tuple[str, str]]:
        """Say what is wrong with the page as it stands: which rule, and at which element."""
        told: list[tuple[str, str]] = []
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            told.append(("wider than the screen", self.page.url))
        told += [("a number is broken", number) for number in self.page.evaluate(TORN)]
        options = {"runOnly": RULES, "resultTypes": ["violations"]}  # no list of what is well
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(Axe().axe_script)
        violations = self.page.evaluate(AXE, options)
        return told + [
            (violation["id"], node["html"][:200])
            for violation in violations
            for node in violation["nodes"]
        ]

    def owns_a_passkey(self) -> Callable[[], int]:
        """Let the machine keep passkeys; give what counts them."""
        device = self.page.context.new_cdp_session(self.page)
        device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
        options |= {"hasUserVerification": True, "isUserVerified": True}
        made = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        named = {"authenticatorId": made["authenticatorId"]}
        return lambda: len(device.send("WebAuthn.getCredentials", named)["credentials"])

    def goes(self, address: str) -> Hand:
        """Open an address and look."""
        self.page.goto(address)
        self.looks()
        return self

    def presses(self, name: str, *, exact: bool = True) -> Hand:
        """Press a button or a link that looks like one, and look at what comes."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        link = self.page.get_by_role("link", name=name, exact=exact)
        button.or_(link).first.click()
        self.page.wait_for_load_state("load")
        self.looks()
        return self

    def types(self, **fields: str) -> Hand:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"[name={name}]:visible").fill(value)
        return self

    def chooses(self, label: str) -> Hand:
        """Tick or choose what is labelled so."""
        self.page.get_by_label(label, exact=True).check()
        return self

    def uploads(self, **files: tuple[str, str, bytes]) -> Hand:
        """Choose files by field name: (file name, media type, content)."""
        for name, (filename, kind, content) in files.items():
            self.page.locator(f"input[type=file][name={name}]").set_input_files(
                {"name": filename, "mimeType": kind, "buffer": content}
            )
        return self

    def sees(self, text: str) -> Hand:
        """Expect words on the page."""
        expect(self.page.locator("main")).to_contain_text(text)
        return self

    def comes_as(self, kind: str, subject: str) -> Hand:
        """Have signed in before, where the service runs in this process; no page is open yet."""
        assert self._app is not None
        tab = Tab(self._app)
        tab.arrives(kind, subject)
        name = self._app.session_interface.get_cookie_name(self._app)
        held, base = tab.client.get_cookie(name), self._app.extensions["zhuce_settings"].base_url
        assert held is not None, tab.page.text
        self.page.context.add_cookies([{"name": name, "value": held.value, "url": base}])
        return self

    def signs_in(self, kind: str, subject: str, *, pin: str | None = None) -> Hand:
        """Sign in at the portal twin, page by page."""
        self.page.goto(f"/sign-in/{kind}")
        if pin is not None:
            self.page.locator(f'[name=subject][value="{subject}"]').check()
            return self.types(pin=pin).presses("登录")
        self.page.locator(f'form:has([name=subject][value="{subject}"]) button').click()
        self.page.wait_for_load_state("load")
        return self

    def picture(self, name: str) -> Hand:
        """Keep a picture of the whole page for people to look at, where ZHUCE_PICTURES says."""
        if folder := os.environ.get("ZHUCE_PICTURES"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
            with self.otherwise() as other:
                if other:
                    path = Path(folder) / f"{name}-{self.also}.png"
                    self.page.screenshot(path=path, full_page=True)
        return self


def pdf() -> bytes:
    """Return a small, honest PDF."""
    document = pikepdf.new()
    document.add_blank_page()
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()
