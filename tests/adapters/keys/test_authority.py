"""A certification authority outside: asked by EST over HTTP, judged, and watched (decision 20)."""

from __future__ import annotations

import io
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from adapters.errors import EnrolmentRefused, WrongAnswer
from adapters.keys.authority import AuthorityOverHttp
from adapters.keys.authority_twin import HOUSE, AuthorityServer
from adapters.wire import deadline
from adapters.wire.breaker import FAILURES
from registry.errors import Unavailable
from signing import Role, Signatures, open_signatures
from signing.database import writing
from signing.errors import (
    CertificateAwaited,
    CertificateNotAsAsked,
    CertificateRevoked,
    StatusUnknown,
)
from signing.judging.findings import Code
from signing.keys.services import Services
from signing.outside import anchors
from signing.outside.anchors import Anchors
from signing.outside.standing import KEPT, PAUSE
from signing.tables import StoredAuthority, StoredCertificate
from tests.signing import files, story
from tests.web.conftest import FONTS

SECRET = "zhuce:as-the-authority-gave-it"
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass
class Outside:
    """The authority of somebody else: the shipped twin, with keys and a clock of its own."""

    server: AuthorityServer
    folder: Path
    now: datetime = START
    asked: list[str] = field(default_factory=list)

    def anchors(self) -> Anchors:
        """Read whom the settings of others believe."""
        return anchors.read({name: (self.folder / f"{name}.pem").read_bytes() for name in NAMES})

    def fails(self, fault: str, of: str | None = None, seconds: float = 10) -> None:
        told = {"fault": fault, "seconds": seconds} | ({"of": of} if of else {})
        answer = httpx.post(f"{self.server.address}/fault", json=told, auth=_who(SECRET))
        assert answer.status_code == 200

    def lets_go(self, serial: str) -> None:
        """Take a hold back, as an authority may; its next list does not name the certificate."""
        with writing(self.server.twin._sessions) as session:
            row = session.get_one(StoredCertificate, serial)
            row.revoked_at = row.reason = None
            issuer = session.get_one(StoredAuthority, row.issuer)
            issuer.crl_fresh_until = None

    def revokes(self, serial: str, reason: str) -> None:
        told = {"serial": serial, "reason": reason}
        assert httpx.post(f"{self.server.address}/revoke", json=told, auth=_who(SECRET)).is_success


NAMES = anchors.FAMILIES


def _who(secret: str) -> httpx.BasicAuth:
    return httpx.BasicAuth(*secret.split(":"))


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    folder = tmp_path / "outside"
    told = dict[str, Outside]()
    server = AuthorityServer(folder, SECRET, lambda: told["it"].now if told else START)
    told["it"] = Outside(server, folder)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield told["it"]
    server.stop()
    thread.join()


@pytest.fixture
def client(outside: Outside) -> Iterator[AuthorityOverHttp]:
    def heard(system: object, outcome: str, seconds: float) -> None:
        outside.asked.append(outcome)

    made = AuthorityOverHttp(outside.server.address, SECRET, outside.anchors(), heard=heard)
    yield made
    made.close()


def opened(folder: Path, outside: Outside, client: AuthorityOverHttp | None) -> Signatures:
    return open_signatures(
        f"sqlite:///{folder}/ours.db",
        kek=b"k" * 32,
        base_url="https://ours.example",
        fonts=FONTS,
        clock=lambda: outside.now,
        services=Services(authority=client),
    )


@pytest.fixture
def ours(tmp_path: Path, outside: Outside, client: AuthorityOverHttp) -> Iterator[Signatures]:
    signatures = opened(tmp_path, outside, client)
    yield signatures
    signatures.close()


