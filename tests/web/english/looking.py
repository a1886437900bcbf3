"""What a page in English still says in Chinese, and whether it is but a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lxml.html
from flask import Flask
from sqlalchemy import select

from adapters import world
from registry.enterprises.enterprises import Enterprise, Operator
from registry.people.officers import Officer
from registry.people.persons import Person
from tests.web.english import busy
from web.english.catalogue import HAN
from web.english.pages import SPOKEN

ROOT = Path(__file__).parents[3]
#: What people are called, typed and uploaded in the demonstration stands in these.
TYPED = ("web/demo/people", "adapters/world.py", "tests/web/english/typed.txt")
#: Numbers of letters, and names of files.
_NUMBER = re.compile(r"沪建注\w+〔\d{4}〕第\d+号|[\w（）-]+\.(?:pdf|jpg|png)")
_LOOSE = frozenset(("csrf_token", "seen", "request"))  #: are others in each answer


def is_chinese_only(page: str) -> bool:
    return '<html lang="zh-CN"' in page


def left(page: str) -> Iterator[str]:
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


def names(app: Flask) -> list[str]:
    """Give what people and enterprises are called, the longest first."""
    with app.extensions["zhuce_office"].sessions() as session:
        people = [*session.scalars(select(Person.name)), *session.scalars(select(Officer.name))]
        people += session.scalars(select(Operator.name))
        firms = list(session.scalars(select(Enterprise.name)))
    people += [citizen.name for citizen in world.CITIZENS]
    firms += [company.name for company in world.COMPANIES] + [
        busy.new_name(known) for known in world.COMPANIES
    ]
    masked = [name[0] + "*" * (len(name) - 1) for name in people]
    return sorted({*people, *masked, *firms}, key=len, reverse=True)


def is_name(text: str, names: list[str]) -> bool:
    """Tell whether nothing is left of a text but what somebody is called, typed or numbered."""
    rest = _NUMBER.sub("", text)
    if re.sub(r"^[：:\d. ]+|[。 ]+$", "", rest) in _typed():
        return True
    for name in names:
        rest = rest.replace(name, "")
    return HAN.search(rest) is None


def skeleton(page: str) -> list[tuple[str, dict[str, str]]]:
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
