"""What people read on a page, and what in it is not the field's Chinese.

The few Latin words that belong there, and what is counted in what, stand in `words.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

from tests.web.browser import Tab

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_.:/@+-]*")
_ALLOWED = [re.compile(pattern, re.ASCII) for pattern in _SAID["allowed"].values()]
_ID = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,}")
_OTHER_DAY = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9])|[0-9]{4}年0[0-9]月")
_EDITION = re.compile(r"（20[0-9]{2}）")
_COUNTED = re.compile(r"本页 ?[0-9]+ ?(\w)")
_SPOKEN = ("alt", "title", "placeholder", "aria-label")
_UNSEEN = ("script", "style", "template")
#: What is said in the language of programs, folded away and declared as such (WCAG 3.1.2)
_TECHNICAL = "details [lang=en], a[hreflang], .factor-secret, .factor-codes"


def oddities(page: BeautifulSoup) -> list[str]:
    """Return what a page says that is not the field's Chinese, each with what stands around it."""
    return [
        f"{kind}: {odd!r} in {text[:60]!r}" for text in texts(page) for kind, odd in _of(text)
    ] + list(_wrong_counts(page))


def texts(page: BeautifulSoup) -> Iterator[str]:
    """Yield what is read or spoken on a page: texts, buttons, and what stands for a picture."""
    for technical in page.select(_TECHNICAL):
        technical.clear()
    for text in page.find_all(string=True):
        shown = isinstance(text, NavigableString) and not isinstance(text, PreformattedString)
        if shown and text.strip() and text.parent is not None and text.parent.name not in _UNSEEN:
            yield " ".join(text.split())
    for element in page.find_all(True):
        spoken = [*_SPOKEN, "value"] if _is_button(element) else _SPOKEN
        names = [name for name in element.attrs if name in spoken or name.startswith("data-i18n")]
        yield from (str(element[name]) for name in names)


def _is_button(element: Tag) -> bool:
    return element.name == "input" and element.get("type") in ("submit", "button", "reset")


def _of(text: str) -> Iterator[tuple[str, str]]:
    left = text
    for pattern in _ALLOWED:
        left = pattern.sub("", left)
    yield from (("id", match) for match in _ID.findall(left))
    yield from (("edition", match) for match in _EDITION.findall(text))
    yield from (("day", match) for match in _OTHER_DAY.findall(left))
    yield from (("word", match) for match in _LATIN.findall(_ID.sub("", left)) if len(match) > 1)


def _wrong_counts(page: BeautifulSoup) -> Iterator[str]:
    heading = page.find("h1")
    title = heading.get_text(" ", strip=True) if heading else ""
    units = [unit for pattern, unit in _SAID["counted"].items() if re.fullmatch(pattern, title)]
    for counted in _COUNTED.findall(page.get_text(" ", strip=True)):
        if units[:1] != [counted]:
            yield f"count: 本页 … {counted} on {title!r}"


_START = {
    "guest": ("/", "/verify", "/change", "/sign-in", "/pki/", "/portal/", "/phone", "/nowhere"),
    "person": ("/applications", "/readiness", "/certificates", "/notices", "/digital-certificate"),
    "enterprise": ("/enterprise/inbox", "/enterprise/people", "/enterprise/rename", "/notices"),
}
_OF_OFFICERS = (
    "/agency/inbox",
    "/agency/people?q=示例",
    "/agency/bans",
    "/agency/holidays",
    "/operations",
)
#: Pages of a case that buttons lead to; each answers something in every state.
_OF_CASES = ("form", "check", "sign", "withdraw", "exchange", "without-enterprise")
#: Not followed; what a version of a package says in its own code is for analysts, as it stands.
_PASSIVE = re.compile(
    r"/(sign-out|static|files|sign-in/|studio/versions/|api/)"
    r"|\.(pdf|crt|crl|cose|json|xlsx|jpg|png)|download"
)
_NAMES = re.compile(r"[0-9a-f]{32}|(?<=/verify/)\w+")


@dataclass
class Walk:
    """Looks at the pages of many visitors, each kind of page of a role a few times."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent: set[tuple[str, str]] = field(default_factory=set)
    odd: dict[str, str] = field(default_factory=dict)  #: what is odd, and where it was seen first

    MOST = 3  #: times that a kind of page is looked at, for each role
    MOST_CASES = 45  #: of the pages of cases, which differ by state

    def looks_around(self, tab: Tab, role: str) -> None:
        """Follow the links of a visitor, and send each kind of form without anything typed."""
        waiting, seen = list(_START.get(role, _OF_OFFICERS)), set[str]()
        while waiting:
            address = waiting.pop(0)
            kind = (role, _NAMES.sub("*", address.split("?")[0]))
            is_case = kind[1] in ("/applications/*", "/agency/tasks/*")
            most = self.MOST_CASES if is_case else self.MOST
            if address in seen or _PASSIVE.search(address) or self.kinds[kind] >= most:
                continue
            seen.add(address)
            self.kinds[kind] += 1
            if kind[1] == "/applications/*":
                waiting += [f"{address}/{page}" for page in _OF_CASES]
            tab.open(address, follow=True)
            waiting += self._read(tab, f"{role} {address}")
            for action in self._forms(tab, role):
                tab.send(action, follow=True)
                self._read(tab, f"{role} {address} → {action}")

    def _read(self, tab: Tab, where: str) -> list[str]:
        if "html" not in tab.page.mimetype:
            return []
        page = tab.soup()
        links = [str(link["href"]) for link in page.select("a[href^='/']:not([hreflang])")]
        for odd in oddities(page):
            self.odd.setdefault(odd, where)
        return links

    def _forms(self, tab: Tab, role: str) -> list[str]:
        """Give the actions of the forms on the page whose kind was not sent before."""
        fresh = []
        for form in tab.soup().select("form[method=post][action^='/']"):
            kind = (role, _NAMES.sub("*", str(form["action"])))
            if kind not in self.sent and not _PASSIVE.search(kind[1]):
                self.sent.add(kind)
                fresh.append(str(form["action"]))
        return fresh
