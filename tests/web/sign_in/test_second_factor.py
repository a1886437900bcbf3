"""第二重验证: officers prove themselves by more than the portal."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from sqlalchemy import select, text

from casework.office import Office
from casework.second_factors import proofs
from registry.trail.audit import AuditEvent
from storage.vault import Vault, configure
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web import cli, create_app
from web.process import secret_keys, wiring
from web.settings import Settings
from web.values import SecondFactor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PROOF, FRONT, AUTHENTICATOR = (
    "/second-factor/proof",
    "/second-factor",
    "/second-factor/authenticator",
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Require a second factor of every officer, as production does."""
    return replace(settings, second_factor=SecondFactor.REQUIRED)


class Phone:
    """An authenticator, as it runs on somebody's telephone."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.secret = secret
        self._totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # RFC 6238
        self._clock = clock

    def code(self, steps: int = 0) -> str:
        """Show the code of now, or that of some steps away."""
        return self._totp.generate(int(self._clock().timestamp()) + 30 * steps).decode()


def enrol(tab: Tab, clock: Clock) -> tuple[Phone, list[str]]:
    """Enrol an authenticator from its page; give it with the recovery codes that are shown."""
    tab.open(AUTHENTICATOR)
    said = re.search(r'class="factor-secret">([A-Z2-7 ]+)<', tab.page.text)
    assert said is not None
    phone = Phone(said[1].replace(" ", ""), clock)
    tab.send(AUTHENTICATOR, {"code": phone.code()}, follow=True)
    clock.turn(seconds=30)
    return phone, re.findall(r'class="factor-secret">([0-9A-Z-]+)<', tab.page.text)


def events(office: Office) -> list[tuple[str, str, str | None]]:
    """Give action, result and code of what the trail says of second factors."""
    with office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action.like("second_factor.%"))
        rows = session.scalars(query.order_by(AuditEvent.id)).all()
    assert all(row.actor.startswith("officer:") for row in rows)
    return [(row.action, row.result, (row.facts or {}).get("code")) for row in rows]


def comes(app: Flask, login: str = "shouli") -> Tab:
    """Come through the portal in another browser."""
    tab = Tab(app)
    tab.sign_in("officer", login)
    return tab


@pytest.fixture
def phone(tab: Tab, clock: Clock) -> Phone:
    """Let 受理 have enrolled an authenticator, and be signed in."""
    tab.sign_in("officer", "shouli")
    return enrol(tab, clock)[0]


def test_an_officer_enrols_before_anything_opens(tab: Tab, clock: Clock, office: Office) -> None:
    """The portal alone opens nothing; codes are shown once, then the inbox opens."""
    tab.sign_in("officer", "shouli")
    assert "请先登记一种方式" in tab.text
    assert tab.client.get("/agency/inbox").location.startswith("/sign-in/officer")

    _, codes = enrol(tab, clock)

    assert len(set(codes)) == 10
    assert tab.open("/agency/inbox").status_code == 200
    tab.open(FRONT)
    assert "还有 10 个没有使用" in tab.text
    assert not any(code in tab.page.text for code in codes)
    assert [row[:2] for row in events(office)] == [("second_factor.enrolled", "OK")]


def test_a_code_lets_in_once_within_one_step(app: Flask, phone: Phone, clock: Clock) -> None:
    """RFC 6238 5.2: a code counts once, one step before and after now, and no further."""
    for steps, lets_in in ((-2, False), (2, False), (0, True), (0, False), (-1, False), (1, True)):
        tab = comes(app)
        assert "第二重验证" in tab.text

        tab.send(PROOF, {"code": phone.code(steps)})

        assert (tab.page.status_code == 303) is lets_in, steps
        assert (tab.open("/agency/inbox").status_code == 200) is lets_in, steps
        clock.turn(minutes=5) if steps == 2 else None
    tab = comes(app)
    clock.turn(minutes=11)
    assert tab.send(PROOF, {"code": phone.code()}).location == "/sign-in/officer"
    tab = comes(app)
    late = {"csrf_token": tab.token(), "code": phone.code()}
    clock.turn(minutes=31)
    assert tab.client.post(PROOF, data=late).location == "/sign-in"


def test_a_code_is_read_as_people_type_it(app: Flask, phone: Phone) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in phone.code())
    tab = comes(app)

    tab.send(PROOF, {"code": f" {wide[:3]} {wide[3:]} "}, follow=True)

    assert tab.open("/agency/inbox").status_code == 200


def test_where_he_wanted_to_go_is_where_he_comes_to(app: Flask, phone: Phone) -> None:
    tab = Tab(app)
    asked = tab.open("/sign-in/officer?next=/agency/people").location
    tab.open(asked)
    tab.send(asked, {"subject": "shouli"})
    tab.open(tab.page.location, follow=True)

    assert tab.send(PROOF, {"code": phone.code()}).location == "/agency/people"


def test_wrong_codes_are_counted_and_lock_the_authenticator(
    app: Flask, phone: Phone, clock: Clock, office: Office
) -> None:
    """Five tries in five minutes; ten failures in a row, and only paper or a passkey helps."""
    wrong = {"code": "000000" if phone.code() != "000000" else "111111"}
    for _ in range(2):
        clock.turn(minutes=5)
        tab = comes(app)
        for _ in range(5):
            assert tab.send(PROOF, wrong).status_code == 422
        assert tab.send(PROOF, wrong).status_code == 429

    clock.turn(minutes=5)
    tab = comes(app)
    tab.send(PROOF, {"code": phone.code()})

    assert tab.page.status_code == 422
    assert "E_SECOND_FACTOR_LOCKED" in tab.page.text
    codes = [code for _, result, code in events(office) if result == "DENIED"]
    assert codes.count("E_SECOND_FACTOR") == 10
    assert codes.count("E_TOO_MANY_ATTEMPTS") == 2
    assert codes.count("E_SECOND_FACTOR_LOCKED") == 1


def test_a_recovery_code_stands_in_once(app: Flask, tab: Tab, clock: Clock) -> None:
    tab.sign_in("officer", "shouli")
    _, codes = enrol(tab, clock)

    first, second = comes(app), comes(app)
    first.send(PROOF, {"code": codes[0].lower()}, follow=True)
    second.send(PROOF, {"code": codes[0]})

    assert first.open("/agency/inbox").status_code == 200
    assert second.page.status_code == 422
    assert second.open("/agency/inbox").status_code == 303


def test_who_is_only_awaited_enrols_nothing_more(app: Flask, phone: Phone) -> None:
    """Who has the portal's password alone must not bring a factor of his own."""
    tab = comes(app)

    for address in (FRONT, AUTHENTICATOR, "/second-factor/passkey"):
        assert tab.open(address).location == PROOF
    assert tab.send(AUTHENTICATOR, {"code": phone.code()}).location == PROOF
    assert tab.send("/second-factor/codes").location == PROOF
    assert Tab(app).open(FRONT).location == "/sign-in/officer"


