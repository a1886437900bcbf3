"""Every field on every page that takes text, found by walking: links, and the forms of each page.

A visitor begins where he lands and follows what is linked, one page of each kind; nothing is
listed here but what a walk must not press.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bs4 import BeautifulSoup, Tag

from tests.screens.visitors import kind_of
from tests.web.desk import Desk

MOST_PAGES = 120  #: of one visitor
TEXT = ", ".join(
    [
        *(f"input[type={kind}]" for kind in ("text", "tel", "search", "email", "url", "password")),
        "input:not([type])",
        "textarea",
    ]
)
PASSIVE = re.compile(
    r"/(sign-out|phone|portal|files|static|pki|sign-in|guide|privacy)\b"
    r"|\.(pdf|ofd|cer|crl|xlsx|csv|zip|json|bpmn|svg)\b|download|/raw/"
    r"|/studio/.*(compar|/try|/check|coverage|/diagram)"  # minutes of work, nothing is typed
)
#: Ends the visitor, or is a file that is typed as it stands.
UNTOUCHED = re.compile(r"/sign-out$|/sessions/|/studio/drafts/[0-9a-f]{32}/files/")


@dataclass(frozen=True)
class Place:
    """A field of a form on a page, and what a browser sends with it."""

    address: str
    action: str
    method: str
    name: str
    value: str  #: as the page shows it
    others: tuple[tuple[str, str], ...]
    left: tuple[str, ...]  #: fields of text that stand empty beside it

    def asked(self, typed: str) -> str:
        """Give the address that a form of questions leads to."""
        return f"{self.action}?{urlencode([*self.others, (self.name, typed)])}"


@dataclass
class Walk:
    """What a visitor came across: pages, and forms by what they lead to."""

    desk: Desk
    starts: list[str]
    most_alike: int = 1  #: pages of one kind

    def __post_init__(self) -> None:
        self.pages: list[str] = []
        self.actions: set[tuple[str, str]] = set()
        self.forms: list[tuple[str, Tag]] = []  #: that act, each with where it leads
        self.stands: set[tuple[str, str]] = set()  #: where it leads, on which page

    def places(self) -> Iterator[Place]:
        """Give each field once, whatever page shows it first."""
        told = set[tuple[str, str, str]]()
        for address, soup in self._pages():
            for form in soup.select("form"):
                method = str(form.get("method") or "get").lower()
                action = str(form.get("action") or address)
                if method == "get":
                    action = urlsplit(action).path or urlsplit(address).path
                self.actions.add((method.upper(), urlsplit(action).path))
                if method == "post":
                    self.forms.append((action, form))
                    self.stands.add((urlsplit(action).path, urlsplit(address).path))
                if UNTOUCHED.search(action):
                    continue
                for entry in form.select(TEXT):
                    name = str(entry.get("name") or "")
                    key = (method, kind_of(action), name)
                    if name and key not in told:
                        told.add(key)
                        others = _sent(form, entry)
                        yield Place(
                            address=address,
                            action=action,
                            method=method,
                            name=name,
                            value=value_of(entry),
                            others=others,
                            left=_left(form, others),
                        )

    def _pages(self) -> Iterator[tuple[str, BeautifulSoup]]:
        waiting, tried, alike = list(self.starts), set[str](), Counter[str]()
        while waiting and len(self.pages) < MOST_PAGES:
            address = waiting.pop(0)
            kind = kind_of(address)
            if address in tried or alike[kind] >= self.most_alike or PASSIVE.search(address):
                continue
            tried.add(address)
            if self.desk.open(address).status_code != 200 or "html" not in self.desk.page.mimetype:
                continue
            alike[kind] += 1
            self.pages.append(address)
            soup = self.desk.soup()
            waiting += [
                str(link["href"]) for link in soup.select("a[href^='/']") if "?" not in link["href"]
            ]
            yield address, soup


def _sent(form: Tag, typed: Tag) -> tuple[tuple[str, str], ...]:
    """Give the other entries of a form as they stand: what a browser would send with this one."""
    sent = []
    for entry in form.select("input[name], select[name], textarea[name]"):
        if entry is typed or entry["name"] in ("csrf_token", typed["name"]):
            continue
        kind = str(entry.get("type", ""))
        if kind == "file" or (kind in ("checkbox", "radio") and not entry.has_attr("checked")):
            continue
        sent.append((str(entry["name"]), value_of(entry)))
    return tuple(sent)


def _left(form: Tag, sent: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Give the names of the other fields of text in which nothing stands."""
    empty = {name for name, value in sent if not value}
    return tuple(str(entry["name"]) for entry in form.select(TEXT) if entry.get("name") in empty)


def value_of(entry: Tag) -> str:
    """Give what stands in a field."""
    if entry.name == "textarea":
        return entry.get_text().removeprefix("\n")
    if entry.name == "select":
        chosen = entry.select_one("option[selected]") or entry.select_one("option")
        return str(chosen.get("value", "")) if chosen else ""
    return str(entry.get("value", ""))