def test_a_form_is_signed_and_sealed_with_certificates_from_outside(
    ours: Signatures, outside: Outside
) -> None:
    """Enrolled, signed, sealed, archived with the evidence of the other house, and valid."""
    story.enrol(ours)
    signed = story.sign(ours, files.application())
    sealed = story.seal(ours, signed.pdf)
    lasting = ours.augment(sealed.pdf)
    certificate = ours.augment(ours.seal_as_agency(files.notice(), key="certificate").pdf)

    for pdf in (sealed.pdf, lasting, certificate):
        report = ours.examine(pdf)
        assert report.ok, report.all_findings
    issuers = {signature.issuer for signature in ours.examine(lasting).signatures}
    assert issuers == {"个人数字证书签发机构", "企业数字证书签发机构"}
    facts = ours.custody.check("enterprise", story.USCC)
    assert (facts["chain_ok"], facts["revocation"], facts["subject_matches"]) == (
        True,
        "GOOD",
        True,
    )
    carried = _evidence(lasting)
    outside_roots = {anchor.chain[-1].subject.rfc4514_string() for anchor in outside.anchors()}
    assert {HOUSE in issuer for issuer in carried} == {True, False}  # ours for the time stamps
    assert outside_roots & carried


def _evidence(pdf: bytes) -> set[str]:
    """Say who issued to the responders and lists of an archived file."""
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(pdf)))
    responders = {
        certificate.issuer.rfc4514_string()
        for stored in store.ocsps
        for certificate in ocsp.load_der_ocsp_response(stored.get_object().data).certificates
    }
    lists = [x509.load_der_x509_crl(stored.get_object().data) for stored in store.crls]
    return responders | {listed.issuer.rfc4514_string() for listed in lists}


def test_a_seal_that_the_authority_revokes_signs_no_more_and_verify_says_so(
    ours: Signatures, outside: Outside
) -> None:
    """What was sealed after the revocation is refused; what was sealed before holds.

    A list counts for an hour here: what was sealed in between is told when the next one comes.
    """
    story.enrol(ours)
    before = story.seal(ours, story.sign(ours, files.application()).pdf).pdf
    outside.now += timedelta(minutes=10)
    outside.revokes(_serial(ours, Role.ENTERPRISE, story.USCC), "keyCompromise")
    outside.now += timedelta(minutes=10)
    between = story.seal(ours, story.sign(ours, files.application(), "sign 2").pdf, "seal 2").pdf
    assert ours.examine(between).ok

    outside.now += KEPT

    assert ours.examine(before).ok
    found = ours.examine(between).signatures[1].findings
    assert [finding.code for finding in found] == [Code.REVOKED]
    with pytest.raises(CertificateRevoked):
        story.seal(ours, story.sign(ours, files.application(), "sign 3").pdf, "seal 3")
    facts = ours.custody.credential(Role.ENTERPRISE, story.USCC)
    assert facts is not None
    assert (facts.revoked_at, facts.reason) == (START + timedelta(minutes=10), "keyCompromise")


def _serial(ours: Signatures, role: Role, subject: str) -> str:
    facts = ours.custody.credential(role, subject)
    assert facts is not None
    return facts.serial


def test_a_certificate_on_hold_signs_again_when_it_is_let_go(
    ours: Signatures, outside: Outside
) -> None:
    """RFC 5280 5.3.1: certificateHold is the one reason that may be taken back."""
    story.enrol(ours)
    serial = _serial(ours, Role.AGENCY, story.AGENCY)
    ours.seal_as_agency(files.notice(), key="1")
    outside.revokes(serial, "certificateHold")
    outside.now += KEPT
    assert ours.custody.check("agency", story.AGENCY)["revocation"] == "REVOKED"
    with pytest.raises(CertificateRevoked):
        ours.seal_as_agency(files.notice(), key="2")

    outside.lets_go(serial)
    outside.now += KEPT

    assert ours.examine(ours.seal_as_agency(files.notice(), key="3").pdf).ok
    assert ours.custody.check("agency", story.AGENCY)["revocation"] == "GOOD"


def test_a_renewal_has_a_new_key_and_what_was_signed_holds(
    ours: Signatures, outside: Outside
) -> None:
    story.enrol(ours)
    first = _serial(ours, Role.ENTERPRISE, story.USCC)
    before = story.seal(ours, story.sign(ours, files.application()).pdf).pdf

    ours.lifecycle.renew(Role.ENTERPRISE, story.USCC, pin=story.PIN)

    after = story.seal(ours, story.sign(ours, files.application(), "sign 2").pdf, "seal 2").pdf
    assert _serial(ours, Role.ENTERPRISE, story.USCC) != first
    assert ours.examine(before).ok
    assert ours.examine(after).ok


