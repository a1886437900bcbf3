"""What one 初始注册 leaves in the file store: all that anybody was given, each octet once."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from casework.office import Office
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock
from web.demo.portrait import draw

MOST_BYTES = 700_000  #: issue 15; four papers, the certificate as OFD too, and the portrait
VERDICTS = ("文件中没有电子签名", "已有后续签署版本", "文件真实有效")
_PAPER = re.compile(r"/files/documents/[0-9a-f]{32}\.pdf")


def taken(desk: Desk, *addresses: str) -> dict[str, bytes]:
    """Download every paper that these pages show to somebody, by its digest."""
    files = {}
    for address in addresses:
        page = desk.open(address).text
        for paper in sorted(set(_PAPER.findall(page))):
            content = desk.client.get(paper).data
            files[hashlib.sha256(content).hexdigest()] = content
    return files


def lying(tmp_path: Path) -> Mapping[str, int]:
    """Give the size of everything that lies in the store, by its name."""
    files = (tmp_path / "var" / "files").rglob("*")
    return {path.name: path.stat().st_size for path in files if path.is_file()}


def works(office: Office) -> None:
    """Let the jobs be done that the acts have left."""
    while office.runner.run_due():
        pass


@pytest.mark.proves("R46")
def test_everything_that_was_given_is_there_and_verifies_and_takes_no_more_room(
    app: Flask, office: Office, tmp_path: Path, clock: Clock
) -> None:
    """Issue 15: what a paper was at each stage is kept as the beginning of what it is at last."""
    office.policy = replace(office.policy, store_takes_ofd=True)  # as a deployment has it
    me, given, before = Desk(app).comes_as("person-01").starts(), {}, lying(tmp_path)
    me.saves(action="verify", enterprise_name=COMPANY.name)
    me.saves(photo=("我.jpg", draw(1)))
    given |= taken(me, f"{me.base}/sign", me.base)
    me.signs()
    employer = Desk(app).comes_as("enterprise")
    given |= taken(employer, f"/enterprise{me.base}") | taken(me, me.base)
    employer.seals(me.application)
    given |= taken(me, me.base)
    works(office)
    Desk(app).comes_as("shencha").does("review", outcome="approve")
    given |= taken(me, me.base)
    Desk(app).comes_as("jueding").does("decide", outcome="approve")
    given |= taken(me, me.base)
    me.open("/certificates")
    me.send(str(me.soup().find("a", string=re.compile("领证"))["href"]), {}, follow=True)  # type: ignore[index]
    assert "领证成功" in me.text
    given |= taken(me, me.base, "/certificates")
    works(office)
    given |= taken(me, me.base, "/certificates")

    left = {name: size for name, size in lying(tmp_path).items() if name not in before}
    assert sum(left.values()) <= MOST_BYTES, left
    versions = [name for name in left if name.endswith(".begins")]
    assert len(versions) == 9  # three of the form, two of each letter and of the certificate
    stranger, verdicts = Desk(app), Counter[str]()
    for sha256, content in given.items():
        assert office.files.get(sha256) == content
        clock.turn(seconds=4)  # more than twenty files a minute are refused
        stranger.token()
        stranger.post("/verify", {}, {"file": ("文件.pdf", content)})
        verdicts[next(words for words in VERDICTS if words in stranger.text)] += 1
    # printed; signed by the person alone; form, letters and certificate as they stand and stood
    assert [verdicts[words] for words in VERDICTS] == [1, 1, len(given) - 2]
    assert len(given) == 8
