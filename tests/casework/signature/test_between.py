"""What happens to a key between the last press of its holder and the job that signs with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ReasonFlags
from sqlalchemy import select

from casework.keys import holders
from casework.keys.holders import KeyHolder
from casework.signature import enterprise_seal, personal, seal_batches
from engine.actors import Actor
from registry.applications import documents
from registry.applications.documents import DocumentKind
from registry.enterprises import seal_batches as lists
from registry.errors import Unavailable
from registry.trail.audit import AuditEvent, Result
from registry.trail.notices import Notice
from signing import Role, Signatures, open_signatures
from signing.keys.services import Services
from signing.keys.timestamps import Believed
from tests import people
from tests.offices import FONTS, KEK, PIN, HandClock, Town, World, person_id

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

USCC = people.uscc(1)
SEAL = KeyHolder(role=Role.ENTERPRISE, subject=USCC)
NEW_PIN = "864213"
AGENCY = "上海市住房和城乡建设管理委员会"


class Stamps:
    """A time-stamping service outside (`OutsideStamper`) that is away as long as a test says."""

    def __init__(self, keys: Signatures) -> None:
        self._keys = keys.authority
        self._names = [name for name in self._keys.names() if name in ("service", "root")]
        self._names.sort(reverse=True)  # who issued to the stamper, then the root
        self.chain = tuple(map(self._keys.certificate, self._names))
        self.is_away = False

    @property
    def certificate(self) -> x509.Certificate:
        return self._keys._generations.stamper().certificate

    def stamp(self, digest: bytes, at: datetime) -> bytes:
        if self.is_away:
            raise Unavailable(system="时间戳服务")
        return self._keys.stamp(digest)

    def answer(self, request: bytes, at: datetime) -> bytes:
        return self._keys.timestamp(request)

    def believed(self) -> Believed:
        told = zip(self.chain, map(self._keys.crl, self._names), strict=True)
        return Believed(chain=self.chain, lists=tuple(told))


def _opened(folder: Path, name: str, clock: HandClock, services: Services) -> Signatures:
    return open_signatures(
        f"sqlite:///{folder}/{name}.db",
        kek=KEK,
        base_url=f"http://{name}.example",
        fonts=FONTS,
        clock=clock,
        services=services,
    )


@pytest.fixture
def stamps(tmp_path: Path, hand_clock: HandClock) -> Iterator[Stamps]:
    keys = _opened(tmp_path, "stamps", hand_clock, Services())
    yield Stamps(keys)
    keys.close()


@pytest.fixture
def signatures(stamps: Stamps, tmp_path: Path, hand_clock: HandClock) -> Iterator[Signatures]:
    keys = _opened(tmp_path, "keys", hand_clock, Services(stamper=stamps))
    yield keys
    keys.close()


@pytest.fixture
def town(office: object, world: World, hand_clock: HandClock) -> Town:
    town = Town(office, world, hand_clock)  # type: ignore[arg-type]  # it is an office
    town.office.signatures.custody.enrol_agency(AGENCY)
    return town


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def case(town: Town, person: Actor, employer: Actor) -> str:
    """Give an application that is ready to sign."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    return case


def serial(town: Town, holder: KeyHolder) -> str:
    facts = town.office.signatures.custody.credential(holder.role, holder.subject)
    assert facts is not None
    return facts.serial


def renews(town: Town, employer: Actor) -> None:
    holders.renew(town.office, SEAL, employer, shown=serial(town, SEAL), pin=PIN)


def revokes(town: Town, employer: Actor) -> None:
    shown, reason = serial(town, SEAL), ReasonFlags.key_compromise
    holders.revoke(town.office, SEAL, employer, shown=shown, reason=reason, pin=PIN)


def applies_anew(town: Town, employer: Actor) -> None:
    revokes(town, employer)
    town.clock.forward(minutes=10)
    holders.apply(town.office, USCC, employer, pin=NEW_PIN)


def changes_the_pin(town: Town, employer: Actor) -> None:
    holders.change_pin(town.office, USCC, employer, old=PIN, new=NEW_PIN)


def changes_it_back(town: Town, employer: Actor) -> None:
    changes_the_pin(town, employer)
    town.clock.forward(minutes=10)
    holders.change_pin(town.office, USCC, employer, old=NEW_PIN, new=PIN)


def told(town: Town, kind: str) -> list[str]:
    with town.office.sessions() as session:
        return list(session.scalars(select(Notice.text).where(Notice.kind == kind)))


def refused(town: Town, action: str) -> list[str]:
    with town.office.sessions() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == action))
        return [str(row.facts["code"]) for row in rows if row.result == Result.DENIED]


def signed_by(town: Town, case: str) -> list[str]:
    with town.office.sessions() as session:
        form = documents.current(session, case, DocumentKind.APPLICATION)
        assert form is not None
        return [signature.role for signature in documents.signatures(session, form.id)]


Event = Callable[[Town, Actor], None]
#: what happens, and the refusal that it brings; None: the seal is made all the same
EVENTS: list[tuple[Event, str | None, str]] = [
    (renews, "E_AUTHORIZATION_EXPIRED", PIN),
    (revokes, "E_CERT_REVOKED", ""),
    (applies_anew, "E_AUTHORIZATION_EXPIRED", NEW_PIN),
    (changes_the_pin, None, NEW_PIN),
    (changes_it_back, None, PIN),
]