def test_who_is_not_told_of_the_authority_does_not_believe_it(
    ours: Signatures, outside: Outside, tmp_path: Path
) -> None:
    """The certificates of the settings decide, not those that came with the signature."""
    story.enrol(ours)
    sealed = ours.seal_as_agency(files.notice(), key="notice").pdf
    alone = open_signatures(
        f"sqlite:///{tmp_path}/alone.db",
        kek=b"k" * 32,
        base_url="https://alone.example",
        fonts=FONTS,
        clock=lambda: outside.now,
    )

    assert not alone.examine(sealed).ok
    alone.close()


def test_what_ours_issued_before_stays_good(
    tmp_path: Path, outside: Outside, client: AuthorityOverHttp
) -> None:
    """A house may go from its own authority to one outside; papers and seals stay as they are."""
    embedded = opened(tmp_path, outside, None)
    story.enrol(embedded)
    before = embedded.seal_as_agency(files.notice(), key="before").pdf
    embedded.close()

    ours = opened(tmp_path, outside, client)

    assert ours.examine(before).ok
    assert ours.examine(ours.seal_as_agency(files.notice(), key="still").pdf).ok
    ours.lifecycle.renew(Role.AGENCY, story.AGENCY)
    after = ours.seal_as_agency(files.notice(), key="after").pdf
    assert ours.examine(after).ok
    ours.close()


def test_lists_are_fetched_once_an_hour_and_outlast_the_authority(
    ours: Signatures, outside: Outside, client: AuthorityOverHttp, tmp_path: Path
) -> None:
    """As long as a list says itself; then nothing is sealed on a guess, and it is said why."""
    story.enrol(ours)
    ours.seal_as_agency(files.notice(), key="1")
    ours.examine(files.notice())
    asked = len(outside.asked)
    ours.seal_as_agency(files.notice(), key="2")
    assert len(outside.asked) == asked

    outside.fails("down", "lists")
    outside.now += KEPT
    sealed = ours.seal_as_agency(files.notice(), key="3").pdf
    assert ours.examine(sealed).ok
    another = opened(tmp_path, outside, client)  # a process that starts meanwhile
    assert another.examine(sealed).ok
    another.close()

    outside.now += timedelta(hours=24)
    with pytest.raises(StatusUnknown, match="吊销列表取不到") as refused:
        ours.seal_as_agency(files.notice(), key="4")
    assert (refused.value.code, refused.value.may_pass) == ("E_CERT_STATUS_UNKNOWN", True)
    assert ours.custody.check("agency", story.AGENCY)["revocation"] == "UNKNOWN"
    assert not ours.examine(sealed).ok

    outside.fails("none")
    outside.now += PAUSE
    client._publishing.succeeded()
    assert ours.examine(ours.seal_as_agency(files.notice(), key="4").pdf).ok
    assert ours.examine(sealed).ok


def test_an_archived_paper_outlives_the_authority(ours: Signatures, outside: Outside) -> None:
    """What it carries proves that its signers were good, under our own archive stamp."""
    story.enrol(ours)
    sealed = story.seal(ours, story.sign(ours, files.application()).pdf).pdf
    lasting = ours.augment(sealed)
    certificate = ours.augment(ours.seal_as_agency(files.notice(), key="1").pdf)

    outside.fails("down")
    outside.now += timedelta(days=400)

    assert ours.examine(sealed).codes() == {"E_CERT_STATUS_UNKNOWN"}
    for pdf in (lasting, certificate):
        report = ours.examine(pdf)
        assert report.ok, report.all_findings
    changed = lasting.replace(b"Helvetica", b"Helvetika", 1)
    assert changed != lasting
    assert not ours.examine(changed).ok


def test_what_was_said_before_a_signature_proves_nothing_of_it(
    ours: Signatures, outside: Outside
) -> None:
    """A signer might keep a good answer, have his certificate revoked, and sign."""
    story.enrol(ours)
    early = ours.seal_as_agency(files.notice("early"), key="1").pdf
    ours.augment(early)  # the answer is kept while it counts
    outside.now += timedelta(minutes=1)
    late = ours.augment(ours.seal_as_agency(files.notice("late"), key="2").pdf)
    assert ours.examine(late).ok

    outside.fails("down")
    outside.now += timedelta(days=2)

    assert ours.examine(late).codes() == {"E_CERT_STATUS_UNKNOWN"}


