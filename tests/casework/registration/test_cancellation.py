"""Cancelling with both sides: the person signs, the enterprise seals, and the registration ends."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pikepdf
import pytest
from PIL import Image

from casework.application import form_entry, new_application, withdrawal
from casework.application.form_entry import FieldReadOnly, FormFaults
from casework.application.new_application import NotAvailable
from casework.application.withdrawal import TooLateToWithdraw
from casework.case.refusals import StepNotOpen, StepRefused
from casework.certificate import claims
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from registry.applications import documents, timeline
from registry.applications.documents import DocumentKind
from registry.certificates import certificates, public_answers, registrations
from registry.ports import CertificateState
from signing import Role
from signing.judging import verify
from storage.database import writing
from tests import people
from tests.casework.registration import cancelling as they
from tests.offices import PIN, TYPE, Town, person_id


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def registered(town: Town, person: Actor, employer: Actor) -> str:
    """Register the person through every step and claim the certificate; give that case."""
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.claims(case, person)
    return case


@pytest.fixture
def on_record(town: Town, person: Actor, employer: Actor) -> registrations.Registration:
    """Put the registration on record without the way to it."""
    return they.registers(town, person)


def available(town: Town, person: Actor) -> dict[str, list[str]]:
    """Give the codes of the reasons against each matter."""
    items = new_application.availability(town.office, person_id(person), TYPE)
    return {item.matter: [reason.code for reason in item.reasons] for item in items}


@pytest.mark.both_databases
def test_the_seal_cancels(town: Town, person: Actor, employer: Actor, registered: str) -> None:
    """R95, R97, R100, R101, R107, I14: registration, certificate, new certificate, public answer.

    And I15: the person may apply for an initial registration at once.
    """
    case = they.signs(town, person)
    assert they.standing(town, person) == "VALID"

    town.seals(case, employer)

    assert town.status(case) == "COMPLETED"
    assert they.standing(town, person) == "CANCELLED"
    old, new = they.held(town, person)
    assert (old.kind, old.validity) == ("REGISTRATION", "CANCELLED")
    assert (new.kind, new.cause, new.validity) == ("CANCELLATION", "CANCELLATION", "CANCELLED")
    with town.office.sessions() as session:
        for version in (old, new):
            certificate = certificates.by_token(session, version.qr_token)
            answer = public_answers.of(session, certificate, on=town.office.today())
            assert answer.status.label == "已注销"
        papers = [document.kind for document in documents.history(session, case)]
        steps = [line.kind for line in timeline.of(session, case)]
    assert papers == ["application", "certificate", "acceptance-notice"]
    assert steps[-6:] == ["seal", "accept", "cancel", "issue", "acceptance-notice", "close"]
    assert available(town, person)["INITIAL"] == []
    assert available(town, person)["CANCELLATION"] == ["E_NOT_VALID"]
    assert claims.download(town.office, case, person).startswith(b"%PDF-")
    assert town.troubles() == []


@pytest.mark.both_databases
@pytest.mark.proves("R100")
@pytest.mark.proves("R107")
def test_seal_and_cancellation_are_one_transaction(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R107, I14: whoever sees the seal sees the registration ended, even when papers fail."""
    case = they.signs(town, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    broken = town.office.templates

    def no_papers(_: str) -> Any:
        raise OSError("out of paper")

    town.office.templates = no_papers  # type: ignore[method-assign]
    enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    assert they.standing(town, person) == "CANCELLED"
    assert they.held(town, person)[0].validity == "CANCELLED"
    assert town.status(case) == "ACCEPTED"
    town.office.templates = broken  # type: ignore[method-assign]
    town.clock.forward(minutes=1)
    town.works()
    assert town.status(case) == "COMPLETED"


def test_the_store_is_told_later_and_never_undoes_the_act(
    town: Town, person: Actor, employer: Actor, registered: str
) -> None:
    """I14: a store that is down learns of it later: the old certificate and the new are 注销."""
    town.works()
    case = they.signs(town, person)
    town.world.down.add("certificate_store")

    town.seals(case, employer)
    town.works()

    assert they.standing(town, person) == "CANCELLED"
    town.world.down.clear()
    town.clock.forward(minutes=10)
    town.works()
    states = [
        town.world.states[str(certificate.identifier)] for certificate in they.held(town, person)
    ]
    assert states == [CertificateState.CANCELLED, CertificateState.CANCELLED]


def test_the_form_carries_both_signatures(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R97, R101, R106: one PDF, signed and sealed, that stands up to our own verifier."""
    case = they.signs(town, person)
    town.seals(case, employer)

    form = personal.document(town.office, case)
    report = town.office.signatures.examine(
        town.office.files.get(form.sha256),
        expected=verify.Expected.application(person_id(person), people.uscc(1)),
    )
    assert report.ok, report.all_findings


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cancel_reason": None}, "cancel_reason"),
        ({"cancel_reason": "EXPIRED"}, "cancel_reason"),  # the agency's to say
        ({"cancel_reason": "OTHER"}, "cancel_reason_text"),
        ({"cancel_reason": "OTHER", "cancel_reason_text": "不干了"}, "cancel_reason_text"),
        ({"cancel_reason": "OTHER", "cancel_reason_text": "长" * 201}, "cancel_reason_text"),
        ({"applicant_opinion": False}, "applicant_opinion"),
        ({"photo": "0" * 32}, "photo"),
    ],
)
@pytest.mark.proves("R92")
@pytest.mark.proves("R93")
def test_what_the_form_refuses(
    town: Town,
    person: Actor,
    on_record: registrations.Registration,
    changes: dict[str, Any],
    field: str,
) -> None:
    """R92, R93, R96: a reason of the list, its own words under 其他, and the tick."""
    case = they.starts(town, person)
    typed = {name: value for name, value in they.values(**changes).items() if value is not None}

    with pytest.raises(FormFaults) as refusal:
        town.saves(case, person, typed)

    assert set(refusal.value.faults) == {field}
    assert town.status(case) == "DRAFT"


@pytest.mark.parametrize("text", ["转行不干了", "长" * 200])
def test_another_reason_in_own_words(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration, text: str
) -> None:
    """R92: five to two hundred characters, which the register keeps."""
    case = they.signs(town, person, cancel_reason="OTHER", cancel_reason_text=text)

    town.seals(case, employer)

    with town.office.sessions() as session:
        assert registrations.get(session, on_record.id).status_reason == text


@pytest.mark.parametrize("field", ["registration_no", "enterprise_uscc", "valid_to", "name"])
def test_forged_facts_are_refused(
    town: Town, person: Actor, on_record: registrations.Registration, field: str
) -> None:
    """R96, R104: whose registration ends is not typed."""
    case = they.starts(town, person)

    with pytest.raises(FieldReadOnly):
        town.saves(case, person, they.values(**{field: "91310100MADE000099"}))


@pytest.mark.proves("R94")
def test_the_photo_is_the_last_one_or_a_new_one(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R94, R95: an upload is shown on the cancellation certificate, else the photo before."""
    case = they.starts(town, person)
    picture = people.photo(width=600, height=840)
    kept = form_entry.attach(town.office, case, "photo", "新.jpg", picture, person)
    town.saves(case, person, they.values(photo=kept.id))
    town.signs(case, person)
    town.seals(case, employer)

    old, new = they.held(town, person)
    assert new.facts["photo"] == kept.sha256 != old.facts["photo"]


@pytest.mark.proves("R95")
def test_the_photo_is_printed_on_the_cancellation_certificate(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R95: the sealed PDF holds the picture that was uploaded, in the size of the profession."""
    case = they.starts(town, person)
    kept = form_entry.attach(
        town.office, case, "photo", "新.jpg", people.photo(width=600, height=840), person
    )
    town.saves(case, person, they.values(photo=kept.id))
    town.signs(case, person)
    town.seals(case, employer)
    town.works()

    _, made = they.held(town, person)
    photo = Image.open(io.BytesIO(town.office.files.get(kept.sha256)))
    assert made.kind == "CANCELLATION"
    assert photo.size in pictures_of(town.office.files.get(str(made.sha256)))


def pictures_of(pdf: bytes) -> set[tuple[int, int]]:
    """Give the sizes of the pictures in a PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        streams = [part for part in file.objects if isinstance(part, pikepdf.Stream)]
        return {
            (int(stream.Width), int(stream.Height))
            for stream in streams
            if stream.get("/Subtype") == "/Image"
        }


def test_without_an_upload_the_photo_stays(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R94: the photo is not asked again."""
    town.seals(they.signs(town, person), employer)

    old, new = they.held(town, person)
    assert new.facts["photo"] == old.facts["photo"]


@pytest.mark.proves("R98")
def test_a_change_after_signing_voids(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R98: after 保存 of a change the person signs again; the same content voids nothing."""
    case = they.signs(town, person)
    same = town.saves(case, person, they.values())
    assert (same.changed, same.voided) == (False, False)

    changed = town.saves(case, person, they.values(cancel_reason="VOLUNTARY"))

    assert changed.voided
    assert town.status(case) == "READY_TO_SIGN"
    with pytest.raises(StepNotOpen):
        enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    with town.office.sessions() as session:
        states = [document.state for document in documents.history(session, case)]
    assert states == ["void", "current"]


@pytest.mark.proves("G8")
def test_the_opinion_has_its_own_name(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R105: the enterprise agrees to the cancellation, not to employing."""
    case = they.signs(town, person)

    with pytest.raises(StepRefused, match="请勾选注销意见"):
        enterprise_seal.agree(town.office, case, opinion_ticked=False, actor=employer)

    town.seals(case, employer)
    with town.office.sessions() as session:
        texts = [line.text for line in timeline.of(session, case)]
    assert "企业同意注销并加盖电子签章" in texts


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["LICENCE_REVOKED", "BANKRUPT"])
def test_an_inactive_enterprise_may_still_seal(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration, status: str
) -> None:
    """R100, I10: who has lost the licence cannot employ, but can let go."""
    town.enterprise(status=status, design_qualifications=())

    town.seals(they.signs(town, person), employer)

    assert they.standing(town, person) == "CANCELLED"


@pytest.mark.both_databases
def test_sealing_twice_changes_nothing(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R100, R107: the second time there is nothing to do, and nothing is done."""
    case = they.signs(town, person)
    town.seals(case, employer)

    with pytest.raises(StepNotOpen) as refusal:
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    assert refusal.value.code == "E_STEP_NOT_OPEN"
    assert len(they.held(town, person)) == 2


def test_a_registration_that_expired_meanwhile(town: Town, person: Actor, employer: Actor) -> None:
    """R107: what ended by itself is not cancelled; the case closes and both are told."""
    they.registers(town, person, days=1)
    case = they.signs(town, person)
    town.clock.forward(days=3)

    town.seals(case, employer)

    assert town.status(case) == "CLOSED"
    assert they.standing(town, person) == "VALID"  # until the sweep says EXPIRED
    assert len(they.held(town, person)) == 1
    assert available(town, person)["INITIAL"] == []


@pytest.mark.both_databases
def test_a_registration_that_another_act_ended(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R107: revoked while the enterprise was sealing; nothing turns it into a cancellation."""
    case = they.signs(town, person)
    with writing(town.office.sessions) as session:
        current = registrations.get(session, on_record.id)
        registrations.end(session, current, "REVOKED", reason="示例", at=town.clock())

    town.seals(case, employer)

    assert town.status(case) == "CLOSED"
    assert they.standing(town, person) == "REVOKED"


def test_withdrawn_before_the_seal(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """I18: an uncompleted cancellation may be withdrawn, a completed one not."""
    case = they.signs(town, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    withdrawal.withdraw(town.office, case, person)

    with pytest.raises(StepNotOpen):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)
    assert they.standing(town, person) == "VALID"

    again = they.signs(town, person)
    town.seals(again, employer)
    with pytest.raises(TooLateToWithdraw):
        withdrawal.withdraw(town.office, again, person)


@pytest.mark.parametrize("status", [None, "EXPIRED", "CANCELLED"])
def test_who_has_nothing_valid_cannot_cancel(
    town: Town, person: Actor, employer: Actor, status: str | None
) -> None:
    """R90: the item is closed, with the reason."""
    if status is not None:
        town.already_registered(person_id(person), status=status)

    with pytest.raises(NotAvailable) as refusal:
        they.starts(town, person)

    assert [reason.code for reason in refusal.value.reasons] == ["E_NOT_VALID"]


@pytest.mark.proves("R90")
def test_one_application_at_a_time(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R90: while a cancellation is in progress nothing else starts."""
    they.starts(town, person)

    assert all("E_OPEN_APPLICATION" in codes for codes in available(town, person).values())


def test_a_foreign_enterprise_cannot_seal(
    town: Town, person: Actor, employer: Actor, on_record: registrations.Registration
) -> None:
    """R102, R105: only the enterprise of the registration lets go."""
    case = they.signs(town, person)
    other = town.enterprise(2)

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=other)

    assert "E_WRONG_ENTERPRISE" in {reason.code for reason in refusal.value.reasons}
    assert Role.ENTERPRISE not in {
        signature_record.role for signature_record in _signatures(town, case)
    }


def _signatures(town: Town, case: str) -> list[documents.SignatureRecord]:
    with town.office.sessions() as session:
        form = documents.current(session, case, DocumentKind.APPLICATION)
        assert form is not None
        return documents.signatures(session, form.id)


def test_a_downloaded_certificate_verifies_as_cancelled(
    town: Town, person: Actor, employer: Actor, registered: str
) -> None:
    """I14: also the bytes with long-term evidence, which the holder downloads."""
    town.works()
    kept = claims.download(town.office, registered, person)
    town.seals(they.signs(town, person), employer)

    sha256 = town.office.files.put(kept)
    with town.office.sessions() as session:
        certificate = certificates.by_sha256(session, sha256)
        assert certificate is not None
        answer = public_answers.of(session, certificate, on=town.office.today())
    assert answer.status.label == "已注销"
