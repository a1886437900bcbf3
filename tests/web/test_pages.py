"""Error pages, headers, health, the authority's services and the demonstration telephone."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from secrets import token_bytes

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from flask import Flask, abort, request
from sqlalchemy.exc import OperationalError

from adapters import world
from casework.office import Office
from refusals.hotline import HOTLINE
from signing.making import messages
from tests.web.browser import Tab
from web import create_app
from web.fitness import KEYS
from web.process import figures, outside
from web.settings import OUTSIDE, Profile, Settings
from web.visitors import access

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TAO = world.CITIZENS[0]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_every_error_has_a_page_with_code_cause_and_remedy(
    status: int, app: Flask, tab: Tab
) -> None:
    """R35: what went wrong is told in Chinese, with a code and what to do."""
    app.add_url_rule("/broken", "broken", access.public(lambda: abort(status)))

    answer = tab.open("/broken")

    assert answer.status_code == status
    assert "错误代码：E_" in tab.text.replace(" ", "")
    assert "市住建委咨询电话：" in tab.frame


@pytest.mark.proves("F:calendar-4")
def test_each_telephone_is_named_for_what_it_answers(
    app: Flask, tab: Tab, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R7, R109: the hotline of line 4 is for certificates; the authority has its own number."""
    monkeypatch.setattr(office, "policy", replace(office.policy, contact="021-23110000"))
    tab.sign_in("person", TAO.subject)

    told = []
    for address in ("/", "/readiness", "/change", "/guide/builder-2/initial", "/verify", "/no"):
        tab.open(address, follow=True)
        assert "市住建委咨询电话：021-23110000" in tab.frame, address
        told += [(address, words) for words in (tab.text, tab.frame)]

    for address, words in told:
        for hotline in re.finditer(HOTLINE, words):
            before = words[: hotline.start()]
            assert "证书" in re.split("[。；]", before)[-1][-40:], (address, before[-60:])
    assert any(HOTLINE in words for address, words in told if address == "/readiness")


def test_an_unforeseen_error_tells_only_a_number(app: Flask, tab: Tab) -> None:
    def explode() -> str:
        raise ValueError("password=secret")

    app.add_url_rule("/explode", "explode", access.public(explode))

    answer = tab.open("/explode")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "问题编号" in tab.text


def test_a_database_that_is_away_is_told_apart(app: Flask, tab: Tab) -> None:
    def lose() -> str:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    app.add_url_rule("/lose", "lose", access.public(lose))

    answer = tab.open("/lose")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_a_wrong_method_is_a_page_that_names_the_right_ones(tab: Tab) -> None:
    answer = tab.client.get("/sign-out")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "E_METHOD" in answer.text


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    answer = app.test_client().post("/sign-up")

    assert answer.status_code == 400
    assert "E_CSRF" in answer.text


def test_too_large_a_form_is_refused_before_it_is_read(tab: Tab) -> None:
    """I3: a flood is refused with the limit told."""
    answer = tab.client.post(
        "/verify",
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(60 * 2**20)},
    )

    assert answer.status_code == 413
    assert "2M" in answer.text


def test_endless_words_are_refused_before_they_are_read(tab: Tab) -> None:
    """A form without files is short, whatever is typed into it."""
    answer = tab.client.post("/verify", data={"code": "字" * 1_000_000})

    assert answer.status_code == 413
    assert "E_TOO_LARGE" in answer.text