def test_one_list_that_does_not_come_is_enough_to_know(
    ours: Signatures, outside: Outside, client: AuthorityOverHttp
) -> None:
    """Whoever looks waits once a minute for a place that does not answer, not once for each list.

    Whoever comes while somebody looks goes on with the list that counts still.
    """
    story.enrol(ours)
    sealed = ours.seal_as_agency(files.notice(), key="1").pdf
    ours.examine(sealed)
    outside.fails("slow", "lists", seconds=0.5)
    outside.now += KEPT
    looking = threading.Thread(target=ours.examine, args=(sealed,))
    looking.start()
    while not outside.server.twin.waiting:
        time.sleep(0.01)

    assert ours.custody.check("agency", story.AGENCY)["revocation"] == "GOOD"
    assert looking.is_alive()
    looking.join()
    outside.fails("down", "lists")
    outside.now += KEPT
    outside.asked.clear()
    for _ in range(3):
        assert ours.examine(sealed).ok
    assert outside.asked == ["failed"]


def test_an_archive_waits_for_evidence(ours: Signatures, outside: Outside) -> None:
    """An answer that is away is replaced by the list; without both nothing is archived."""
    story.enrol(ours)
    sealed = ours.seal_as_agency(files.notice(), key="1").pdf
    ours.examine(sealed)
    outside.fails("garbage", "lists")

    by_list = ours.augment(sealed)
    assert ours.examine(by_list).ok
    assert any("机关电子印章" in name for name in _evidence(by_list))

    outside.now += timedelta(hours=25)
    with pytest.raises(StatusUnknown):
        ours.augment(sealed)


@pytest.mark.parametrize("fault", ["down", "garbage", "pending"])
def test_what_was_asked_for_while_it_is_away_comes_by_itself(
    ours: Signatures, outside: Outside, fault: str
) -> None:
    """Of each the last press; the key of an enterprise waits under its PIN."""
    outside.fails(fault, "enrolment")

    for _ in range(2):
        with pytest.raises(CertificateAwaited, match="不必重复提交") as refused:
            ours.custody.enrol_person(story.ZHANG, "张三")
    with pytest.raises(CertificateAwaited):
        ours.lifecycle.apply(story.USCC, "上海示例建筑设计有限公司", story.PIN)

    assert refused.value.code == "E_CERT_AWAITED"
    assert ours.custody.credential(Role.APPLICANT, story.ZHANG) is None
    assert len(ours.lifecycle.waiting()) == 2
    with pytest.raises(Unavailable):
        ours.lifecycle.complete(Role.APPLICANT, story.ZHANG)
    outside.fails("none")
    issued = ours.lifecycle.complete(Role.APPLICANT, story.ZHANG)
    assert issued is not None
    assert issued.issuer == "个人数字证书签发机构"
    assert ours.lifecycle.complete(Role.ENTERPRISE, story.USCC) is not None
    assert ours.lifecycle.complete(Role.ENTERPRISE, story.USCC) is None
    assert not ours.lifecycle.waiting()
    sealed = story.seal(ours, story.sign(ours, files.application()).pdf)
    assert ours.examine(sealed.pdf).ok


def test_a_renewal_that_came_too_late_is_dropped(ours: Signatures, outside: Outside) -> None:
    """It was for a certificate that was replaced meanwhile; its key goes too."""
    story.enrol(ours)
    outside.fails("pending", "enrolment")
    with pytest.raises(CertificateAwaited):
        ours.lifecycle.renew(Role.APPLICANT, story.ZHANG)
    awaited = ours.lifecycle.awaited(Role.APPLICANT, story.ZHANG)
    assert awaited is not None
    assert awaited.since == START
    ours.lifecycle.revoke(Role.APPLICANT, story.ZHANG, x509.ReasonFlags.key_compromise)
    outside.fails("none")

    assert ours.lifecycle.complete(Role.APPLICANT, story.ZHANG) is None
    assert ours.lifecycle.awaited(Role.APPLICANT, story.ZHANG) is None


