"""A page that acts posts which version it showed: no other is acted upon, and twice is once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from casework.office import Office
from engine import queries
from registry import versions
from registry.applications import decisions, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind, StoredFile
from registry.people.persons import Person
from registry.versions import Seen
from storage.database import writing
from tests.web.browser import page_that_acts
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw

pytestmark = pytest.mark.proves("F:trust-2")

#: Pages that take a form and act on nothing they showed before; the second group posts a revision.
WITHOUT_VERSION = (
    r"applicant\.(start|get_ready)|change\.report|enterprise_rename\.compute"  # begin anew
    r"|list_check\.check"  # looks certificates up
    r"|enterprise_seals\.\w+"  # a list is written down as it was shown, each file by its hash
    r"|enterprise_operators\.\w+"  # appoints, limits or withdraws whom it names
    r"|application_form\.\w+|roster\.(submit|group|keep)"  # post the revision, or keep nothing
    r"|digital_certificate\.\w+|session_list\.\w+|sessions\.\w+|second_factor\.\w+"  # one's own
    r"|case_messages\.write"  # says which message it answers, and moves nothing
    r"|opinion_templates\.\w+"  # words that the authority keeps
    r"|api\.\w+"  # programs say it in If-Match: tests/web/api/test_acts.py
    r"|channels\.\w+|own_data\.\w+"  # one's own: messages, file, consent, account
    r"|notices\.read|kept_forms\.forget|saved_views\.\w+"
    r"|agency\.claim|roster\.invite"  # takes work, tells a person: changes nothing of a case
    r"|people\.(search|number)|holidays\.load|held\.\w+|outside_systems\.switch"  # of the agency
    r"|studio_\w+\.\w+"  # a file is saved against the number of the save that was shown
    # a request is settled by its own id and never altered
    r"|(key_holders|versions|posts|factor_resets)\.\w+"
    r"|programs\.(add|end|void)|program_webhooks\.\w+"  # ends or adds what it names, once
    r"|(sign_in|sign_up|portal|verification|list_check|pki|tour)\.\w+"  # of no case
)


def test_every_page_that_acts_is_known(app: Flask) -> None:
    """Who adds a page that acts says which page shows its version, or why there is none."""
    posts = {
        rule.endpoint: re.sub(r"<[^>]+>", "0a1b", rule.rule)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }
    acting = {endpoint for endpoint, path in posts.items() if page_that_acts(path)}

    assert len(acting) >= 25
    assert [name for name in posts if name not in acting | _without(posts)] == []


def _without(posts: dict[str, str]) -> set[str]:
    return {endpoint for endpoint in posts if re.fullmatch(WITHOUT_VERSION, endpoint)}


@pytest.fixture
def clerk(desk: Any) -> Desk:
    clerk: Desk = desk("enterprise")
    return clerk


def _changes(me: Desk, clock: Any, phone: str) -> None:
    """Change the form and sign it again, when the next code may be asked for."""
    clock.turn(minutes=2)
    me.saves(photo=("我.jpg", draw(1)), enterprise_phone=phone)
    assert "数据校验已通过" in me.text, me.text
    me.signs()


def _shown(clerk: Desk, address: str) -> dict[str, str]:
    clerk.open(address)
    return clerk.seen(address)


def _nodes(office: Office, case: str) -> set[str]:
    with office.sessions() as session:
        return {task.node for task in queries.tasks_of(session, case)}


def test_a_version_that_was_not_shown_is_neither_agreed_nor_sealed_nor_decided(
    me: Desk, clerk: Desk, desk: Any, office: Office, clock: Any
) -> None:
    """The enterprise and the agency act upon what they read, or upon nothing."""
    me.fills().signs()
    case, address = me.application, f"/enterprise/applications/{me.application}"
    agree: dict[str, str] = {"action": "agree", "opinion": "true"}
    give_back = {"action": "return", "reason": "聘用单位的电话写错了"}

    # 1. Agree and return: the applicant signed again, or the page says no version.
    old = _shown(clerk, address)
    _changes(me, clock, "021-00000002")
    for seen in (old, {"seen": ""}, {"seen": "0" * 32}):
        for fields in (agree, give_back):
            answer = clerk.send(address, {**fields, **seen})
            assert answer.status_code == 422
            assert "E_CHANGED_MEANWHILE" in clerk.text
        assert "聘用单位的电话写错了" in answer.text
    assert _nodes(office, case) == {"review_application"}

    # 2. Seal: the right PIN on an old page seals nothing.
    clerk.send(address, agree, follow=True)
    seal = f"{address}/seal"
    pin = {"pin": str(COMPANY.pin), **_shown(clerk, seal)}
    _changes(me, clock, "021-00000003")
    clerk.send(address, agree, follow=True)
    clerk.send(seal, pin)
    assert "E_CHANGED_MEANWHILE" in clerk.text
    with office.sessions() as session:
        form = documents.current(session, case, DocumentKind.APPLICATION)
        assert form is not None
        assert {one.role for one in documents.signatures(session, form.id)} == {"applicant"}

    # 3. A fresh page seals; pressed again it is answered as done.
    clerk.send(seal, {"pin": str(COMPANY.pin)}, follow=True)
    assert "企业电子签章完成" in clerk.text
    assert clerk.send(seal, pin, follow=True).status_code == 200
    assert "企业电子签章已经提交" in clerk.text

    # 4. The officer read another name: nothing is decided. Pressed twice it is decided once.
    officer: Desk = desk("shencha")
    task = officer.task()
    review = {"action": "review", "outcome": "approve"}
    read = _shown(officer, task)
    with writing(office.sessions) as session:
        person = session.get_one(Person, session.get_one(Application, case).person_id)
        name, person.name = person.name, "陶示范"
    assert officer.send(task, {**review, **read}).status_code == 422
    assert "E_CHANGED_MEANWHILE" in officer.text
    with writing(office.sessions) as session:
        session.get_one(Person, person.id).name = name
    for _ in range(2):
        assert officer.send(task, {**review, **read}).status_code == 303
    with office.sessions() as session:
        assert len(decisions.of(session, case)) == 1


def test_a_second_press_of_withdraw_is_done_and_the_seal_page_asks_nothing(
    me: Desk, clerk: Desk
) -> None:
    """F:crossed-7: a late press reads no error; nobody is asked for the PIN of a withdrawn case."""
    me.fills().signs()
    address = f"/enterprise/applications/{me.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    assert "核验已通过" in clerk.text
    withdraw = f"{me.base}/withdraw"
    fields = _shown(me, withdraw)

    for _ in range(2):
        me.send(withdraw, fields, follow=True)
        assert "申请已撤回" in me.text
    clerk.open(f"{address}/seal", follow=True)

    assert clerk.soup().find("input", {"name": "pin"}) is None
    assert "核验已通过" not in clerk.text


def test_the_version_of_a_case_follows_what_people_read(me: Desk, office: Office) -> None:
    """Each thing that a page shows changes the version; the moves of the process do not."""
    me.fills()
    case = me.application
    seen = [_version(office, case)]

    me.signs()  # the file changes
    seen.append(_version(office, case))
    with writing(office.sessions) as session:
        application = session.get_one(Application, case)
        application.enterprise_name = "示例建筑设计有限公司（新）"
    seen.append(_version(office, case))
    with writing(office.sessions) as session:
        form = documents.current(session, case, DocumentKind.APPLICATION)
        assert form is not None
        file = StoredFile(sha256="0" * 64, size_bytes=1)
        documents.replace(session, form, documents.AUGMENTED, file, at=office.now())
    augmented = _version(office, case)

    assert len(set(seen)) == 3
    assert augmented == seen[-1]
    with office.sessions() as session:
        assert versions.of(session, Seen.CASE, "nobody") not in seen


def _version(office: Office, case: str) -> str:
    with office.sessions() as session:
        return versions.of(session, Seen.CASE, case)
