"""The daily duty: keys succeed each other, papers are stamped anew, people are told."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from casework import upkeep
from casework.certificate import sealed_documents
from casework.certificate.sealed_documents import Paper
from casework.keys import duty, restamping, stock
from casework.office import Office, Policy
from casework.rename import batches
from engine.operations import Call
from engine.tables import Job
from pdfgen import RenderedDocument as Rendered
from registry import tables
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind, StoredFile
from registry.enterprises import renames
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice
from signing import Role
from storage.database import writing
from tests import people
from tests.casework.rename.test_batches import rename_outside
from tests.offices import PIN, TYPE, Town
from tests.signing import files
from web.public import verification

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AUTHORITY = Policy().authority
YEARS = (9.9, 10.1, 15.1, 20.1, 31.0)


def sealed(town: Town, case: str, kind: DocumentKind) -> Document:
    """Put one small paper of a kind on record, sealed by the agency."""
    office = town.office
    pdf = files.with_fields(files.page(kind), "agency")
    printed = sealed_documents.store(office, Rendered(pdf=pdf, fields={}))
    call = Call(key=f"{case}/{kind}", now=town.clock())
    paper = Paper(application_id=case, kind=kind, number=str(kind))
    ready = sealed_documents.seal(office, call, printed)
    with writing(office.sessions) as session:
        return sealed_documents.keep(session, office, call, paper, ready)


def a_case(town: Town, *kinds: DocumentKind) -> str:
    """Open a case with papers of these kinds, augmented by the workers."""
    case = town.starts(town.person())
    for kind in kinds:
        sealed(town, case, kind)
    town.works()
    return case


def after(town: Town, days: float) -> int:
    """Let time pass and do the duty of that day."""
    town.clock.forward(days=days)
    return duty.look_after(town.office, town.office.now())


def shas(office: Office) -> dict[str, str]:
    with office.sessions() as session:
        rows = session.scalars(select(Document))
        return {
            row.kind: row.sha256 for row in rows if row.state == documents.DocumentState.CURRENT
        }


def wrong(office: Office, kept: list[str]) -> list[object]:
    """Ask the public verification about files of ours; give what it finds."""
    verdicts = [verification.examine(office, office.files.get(sha256)) for sha256 in kept]
    assert all(verdict.standing for verdict in verdicts)
    return [verdict.report.all_findings for verdict in verdicts if not verdict.report.ok]


def told(office: Office, kind: str, inbox: str = "role:operator") -> list[str]:
    with office.sessions() as session:
        query = select(Notice.text).where(Notice.inbox == inbox, Notice.kind == kind)
        return list(session.scalars(query.order_by(Notice.id)))


def audited(office: Office, action: str) -> list[AuditEvent]:
    with office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action == action)
        return list(session.scalars(query.order_by(AuditEvent.id)))


def sealed_list(town: Town, batch: str) -> str:
    with town.office.sessions() as session:
        return str(renames.get(session, batch).sealed_sha256)


#: Hashes of what nobody signs, and of files that another column names as signed.
UNSIGNED = {
    "attachment.sha256",  # what people upload
    "blob.sha256",  # facts of any file
    "certificate.prepared_sha256",  # before its seal
    "client_secret.sha256",  # of a secret, no file
    "client_token.sha256",
    "data_export.sha256",  # an archive that its person takes away
    "definition_file.sha256",  # of diagrams and forms
    "draft_save.sha256",
    "ofd_file.sha256",  # no place for a later stamp: its document is the evidence
    "person.signature_sha256",  # a picture
    "rename_batch.list_sha256",  # before its seal
    "seal_item.sha256",  # a form that waits for its seal: a document
}


@pytest.mark.proves("F:keys-1")
def test_the_duty_goes_over_every_kind_of_signed_file(database_url: str) -> None:
    """§keys 1: a column that names files is of a kind that is stamped anew, or is known not to."""
    assert database_url
    named = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("sha256")
    }
    stamped = {column for kind in restamping.KINDS.values() for column in kind.columns}

    assert named == stamped | UNSIGNED
    assert not stamped & UNSIGNED


@pytest.mark.proves("F:keys-1")
def test_every_kind_of_paper_verifies_for_31_years(town: Town) -> None:
    """§keys 1: form with two signatures, letters, certificate, rename list: all hold for ever."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.claims(case, person)
    rename_outside(town)
    batch = batches.compute(town.office, people.uscc(1), TYPE, employer)
    batches.confirm(town.office, batch, PIN, employer)
    town.works()
    lists = [sealed_list(town, batch)]
    made = set(shas(town.office))
    for kind in DocumentKind:
        if kind not in made:
            sealed(town, case, kind)
    town.works()
    first = shas(town.office)
    assert set(first) == set(DocumentKind)

    for before, year in zip((0.0, *YEARS), YEARS, strict=False):
        after(town, 365.25 * (year - before))
        town.works()
        assert restamping.left(town.office) == 0
        lists.append(sealed_list(town, batch))
        assert wrong(town.office, [shas(town.office)[DocumentKind.APPLICATION], lists[-1]]) == []

    present = shas(town.office)
    assert wrong(town.office, [*first.values(), *present.values(), *lists]) == []
    assert len(set(lists)) >= 4
    assert all(present[kind] != first[kind] for kind in DocumentKind)
    with town.office.sessions() as session:
        form = documents.current(session, case, DocumentKind.APPLICATION)
        assert form is not None
        stages = [version.stage for version in documents.versions(session, form.id)]
    assert stages.count(documents.AUGMENTED) >= 3
    assert town.troubles() == []


