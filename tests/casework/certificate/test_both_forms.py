"""Both forms of everything that the agency seals, in each profession (C.0): PDF and OFD."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.certificate_store import CertificateStoreTwin
from casework import deployment
from casework.certificate import ofd_forms, publication
from casework.office import Office
from engine import actors
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind, StoredFile
from registry.certificates import certificates
from registry.certificates.certificates import CANCELLATION, REGISTRATION, Certificate, Validity
from registry.ports import CertificateState
from storage.database import writing
from tests import holders, people
from tests.ofd import shipped
from tests.offices import Town, person_id
from tests.professions.folders import BPMN, SHIPPED
from web.public import verification

each_profession = pytest.mark.parametrize("profession", SHIPPED)
#: The template of each kind of paper, where its name is another.
TEMPLATES = {DocumentKind.CERTIFICATE_COPY: "certificate"}


@dataclass
class Archive:
    """A holder of one profession, and papers of that profession's templates under the seal."""

    town: Town
    profession: str
    certificate_id: str

    @property
    def office(self) -> Office:
        return self.town.office

    def certificate(self) -> Certificate:
        with self.office.sessions() as session:
            return certificates.get(session, self.certificate_id)

    def paper(self, kind: DocumentKind, template: str) -> tuple[Document, bytes]:
        """Set, seal and keep a paper with everything that its template can show."""
        names = {(p, name): told for told in shipped.printed() for p, name, _ in [told]}
        own = names.get((self.profession, template)) or names[(SHIPPED[0], template)]
        printed = shipped.pdf(own, self.office.fonts)
        case = str(self.certificate().application_id)
        signed = self.office.signatures.seal_as_agency(printed, key=f"{case}/{template}/{kind}")
        file = StoredFile(sha256=self.office.files.put(signed.pdf), size_bytes=len(signed.pdf))
        with writing(self.office.sessions) as session:
            kept = documents.add(
                session, case, kind, file, revision=1, at=self.office.now(), number=f"{kind}-1"
            )
        return kept, signed.pdf

    def is_shown_by(self, paper: Document, **more: Any) -> None:
        """Let the certificate be printed on a paper."""
        with writing(self.office.sessions) as session:
            own = session.get_one(Certificate, self.certificate_id)
            for name, value in {**more, "document_id": paper.id, "sha256": paper.sha256}.items():
                setattr(own, name, value)


@pytest.fixture
def archive(town: Town, profession: str) -> Archive:
    """Deploy everything that is shipped, and put one holder on record."""
    assert not [told.problems for told in deployment.deploy(town.office, BPMN) if told.problems]
    person, company = person_id(town.person()), people.enterprise(1)
    end = town.office.today() + timedelta(days=900)
    registration = holders.hold(
        *(town.office, person),
        ends=end,
        uscc=company.uscc,
        name=company.name,
        type=profession,
    )
    with town.office.sessions() as session:
        (own,) = certificates.of_person(session, person)
    assert own.registration_id == registration
    return Archive(town, profession, own.id)


@each_profession
def test_every_kind_of_paper_has_both_forms(archive: Archive) -> None:
    """Certificate, copy and each letter: the OFD is sealed, holds, and says what the PDF says."""
    office = archive.office
    kinds = [kind for kind in DocumentKind if kind.is_of_agency]
    assert {DocumentKind.CERTIFICATE, DocumentKind.CERTIFICATE_COPY} < set(kinds)
    for kind in kinds:
        paper, _ = archive.paper(kind, TEMPLATES.get(kind, str(kind)))

        form = ofd_forms.of(office, paper.id, actors.SYSTEM)

        verdict = verification.examine(office, form.data)
        assert verdict.report.ok, (kind, verdict.report.all_findings)
        assert verdict.standing is not None, kind
        assert verdict.ofd is not None
        assert verdict.ofd.head.title == paper.title


@each_profession
@pytest.mark.parametrize(
    ("template", "kind", "validity"),
    [
        ("certificate", REGISTRATION, Validity.VALID),
        ("certificate", REGISTRATION, Validity.EXPIRED),  # it never heard of it before
        ("cancellation-certificate", CANCELLATION, Validity.CANCELLED),
    ],
)
def test_the_store_is_told_of_both_forms(
    archive: Archive, template: str, kind: str, validity: Validity
) -> None:
    """What a holder can download as OFD the store gets as OFD too, also of what has ended."""
    office = archive.office
    office.policy = replace(office.policy, store_takes_ofd=True)
    store = CertificateStoreTwin(office.sessions, office.clock)
    office.certificate_store = store
    paper, pdf = archive.paper(DocumentKind.CERTIFICATE, template)
    archive.is_shown_by(paper, kind=kind, validity=validity)

    with writing(office.sessions) as session:
        publication.enqueue(session, archive.certificate_id, office.now(), "issue")
    archive.town.works()

    own = archive.certificate()
    form = ofd_forms.of(office, paper.id, actors.SYSTEM)
    *_, first = store.told(str(own.identifier))
    assert first.entry is not None
    assert first.entry["sha256"] == paper.sha256
    assert first.entry["ofd_sha256"] == form.sha256
    assert first.size_bytes == len(pdf) + len(form.data)
    is_valid = validity is Validity.VALID
    assert (store.state_of(str(own.identifier)) is CertificateState.VALID) == is_valid
    verdict = verification.examine(office, form.data)
    assert verdict.ofd is not None
    assert verdict.ofd.ok
