"""A house whose certificates come from an authority outside: one whole story, and its troubles."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.x509 import ReasonFlags
from sqlalchemy import select

from adapters.keys.authority import AuthorityOverHttp
from adapters.keys.authority_twin import AuthorityServer
from casework.keys import agency_seal, by_two, duty, holders, stock
from casework.keys.holders import KeyHolder
from casework.office import Office
from casework.privacy import closing
from casework.signature import revoked_signers
from engine import actors
from engine.actors import Actor
from engine.jobs import queue
from engine.tables import Job
from registry.applications import documents
from registry.applications.documents import DocumentKind
from registry.errors import Unavailable
from registry.people import persons
from registry.trail.audit import AuditEvent
from registry.trail.key_requests import KeyAct, KeyRequest
from registry.trail.notices import Notice
from signing import Role, Signatures, open_signatures
from signing.errors import CertificateAwaited, CertificateRevoked
from signing.keys.services import Services
from signing.outside import anchors
from signing.outside.standing import KEPT
from storage.database import writing
from tests import people
from tests.offices import FONTS, KEK, PIN, HandClock, Town, World, person_id
from web.public import verification

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

QUALIFIED = date(2025, 6, 2)
SECRET = "zhuce:as-the-authority-gave-it"
OPERATOR = actors.operator("op1", people.uscc(1))
ENTERPRISE = KeyHolder(role=Role.ENTERPRISE, subject=people.uscc(1))


@dataclass
class Authority:
    """The authority outside: the shipped twin, by the clock of the town."""

    server: AuthorityServer
    client: AuthorityOverHttp

    def fails(self, fault: str) -> None:
        self._told("fault", {"fault": fault, "of": "enrolment"})
        self.client._enrolling.succeeded()  # the pause of the breaker is over

    def revokes(self, serial: str) -> None:
        self._told("revoke", {"serial": serial, "reason": "keyCompromise"})

    def _told(self, path: str, what: dict[str, str]) -> None:
        who = httpx.BasicAuth(*SECRET.split(":"))
        assert httpx.post(f"{self.server.address}/{path}", json=what, auth=who).is_success

    def knows(self, serial: str) -> bool:
        """Tell whether a certificate is revoked there."""
        return self.server.twin.keys.revoked_at(serial) is not None


@pytest.fixture
def authority(tmp_path: Path, hand_clock: HandClock) -> Iterator[Authority]:
    folder = tmp_path / "authority"
    server = AuthorityServer(folder, SECRET, hand_clock)
    thread = threading.Thread(target=server.serve)
    thread.start()
    files = {name: (folder / f"{name}.pem").read_bytes() for name in anchors.FAMILIES}
    client = AuthorityOverHttp(server.address, SECRET, anchors.read(files))
    yield Authority(server, client)
    client.close()
    server.stop()
    thread.join()


@pytest.fixture
def signatures(authority: Authority, tmp_path: Path, hand_clock: HandClock) -> Iterator[Signatures]:
    """Open keys of a house that never issued to a signer itself."""
    opened = open_signatures(
        f"sqlite:///{tmp_path}/keys.db",
        kek=KEK,
        base_url="http://127.0.0.1:8000",
        fonts=FONTS,
        clock=hand_clock,
        services=Services(authority=authority.client),
    )
    yield opened
    opened.close()


@pytest.fixture
def town(office: Office, world: World, hand_clock: HandClock) -> Town:
    """Give the town; its steps are done in earnest, as the authority is no part of its memory."""
    return Town(office, world, hand_clock)


def paper(office: Office, case: str, kind: DocumentKind) -> bytes:
    """Give the newest file of a paper."""
    with office.sessions() as session:
        document = documents.current(session, case, kind)
        assert document is not None
        return office.files.get(document.sha256)


def serial(office: Office, role: Role, subject: str) -> str:
    facts = office.signatures.custody.credential(role, subject)
    assert facts is not None
    return facts.serial


def told(office: Office) -> list[str]:
    with office.sessions() as session:
        return list(session.scalars(select(Notice.text).where(Notice.kind == "key")))


def audited(office: Office) -> list[str]:
    with office.sessions() as session:
        keys = AuditEvent.action.like("keys.%")
        return list(session.scalars(select(AuditEvent.action).where(keys).order_by(AuditEvent.id)))


def incidents(office: Office) -> list[tuple[str, str | None]]:
    with office.sessions() as session:
        return [(job.operation, job.error) for job in queue.incidents(session)]


def test_a_registration_with_certificates_from_outside(
    town: Town, authority: Authority, tmp_path: Path
) -> None:
    """Seal of the agency, enterprise and person enrolled there; filed, granted, issued, verified.

    Then the authority revokes the enterprise's seal. A list is kept for an hour, so that one more
    form is sealed; when the next list comes 查验 says so of that form, of no other.
    """
    office = town.office
    agency_seal.enrol(office, town.officer("sun", "operator"))
    wang = town.officer("wang", "acceptor", "reviewer")
    li = town.officer("li", "approver")
    zhang = town.person(1, issued=QUALIFIED)
    seal = town.enterprise(1)
    case = town.starts(zhang)
    town.files(case, zhang, seal)
    town.works()
    officers_decide(town, case, wang, li)
    town.claims(case, zhang)
    town.works()

    assert not town.troubles()
    papers = [
        paper(office, case, kind) for kind in (DocumentKind.APPLICATION, DocumentKind.CERTIFICATE)
    ]
    for pdf in papers:
        verdict = verification.examine(office, pdf)
        assert verdict.report.ok, verdict.report.all_findings
    issuers = {one.issuer for one in verification.examine(office, papers[0]).report.signatures}
    assert issuers == {"个人数字证书签发机构", "企业数字证书签发机构"}

    revoked = serial(office, Role.ENTERPRISE, people.uscc(1))
    authority.revokes(revoked)
    town.clock.forward(minutes=10)
    chen = town.person(2, issued=QUALIFIED)
    other = town.starts(chen)
    town.files(other, chen, seal)
    late = paper(office, other, DocumentKind.APPLICATION)
    assert verification.examine(office, late).report.ok
    town.clock.forward(seconds=KEPT.total_seconds())

    assert verification.examine(office, late).report.codes() == {"E_CERT_REVOKED"}
    for pdf in papers:
        assert verification.examine(office, pdf).report.ok
    with pytest.raises(CertificateRevoked):
        office.signatures.custody.signer(Role.ENTERPRISE, people.uscc(1))
    with office.sessions() as session:
        [warning] = revoked_signers.warnings(office, session, town.case(case))
    assert "聘用企业的数字证书" in warning
    goes_back(office, authority, papers, late, zhang, tmp_path)


def goes_back(
    office: Office,
    authority: Authority,
    papers: list[bytes],
    late: bytes,
    zhang: Actor,
    folder: Path,
) -> None:
    """Let the house issue itself again; what came from outside holds as long as it is named.

    Its lists are asked for on and on; without its certificates nobody can say anything, and who
    runs the service is told.
    """
    former = Services(former=authority.client)
    for services, are_good, forgotten in ((former, True, 0), (Services(), False, 3)):
        keys = open_signatures(
            f"sqlite:///{folder}/keys.db",
            kek=KEK,
            base_url="http://127.0.0.1:8000",
            fonts=FONTS,
            clock=office.clock,
            services=services,
        )
        back = copy(office)
        back.signatures = keys
        for pdf in papers:
            assert verification.examine(back, pdf).report.ok is are_good
        assert len(keys.authority.forgotten()) == forgotten
        assert keys.authority.issuers_outside() == []
        if are_good:
            assert verification.examine(back, late).report.codes() == {"E_CERT_REVOKED"}
            made = keys.lifecycle.apply(people.uscc(3), "新企业", PIN)
            assert not authority.knows(made.serial)
            keys.lifecycle.revoke(Role.APPLICANT, person_id(zhang), ReasonFlags.superseded)
            assert keys.authority.untold() == []  # there is nobody to be told
        keys.close()


def officers_decide(town: Town, case: str, wang: Actor, li: Actor) -> None:
    """Bring a case from its acceptance to the grant."""
    town.reviews(case, wang)
    town.decides(case, li)
    town.works()


def settled(town: Town) -> None:
    """Let the enterprise be in the register, without a certificate."""
    town.enterprise(1)
    town.office.signatures.lifecycle.revoke(Role.ENTERPRISE, people.uscc(1), ReasonFlags.superseded)


@pytest.mark.parametrize("fault", ["down", "garbage", "pending"])
def test_an_application_waits_for_the_authority(
    town: Town, authority: Authority, fault: str
) -> None:
    """R5: what was pressed is kept and done when it is back; the PIN is not typed again."""
    settled(town)
    office = town.office
    authority.fails(fault)

    with pytest.raises(CertificateAwaited):
        holders.apply(office, people.uscc(1), OPERATOR, pin=PIN)
    town.works()
    assert audited(office) == ["keys.awaited"]
    assert office.signatures.lifecycle.awaited(Role.ENTERPRISE, people.uscc(1))
    authority.fails("none")
    town.clock.forward(minutes=5)
    town.works()

    standing = holders.of(office, ENTERPRISE)
    assert standing is not None
    assert standing.state == "GOOD"
    office.signatures.challenges.confirm_pin(people.uscc(1), PIN)
    assert "已由电子认证服务机构签发" in told(office)[-1]
    assert not office.signatures.lifecycle.awaited(Role.ENTERPRISE, people.uscc(1))
    assert not incidents(office)


def test_an_application_that_is_refused_is_told_with_the_reason(
    town: Town, authority: Authority
) -> None:
    settled(town)
    office = town.office
    authority.fails("pending")
    with pytest.raises(CertificateAwaited):
        holders.apply(office, people.uscc(1), OPERATOR, pin=PIN)
    authority.fails("refused")
    town.clock.forward(minutes=5)
    town.works()

    assert "登记的名称与证件不一致" in told(office)[-1]
    assert audited(office)[-1] == "keys.awaited_refused"
    assert not office.signatures.lifecycle.waiting()
    assert not incidents(office)


def test_another_certificate_than_was_asked_for_is_an_incident(
    town: Town, authority: Authority
) -> None:
    """An operator clears it up with the authority and retries; the order is still there."""
    settled(town)
    office = town.office
    authority.fails("pending")
    with pytest.raises(CertificateAwaited):
        holders.apply(office, people.uscc(1), OPERATOR, pin=PIN)
    authority.fails("wrong")
    town.clock.forward(minutes=5)
    town.works()
    [(operation, error)] = incidents(office)
    assert operation == "keys/complete"
    assert "主体与申请不一致" in str(error)

    authority.fails("none")
    with writing(office.sessions) as session:
        [job] = queue.incidents(session)
        queue.retry(session, job.id, town.clock())
    town.works()

    standing = holders.of(office, ENTERPRISE)
    assert standing is not None
    assert standing.state == "GOOD"


def test_a_person_waits_too_and_is_bound_when_it_comes(town: Town, authority: Authority) -> None:
    """R2: the next look at the checklist finds the certificate there."""
    office = town.office
    zhang = town.person(1)
    holder = KeyHolder(role=Role.APPLICANT, subject=person_id(zhang))
    first = serial(office, Role.APPLICANT, holder.subject)
    authority.fails("down")

    with pytest.raises(CertificateAwaited):
        holders.renew(office, holder, zhang, shown=first)
    assert serial(office, Role.APPLICANT, holder.subject) == first
    authority.fails("none")
    town.clock.forward(days=1)
    assert duty.look_after(office, office.now()) > 0
    town.works()

    assert serial(office, Role.APPLICANT, holder.subject) != first
    with office.sessions() as session:
        assert persons.get(session, holder.subject).certificate_at == town.clock()


def test_what_the_authority_owes_for_a_day_is_told_to_operators(
    town: Town, authority: Authority
) -> None:
    """On 运行监视, by `zhuce keys status` and `zhuce doctor`; after 90 days nobody waits."""
    settled(town)
    office = town.office
    agency_seal.enrol(office, town.officer("sun", "operator"))
    assert stock.of(office, town.clock()).late == ()
    issuers = {line.label for line in stock.of(office, town.clock()).lines}
    assert "企业数字证书签发机构" in issuers
    authority.fails("down")
    with pytest.raises(CertificateAwaited):
        holders.apply(office, people.uscc(1), OPERATOR, pin=PIN)

    town.clock.forward(days=1, minutes=1)

    late = [trouble.words for trouble in stock.of(office, town.clock()).late]
    assert [text[:9] for text in late] == ["1份数字证书的申请", "1份数字证书的吊销"]
    town.clock.forward(days=90)
    assert office.signatures.sweep() == 1
    assert not office.signatures.lifecycle.waiting()


def test_a_revocation_is_told_when_the_authority_is_back(town: Town, authority: Authority) -> None:
    """Here it counts at once; the job goes on asking, and nobody is told twice."""
    office = town.office
    town.enterprise(1)
    shown = serial(office, Role.ENTERPRISE, people.uscc(1))
    authority.fails("down")
    reason = ReasonFlags.key_compromise
    holders.revoke(office, ENTERPRISE, OPERATOR, shown=shown, reason=reason, pin=PIN)
    town.works()
    assert not authority.knows(shown)
    with pytest.raises(CertificateRevoked):
        office.signatures.custody.signer(Role.ENTERPRISE, people.uscc(1))

    authority.fails("none")
    town.clock.forward(minutes=5)
    town.works()

    assert authority.knows(shown)
    assert audited(office) == ["keys.holder_revoke", "keys.ending_told"]
    assert not office.signatures.authority.untold()
    duty.look_after(office, office.now())
    with office.sessions() as session:
        assert not session.scalars(select(Job).where(Job.operation == "keys/tell")).all()


def test_two_operators_renew_the_seal_when_the_authority_is_back(
    town: Town, authority: Authority
) -> None:
    """What one asked for stays asked for; the other presses again."""
    office = town.office
    sun, zhou = town.officer("sun", "operator"), town.officer("zhou", "operator")
    _, facts = agency_seal.enrol(office, sun)
    seal = KeyHolder(role=Role.AGENCY, subject=facts.subject)
    said = {"reason": "更换密码设备", "proof": "沪建运维〔2026〕7号"}
    by_two.ask(office, KeyAct.RENEW, seal, sun, shown=facts.serial, **said)
    with office.sessions() as session:
        [request] = KeyRequest.waiting(session)
    authority.fails("down")

    with pytest.raises(Unavailable, match="电子认证服务机构"):
        by_two.confirm(office, request.id, zhou)
    assert serial(office, Role.AGENCY, facts.subject) == facts.serial
    authority.fails("none")
    by_two.confirm(office, request.id, zhou)

    assert serial(office, Role.AGENCY, facts.subject) != facts.serial


def test_the_duty_renews_the_seal_on_a_day_when_the_authority_answers(
    town: Town, authority: Authority
) -> None:
    office = town.office
    _, facts = agency_seal.enrol(office, town.officer("sun", "operator"))
    town.clock.now = facts.not_after - duty.SEAL_RENEWED_BEFORE + timedelta(days=1)
    authority.fails("down")

    assert duty.renew_seals(office, office.now()) == 0
    authority.fails("none")
    assert duty.renew_seals(office, office.now()) == 1

    assert serial(office, Role.AGENCY, facts.subject) != facts.serial


def test_a_new_pin_takes_a_renewal_back_that_lies_under_the_old_one(
    town: Town, authority: Authority
) -> None:
    office = town.office
    town.enterprise(1)
    shown = serial(office, Role.ENTERPRISE, people.uscc(1))
    authority.fails("pending")
    with pytest.raises(CertificateAwaited):
        holders.renew(office, ENTERPRISE, OPERATOR, shown=shown, pin=PIN)

    holders.change_pin(office, people.uscc(1), OPERATOR, old=PIN, new="975310")

    assert not office.signatures.lifecycle.waiting()
    authority.fails("none")
    town.clock.forward(minutes=5)
    town.works()
    assert serial(office, Role.ENTERPRISE, people.uscc(1)) == shown
    office.signatures.challenges.confirm_pin(people.uscc(1), "975310")


def test_a_closed_account_waits_for_nothing(town: Town, authority: Authority) -> None:
    """PIPL 47: its certificate is revoked there too, and none comes later."""
    office = town.office
    zhang = town.person(1)
    holder = KeyHolder(role=Role.APPLICANT, subject=person_id(zhang))
    shown = serial(office, Role.APPLICANT, holder.subject)
    authority.fails("pending")
    with pytest.raises(CertificateAwaited):
        holders.renew(office, holder, zhang, shown=shown)

    closing.close(office, holder.subject, zhang)
    authority.fails("none")
    town.clock.forward(minutes=5)
    town.works()

    assert not office.signatures.lifecycle.waiting()
    assert serial(office, Role.APPLICANT, holder.subject) == shown
    assert authority.knows(shown)