def test_what_proves_is_changed_with_a_fresh_proof_alone(
    tab: Tab, phone: Phone, clock: Clock
) -> None:
    """A browser that was left open cannot be given another factor; the last one stays."""
    tab.open(FRONT)
    remove = re.search(r'action="(/second-factor/\w+/remove)"', tab.page.text)
    assert remove is not None
    assert "E_SECOND_FACTOR_LAST" in tab.send(remove[1]).text
    clock.turn(minutes=16)

    assert tab.open(FRONT).location == f"{PROOF}?next={FRONT}"
    assert tab.send("/second-factor/codes").location == f"{PROOF}?next={FRONT}"

    tab.open(f"{PROOF}?next={FRONT}")
    assert tab.send(PROOF, {"code": phone.code(), "next": FRONT}).location == FRONT
    assert tab.send("/second-factor/codes").text.count('class="factor-secret"') == 10


def test_two_operators_reset_what_was_lost(
    app: Flask, tab: Tab, phone: Phone, clock: Clock
) -> None:
    """Nobody alone and nobody for himself; sessions end, and the next sign-in enrols."""
    asks, confirms = comes(app, "yunwei"), comes(app, "yunwei2")
    enrol(asks, clock)
    enrol(confirms, clock)
    address = "/operations/officers/shouli/second-factor"
    assert asks.send(address, {"reason": "丢"}).status_code == 422
    asks.open(address)
    assert "身份验证器" in asks.text

    asks.send(address, {"reason": "手机遗失，已当面核对工作证"}, follow=True)
    settle = re.search(r'action="(/operations/officers/resets/\w+)"', asks.page.text)
    assert settle is not None
    assert "E_RESET_ASKED" in asks.send(address, {"reason": "手机遗失，已当面核对"}).text
    assert asks.send(settle[1], {"action": "confirm"}).status_code == 409
    assert tab.open("/agency/inbox").status_code == 200
    confirms.send(settle[1], {"action": "confirm"}, follow=True)

    assert "已重置" in confirms.page.text
    assert confirms.send(settle[1], {"action": "confirm"}).status_code == 303  # pressed twice
    assert asks.send(settle[1], {"action": "decline"}).status_code == 409
    assert tab.open("/agency/inbox").status_code == 303
    assert "请先登记一种方式" in comes(app).text
    assert "E_RESET_NEEDLESS" in asks.send(address, {"reason": "手机遗失，已当面核对"}).text


