"""An impatient browser: buttons are pressed twice at once, or again a little later."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx

from tests.crossed.ledger import Ledger, codes_of
from web.demo.walk.visitor import BrowserSession, Page, Upload

#: Buttons that only look something up, and sign-ins: their forms are good for one use.
_ONCE = ("/sign-in", "/portal", "/phone")


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do several things at the same moment; give what each gave or raised."""
    barrier = Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


class Impatient(BrowserSession):
    """Presses by chance once, twice at the same moment, or a second time after the answer."""

    def __init__(self, base: str, ledger: Ledger, chance: random.Random) -> None:
        super().__init__(base, timeout_s=90)
        self.ledger, self.chance = ledger, chance
        self.client.event_hooks = {"response": [self._note]}

    def _note(self, answer: httpx.Response) -> None:
        asked = answer.request
        body = answer.read()
        began = time.monotonic() - answer.elapsed.total_seconds()
        self.ledger.answered(asked.method, asked.url.path, answer.status_code, body, began)

    def open(self, address: str) -> Page:
        began = time.monotonic()
        try:
            return super().open(address)
        except httpx.TransportError as error:
            self.ledger.cut(f"GET {address}", error, began)
            raise

    def post(
        self,
        target: str,
        values: Mapping[str, str | list[str]],
        uploads: Mapping[str, Upload] | None = None,
    ) -> Page:
        way = self.chance.choice(("once", "double", "double", "late"))
        path = httpx.URL(target).path
        if way == "once" or path.startswith(_ONCE):
            return self.press(target, values, uploads)
        began = time.monotonic()
        if way == "double":
            both = at_once([lambda: self.press(target, values, uploads)] * 2)
        else:
            both = [self.press(target, values, uploads)]
            both += at_once([lambda: self.press(target, values, uploads)])
        pages = [page for page in both if isinstance(page, Page)]
        if not pages:
            raise both[0]
        good = [page for page in pages if page.status < 400 and not codes_of(page.text)]
        if good and len(good) < len(both) and self.ledger.is_calm(began):
            other = next(page for page in both if page not in good)
            told = codes_of(other.text) if isinstance(other, Page) else repr(other)
            action = values.get("action", "")
            self.ledger.odd(f"{way} press of {path.split('/')[-1]} {action}: {told}")
        return good[0] if good else pages[0]

    def press(
        self,
        target: str,
        values: Mapping[str, str | list[str]],
        uploads: Mapping[str, Upload] | None = None,
    ) -> Page:
        """Send a form once."""
        began = time.monotonic()
        try:
            return super().post(target, values, uploads)
        except httpx.TransportError as error:
            self.ledger.cut(f"POST {httpx.URL(target).path}", error, began)
            raise

    def filled(
        self, page: Page, button: str, fields: Mapping[str, Any] | None = None
    ) -> Callable[[], Page]:
        """Give what sends a form, with what it shows now, once and whenever it is called."""
        sent: list[tuple[str, Mapping[str, Any], Any]] = []
        keep = _Keeping(self, sent)
        keep.submit(page, button, fields)
        target, values, uploads = sent[0]
        return lambda: self.press(target, values, uploads)


class _Keeping(BrowserSession):
    """Fills forms in and sends nothing."""

    def __init__(self, of: BrowserSession, sent: list[tuple[str, Mapping[str, Any], Any]]) -> None:
        self.base, self.client, self._sent = of.base, of.client, sent

    def post(
        self,
        target: str,
        values: Mapping[str, str | list[str]],
        uploads: Mapping[str, Upload] | None = None,
    ) -> Page:
        self._sent.append((target, values, uploads))
        return Page(target, 0, b"", None)  # type: ignore[arg-type]  # nobody reads it
