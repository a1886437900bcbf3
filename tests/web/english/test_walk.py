"""Pages of applicants and visitors in English: no Chinese but names, and nothing else changed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask

from tests.screens import visitors
from tests.web.browser import Tab
from tests.web.english import looking
from tests.web.english.conftest import STORIES

_HREF = re.compile(r'<a [^>]*href="([^"]+)"')
STRANGER = (
    "/sign-in",
    "/verify",
    "/nowhere",
    "/pki",
    "/phone",
    "/change",
    "/guide/initial",
    "/api/v1",
)
FIRM = (
    *("/enterprise/inbox", "/enterprise/confirmed", "/enterprise/people", "/enterprise/overview"),
    *("/enterprise/operators", "/enterprise/rename", "/enterprise/verification", "/programs/new"),
)
FACTORS = ("/sessions", "/second-factor", "/second-factor/passkey", "/second-factor/authenticator")
OFFICERS = {"fenxi": FACTORS, "yunwei": ("/programs", "/programs/new", *FACTORS)}
#: Pages that are others at each look: a new secret, the trail of who just looked.
OTHERS_EACH_TIME = ("/second-factor/authenticator", "/enterprise/operators/")
OWN = ("/notices", "/notices/channels", "/sessions", "/change", "/digital-certificate/revoke")


def walked(
    app: Flask, tab: Tab, starts: Sequence[str], chrome: str
) -> Iterator[tuple[str, str, str]]:
    """Give the pages that links lead to: address, in Chinese, in English."""
    walk = visitors.Walk(chrome)
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


def read(app: Flask, tab: Tab, starts: Sequence[str], chrome: str = "/applications") -> int:
    """Read whatever links lead to; give how many pages were in English.

    Fails where a page says anything in Chinese but names and numbers, or does anything else.
    """
    names = looking.names(app)
    strange, count = [], 0
    for address, chinese, english in walked(app, tab, starts, chrome):
        if looking.is_chinese_only(english):
            continue
        count += 1
        if not address.startswith(OTHERS_EACH_TIME):
            assert looking.skeleton(chinese) == looking.skeleton(english), address
        texts = looking.left(english)
        strange += [(address, text) for text in texts if not looking.is_name(text, names)]
    assert strange == []
    return count


def test_what_a_stranger_is_shown_is_english_but_names(peopled: Flask) -> None:
    """The first page, guides, verification, errors."""
    assert read(peopled, Tab(peopled), ["/", *STRANGER], "/") >= 12


@pytest.mark.parametrize("story", STORIES)
def test_what_applicants_are_shown_is_english_but_names(peopled: Flask, story: str) -> None:
    """Whatever an applicant comes by says nothing in Chinese but names and numbers."""
    tab = Tab(peopled)
    tab.sign_in("person", f"engineer-{story}")

    assert read(peopled, tab, ["/applications", *OWN]) >= 8


def test_the_desk_of_an_enterprise_is_english_but_names(peopled: Flask) -> None:
    """What waits, a batch, people, operators, a change of name, a list to verify, programs."""
    firm = peopled.extensions["busy"]

    assert read(peopled, firm.clerk, [firm.batch, firm.rename, *FIRM]) >= 18


@pytest.mark.parametrize("officer", ["fenxi", "yunwei"])
def test_second_factors_and_programs_are_english_but_names(peopled: Flask, officer: str) -> None:
    """What officers keep beside their desks: sign-ins, second factors, programs."""
    tab = Tab(peopled)
    tab.sign_in("officer", officer)

    assert read(peopled, tab, OFFICERS[officer]) >= len(OFFICERS[officer])


def test_officers_are_told_that_their_pages_are_chinese(peopled: Flask) -> None:
    """The desks of officers stay Chinese, and say so in English."""
    tab = Tab(peopled)
    tab.sign_in("officer", "shouli")

    tab.open("/agency/inbox?lang=en", follow=True)

    assert "This part of the service is in Chinese only." in tab.text
    assert tab.soup().html["lang"] == "zh-CN"  # type: ignore[index]  # every page has it
    assert "待办事项" in tab.frame
