"""The portal and its client, strict where a mistake would let somebody in."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from adapters.faults import Faults, OutsideFault
from adapters.identity_portal import CLIENT_ID
from adapters.systems import System
from casework.office import Office
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web.process import wiring
from web.sign_in.portal import PortalCode

TAO, NEWCOMER = world.CITIZENS[0], world.CITIZENS[7]
COMPANY = world.COMPANIES[0]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.proves("R9")
@pytest.mark.proves("R10")
def test_the_way_leads_from_the_portal_over_the_department_to_the_item(
    tab: Tab, office: Office
) -> None:
    """R9, R10: 一网通办 → 市住建委 → 【立即办理】 enters for exactly this item."""
    assert list(wiring.deploy_types(office, wiring.TYPES))
    tab.open("/portal/")
    assert "市住建委" in tab.text

    tab.open("/portal/departments/zjw")
    assert "建设工程注册从业人员职业资格许可" in tab.text
    assert "对二级注册结构工程师执业资格注册的许可" in tab.text

    start = tab.soup().find("a", href="/start/initial?type=structural-engineer-2")
    answer = tab.open(start["href"])
    assert answer.location.startswith("/sign-in/person?next=/applications/new")
    assert "structural-engineer-2" in answer.location


def test_each_consent_is_given_separately(tab: Tab, office: Office) -> None:
    """R12: registering without both consents is refused beside the box that is missing."""
    tab.sign_in("person", NEWCOMER.subject)

    answer = tab.send("/sign-up", {"consents": ["account"]})

    assert answer.status_code == 422
    assert "请勾选“我单独同意将本人照片和签名图片用于申请表和电子注册证书”" in tab.text
    with office.sessions() as session:
        assert session.scalar(select(Person).where(Person.name == NEWCOMER.name)) is None


def test_a_wrong_certificate_password_is_told_with_the_tries_left(tab: Tab) -> None:
    """I13, R7: a wrong password says how often one may still try, and whom to ring."""
    tab.sign_in("enterprise", COMPANY.uscc, pin="000000")

    assert tab.page.status_code == 422
    [told] = [item.text for item in tab.soup().select(".govuk-error-summary li")]
    assert "证书密码不正确" in told
    assert "还可以输入4次" in told
    assert "021-962600" in told
    assert tab.open("/enterprise/inbox").status_code == 303


@pytest.mark.parametrize(("level", "status"), [("L2", 303), ("L1", 400), ("", 400), ("L4", 400)])
def test_an_account_whose_person_nobody_verified_lets_nobody_in(
    tab: Tab, office: Office, level: str, status: int
) -> None:
    """R11: the real-name account is the one that the portal verified (L2 and above)."""
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location
    with writing(office.sessions) as session:
        code = session.scalars(select(PortalCode)).one()
        grant = json.loads(code.grant)
        code.grant = json.dumps(grant | {"claims": grant["claims"] | {"acr": level}})

    assert tab.open(back).status_code == status
    assert ("须达到L2级" in tab.text) == (status == 400)
    assert tab.open("/applications").status_code == (200 if status == 303 else 303)


@pytest.mark.proves("R7")
@pytest.mark.proves("R6")
def test_the_login_page_of_enterprises_links_the_middleware(tab: Tab) -> None:
    """R6: the link to 协卡助手 is on the enterprise's login page."""
    tab.open(tab.open("/sign-in/enterprise").location)

    links = [link["href"] for link in tab.soup().select("main a")]
    assert "https://www.962600.com/resources/tools" in links
    assert "证书问题请拨打021-962600" in tab.text


@pytest.mark.parametrize("official", world.OFFICIALS, ids=lambda known: known.login)
@pytest.mark.proves("R8")
def test_an_officer_signs_in(official: world.Official, tab: Tab) -> None:
    """R8: besides the two public roles the agency's officers have accounts."""
    tab.sign_in("officer", official.login)

    tab.open("/")
    assert official.name in tab.frame


def test_a_session_gets_a_new_name_at_sign_in(tab: Tab) -> None:
    tab.open("/sign-in/person")
    before = tab.client.get_cookie("zhuce")
    tab.sign_in("person", TAO.subject)
    after = tab.client.get_cookie("zhuce")

    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.proves("J5")
def test_an_idle_session_ends(tab: Tab, clock: Clock) -> None:
    tab.sign_in("person", TAO.subject)
    clock.turn(minutes=29)
    tab.open("/")
    assert TAO.name in tab.frame

    clock.turn(minutes=31)

    assert tab.open("/applications").status_code == 303


def test_a_session_in_use_ends_after_eight_hours(tab: Tab, clock: Clock) -> None:
    tab.sign_in("person", TAO.subject)
    for _ in range(24):
        clock.turn(minutes=20)
        tab.open("/")

    assert tab.open("/applications").status_code == 303


def test_a_callback_works_only_in_the_browser_that_asked(tab: Tab, app: Flask) -> None:
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location

    other = Tab(app)
    other.open("/sign-in/person")

    assert other.open(back).status_code == 400


def test_a_code_is_good_for_a_minute(tab: Tab, clock: Clock) -> None:
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location
    clock.turn(seconds=61)

    assert tab.open(back).status_code == 400
    assert "已过期" in tab.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "somebody"),
        ("redirect_uri", "http://evil.example/callback"),
        ("response_type", "token"),
        ("code_challenge_method", "plain"),
        ("acr_values", "root"),
        ("nonce", ""),
        ("state", "short"),
    ],
)
def test_the_portal_refuses_what_is_not_our_clients_request(
    name: str, value: str, tab: Tab
) -> None:
    parts = urlsplit(tab.open("/sign-in/person").location)
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()} | {name: value}

    answer = tab.open(f"/portal/authorize?{urlencode(asked)}")

    assert answer.status_code == 400
    assert "E_PORTAL" in tab.text