@pytest.mark.proves("F:keys-1")
def test_a_year_before_the_end_keys_are_replaced_and_operators_hear(town: Town) -> None:
    """§keys 1: nothing before the last year; then once: rolled, told, audited."""
    office = town.office
    assert after(town, 1) == 0

    assert after(town, 365 * 9 + 30) > 0

    texts = told(office, duty.ROLLED)
    assert any(text.startswith("时间戳服务已更换密钥") for text in texts)
    assert len(audited(office, duty.ROLLED)) == len(texts)
    assert stock.of(office, office.now()).late == ()
    assert duty.look_after(office, office.now()) == 0
    assert told(office, duty.ROLLED) == texts


@pytest.mark.proves("F:keys-1")
def test_the_seal_of_the_agency_is_renewed_in_time_and_also_when_over(town: Town) -> None:
    """§keys 1: no seal is ever missing because three years have passed."""
    custody = town.office.signatures.custody
    [first] = custody.of_role(Role.AGENCY)

    after(town, 365 * 3 - 80)
    [second] = custody.of_role(Role.AGENCY)
    after(town, 365 * 5)
    [third] = custody.of_role(Role.AGENCY)

    assert len({first.serial, second.serial, third.serial}) == 3
    assert (second.revoked_at, third.revoked_at) == (None, None)
    assert third.not_after > town.clock() + timedelta(days=1000)
    assert len(told(town.office, duty.RENEWED)) == 2
    a_case(town, DocumentKind.DECISION)
    assert town.troubles() == []


@pytest.mark.proves("F:keys-1")
def test_an_enterprise_is_asked_sixty_and_thirty_days_before(town: Town) -> None:
    """§keys 1: its key is its own; it is told where to renew, once each."""
    town.enterprise()
    inbox = f"enterprise:{people.uscc(1)}"

    counts = []
    for days in (365 * 3 - 61, 2, 1, 27, 1):
        after(town, days)
        counts.append(len(told(town.office, "key_ends", inbox)))

    assert counts == [0, 1, 1, 1, 2]
    assert "企业数字证书" in told(town.office, "key_ends", inbox)[0]