@pytest.mark.parametrize(("event", "code", "pin"), EVENTS)
def test_a_seal_that_waits_for_its_time_stamp(
    town: Town,
    case: str,
    person: Actor,
    employer: Actor,
    stamps: Stamps,
    event: Event,
    code: str | None,
    pin: str,
) -> None:
    """The PIN allowed the key of that moment: another key asks again, and its holder is told."""
    town.signs(case, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    stamps.is_away = True
    enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)
    assert signed_by(town, case) == ["applicant"]

    event(town, employer)
    stamps.is_away = False
    town.clock.forward(minutes=40)
    town.works()

    if code is None:
        assert (signed_by(town, case), told(town, "seal_failed")) == (
            ["applicant", "enterprise"],
            [],
        )
        return
    assert (signed_by(town, case), refused(town, "seal.failed")) == (["applicant"], [code])
    assert town.open_nodes(case) == {"seal_document"}
    [text] = told(town, "seal_failed")
    assert f"申请{town.case(case).no}的企业电子签章没有完成" in text
    if pin:
        enterprise_seal.seal(town.office, case, pin=pin, actor=employer)
        town.works()
        assert signed_by(town, case) == ["applicant", "enterprise"]


@pytest.mark.parametrize(("event", "code", "pin"), EVENTS)
def test_a_list_that_was_confirmed_and_has_not_begun(
    town: Town,
    case: str,
    person: Actor,
    employer: Actor,
    event: Event,
    code: str | None,
    pin: str,
) -> None:
    """One PIN for many: what it allowed holds for the key of that moment, and the list says so."""
    town.signs(case, person)
    batch = seal_batches.compose(town.office, USCC, [case], employer)
    with town.office.sessions() as session:
        chosen = [item.id for item in lists.items(session, batch)]
    seal_batches.confirm(
        town.office, batch, chosen=chosen, opinions_ticked=True, pin=PIN, actor=employer
    )

    event(town, employer)
    town.works()

    with town.office.sessions() as session:
        [item] = lists.items(session, batch)
    is_sealed = signed_by(town, case) == ["applicant", "enterprise"]
    assert (is_sealed, item.state) == (code is None, "SEALED" if code is None else "REFUSED")
    assert town.troubles() == []


@pytest.mark.parametrize("does", ["renews", "revokes"])
def test_a_personal_signature_that_waits_for_its_time_stamp(
    town: Town, case: str, person: Actor, stamps: Stamps, does: str
) -> None:
    """A code allows the person, whatever the key; a revoked one signs nothing, and it is told."""
    own = KeyHolder(role=Role.APPLICANT, subject=person_id(person))
    shown = serial(town, own)
    stamps.is_away = True
    town.signs(case, person)
    assert signed_by(town, case) == []

    if does == "renews":
        holders.renew(town.office, own, person, shown=shown)
    else:
        reason = ReasonFlags.key_compromise
        holders.revoke(town.office, own, person, shown=shown, reason=reason)
    stamps.is_away = False
    town.clock.forward(minutes=40)
    town.works()

    assert signed_by(town, case) == (["applicant"] if does == "renews" else [])
    assert refused(town, "sign.failed") == ([] if does == "renews" else ["E_CERT_REVOKED"])
    assert len(told(town, "sign_failed")) == (0 if does == "renews" else 1)
    if does == "renews":
        form = personal.document(town.office, case)
        [signature] = town.office.signatures.examine(town.office.files.get(form.sha256)).signatures
        assert (signature.serial, signature.serial == shown) == (serial(town, own), False)


@pytest.mark.parametrize("does", ["renews", "revokes"])
def test_a_personal_key_that_is_replaced_between_preview_and_code(
    town: Town, case: str, person: Actor, does: str
) -> None:
    """What is signed is the file that was shown, by the key that the person has then."""
    own = KeyHolder(role=Role.APPLICANT, subject=person_id(person))
    personal.begin(town.office, case, personal.document(town.office, case).sha256, person)
    shown = serial(town, own)
    if does == "renews":
        holders.renew(town.office, own, person, shown=shown)
    else:
        reason = ReasonFlags.key_compromise
        holders.revoke(town.office, own, person, shown=shown, reason=reason)

    code = town.world.code_for(people.person(1).mobile)
    if does == "renews":
        personal.confirm(town.office, case, code, person)
        assert signed_by(town, case) == ["applicant"]
        return
    with pytest.raises(personal.StepRefused, match="021-962600"):
        personal.confirm(town.office, case, code, person)
    assert signed_by(town, case) == []


def test_the_agencys_seal_is_renewed_while_a_letter_waits(
    town: Town, case: str, person: Actor, employer: Actor, stamps: Stamps
) -> None:
    """The letter bears the seal of the moment in which it is made, and verifies."""
    own = KeyHolder(role=Role.AGENCY, subject=AGENCY)
    town.signs(case, person)
    town.seals(case, employer)
    town.reviews(case, town.officer("shen", "reviewer", "approver"))
    before = serial(town, own)
    stamps.is_away = True
    town.decides(case, town.officer("jue", "approver", "reviewer"))

    town.office.signatures.lifecycle.renew(Role.AGENCY, AGENCY, shown=before)
    stamps.is_away = False
    town.clock.forward(minutes=40)
    town.works()

    with town.office.sessions() as session:
        letter = documents.current(session, case, DocumentKind.DECISION)
    assert letter is not None
    report = town.office.signatures.examine(town.office.files.get(letter.sha256))
    assert (report.ok, [row.serial for row in report.signatures]) == (True, [serial(town, own)])
    assert serial(town, own) != before