@pytest.mark.parametrize("password", ["wrong", "密码", ""])
def test_the_portal_gives_tokens_to_our_client_alone(password: str, app: Flask) -> None:
    """R11: a wrong secret is refused, also one that is not ASCII."""
    given = b64encode(f"{CLIENT_ID}:{password}".encode()).decode()

    answer = app.test_client().post("/portal/token", headers={"Authorization": f"Basic {given}"})

    assert answer.status_code == 401
    assert answer.json == {"error": "invalid_client"}


def test_an_account_of_another_kind_is_not_let_in(tab: Tab) -> None:
    """R11, R14: the person's entrance does not open a session for an enterprise."""
    asked = tab.open("/sign-in/person").location
    swapped = asked.replace("acr_values=person", "acr_values=officer")
    tab.open(swapped)

    back = tab.send(swapped, {"subject": "shouli"}).location

    assert tab.open(back).status_code == 400
    assert "账号类型与所选入口不一致" in tab.text


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%2f%2fevil.example",
        # what is no page to come back to
        "/sign-out",
        "/sign-in/callback?state=gone",
        "/portal/authorize",
        "/second-factor",
        "/api/v1/applications",
        "/pki/ended.cose",
        "/healthz",
        "/nowhere",
        # pages of others
        "/agency/inbox",
        "/enterprise/inbox",
    ],
)
def test_nobody_is_sent_elsewhere_after_sign_in(address: str, tab: Tab) -> None:
    """Who has just signed in reads a page of his own, no refusal and nothing of another's."""
    asked = tab.open(f"/sign-in/person?{urlencode({'next': address})}").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location

    assert tab.open(back).location == "/applications"


@pytest.mark.parametrize("address", ["/certificates", "/act-for", "/applications?q=1"])
def test_after_sign_in_the_page_opens_that_was_asked_for(tab: Tab, address: str) -> None:
    asked = tab.open(tab.open(address).location).location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location

    assert tab.open(back).location == address


@pytest.mark.proves("F:sessions-5")
def test_a_sign_up_that_took_too_long_begins_again(tab: Tab, clock: Clock) -> None:
    """Nobody is known yet whose form could be kept: the way leads back to the sign-in, and why."""
    tab.sign_in("person", NEWCOMER.subject)
    fields = {"csrf_token": tab.token(), "consents": ["service", "sensitive"]}
    clock.turn(minutes=31)

    tab.page = tab.client.post("/sign-up", data=fields)

    assert (tab.page.status_code, tab.page.location) == (303, "/sign-in")
    tab.open("/sign-in")
    assert "页面停留过久，内容没有提交" in tab.text


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (OutsideFault.DOWN, "实名制信息采集系统暂时无法连接"),
        (OutsideFault.GARBAGE, "实名制信息采集系统暂时无法连接"),
        (OutsideFault.WRONG, "实名制信息采集系统返回的信息与查询的对象不一致"),
    ],
)
def test_a_real_name_system_in_trouble_keeps_the_newcomer(
    fault: OutsideFault, told: str, tab: Tab, office: Office
) -> None:
    """R22: without the real-name system nobody is registered, and the remedy is told."""
    tab.sign_in("person", NEWCOMER.subject)
    faults = Faults(System.REAL_NAME, office.sessions)
    faults.switch(fault)

    assert tab.open("/sign-up").status_code == 503
    assert told in tab.text
    assert "请稍后重试" in tab.text

    faults.switch(OutsideFault.NONE)
    assert tab.open("/sign-up").status_code == 200


def test_an_enterprise_that_its_register_does_not_know_is_told_so(
    tab: Tab, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal lets it in, the register has no such code: which, why, and what to do; on record.

    A year after it was struck off, or on the day on which it was founded.
    """
    others = tuple(company for company in world.COMPANIES if company is not COMPANY)
    tab.open("/sign-in/enterprise")
    known, page = world.COMPANIES, tab.page.location
    tab.open(page)
    tab.send(page, {"subject": COMPANY.uscc, "pin": str(COMPANY.pin)})
    assert tab.page.status_code == 303
    monkeypatch.setattr(world, "COMPANIES", others)
    answer = tab.open(tab.page.location)
    monkeypatch.setattr(world, "COMPANIES", known)

    assert answer.status_code == 400
    for words in ("E_SIGN_IN", COMPANY.uscc, "请核对营业执照", "请返回登录页重新登录"):
        assert words in tab.text
    with office.sessions() as session:
        denied = select(AuditEvent).filter_by(action="sign_in", result="DENIED")
        assert COMPANY.uscc in str(session.scalars(denied).one().facts)


@pytest.mark.parametrize("kind", ["person", "enterprise", "officer"])
def test_an_account_that_the_portal_does_not_know_is_told_so(tab: Tab, kind: str) -> None:
    """No page that is missing: the account is, and the way leads back to the sign-in."""
    page = tab.open(f"/sign-in/{kind}").location
    tab.open(page)

    tab.send(page, {"subject": "nobody-at-all", "pin": "135790"})

    assert tab.page.status_code == 400
    for words in ("E_PORTAL", "没有该账号", "请返回登录页重新登录"):
        assert words in tab.text
