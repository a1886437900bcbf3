"""The certificate: issued once, claimed by its holder, true on the public page."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from casework.case.refusals import StepNotOpen
from casework.certificate import claims
from engine.actors import Actor
from engine.errors import NotYourTask
from refusals.refusal import NotFound
from registry.applications import documents
from registry.certificates import certificates, public_answers, registrations
from registry.errors import CertificateNotIssued, CertificateNotValid
from registry.trail import notices
from signing.judging import verify
from storage.database import writing
from tests import people
from tests.offices import TYPE, Town, person_id


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def case(town: Town, person: Actor) -> str:
    """Give an approved application whose certificate waits to be claimed."""
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    return case


def certificate_of(town: Town, case: str) -> certificates.Certificate:
    with town.office.sessions() as session:
        certificate = certificates.of_application(session, case)
    assert certificate is not None
    return certificate


@pytest.mark.both_databases
@pytest.mark.proves("R48")
def test_approval_registers_and_offers_the_certificate(
    town: Town, case: str, person: Actor
) -> None:
    """R48, R112, I12: three years from the day of approval; the certificate waits to be claimed."""
    assert town.status(case) == "APPROVED"
    certificate = certificate_of(town, case)
    assert certificate.claim_state == "UNCLAIMED"
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
        [newest, *_] = notices.inbox(session, person.id)
    assert registration is not None
    assert (registration.valid_from, registration.valid_to) == (
        date(2026, 9, 7),
        date(2029, 9, 6),
    )
    assert registration.no.startswith("S22699")
    assert newest.kind == "claim_ready"


def test_before_the_claim_there_is_no_download(town: Town, case: str, person: Actor) -> None:
    """R114: download comes after 【确认】."""
    with pytest.raises(CertificateNotIssued):
        claims.download(town.office, case, person)


@pytest.mark.both_databases
@pytest.mark.proves("I17")
def test_claiming_twice_is_harmless(town: Town, case: str, person: Actor) -> None:
    """R113, R114, I17: the second claim changes nothing; each download is logged."""
    town.claims(case, person)
    first = certificate_of(town, case).claimed_at
    town.clock.forward(hours=1)
    town.claims(case, person)

    assert certificate_of(town, case).claimed_at == first
    assert town.status(case) == "COMPLETED"
    pdf = claims.download(town.office, case, person)
    assert claims.download(town.office, case, person) == pdf


@pytest.mark.proves("R48")
def test_what_is_over_is_not_handed_out(town: Town, case: str, person: Actor) -> None:
    """R48, R114, I14: a certificate is downloaded on the last day, and not on the next."""
    town.claims(case, person)

    town.clock.now = datetime(2029, 9, 6, 15, 59, tzinfo=UTC)
    assert claims.download(town.office, case, person).startswith(b"%PDF-")
    town.clock.now = datetime(2029, 9, 6, 16, 1, tzinfo=UTC)
    with pytest.raises(CertificateNotValid):
        claims.download(town.office, case, person)


def test_only_the_holder_claims(town: Town, case: str, person: Actor) -> None:
    """R112: nobody else claims, before or after."""
    stranger = town.person(2)
    with pytest.raises(NotYourTask):
        town.claims(case, stranger)
    town.claims(case, person)
    with pytest.raises(StepNotOpen):
        town.claims(case, stranger)


def test_nothing_to_claim_before_approval(town: Town, person: Actor) -> None:
    """R112: an application under way has no certificate."""
    case = town.starts(person)
    with pytest.raises(StepNotOpen):
        town.claims(case, person)
    with pytest.raises(NotFound):
        claims.download(town.office, case, person)


@pytest.mark.both_databases
def test_unclaimed_certificates_are_reminded(town: Town, case: str, person: Actor) -> None:
    """I18: reminders 10, 30 and 90 days after the certificate is ready."""
    seen = []
    for days in (11, 20, 60):
        town.clock.forward(days=days)
        town.works()
        with town.office.sessions() as session:
            told = [notice.kind for notice in notices.inbox(session, person.id)]
        seen.append(told.count("claim_reminder"))

    assert seen == [1, 2, 3]
    assert town.status(case) == "APPROVED"


@pytest.mark.proves("R26")
@pytest.mark.proves("R115")
def test_the_paper_shows_what_was_signed(
    town: Town, case: str, person: Actor, tmp_path: Path
) -> None:
    """R115, B.6: name, employer, numbers and validity are on the certificate, the id is masked."""
    town.claims(case, person)
    (tmp_path / "c.pdf").write_bytes(claims.download(town.office, case, person))
    done = subprocess.run(
        ["pdftotext", "-raw", str(tmp_path / "c.pdf"), "-"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    text = "".join(done.stdout.decode().split())
    certificate = certificate_of(town, case)

    facts = people.person(1)
    for shown in (facts.name, people.enterprise(1).name, certificate.no, "DEMO-0001"):
        assert shown in text
    assert facts.id_no not in text
    assert "2029年9月6日" in text
    photo = town.office.files.get(str(certificate.facts["photo"]))
    assert Image.open(io.BytesIO(photo)).size in pictures_of(tmp_path / "c.pdf")


def pictures_of(pdf: Path) -> set[tuple[int, int]]:
    """Give the sizes of the pictures in a PDF."""
    with pikepdf.open(pdf) as file:
        streams = [part for part in file.objects if isinstance(part, pikepdf.Stream)]
        pictures = [part for part in streams if part.get("/Subtype") == "/Image"]
        return {(int(picture.Width), int(picture.Height)) for picture in pictures}


def test_every_paper_verifies_with_long_term_evidence(town: Town, case: str, person: Actor) -> None:
    """I11, R41, R59: after the workers ran, every paper of the case passes our verifier."""
    town.claims(case, person)
    town.works()

    with town.office.sessions() as session:
        papers = documents.history(session, case)
        stages = [
            [version.stage for version in documents.versions(session, paper.id)] for paper in papers
        ]
    assert stages == [
        ["made", "applicant", "enterprise", "augmented"],
        ["made", "agency", "augmented"],
        ["made", "agency", "augmented"],
        ["made", "agency", "augmented"],
    ]
    trust = town.office.signatures.authority.trust()
    for paper in papers:
        report = verify.examine(town.office.files.get(paper.sha256), trust)
        assert report.ok, (paper.kind, report.findings)


@pytest.mark.both_databases
@pytest.mark.proves("I14")
def test_the_public_answer_follows_the_registration(town: Town, case: str, person: Actor) -> None:
    """I14: the QR answer is VALID, and CANCELLED the moment the registration ends."""
    town.claims(case, person)
    certificate = certificate_of(town, case)
    with town.office.sessions() as session:
        answer = public_answers.of(session, certificate, on=date(2026, 9, 8))
    assert (answer.status, answer.name) == ("VALID", f"{people.person(1).name[0]}**")

    with writing(town.office.sessions) as session:
        registration = registrations.newest(session, person_id(person), TYPE)
        assert registration is not None
        registrations.end(session, registration, "CANCELLED", reason="示例", at=town.clock())
    with town.office.sessions() as session:
        answer = public_answers.of(session, certificate, on=date(2026, 9, 8))
    assert answer.status == "CANCELLED"
