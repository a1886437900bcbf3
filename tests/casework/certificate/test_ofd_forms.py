"""What the agency sealed exists as OFD too: made when asked for, the same bytes for ever."""

from __future__ import annotations

from datetime import date, timedelta

import ofdkit
import pytest
from cryptography.x509 import ReasonFlags
from lxml import etree

from casework.certificate import claims, copy_requests, ofd_forms, sealed_words
from casework.certificate.ofd_forms import NoOfdForm, OfdForm
from casework.office import Office
from engine.actors import Actor
from ofd import package
from ofd.sealing import SIGNATURE
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind
from registry.certificates import certificates
from registry.trail import audit
from signing import Role
from signing.judging.findings import Code
from storage.database import new_id
from tests.offices import AUTHORITY, Town
from web.public import verification


@pytest.fixture
def person(town: Town) -> Actor:
    """Give somebody who has claimed a certificate."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.claims(case, person)
    return person


def papers(town: Town, person: Actor) -> dict[str, Document]:
    """Give the papers of the person's case by kind."""
    with town.office.sessions() as session:
        (certificate,) = certificates.of_person(session, person.id.removeprefix("person:"))
        kept = documents.history(session, str(certificate.application_id))
    return {paper.kind: paper for paper in kept}


def text(data: bytes) -> str:
    with ofdkit.open(data) as opened:
        return "".join("".join(run.text for page in opened.pages for run in page.runs).split())


def test_everything_that_the_agency_sealed_exists_in_both_forms(town: Town, person: Actor) -> None:
    """Certificate, copy and letters: each holds by its seal, and counts as its PDF does."""
    office, kinds = town.office, papers(town, person)
    number = kinds[DocumentKind.CERTIFICATE].number
    copy = _copy(town, person)
    wanted = [*kinds.values(), copy]

    forms = {
        paper.kind: ofd_forms.of(office, paper.id, person)
        for paper in wanted
        if DocumentKind(paper.kind).is_of_agency
    }

    assert {"acceptance-notice", "decision", "certificate", "certificate-copy"} <= set(forms)
    for kind, form in forms.items():
        verdict = verification.examine(office, form.data)
        assert verdict.ok, (kind, verdict.report.all_findings)
        assert verdict.ofd is not None
        assert verdict.ofd.seals[0].seal.startswith(AUTHORITY)
        assert verdict.ofd.head.facts["ZZBFJG"] == AUTHORITY
    told = verification.examine(office, forms["certificate"].data).ofd
    assert told is not None
    facts = told.head.facts
    assert facts["ZZBS"].split(".")[5] == facts["ZZLXDM"] != ""
    assert facts["ZZYXQJZSJ"] > facts["ZZBFRQ"]
    assert {"ZZMC", "ZZBH", "ZZBFJG", "ZZBFJGDM", "CZZT"} <= set(facts)
    letter = verification.examine(office, forms["decision"].data).ofd
    assert letter is not None
    assert "KZ_SQBH" in letter.head.facts
    assert number is not None
    assert number in text(forms["certificate"].data)
    assert forms["certificate"].data != forms["certificate-copy"].data
    with pytest.raises(NoOfdForm):
        ofd_forms.of(office, kinds[DocumentKind.APPLICATION].id, person)


def _copy(town: Town, person: Actor) -> Document:
    office, today = town.office, town.office.today()
    with office.sessions() as session:
        (certificate,) = certificates.of_person(session, person.id.removeprefix("person:"))
    copy_id = copy_requests.ask(
        office,
        certificate.id,
        request=new_id(),
        purpose="上海示例项目投标",
        first=today,
        last=today + timedelta(days=29),
        actor=person,
    )
    town.works()
    return copy_requests.downloaded(office, copy_id, person)[0]


def _certificate(office: Office, town: Town, person: Actor) -> OfdForm:
    case = papers(town, person)[DocumentKind.CERTIFICATE].application_id
    paper = claims.downloaded(office, case, person)
    return ofd_forms.of(office, paper.id, person)


