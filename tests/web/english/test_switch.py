"""中文 and English: chosen once, remembered, and nothing changed for who reads Chinese."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask

from tests.web.browser import Tab
from web.english.catalogue import HAN

ENGLISH = "Electronic registration certificates"
_ACCEPTED = {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}


def test_a_stranger_switches_to_english_and_back(peopled: Flask) -> None:
    """The link of the head leads back to the page; the next pages are in that language."""
    tab = Tab(peopled)
    tab.open("/verify")
    link = tab.soup().find("a", hreflang="en", class_="masthead__tool")
    assert link is not None

    answer = tab.open(str(link["href"]))

    assert (answer.status_code, answer.location) == (303, "/verify")
    tab.open("/change?what=PHOTO")
    assert tab.soup().html["lang"] == "en"  # type: ignore[index]  # every page has it
    assert "Guide to changes" in tab.text
    assert "their Chinese text is the binding one" in tab.frame
    back = tab.soup().find("a", hreflang="zh-CN", class_="masthead__tool")
    assert back is not None
    assert tab.open(str(back["href"])).location == "/change?what=PHOTO"
    assert "变更指南" in tab.open("/change").text
    assert "binding" not in tab.frame


def test_an_account_is_read_to_in_its_language_on_another_device(peopled: Flask) -> None:
    """What somebody chose with the own account counts in a browser that knows of no choice."""
    first, second, third = Tab(peopled), Tab(peopled), Tab(peopled)
    first.sign_in("person", "engineer-paper-1")
    first.open("/overview?lang=en")

    second.sign_in("person", "engineer-paper-1")

    assert ENGLISH in second.frame
    third.open("/?lang=zh-CN")  # chosen in this browser: it counts more
    third.sign_in("person", "engineer-paper-1")
    assert ENGLISH not in third.frame


def test_a_browser_is_asked_only_by_who_never_chose(peopled: Flask) -> None:
    """`Accept-Language` counts for the first visit; Chinese before a language that nobody has."""
    client = peopled.test_client()

    asked = client.get("/verify", headers=_ACCEPTED)
    french = client.get("/verify", headers={"Accept-Language": "fr"})
    client.set_cookie("zhuce-language", "zh-CN")
    chosen = client.get("/verify", headers=_ACCEPTED)

    assert '<html lang="en"' in asked.text
    assert asked.headers["Content-Language"] == "en"
    assert {"Cookie", "Accept-Language"} <= set(asked.vary)
    assert '<html lang="zh-CN"' in french.text
    assert '<html lang="zh-CN"' in chosen.text


def test_chinese_pages_are_what_they_were(peopled: Flask) -> None:
    """Who reads Chinese gets the same page, chosen or not, and is set no cookie."""
    tab, chosen = Tab(peopled), Tab(peopled)
    chosen.client.set_cookie("zhuce-language", "zh-CN")

    for address in ("/", "/verify", "/change", "/guide/initial", "/nowhere"):
        page = tab.open(address)
        assert not any("language" in cookie for cookie in page.headers.getlist("Set-Cookie"))
        assert "Content-Language" not in page.headers
        assert _untold(page.text) == _untold(chosen.open(address).text)


def test_a_program_chooses_by_what_it_accepts(peopled: Flask) -> None:
    """`/api` speaks as the header of the request says; an address chooses for people alone."""
    client = peopled.test_client()

    chinese = client.get("/api/v1/tasks?lang=en")
    english = client.get("/api/v1/tasks", headers=_ACCEPTED)

    assert chinese.status_code == english.status_code == 401
    assert HAN.search(chinese.get_data(as_text=True))
    assert not HAN.search(english.get_data(as_text=True))


def test_the_page_for_verification_offline_is_kept_in_the_language_of_who_asks(
    peopled: Flask,
) -> None:
    """Its texts and each sentence of its script; a cache keeps both languages apart."""
    client = peopled.test_client()

    english = client.get("/pki/offline.html", headers=_ACCEPTED)
    chinese = client.get("/pki/offline.html")

    given = _given(english.text)
    assert [text for text in given["words"].values() if HAN.search(text)] == []
    assert len(given["words"]) > 20
    assert given["states"]["CANCELLED"] == "Cancelled"
    assert given["locale"] == "en-GB"
    shown = english.text.partition("<body>")[2].partition("<script")[0]
    assert "Verify a certificate offline" in shown
    assert HAN.findall(shown.replace("上海市住房和城乡建设管理委员会", "")) == []
    assert {"Cookie", "Accept-Language"} <= set(english.vary)
    assert '<html lang="zh-CN"' in chinese.text
    assert all(text == said for text, said in _given(chinese.text)["words"].items())


def test_a_draft_says_in_english_that_it_keeps_itself(peopled: Flask) -> None:
    """What a script is answered, and what it says where nothing answers."""
    tab = Tab(peopled)
    tab.sign_in("person", "engineer-ready")
    tab.open("/applications/new?lang=en", follow=True)
    tab.send("/applications/new", {"matter": "INITIAL"}, follow=True)
    form = tab.soup().select_one("form[data-autosave]")
    assert form is not None, tab.text
    draft = form.select_one('input[name="draft"]')

    kept = tab.send(str(form["data-autosave"]), {"draft": draft["value"] if draft else ""})

    assert "Cannot save automatically" in str(form["data-away"])
    assert kept.get_json()["text"].startswith("Saved automatically (")


def test_a_language_that_nobody_has_is_no_choice(peopled: Flask) -> None:
    """`?lang=` with anything else is a parameter like others."""
    tab = Tab(peopled)

    answer = tab.open("/verify?lang=klingon")

    assert answer.status_code == 200
    assert '<html lang="zh-CN"' in answer.text
    assert tab.open("/verify?lang=en%0d%0aSet-Cookie:a=b").status_code == 200


def test_a_refused_form_is_refused_in_english_and_keeps_what_was_typed(peopled: Flask) -> None:
    """Cause and remedy are told in English; a value is what it was, also one that is a message."""
    tab = Tab(peopled)
    tab.open("/verify?lang=en", follow=True)

    tab.send("/verify", {"code": "证书状态"})

    assert tab.page.status_code == 422
    assert "The code is wrong." in tab.text
    typed = tab.soup().find("input", {"name": "code"})
    assert typed is not None
    assert typed["value"] == "证书状态"


def _given(page: str) -> dict[str, Any]:
    """Read what a page hands to its script."""
    found = re.search(r'id="given">(.+?)</script>', page)
    assert found is not None
    given: dict[str, Any] = json.loads(found[1])
    return given


def _untold(page: str) -> str:
    """Leave out the token, which is another in each answer."""
    return re.sub(r'value="[^"]+"', "", page)