@pytest.mark.parametrize(
    ("fault", "refusal", "text"),
    [
        ("refused", EnrolmentRefused, "登记的名称与证件不一致"),
        ("wrong", CertificateNotAsAsked, "主体与申请不一致"),
    ],
)
def test_a_certificate_that_is_not_given_or_another_is_not_waited_for(
    ours: Signatures, outside: Outside, fault: str, refusal: type[Exception], text: str
) -> None:
    outside.fails(fault, "enrolment")

    with pytest.raises(refusal, match=text):
        ours.custody.enrol_person(story.ZHANG, "张三")

    assert ours.custody.credential(Role.APPLICANT, story.ZHANG) is None
    assert not ours.lifecycle.waiting()


def test_the_agency_asks_again_itself(ours: Signatures, outside: Outside) -> None:
    """By the daily duty or another press: nothing is kept for it."""
    outside.fails("down", "enrolment")

    with pytest.raises(Unavailable, match="电子认证服务机构暂时无法连接"):
        ours.custody.enrol_agency(story.AGENCY)

    assert not ours.lifecycle.waiting()


def test_who_has_a_good_certificate_is_not_enrolled_again(
    ours: Signatures, outside: Outside
) -> None:
    first = ours.custody.enrol_agency(story.AGENCY)
    asked = len(outside.asked)

    assert ours.custody.enrol_agency(story.AGENCY).serial == first.serial
    assert len(outside.asked) == asked


def test_an_authority_that_is_down_is_left_alone(
    client: AuthorityOverHttp, outside: Outside
) -> None:
    outside.fails("down")

    for _ in range(FAILURES + 1):
        with pytest.raises(Unavailable):
            client.authorities("agency")

    assert outside.asked == ["failed"] * FAILURES + ["left alone"]


def test_a_wrong_password_is_nobody_there(outside: Outside) -> None:
    """What a person reads is that it cannot be reached; the log and `zhuce doctor` say more."""
    stranger = AuthorityOverHttp(outside.server.address, "zhuce:another", outside.anchors())

    with pytest.raises(Unavailable):
        stranger.authorities("agency")
    stranger.close()


def test_a_revocation_reaches_the_authority_when_it_is_back(
    ours: Signatures, outside: Outside
) -> None:
    """Here nobody signs with it at once; there it is told until it is understood."""
    serial = ours.custody.enrol_agency(story.AGENCY).serial
    outside.fails("wrong", "enrolment")
    ours.lifecycle.revoke(Role.AGENCY, story.AGENCY, x509.ReasonFlags.superseded)
    with pytest.raises(CertificateRevoked):
        ours.seal_as_agency(files.notice(), key="1")
    with pytest.raises(WrongAnswer):  # a receipt for another one
        ours.authority.tell(serial)
    assert ours.authority.untold() == [serial]
    assert outside.server.twin.keys.revoked_at(serial) is None

    outside.fails("none")
    for _ in range(2):
        ours.authority.tell(serial)

    assert ours.authority.untold() == []
    assert outside.server.twin.keys.revoked_at(serial) == START


def test_an_authority_that_is_slow_is_not_waited_for(outside: Outside) -> None:
    hasty = AuthorityOverHttp(outside.server.address, SECRET, outside.anchors(), timeout_s=0.3)
    outside.fails("slow", "enrolment", seconds=20)

    began = time.monotonic()
    with pytest.raises(Unavailable):
        hasty.authorities("agency")

    assert time.monotonic() - began < 5
    hasty.close()


def test_an_authority_that_asks_for_a_certificate_of_ours_gets_it(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Licensed authorities let a registration authority in by TLS; RFC 7030 3.3.2."""
    keys = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(keys.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(keys, hashes.SHA256())
    )
    pem = tmp_path / "both.pem"  # the server and we show the same one
    pem.write_bytes(
        made.public_bytes(Encoding.PEM)
        + keys.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.load_verify_locations(pem)
    context.verify_mode = ssl.CERT_REQUIRED
    listening = outside.server._server
    listening.socket = context.wrap_socket(
        listening.socket, server_side=True, do_handshake_on_connect=False
    )
    url = outside.server.address.replace("http://", "https://")

    deadline._believed.cache_clear()
    known = AuthorityOverHttp(url, SECRET, outside.anchors(), client=str(pem))
    assert len(known.authorities("agency")) == 2
    known.close()

    unknown = AuthorityOverHttp(url, SECRET, outside.anchors())
    with pytest.raises(Unavailable):
        unknown.authorities("agency")
    unknown.close()
    deadline._believed.cache_clear()
