"""Pages of applicants and visitors in English: no Chinese but names, and nothing else changed."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from registry.enterprises.enterprises import Enterprise, Operator
from registry.people.officers import Officer
from registry.people.persons import Person
from tests.screens import visitors
from tests.web.browser import Tab
from tests.web.english.conftest import STORIES
from web.english.catalogue import HAN
from web.english.pages import SPOKEN

ROOT = Path(__file__).parents[3]
#: What people are called, typed and uploaded in the demonstration stands in these.
TYPED = ("web/demo/people", "adapters/world.py", "tests/web/english/typed.txt")
#: Numbers of letters, and names of files.
_NUMBER = re.compile(r"沪建注\w+〔\d{4}〕第\d+号|[\w（）-]+\.(?:pdf|jpg|png)")
_HREF = re.compile(r'<a [^>]*href="([^"]+)"')
_LOOSE = frozenset(("csrf_token", "seen", "request"))  #: are others in each answer
STRANGER = ("/sign-in", "/verify", "/nowhere", "/pki", "/phone", "/change", "/guide/initial")
OWN = ("/notices", "/notices/channels", "/sessions", "/change", "/digital-certificate/revoke")


def walked(app: Flask, story: str | None) -> Iterator[tuple[str, str, str]]:
    """Give the pages that links lead to: address, in Chinese, in English."""
    tab = Tab(app)
    starts = ["/", *STRANGER]
    if story is not None:
        tab.sign_in("person", f"engineer-{story}")
        starts = ["/applications", *OWN]
    walk = visitors.Walk("/" if story is None else "/applications")
    walk.take("", starts)
    walk.taken.clear()
    while (address := walk.next()) is not None:
        tab.client.set_cookie("zhuce-language", "zh-CN")
        chinese = tab.open(address, follow=True)
        if chinese.mimetype != "text/html" or "/portal/" in chinese.request.path:
            continue
        here = chinese.request.full_path.rstrip("?")
        tab.client.set_cookie("zhuce-language", "en")
        english = tab.open(here)
        if english.status_code == chinese.status_code:
            walk.take(address, (html.unescape(link) for link in _HREF.findall(chinese.text)))
            yield here, chinese.text, english.text


@pytest.mark.parametrize("story", [None, *STORIES])
def test_what_is_shown_is_english_but_names(peopled: Flask, story: str | None) -> None:
    """Whatever an applicant or a visitor comes by says nothing in Chinese but names and numbers."""
    names = _names(peopled)
    strange, count = [], 0

    for address, chinese, english in walked(peopled, story):
        if _is_chinese_only(english):
            continue
        count += 1
        assert _skeleton(chinese) == _skeleton(english), address
        strange += [(address, text) for text in _left(english) if not _is_name(text, names)]

    assert strange == []
    assert count >= (12 if story is None else 8)


def test_officers_are_told_that_their_pages_are_chinese(peopled: Flask) -> None:
    """The desks of officers stay Chinese, and say so in English."""
    tab = Tab(peopled)
    tab.sign_in("officer", "shouli")

    tab.open("/agency/inbox?lang=en", follow=True)

    assert "This part of the service is in Chinese only." in tab.text
    assert tab.soup().html["lang"] == "zh-CN"  # type: ignore[index]  # every page has it
    assert "待办事项" in tab.frame


def _is_chinese_only(page: str) -> bool:
    return '<html lang="zh-CN"' in page


def _left(page: str) -> Iterator[str]:
    """Give what is Chinese on a page: marked as such or not, also what is only heard."""
    for element in lxml.html.document_fromstring(page).iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "textarea"):
            continue
        if element.tag == "a" and element.get("hreflang"):
            continue
        heard = [text for name, text in element.attrib.items() if _is_spoken(name)]
        shown = [element.text, *(child.tail for child in element)]
        yield from (
            " ".join(text.split()) for text in (*heard, *shown) if text and HAN.search(text)
        )


def _is_spoken(name: str) -> bool:
    return SPOKEN.search(f' {name}=""') is not None


@cache
def _typed() -> frozenset[str]:
    """Give what the people of the demonstration are called and type."""
    texts: set[str] = set()
    for place in TYPED:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.suffix == ".txt":
                texts |= set(file.read_text("utf-8").splitlines())
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value.rstrip("。"))
    return frozenset(texts)


def _names(app: Flask) -> list[str]:
    """Give what people and enterprises are called, the longest first."""
    with app.extensions["zhuce_office"].sessions() as session:
        people = [*session.scalars(select(Person.name)), *session.scalars(select(Officer.name))]
        people += session.scalars(select(Operator.name))
        firms = list(session.scalars(select(Enterprise.name)))
    people += [citizen.name for citizen in world.CITIZENS]
    firms += [company.name for company in world.COMPANIES]
    masked = [name[0] + "*" * (len(name) - 1) for name in people]
    return sorted({*people, *masked, *firms}, key=len, reverse=True)


def _is_name(text: str, names: list[str]) -> bool:
    """Tell whether nothing is left of a text but what somebody is called, typed or numbered."""
    rest = _NUMBER.sub("", text)
    if re.sub(r"^[：:\d. ]+|[。 ]+$", "", rest) in _typed():
        return True
    for name in names:
        rest = rest.replace(name, "")
    return HAN.search(rest) is None


def _skeleton(page: str) -> list[tuple[str, dict[str, str]]]:
    """Give the elements of a page with what is not read by people: what forms send, where links go.

    Left out: the marks of what is Chinese, and the switch of the language itself.
    """
    elements = []
    for element in lxml.html.document_fromstring(page).iter():
        if not isinstance(element.tag, str) or element.tag in ("html", "span", "tspan"):
            continue
        if element.get("hreflang") or element.get("name") in _LOOSE or element.get("data-token"):
            continue
        kept = {key: text for key, text in element.attrib.items() if not _is_spoken(key)}
        elements.append((element.tag, kept))
    return elements