@pytest.mark.proves("F:keys-1")
def test_a_batch_that_was_killed_goes_on_where_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§keys 1: each paper is its own transaction; doing it again changes nothing."""
    monkeypatch.setattr(restamping, "BATCH", 2)
    a_case(town, DocumentKind.RECEIPT, DocumentKind.DECISION, DocumentKind.ACCEPTANCE_NOTICE)
    after(town, 365 * 9 + 30)
    office, day = town.office, town.office.today().isoformat()
    with office.sessions() as session:
        job = session.scalars(select(Job).where(Job.operation == "keys/restamp")).one()
    # what a killed worker leaves: papers stamped, no end of the job
    restamping.restamp(office, Call(key=job.key, now=office.now()), **job.params)
    assert restamping.left(office) == 1

    town.works()

    assert restamping.left(office) == 0
    done = shas(office)
    assert sum(row.facts["stamped"] for row in audited(office, "keys.restamp")) == 1
    assert [row.subject for row in audited(office, "keys.restamp")] == [f"day:{day}"]
    duty.look_after(office, office.now())
    town.works()
    assert shas(office) == done
    with office.sessions() as session:
        jobs = select(func.count()).select_from(Job).where(Job.operation == "keys/restamp")
        assert session.scalar(jobs) == 0


@pytest.mark.proves("F:keys-1")
def test_a_damaged_paper_is_told_and_stops_no_other(town: Town) -> None:
    """§keys 1: what cannot be stamped anew is told to the operators once, with its number."""
    case = a_case(town, DocumentKind.RECEIPT, DocumentKind.DECISION)
    office = town.office
    with writing(office.sessions) as session:
        damaged = documents.current(session, case, DocumentKind.RECEIPT)
        assert damaged is not None
        broken = office.files.get(damaged.sha256) + b"junk"
        file = StoredFile(sha256=office.files.put(broken), size_bytes=len(broken))
        documents.replace(session, damaged, documents.AUGMENTED, file, at=town.clock())
    decision = shas(office)[DocumentKind.DECISION]

    for days in (365 * 9 + 30, 1):
        after(town, days)
        town.works()

    now = shas(office)
    assert now[DocumentKind.RECEIPT] == hashlib.sha256(broken).hexdigest()
    assert now[DocumentKind.DECISION] != decision
    assert len(audited(office, restamping.FAILED)) == 1
    assert damaged.id in told(office, restamping.FAILED)[0]
    assert restamping.left(office) == 1


@pytest.mark.proves("F:keys-1")
def test_papers_of_a_revoked_stamper_are_stamped_anew(town: Town) -> None:
    """§keys 1: a stamper that was superseded long before its end leaves nothing behind."""
    case = a_case(town, DocumentKind.DECISION)
    before = shas(town.office)[DocumentKind.DECISION]
    authority = town.office.signatures.authority
    [stamper] = [listed for listed in authority.working() if listed.name == "时间戳服务"]
    town.clock.forward(days=30)

    authority.revoke(stamper.serial, "superseded")
    town.clock.forward(days=1)
    assert duty.look_after(town.office, town.office.now()) > 0
    town.works()

    assert restamping.left(town.office) == 0
    with town.office.sessions() as session:
        paper = documents.current(session, case, DocumentKind.DECISION)
    assert paper is not None
    assert paper.sha256 != before
    assert verification.examine(town.office, town.office.files.get(paper.sha256)).ok


@pytest.mark.proves("F:years-1", "F:keys-1")
def test_with_a_wrong_clock_nothing_is_stamped_and_the_case_waits(town: Town) -> None:
    """§years 1: outside the life of the stamper: a code, the job waits, the operators hear."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    right = town.clock.now
    town.signs(case, person)
    town.clock.now = right - timedelta(days=400)

    late = stock.of(town.office, town.clock())
    duty.look_after(town.office, town.office.now()) if not late.late else None

    assert [line.key for line in late.late if line.key.startswith("E_")] == ["E_AUTHORITY_OVER"]
    town.clock.now = right + timedelta(minutes=5)
    town.seals(case, employer)
    assert town.status(case) == "UNDER_REVIEW"


def test_the_duty_is_one_of_the_daily_ones(town: Town) -> None:
    """C.7: asked for each day like the others; one audit row a day says that it was done."""
    upkeep.arm(town.office)
    town.works()

    assert "upkeep/keys" in upkeep.DUTIES
    [row] = audited(town.office, upkeep.ACTION)
    assert row.facts["keys"] == 0
