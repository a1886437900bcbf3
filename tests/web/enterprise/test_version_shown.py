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
from tests.web.programs.test_clients import OF_OFFICER, draws, registers
from web.demo.portrait import draw

pytestmark = pytest.mark.proves("F:trust-2")

#: Endpoints that act on nothing they showed before, or are bound to it otherwise, and how.
WITHOUT_VERSION: dict[str, tuple[str, ...]] = {
    "begins anew what one open case, list or request of its kind refuses": (
        *("applicant.start", "applicant.get_ready", "change.report", "enterprise_rename.compute"),
        *("programs.add", "program_webhooks.add", "opinion_templates.add", "saved_views.save"),
        *("studio_drafts.begin", "studio_drafts.load", "studio_new_types.begin"),
        *("studio_plays.begin", "studio_publications.stop", "sign_up.register"),
    ),
    "posts the revision and the draft that the page was made of": (
        *("application_form.submit", "application_form.keep", "application_form.group"),
        *("application_form.verify", "roster.submit", "roster.group", "roster.keep"),
    ),
    "posts the number of the save, or the mark of the draft, that the page showed": (
        *("studio_files.save", "studio_files.remove", "studio_files.restore"),
        *("studio_form_editor.save", "studio_manifest_editor.save", "studio_new_steps.save_facts"),
        *("studio_new_steps.save_hours", "studio_new_steps.save_wording", "studio_drafts.merge"),
        "studio_plays.act",
    ),
    "adds a file of a new name to a draft, which a file of that name refuses": (
        "studio_drafts.add",
    ),
    "posts the serial of the certificate that it showed, and the PIN": (
        *("digital_certificate.renew", "digital_certificate.revoke", "key_holders.ask"),
    ),
    "asks for the PIN that counts now": (
        *("digital_certificate.apply", "digital_certificate.change_pin"),
    ),
    "writes down each file by its hash as the list was shown": (
        *("enterprise_seals.compose", "enterprise_seals.confirm", "enterprise_seals.stop"),
    ),
    "settles a request by its id, which nobody alters": (
        *("key_holders.settle", "posts.settle", "factor_resets.settle", "versions.settle"),
        *("studio_publications.settle", "studio_publications.lift", "studio_migrations.ask"),
    ),
    "posts both versions by their hashes": ("versions.ask",),
    "says the whole of what is to be, whatever stood there": (
        *("posts.ask", "enterprise_operators.appoint", "enterprise_operators.change"),
        *("enterprise_operators.require_second_factor", "channels.choose", "channels.email"),
        *("own_data.consent", "outside_systems.switch", "program_webhooks.pause"),
        *("program_webhooks.resume", "factor_resets.ask"),
    ),
    "ends or drops what it names, in whatever state": (
        *("posts.dismiss", "enterprise_operators.withdraw", "enterprise_operators.reset_factors"),
        *("programs.end", "program_webhooks.remove", "opinion_templates.drop"),
        *("saved_views.forget", "kept_forms.forget", "own_data.delete", "own_data.close"),
        *("second_factor.codes", "second_factor.remove", "sessions.end", "sessions.end_others"),
    ),
    "adds to what stands there, and takes nothing of it": (
        *("case_messages.write", "own_data.export", "notices.read", "roster.invite"),
        *("second_factor.enrol_authenticator", "second_factor.enrol_passkey"),
        "program_webhooks.again",
    ),
    "takes work, which one person holds at a time": ("agency.claim", "held.hand_over"),
    "shows what would change before it counts, from the notice that is posted": ("holidays.load",),
    "computes, tells or checks, and changes nothing that is shown": (
        *("list_check.check", "people.search", "people.number", "key_holders.search"),
        *("studio_files.check", "studio_drafts.try_", "studio_coverage.notice"),
        *("verification.by_form", "sessions.stay", "pki.ocsp", "pki.tsa"),
        *("second_factor.prove", "second_factor.prove_by_passkey"),
    ),
    "the way in and out": (
        *("sign_in.acts_for", "sign_in.sign_out", "portal.sign_in", "portal.token"),
    ),
}
PROGRAMS = "api."  #: programs say it in If-Match: tests/web/api/test_acts.py


def test_every_page_that_acts_is_known(app: Flask) -> None:
    """Who adds a page that acts says which page shows its version, or why there is none."""
    posts = {
        rule.endpoint: re.sub(r"<[^>]+>", "0a1b", rule.rule)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }
    acting = {endpoint for endpoint, path in posts.items() if page_that_acts(path)}

    without = [name for names in WITHOUT_VERSION.values() for name in names]
    assert len(acting) >= 25
    assert len(without) == len(set(without))
    assert set(without) & acting == set()
    pages = {name for name in posts if not name.startswith(PROGRAMS)}
    assert sorted(pages - acting - set(without)) == []
    assert sorted(set(without) - pages) == []


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


def test_a_draft_that_was_saved_meanwhile_is_neither_asked_for_nor_deleted(desk: Any) -> None:
    """An analyst acts upon the files that the page listed, not upon those of a colleague."""
    one, other = desk("fenxi"), desk("fenxi2")
    begun = {"type": "structural-engineer-2", "title": "延续注册的说明"}
    draft = str(one.send("/studio/drafts", begun).location)
    ask = f"/studio/publications/ask/{draft.rpartition('/')[2]}"
    shown = {
        page: _shown_at(one, place, page)
        for page, place in ((ask, ask), (f"{draft}/delete", draft))
    }
    other.send(f"{draft}/files/help/renewal.md", {"content": "新的说明。", "seen": "0"})

    for page, seen in shown.items():
        fields = {**seen, "why": "延续注册的说明写得更清楚", "confirmed": "yes"}
        assert one.send(page, fields).status_code in (409, 422)
    assert one.open(draft).status_code == 200
    assert one.send(f"{draft}/delete", _shown_at(one, draft, f"{draft}/delete")).status_code == 303


def _shown_at(hand: Desk, place: str, action: str) -> dict[str, str]:
    hand.open(place)
    return hand.seen(action)


def test_a_task_that_went_to_another_is_not_taken_back(me: Desk, desk: Any) -> None:
    """The approver takes it from whom the page named, or from nobody."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    approver, holder, colleague = desk("jueding"), desk("shencha"), desk("shenjue")
    task = holder.task()
    holder.send(f"{task}/claim")
    page = f"/agency/held/{task.rpartition('/')[2]}"
    seen = _shown_at(approver, page, page)
    holder.send(task, {"action": "release"})
    colleague.send(f"{task}/claim")

    assert approver.send(page, {**seen, "reason": "病假，由同事继续办理"}).status_code == 422
    assert "E_HELD_BY_ANOTHER" in approver.text
    assert approver.send(page, {"reason": "病假，由同事继续办理"}).status_code == 303


def test_secrets_that_were_drawn_meanwhile_are_not_ended(app: Flask, desk: Any) -> None:
    """Who ends the secrets of a program ends those that the page was about."""
    operator, officer = desk("yunwei"), desk("shencha")
    address = registers(operator, "审批辅助", **OF_OFFICER)
    draws(app, officer, address)
    seen = _shown_at(operator, f"{address}/void", f"{address}/void")
    program = draws(app, officer, address, overlap_days="0")

    assert operator.send(f"{address}/void", seen).status_code == 409
    assert program.gets("/tasks")
