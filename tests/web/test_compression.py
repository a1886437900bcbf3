"""Pages go out compressed, and no compression tells the token of a form."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

import web
from tests.web.desk import Desk
from web import tokens

BUILT = Path(web.__file__).parent / "static" / "dist"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app).comes_as("person-01")


def test_a_page_is_compressed_for_who_takes_it(desk: Desk) -> None:
    """The same page, for less than half of the bytes; others get it as it is."""
    plain = desk.client.get("/applications/new")

    packed = desk.client.get("/applications/new", headers={"Accept-Encoding": "br, gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["Cache-Control"] == "no-store"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    shown = gzip.decompress(packed.data).decode()
    assert _TOKEN.sub("", shown).count("</form>") == plain.text.count("</form>")


@pytest.mark.parametrize("taken", ["identity", "gzip;q=0", "br", ""])
def test_nobody_is_given_what_he_does_not_take(desk: Desk, taken: str) -> None:
    """A browser that refuses gzip is not sent it."""
    answer = desk.client.get("/applications/new", headers={"Accept-Encoding": taken})

    assert "Content-Encoding" not in answer.headers


def test_the_length_tells_nothing_exactly(desk: Desk) -> None:
    """The same page is of many lengths, and its token is another text each time."""
    asked = {"Accept-Encoding": "gzip"}
    answers = [desk.client.get("/applications/new", headers=asked).data for _ in range(12)]

    shown = [_TOKEN.findall(gzip.decompress(answer).decode()) for answer in answers]
    assert len({len(answer) for answer in answers}) > 4
    assert len({token for page in shown for token in page}) == sum(map(len, shown)) > 0
    parts = {token[at : at + 12] for page in shown for token in page for at in (1, 40, 80)}
    assert len(parts) == 3 * sum(map(len, shown))  # nor is a part of it the same


def test_a_masked_token_counts_and_a_broken_one_does_not(desk: Desk) -> None:
    """What the page shows is posted back; anything else is refused as before."""
    fields = {"matter": "INITIAL", "type": "structural-engineer-2"}
    token = desk.open("/applications/new") and desk.token()
    assert token.startswith("~")

    for broken in (token[:-8] + "AAAAAAAA", "~", "~!!!", token[1:], ""):
        refused = desk.client.post("/applications/new", data={**fields, "csrf_token": broken})
        assert refused.status_code == 400, broken
    assert desk.client.post("/applications/new", data={**fields, "csrf_token": token}).location
    unmasked = tokens.unmasked(token)  # a page that was open when masks began
    assert desk.client.post("/applications/new", data={**fields, "csrf_token": unmasked}).location


def test_static_files_were_compressed_when_they_were_built(app: Flask) -> None:
    """Style sheet and script of every page: less than 50 KB together, kept for ever by browsers."""
    total = 0
    for kind in ("site-*.css", "site-*.js"):
        [file] = BUILT.glob(kind)
        answer = app.test_client().get(
            f"/static/dist/{file.name}", headers={"Accept-Encoding": "gzip"}
        )

        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(answer.data) == file.read_bytes()
        total += len(answer.data)
        answer.close()
    assert total < 46_000
