"""What is no page and tells somebody something: lists as files, answers to programs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.browser import Tab
from tests.web.english import looking
from web.english.catalogue import HAN

_ENGLISH = {"Accept-Language": "en"}
#: Lists of a clerk, and of an operator of the service who registers programs.
LISTS = (
    *("/enterprise/inbox", "/enterprise/confirmed", "/enterprise/people"),
    *("/notices", "/programs"),
)
_FIXED = ("/pattern", "/const", "/$ref", "/operationId")  #: what programs read


@pytest.mark.parametrize("address", LISTS)
def test_a_list_as_a_file_is_in_english_but_for_names(peopled: Flask, address: str) -> None:
    """Issue 11: heads and words of cells are those of the page, row by row, in both formats."""
    client = peopled.extensions["busy"].clerk.client
    client.set_cookie("zhuce-language", "zh-CN")
    chinese = _rows(client.get(f"{address}?download=csv"))
    client.set_cookie("zhuce-language", "en")
    english = _rows(client.get(f"{address}?download=csv"))
    workbook = client.get(f"{address}?download=xlsx")

    assert len(english) == len(chinese)
    assert HAN.search("".join(chinese[0]))
    assert _strange(peopled, [english[0], *english[1:]]) == []
    with zipfile.ZipFile(io.BytesIO(workbook.data)) as opened:
        words = re.findall(r"<t[^>]*>([^<]*)</t>", opened.read("xl/sharedStrings.xml").decode())
    assert words[: len(english[0])] == english[0]
    assert _strange(peopled, [words]) == []


def test_a_list_that_was_checked_comes_back_in_english(peopled: Flask) -> None:
    """Heads and verdicts; number and name as they were sent, also a name that is a word of ours."""
    clerk = peopled.extensions["busy"].clerk
    clerk.client.set_cookie("zhuce-language", "en")
    clerk.open("/enterprise/verification")
    fields = {
        "csrf_token": clerk.token(),
        "list": (io.BytesIO("1E+2,姓名\nDZ1,姓名".encode()), "list.csv"),
    }

    answer = clerk.client.post("/enterprise/verification", data=fields)

    head, rounded, unknown = _rows(answer)
    assert head[:4] == ["Line", "number", "Name", "Conclusion"]
    assert unknown[2:4] == ["姓名", "No certificate fits both number and name"]
    assert rounded[2] == "姓名"
    assert "Certificate" in answer.headers["Content-Disposition"]


def test_officers_lists_stay_chinese_as_their_pages_do(peopled: Flask) -> None:
    """Decision 18: the desk decides in Chinese."""
    tab = Tab(peopled)
    tab.sign_in("officer", "shouli")
    tab.client.set_cookie("zhuce-language", "en")

    assert HAN.search("".join(_rows(tab.client.get("/agency/inbox?download=csv"))[0]))


@pytest.mark.parametrize(
    ("method", "path", "status", "title", "detail"),
    [
        ("GET", "/tasks", 401, None, "The request has no valid access token."),
        ("GET", "/nowhere", 404, "Page not found", None),
        ("PUT", "/tasks", 405, None, None),
        ("POST", "/tasks/1/complete", 401, None, "Get a token"),
    ],
)
def test_a_program_is_refused_in_the_language_it_asks_for(
    peopled: Flask, method: str, path: str, status: int, title: str | None, detail: str | None
) -> None:
    """RFC 9457, 3.1: title and detail are negotiated; code, type and status are the same."""
    client = peopled.test_client()
    chinese = client.open(f"/api/v1{path}", method=method)
    english = client.open(f"/api/v1{path}", method=method, headers=_ENGLISH)

    assert (chinese.status_code, english.status_code) == (status, status)
    assert HAN.search(chinese.json["detail"])  # type: ignore[index]  # a problem is JSON
    assert not HAN.search(english.get_data(as_text=True))
    assert "Accept-Language" in english.vary
    problem: Any = english.json
    assert title in (None, problem["title"])
    assert (detail or "") in problem["detail"]
    fixed = ("type", "status", "code")
    assert [problem[key] for key in fixed] == [chinese.json[key] for key in fixed]  # type: ignore[index]


def test_a_token_that_is_refused_says_why_in_english(peopled: Flask) -> None:
    """RFC 6749, 5.2: an `error_description` in ASCII, for who asks so."""
    answer = peopled.test_client().post("/api/v1/token", headers=_ENGLISH)

    assert answer.status_code == 400
    assert answer.get_data(as_text=True).isascii()


def test_the_description_of_the_interface_is_in_english(peopled: Flask) -> None:
    """Each text that people read is; all that programs read is the same."""
    client = peopled.test_client()
    chinese = client.get("/api/v1/openapi.json").json
    english = client.get("/api/v1/openapi.json", headers=_ENGLISH).json

    assert not HAN.search(json.dumps(english, ensure_ascii=False))
    assert _others(chinese, english) == []


def _rows(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def _strange(app: Flask, rows: list[list[str]]) -> list[str]:
    names = looking.names(app)
    return [
        cell
        for row in rows
        for cell in row
        if HAN.search(cell) and not looking.is_name(cell, names)
    ]


def _others(chinese: Any, english: Any, place: str = "") -> list[str]:
    """Tell where two documents differ beside in texts that are Chinese in the first."""
    if isinstance(chinese, dict) and isinstance(english, dict) and [*chinese] == [*english]:
        pairs = [(key, chinese[key], english[key]) for key in chinese]
    elif isinstance(chinese, list) and isinstance(english, list) and len(chinese) == len(english):
        pairs = [(str(at), *both) for at, both in enumerate(zip(chinese, english, strict=True))]
    else:
        is_text = HAN.search(str(chinese)) and not place.endswith(_FIXED)
        return [] if chinese == english or is_text else [place]
    return [other for key, *both in pairs for other in _others(*both, f"{place}/{key}")]
