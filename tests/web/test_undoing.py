"""What cannot be undone is asked once more, for every audience: the table, and what it says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from casework.office import Office
from registry.people.persons import Person
from registry.people.second_factors import FactorKind
from tests.web.agency.test_proposals import registration
from tests.web.browser import asks_once_more
from tests.web.desk import COMPANY, Desk, pdf
from tests.web.furnished import Clock, app, clock, desk, office, prepared
from tests.web.sign_in.test_second_factor import enrol
from tests.web.undoing import UNDOING, Asks, Undone, row_of, undone_by
from web.demo.people.population import populate

__all__ = ["app", "clock", "desk", "office", "prepared", "registration"]

pytestmark = pytest.mark.proves("F:crossed-7")
Sits = Callable[[str], Desk]
_ASKING = re.compile(r"once_more\.|final_acts\.|contested\.answer\(|\banswer\(acting")


def _posts(app: Flask) -> set[str]:
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }


def _source(app: Flask, endpoint: str) -> str:
    return inspect.getsource(inspect.unwrap(app.view_functions[endpoint]))


def test_every_act_asks_or_names_what_undoes_it(app: Flask) -> None:
    """Who adds a page that acts adds a row, and a row tells of nothing that is not there."""
    posts = _posts(app)

    assert sorted(endpoint for endpoint in posts if row_of(endpoint) is None) == []
    assert [
        words for words in UNDOING if not any(re.fullmatch(words, name) for name in posts)
    ] == []
    named = {endpoint: undone_by(row_of(endpoint)) for endpoint in posts}
    assert {act: by for act, by in named.items() if not posts.issuperset(by)} == {}
    for words, row in UNDOING.items():
        if isinstance(row, Undone):
            assert row.by.split(), words


def test_what_asks_does_so_in_the_one_way(app: Flask) -> None:
    """An act that the table says asks has the page that asks, and no other act has."""
    asks = {name for name in _posts(app) if _ASKING.search(_source(app, name))}

    assert {name for name in _posts(app) if isinstance(row_of(name), Asks)} == asks


def asked(desk: Desk, address: str, fields: dict[str, Any]) -> None:
    """Press once, see the page that asks, and leave it."""
    desk.send(address, fields, confirms=False)
    assert asks_once_more(desk.page), desk.text


def test_a_revocation_by_two_asks_the_second(desk: Sits, office: Office) -> None:
    """吊销: the one who confirms reads what ends; until then the seal is good."""
    operator, colleague = desk("yunwei"), desk("yunwei2")
    page = f"/operations/key-holders/enterprise/{COMPANY.uscc}"
    operator.open(page)
    serial = str(operator.soup().select_one("input[name=serial]")["value"])  # type: ignore[index]
    why = {"reason": "法院裁定吊销", "proof": "裁定书原件已核对", "cause": "privilegeWithdrawn"}
    operator.send(page, {"serial": serial, **why, "action": "revoke"})
    colleague.open("/operations/key-holders")
    waits = colleague.soup().select_one('form[action*="/requests/"]')
    assert waits is not None
    settle = str(waits["action"])

    asked(colleague, settle, {"action": "confirm"})
    assert "不能撤销" in colleague.text
    assert office.signatures.check_certificate("enterprise", COMPANY.uscc)["revocation"] == "GOOD"

    colleague.send(settle, {"action": "confirm"})
    facts = office.signatures.check_certificate("enterprise", COMPANY.uscc)
    assert facts["revocation"] == "REVOKED"


def test_a_reset_by_two_asks_the_second(desk: Sits, clock: Clock) -> None:
    """重置第二重验证: what was enrolled stands until the second operator has said yes."""
    officer, operator, colleague = desk("shencha"), desk("yunwei"), desk("yunwei2")
    enrol(officer, clock)
    page = "/operations/officers/shencha/second-factor"
    operator.send(page, {"reason": "手机遗失，已当面核对工作证"})
    colleague.open("/operations/officers")
    waits = colleague.soup().select_one('form[action*="/resets/"]')
    assert waits is not None

    asked(colleague, str(waits["action"]), {"action": "confirm"})
    assert FactorKind.TOTP.label in operator.open(page).text

    colleague.send(str(waits["action"]), {"action": "confirm"})
    assert operator.open(page).status_code != 200 or FactorKind.TOTP.label not in operator.text


def test_a_consent_is_withdrawn_when_it_was_asked(desk: Sits, office: Office) -> None:
    """撤回同意: the picture of the signature goes for ever, and only after yes."""
    me = desk("person-07")
    me.send("/readiness", {"step": "signature"})
    with office.sessions() as session:
        before = {row.id for row in session.query(Person) if row.signature_sha256}

    asked(me, "/my-data/consent", {"purpose": "portrait", "action": "withdraw"})
    with office.sessions() as session:
        assert {row.id for row in session.query(Person) if row.signature_sha256} == before

    me.send("/my-data/consent", {"purpose": "portrait", "action": "withdraw"}, follow=True)
    assert "已撤回同意" in me.text


def test_a_statement_is_asked_for_once_with_its_files(app: Flask, office: Office) -> None:
    """陈述、申辩: it is given once; the page that asks brings text and files along."""
    populate(office, only=("intended",))
    me = Desk(app)
    me.sign_in("person", "engineer-intended")
    me.open("/applications")
    link = me.soup().select_one('a[href^="/hearings/"]')
    assert link is not None
    page = str(link["href"])
    said = {"statement": "处罚决定已被复议机关撤销。"}

    me.post(page, said, {"evidence": ("复议决定书.pdf", pdf())})
    assert asks_once_more(me.page), me.text
    assert "复议决定书.pdf" in me.text
    me.confirms()

    assert "陈述、申辩意见已提交" in me.text
    assert "复议决定书.pdf" in me.text
