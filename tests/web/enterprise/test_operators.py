"""【经办人】: appointed, limited, withdrawn; each acts under his own account (who did what)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.trail.audit import AuditEvent
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock

Sits = Callable[[str], Desk]
DEPUTY = world.CITIZENS[6]
FIELDS = {"name": DEPUTY.name, "id_no": DEPUTY.id_no}


@pytest.fixture
def admin(desk: Sits) -> Desk:
    """Give who comes with the enterprise's certificate."""
    return desk("enterprise")


def appoints(admin: Desk, role: str, **more: str) -> str:
    """Type, look, confirm; give the address of the new operator's page."""
    typed = {**FIELDS, "role": role, **more}
    admin.send("/enterprise/operators", typed)
    assert "核对任命" in admin.text, admin.text
    admin.send("/enterprise/operators", {**typed, "action": "confirm"}, follow=True)
    assert "已任命" in admin.text
    link = admin.soup().find("a", string=lambda text: bool(text) and DEPUTY.name in text)
    links = admin.soup().select('a[href^="/enterprise/operators/"]')
    assert link is None or links
    return next(
        str(one["href"]) for one in links if DEPUTY.name in one.find_parent("tr").get_text()
    )


def acts(desk: Sits) -> Desk:
    """Sign in as a person, and choose to act for the enterprise."""
    hand = desk(DEPUTY.subject)
    hand.open("/applications")
    assert "代表企业办理" in hand.text
    hand.open("/act-for")
    operator = hand.soup().select_one('input[name="operator"]')
    assert operator is not None
    hand.send("/act-for", {"operator": operator["value"]}, follow=True)
    assert "待企业确认" in hand.text
    return hand


def test_who_may_look_may_not_agree_and_who_agrees_may_not_seal(
    me: Desk, admin: Desk, desk: Sits, office: Office
) -> None:
    """Three roles: what is not one's duty has no button, and is refused with a code."""
    me.fills().signs()
    case = f"/enterprise/applications/{me.application}"
    page = appoints(admin, "VIEWER")
    deputy = acts(desk)
    deputy.open(case)
    assert "您的权限为查看" in deputy.text
    assert not deputy.soup().select('[name="opinion"], [name="pin"]')
    for address, fields in (
        (case, {"action": "agree", "opinion": "true"}),
        (f"{case}/seal", {"pin": str(COMPANY.pin)}),
        ("/enterprise/seals", {"items": me.application}),
        ("/enterprise/operators", {**FIELDS, "role": "ADMIN", "action": "confirm"}),
        ("/digital-certificate/pin", {"old_pin": str(COMPANY.pin), "new_pin": "975310"}),
    ):
        refused = deputy.client.post(address, data={"csrf_token": deputy.token(), **fields})
        assert (refused.status_code, "E_NOT_YOUR_DUTY" in refused.text) == (403, True), address

    admin.send(page, {"role": "AGREE_OPERATOR"}, follow=True)
    deputy.open(case)
    assert deputy.soup().select('[name="opinion"]')
    assert not deputy.soup().select('[name="pin"]')
    one_page = {"action": "seal", "opinion": "true", "pin": str(COMPANY.pin)}
    assert deputy.send(case, one_page).status_code == 403
    deputy.send(case, {"action": "agree", "opinion": "true"}, follow=True)
    assert "您的权限不包括使用企业电子签章" in deputy.text

    admin.send(page, {"role": "SEAL_OPERATOR"}, follow=True)
    deputy.send(f"{case}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert "企业电子签章完成" in deputy.text
    admin.open(page)
    for act in ("企业同意", "企业证书密码通过", "调整企业经办人权限", "任命企业经办人"):
        assert act in admin.text


def test_a_deputy_acts_until_his_last_day(admin: Desk, desk: Sits, clock: Clock) -> None:
    """A deputy has the role of whom he stands in for, and an end; after it his session is over."""
    admin.open("/enterprise/operators")
    principal = str(admin.soup().select('select[name="deputy_for"] option')[1]["value"])
    typed = {**FIELDS, "deputy_for": principal}
    assert admin.send("/enterprise/operators", typed).status_code == 422
    assert "E_DEPUTY_LAST_DAY" in admin.text
    appoints(admin, "", deputy_for=principal, acts_until="2026年11月25日")
    assert f"代{COMPANY.operator}办理" in admin.text
    deputy = acts(desk)

    clock.turn(days=1)
    deputy = acts(desk)
    assert deputy.open("/enterprise/inbox").status_code == 200
    clock.turn(hours=15)

    assert deputy.open("/enterprise/inbox").status_code == 303
    again = desk(DEPUTY.subject)
    again.open("/act-for")
    assert "没有企业任命您为经办人" in again.text


def test_withdrawing_asks_and_counts_at_once(admin: Desk, desk: Sits, office: Office) -> None:
    """The page says what ends; afterwards the next press of the withdrawn leads to the sign-in."""
    page = appoints(admin, "SEAL_OPERATOR")
    deputy = acts(desk)
    admin.open(f"{page}/withdraw")
    assert "撤销后立即生效" in admin.text

    admin.send(f"{page}/withdraw", {}, follow=True)

    assert "已撤销" in admin.text
    assert deputy.open("/enterprise/inbox").status_code == 303
    refused = admin.send(page, {"role": "ADMIN"})
    assert (refused.status_code, "E_OPERATOR_NOT_ACTING" in admin.text) == (422, True)
    with office.sessions() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action.like("operator.%")))
        told = [(row.action, row.facts["role"]) for row in rows]
    assert told == [("operator.appoint", "SEAL_OPERATOR"), ("operator.withdraw", "SEAL_OPERATOR")]


def test_what_an_administrator_types_is_refused_and_kept(admin: Desk, desk: Sits) -> None:
    """Nobody is found by a number alone; days and roles are told at their fields."""
    for fields, code in (
        ({"name": "张三", "id_no": DEPUTY.id_no, "role": "VIEWER"}, "E_OPERATOR_UNKNOWN"),
        ({**FIELDS, "id_no": "1", "role": "VIEWER"}, "E_OPERATOR_UNKNOWN"),
        ({**FIELDS, "role": "KING"}, "E_OPERATOR_ROLE"),
        ({**FIELDS, "role": "VIEWER", "acts_until": "昨天"}, "E_OPERATOR_LAST_DAY"),
        ({**FIELDS, "role": "VIEWER", "acts_until": "2026-11-23"}, "E_OPERATOR_LAST_DAY"),
    ):
        answer = admin.send("/enterprise/operators", fields)
        assert (answer.status_code, code in admin.text) == (422, True), code
        name = admin.soup().select_one('input[name="name"]')
        assert name is not None
        assert name["value"] == fields["name"]
    admin.open("/enterprise/operators")
    own = str(admin.soup().select('table a[href^="/enterprise/operators/"]')[0]["href"])

    assert admin.send(own, {"role": "VIEWER"}).status_code == 422
    assert "E_LAST_ADMINISTRATOR" in admin.text
    admin.send(f"{own}/withdraw", {}, follow=True)
    assert "E_LAST_ADMINISTRATOR" in admin.text
    stranger = desk("other-enterprise")
    for path in (own, f"{own}/withdraw"):
        assert stranger.open(path).status_code == 404
    assert stranger.send(f"{own}/withdraw", {}).status_code == 404