def test_no_page_allows_foreign_or_inline_code(tab: Tab) -> None:
    for address in ("/", "/verify", "/nowhere", "/sign-in"):
        headers = tab.open(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "<script>" not in tab.page.text
        assert " style=" not in tab.page.text


def test_pages_of_a_signed_in_visitor_are_not_kept(tab: Tab) -> None:
    tab.sign_in("person", TAO.subject)

    assert tab.open("/").headers["Cache-Control"] == "no-store"


def test_another_host_name_is_not_answered(tab: Tab) -> None:
    answer = tab.client.get("/", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_the_front_page_says_who_may_sign_in(tab: Tab) -> None:
    """R8: whom the service is for is on its first page; demonstration people are named as such."""
    tab.open("/")

    for person in world.CITIZENS:
        assert person.name in tab.text
    assert "虚构" in tab.text


def test_the_process_says_that_it_lives_and_is_ready(tab: Tab) -> None:
    assert tab.open("/healthz").json == {"status": "ok"}

    answer = tab.open("/readyz")
    assert answer.status_code == 200
    assert answer.json["checks"] == {"database": True, "schema": True, "disk": True, "clock": True}


def test_figures_know_a_closed_list_of_methods(tab: Tab, office: Office) -> None:
    """A method is any word that a stranger sends: it must not make a new line of figures."""
    tab.client.open("/verify", method="BREW")

    told = figures.text(office).decode()
    assert 'method="other"' in told
    assert "BREW" not in told


@pytest.mark.parametrize("name", ["root", "personal", "enterprise", "agency", "service"])
def test_certificates_and_lists_of_the_authority_are_public(
    name: str, tab: Tab, office: Office
) -> None:
    certificate = x509.load_der_x509_certificate(tab.open(f"/pki/{name}.crt").data)
    crl = x509.load_der_x509_crl(tab.open(f"/pki/{name}.crl").data)

    assert crl.issuer == certificate.subject
    assert tab.page.mimetype == "application/pkix-crl"


def test_keys_and_ended_numbers_are_published_for_who_has_no_network(
    tab: Tab, office: Office
) -> None:
    """docs/verification.md: what a stranger downloads beforehand; made anew after ten minutes."""
    keys = office.signatures.published_keys()
    named = [key["kid"] for key in json.loads(tab.open("/pki/keys.json").text)["keys"]]
    first = tab.open("/pki/ended.cose").data

    assert named == [key.id.hex() for key in keys]
    assert tab.open(f"/pki/keys/{named[0]}.crt").data == keys[0].certificate
    assert tab.open("/pki/keys/0011223344556677.crt").status_code == 404
    payload = messages.opened(first, keys)
    assert payload is not None
    assert json.loads(payload)["ended"] == {}
    assert tab.open("/pki/ended.cose").data == first
    assert tab.open("/pki/ended-sm2.cose").status_code == 404  # no national authority yet
    office.signatures.sign_message(b"", is_national=True)
    national = messages.opened(
        tab.open("/pki/ended-sm2.cose").data, office.signatures.published_keys()
    )
    assert national is not None
    assert json.loads(national)["ended"] == {}
    assert "已终止证书名单（国密算法签名）" in tab.open("/pki/").text


def test_the_authority_answers_for_a_certificate(tab: Tab) -> None:
    root = x509.load_der_x509_certificate(tab.open("/pki/root.crt").data)
    agency = x509.load_der_x509_certificate(tab.open("/pki/agency.crt").data)
    asked = ocsp.OCSPRequestBuilder().add_certificate(agency, root, hashes.SHA256()).build()

    answer = tab.client.post(
        "/pki/ocsp",
        data=asked.public_bytes(serialization.Encoding.DER),
        content_type="application/ocsp-request",
    )

    read = ocsp.load_der_ocsp_response(answer.data)
    assert read.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_the_authority_refuses_what_is_no_request(tab: Tab) -> None:
    for path in ("/pki/ocsp", "/pki/tsa"):
        assert tab.client.post(path, data=b"hello").status_code == 400
    assert tab.open("/pki/nobody.crl").status_code == 404


def test_codes_are_read_on_the_demonstration_telephone(tab: Tab, office: Office) -> None:
    """R40: in demonstration the message appears on a page instead of a real telephone."""
    office.sms.send(TAO.mobile, "验证码是135246", "a key")

    tab.open("/phone")

    assert TAO.name in tab.text
    assert "验证码是135246" in tab.text


def test_the_telephone_of_one_person_shows_only_that_person_s_messages(
    tab: Tab, office: Office
) -> None:
    """R40: with many people signing at once each finds the own code."""
    other = world.CITIZENS[1]
    office.sms.send(TAO.mobile, "验证码是135246", "one")
    office.sms.send(other.mobile, "验证码是975310", "two")

    tab.open(f"/phone?person={TAO.subject}")

    assert "135246" in tab.text
    assert "975310" not in tab.text
    assert tab.open("/phone?person=nobody").status_code == 404


def test_in_production_the_twins_have_no_pages(settings: Settings, office: Office) -> None:
    """R9: the portal is another's; where the real one stands ours is not there."""
    real = replace(
        settings,
        profile=Profile.PRODUCTION,
        database_url="postgresql+psycopg://@/zhuce",
        keys_url="postgresql+psycopg://@/keys",
        base_url="https://zhuce.example",
        demo=False,
        portal_issuer="https://portal.example",
        portal_secret="theirs",
        outside_token="ours",
        contact="021-12345678",
        secret="MHbQJ0i2cVYxw4ZrFtDdNkE1oKs8PAlu7G3yXeLqTgI=",
        proxies=1,
        checkpoints=str(settings.files),
        authority="embedded",
        **{key: b64encode(token_bytes(32)).decode() for key in KEYS},
        **dict.fromkeys(OUTSIDE, "https://outside.example"),
    )

    app = create_app(real, office)
    client = app.test_client()

    assert {"portal", "phone", "tour"}.isdisjoint(app.blueprints)
    answer = client.get("/", base_url="https://zhuce.example")
    assert answer.status_code == 200
    assert TAO.name not in answer.text
    assert "五分钟走完" not in answer.text
    assert client.get("/tour/photo.jpg", base_url="https://zhuce.example").status_code == 404
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "form-action 'self' https://portal.example" in answer.headers["Content-Security-Policy"]
    with client.session_transaction(base_url="https://zhuce.example") as begun:
        begun["sign_ins"] = {}
    cookie = client.get_cookie("__Host-zhuce", domain="zhuce.example")
    assert cookie is not None
    assert cookie.secure


def test_the_address_that_a_proxy_of_ours_tells_is_believed(
    settings: Settings, office: Office
) -> None:
    """Limits count people, not the proxy in front of them; a stranger's word counts nothing."""
    forged = {"X-Forwarded-For": "192.0.2.1"}

    seen = []
    for proxies in (0, 1):
        app = create_app(replace(settings, proxies=proxies), office)
        view = access.public(lambda: str(request.remote_addr))
        app.add_url_rule("/whence", "whence", view)
        seen.append(app.test_client().get("/whence", headers=forged).text)

    assert seen == ["127.0.0.1", "192.0.2.1"]


def test_each_outside_system_is_spoken_to_at_its_address(
    settings: Settings, office: Office
) -> None:
    real = replace(settings, outside_token="ours", **dict.fromkeys(OUTSIDE, "https://o.example"))

    twins = outside.systems(settings, office.sessions, office.clock)
    spoken = outside.systems(real, office.sessions, office.clock)

    # Webhooks go to the addresses that programs gave, never to a system of our settings.
    to_programs = vars(twins).pop("webhooks"), vars(spoken).pop("webhooks")
    assert {type(sender).__name__ for sender in to_programs} == {"WebhooksOverHttp"}
    assert all(type(twin).__name__.endswith("Twin") for twin in vars(twins).values())
    assert all(type(adapter).__name__.endswith("OverHttp") for adapter in vars(spoken).values())