def test_the_form_lasts_as_long_as_its_seal_and_its_paper(town: Town, person: Actor) -> None:
    """Asked for twice it is the same file; revoked for safety, it is made anew; then it ends."""
    office = town.office
    first = _certificate(office, town, person)
    assert _certificate(office, town, person) == first
    changed = package.unpack(first.data)
    changed["OFD.xml"] = changed["OFD.xml"].replace("证书".encode(), "証书".encode())
    assert verification.examine(office, package.pack(changed)).standing is None

    office.signatures.lifecycle.revoke(Role.AGENCY, AUTHORITY, ReasonFlags.key_compromise)
    office.signatures.custody.enrol_agency(AUTHORITY)
    second = _certificate(office, town, person)

    assert second.sha256 != first.sha256
    old, new = (verification.examine(office, form.data) for form in (first, second))
    assert old.report.codes() == {Code.OFD_REVOKED}
    assert old.standing is not None
    assert not old.ok
    assert new.ok
    with office.sessions() as session:
        (certificate,) = certificates.of_person(session, person.id.removeprefix("person:"))
        trail = audit.of(session, f"application:{certificate.application_id}")
    made = [event for event in trail if event.action == "document.ofd"]
    assert [event.facts["sha256"] for event in made] == [first.sha256, second.sha256]


def test_the_data_of_a_file_are_what_it_prints(town: Town, person: Actor) -> None:
    """docs/ofd.md, data in the file: each stands on the paper, where the tag of its name says."""
    office, kinds = town.office, papers(town, person)
    copy = _copy(town, person)

    for paper in (*kinds.values(), copy):
        if DocumentKind(paper.kind).is_of_agency:
            data = ofd_forms.of(office, paper.id, person).data
            told = verification.examine(office, data).ofd
            assert told is not None
            tagged, said = tags(data), text(data)
            for name, value in told.head.facts.items():
                printed = "".join(sealed_words.day(value).split())
                if name == "ZZBFJGDM" and name not in tagged:
                    continue  # public: letters do not print it
                assert printed in said, (paper.kind, name)
                assert printed in tagged[name], (paper.kind, name)
            of_certificate = {"CZZT", "ZZBS", "ZZLXDM", "ZZYXQJZSJ"} & set(told.head.facts)
            is_letter = "KZ_SQBH" in told.head.facts
            assert len(of_certificate) == (0 if is_letter else 4), paper.kind
            assert is_under_the_seal(data, "ZZBFRQ"), paper.kind


def tags(data: bytes) -> dict[str, str]:
    """Give the text of the objects that each tag names, without blanks."""
    parts = package.unpack(data)
    said = {}
    for name in parts:
        if name.endswith("/Content.xml"):
            for item in etree.fromstring(parts[name]).iter("{*}TextObject"):
                said[item.get("ID")] = "".join("".join(item.itertext()).split())
    tree = etree.fromstring(parts["Doc_0/Tags/Tag_0.xml"])
    return {etree.QName(tag).localname: "".join(said[ref.text] for ref in tag) for tag in tree}


def is_under_the_seal(data: bytes, name: str) -> bool:
    """Tell whether the seal covers an object of a tag: the day of issue, not the same day above."""
    parts = package.unpack(data)
    stamp = next(etree.fromstring(parts[SIGNATURE]).iter("{*}StampAnnot"))
    left, top, width, height = map(float, stamp.get("Boundary").split())
    tree = etree.fromstring(parts["Doc_0/Tags/Tag_0.xml"])
    (tag,) = [tag for tag in tree if etree.QName(tag).localname == name]
    refs = {ref.text for ref in tag if ref.get("PageRef") == stamp.get("PageRef")}
    boxes = [
        [float(side) for side in item.get("Boundary").split()]
        for part in parts
        if part.endswith("/Content.xml")
        for item in etree.fromstring(parts[part]).iter("{*}TextObject")
        if item.get("ID") in refs
    ]
    return any(
        x < left + width and left < x + wide and y < top + height and top < y + high
        for x, y, wide, high in boxes
    )