def test_the_host_resets_by_command(
    app: Flask, phone: Phone, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.commands.offices.settings", lambda: None)
    monkeypatch.setattr(wiring, "open_office_of", lambda _: office)
    monkeypatch.setattr(wiring, "close", lambda _: None)
    words = ["officer", "reset-factor", "shouli", "--reason"]
    assert cli.main([*words, "丢"]) == 1

    assert cli.main([*words, "手机遗失，已当面核对"]) == 0

    assert "请先登记一种方式" in comes(app).text
    assert cli.main([*words, "手机遗失，已当面核对"]) == 1


def test_a_secret_lies_encrypted_and_moves_with_the_rotation(
    app: Flask,
    phone: Phone,
    settings: Settings,
    office: Office,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither file nor log has the secret; `zhuce secret rotate` wraps it anew, and it proves."""
    database = b"".join(file.read_bytes() for file in (tmp_path / "var").glob("zhuce.db*"))
    said = capfd.readouterr()
    assert phone.secret.encode() not in database
    assert phone.secret not in said.out + said.err
    assert phone.code(-1) not in said.out + said.err  # with which he enrolled
    rotated = replace(settings, register_key="0123456789abcdef" * 2)
    query = text("SELECT secret FROM second_factor WHERE kind = 'TOTP'")
    with office.sessions() as session:
        before = session.execute(query).scalar_one()
    try:
        configure(Vault(*rotated.register_keys()))
        secret_keys.rotate(rotated, office)
        with office.sessions() as session:
            assert session.execute(query).scalar_one()[:4] != before[:4]
        tab = comes(app)
        tab.send(PROOF, {"code": phone.code()}, follow=True)
        assert tab.open("/agency/inbox").status_code == 200
    finally:
        configure(Vault(*settings.register_keys()))


def test_where_it_is_optional_only_who_has_enrolled_is_asked(
    settings: Settings, office: Office, clock: Clock
) -> None:
    app = create_app(replace(settings, second_factor=None), office)
    tab = comes(app)
    assert tab.open("/agency/inbox").status_code == 200
    tab.open(FRONT)
    assert "请先登记" not in tab.text

    phone, _ = enrol(tab, clock)

    again = comes(app)
    assert again.open("/agency/inbox").status_code == 303
    again.send(PROOF, {"code": phone.code()}, follow=True)
    assert again.open("/agency/inbox").status_code == 200
    again.open(FRONT)
    remove = re.search(r'action="(/second-factor/\w+/remove)"', again.page.text)
    assert remove is not None
    again.send(remove[1], follow=True)
    assert comes(app).open("/agency/inbox").status_code == 200


def test_who_came_in_before_it_was_required_comes_in_again(
    settings: Settings, office: Office
) -> None:
    """A session that the portal alone opened ends with the restart that requires more."""
    tab = comes(create_app(replace(settings, second_factor=SecondFactor.OPTIONAL), office))
    cookie = tab.client.get_cookie("zhuce")
    assert cookie is not None
    assert tab.open("/agency/inbox").status_code == 200

    later = Tab(create_app(settings, office))
    later.client.set_cookie("zhuce", cookie.value)

    assert later.open("/agency/inbox").location.startswith("/sign-in/officer")


def test_persons_and_enterprises_are_not_asked(app: Flask) -> None:
    tab = Tab(app)
    tab.sign_in("person", "person-01")

    assert tab.open("/applications").status_code == 200
    assert tab.open(FRONT).location == "/sign-in/officer"


def test_what_is_no_passkey_is_refused(
    app: Flask, tab: Tab, phone: Phone, office: Office, clock: Clock
) -> None:
    """Nothing but what the browser was asked for counts, and each try is in the trail."""
    asked = comes(app)
    clock.turn(minutes=5)
    for credential in ("", "{}", "no JSON", "[" * 9000, '{"id": "a"}'):
        sent = asked.send("/second-factor/proof/passkey", {"credential": credential})

        assert sent.status_code == 422
        assert "E_PASSKEY" in sent.text
        assert events(office)[-1] == ("second_factor.refused", "DENIED", "E_PASSKEY")
    assert tab.open("/second-factor/passkey").status_code == 404  # 127.0.0.1 is no name


def test_times_of_codes(office: Office) -> None:
    """RFC 6238 B, its SHA-1 column: the steps of its moments are found, in whole seconds."""
    key = base64.b32encode(b"12345678901234567890").decode()
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        moment = datetime.fromtimestamp(second, office.now().tzinfo)
        assert proofs.step_of(key, code, moment) == second // 30
