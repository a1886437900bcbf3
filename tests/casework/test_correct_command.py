"""`zhuce correct`: what the page 注册类型的版本 does, for whoever works on the machine."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from engine.actors import Actor
from registry.people import officers
from registry.people.officers import OfficerRole
from storage.database import writing
from tests.casework.test_corrections import DRAFT, FORM, PHONE, deployed, version_of
from tests.offices import Town
from web import cli
from web.process import wiring

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASKED = ["--reason", "草稿的期限写错了", "--as", "yunwei"]


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture(autouse=True)
def command(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `zhuce` work with the office of the test, which has two operators."""
    monkeypatch.setattr("web.commands.offices.settings", lambda: None)
    monkeypatch.setattr(wiring, "open_office_of", lambda _: town.office)
    monkeypatch.setattr(wiring, "close", lambda _: None)
    with writing(town.office.sessions) as session:
        for login, role in (
            ("yunwei", OfficerRole.OPERATOR),
            ("yunwei2", OfficerRole.OPERATOR),
            ("shencha2", OfficerRole.REVIEWER),
        ):
            officers.appoint(session, login, name=login, roles=[role], at=town.clock.now)


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, Any]:
    """Run a command and read its JSON."""
    assert cli.main(["correct", *words, "--json"]) == status
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_a_correction_from_the_dry_run_to_its_undoing(
    town: Town, person: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    """One operator asks, another confirms, each case is told; the way back is asked for alike."""
    case = town.starts(person)
    old, new = deployed(town, DRAFT)

    (running,) = told(capsys, "list")["running"]
    assert (running["version"], running["newest"], running["cases"]) == (old, new, 1)
    assert told(capsys, "try", old[:12])["cases"][0]["stays"] is None
    assert version_of(town, case) == (old, old)
    asked = told(capsys, "ask", old[:12], *ASKED)["id"]
    assert version_of(town, case) == (old, old)
    done = told(capsys, "confirm", asked, "--as", "yunwei2")
    assert (done["state"], done["left"], len(done["cases"])) == ("已确认", 0, 1)
    assert done["cases"][0] == {"case": case, "number": town.case(case).no, "stayed": None}
    assert version_of(town, case) == (new, new)

    back = told(capsys, "undo", asked, *ASKED)["id"]
    assert cli.main(["correct", "confirm", back, "--as", "yunwei2"]) == 0
    assert "已确认  已改用 1 件，未改用 0 件，待办 0 件" in capsys.readouterr().out
    assert version_of(town, case) == (old, old)
    assert cli.main(["correct", "list"]) == 0
    assert asked in capsys.readouterr().out


def test_what_stays_is_named_and_answered_with_one(
    town: Town, person: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script sees by the status that cases stayed; people read which and why."""
    case = town.starts(person)
    old, _ = deployed(town, {FORM: (PHONE, '"enterprise_fone": {')})

    assert cli.main(["correct", "try", old]) == 1
    said = capsys.readouterr()
    assert f"{town.case(case).no}：新表单没有字段" in said.err
    assert "可以改用" in said.out
    asked = told(capsys, "ask", old, *ASKED)["id"]
    assert told(capsys, "confirm", asked, "--as", "yunwei2", status=1)["ok"] is False
    assert "新表单没有字段" in told(capsys, "show", asked, status=1)["cases"][0]["stayed"]
    assert version_of(town, case) == (old, old)


def test_misuse_and_refusals_are_told_apart(
    town: Town, person: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown version is a wrong word; one's own request, or no operator, is refused."""
    town.starts(person)
    assert cli.main(["correct", "try", "0" * 12]) == 2
    assert "没有版本“000000000000”有在办的案件" in capsys.readouterr().err
    old, _ = deployed(town, DRAFT)
    assert cli.main(["correct", "ask", old, "--reason", "短", "--as", "yunwei"]) == 1
    assert "E_CORRECTION_REASON" in capsys.readouterr().err
    asked = told(capsys, "ask", old, *ASKED)["id"]
    for login, code in (("yunwei", "E_CORRECTION_NEEDS_ANOTHER"), ("shencha2", "E_NO")):
        assert cli.main(["correct", "confirm", asked, "--as", login]) == 1
        assert code in capsys.readouterr().err
    assert cli.main(["correct", "show", "0" * 32]) == 1
    assert "E_NOT_FOUND" in capsys.readouterr().err

    assert cli.main(["correct", "decline", asked, "--as", "yunwei2"]) == 0
    assert cli.main(["correct", "confirm", asked, "--as", "yunwei2"]) == 1
    assert "E_CORRECTION_NOT_ASKED" in capsys.readouterr().err
