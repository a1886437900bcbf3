"""Demonstration people: everybody of the fictitious world gets what a real one would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from adapters import world
from adapters.qualification_register import QualificationTwin
from adapters.real_name import identity_of
from casework.case import offered_professions
from casework.office import Office
from casework.privacy import said
from casework.registration import register_import
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, OperatorRole
from registry.identifiers import IdType, Sex
from registry.people import consents, officers, persons
from registry.people.officers import OfficerRole
from registry.ports import QualificationFacts
from storage.database import writing
from web.applicant import readiness


def seed(
    office: Office,
    *,
    crowd: int = 0,
    watch: Callable[[Sequence[world.Citizen]], Iterable[world.Citizen]] = iter,
) -> int:
    """Add who is missing; running it again changes nothing. Tell how many persons there are.

    `crowd` adds so many more people of the same kind, for measuring. `watch` hands the people
    through, to see how far it is.
    """
    office.signatures.custody.enrol_agency(office.policy.authority)
    for official in world.OFFICIALS:
        _appoint(office, official)
    for company in world.COMPANIES:
        _establish(office, company)
    citizens = (*world.CITIZENS, *map(world.member, range(1, crowd + 1)))
    for citizen in watch(citizens):
        welcome(office, citizen)
    for paper in world.papers():
        _hand_on(office, paper)
    return len(citizens)


def welcome(office: Office, citizen: world.Citizen) -> None:
    """Give one citizen what the municipal database has, and an account where the story says so."""
    _certify(office, citizen)
    if citizen.signed_up:
        _sign_up(office, citizen)


def _appoint(office: Office, official: world.Official) -> None:
    with writing(office.sessions) as session:
        if officers.by_login(session, official.login) is None:
            roles = [OfficerRole(role) for role in official.roles]
            officers.appoint(
                session, official.login, name=official.name, roles=roles, at=office.now()
            )


def _establish(office: Office, company: world.Company) -> None:
    """Record an enterprise; whoever has a password gets its certificate and seal (R5)."""
    facts = office.enterprises.by_uscc(company.uscc)
    if facts is None or company.pin is None:
        return
    if office.signatures.custody.credential("enterprise", company.uscc) is None:
        office.signatures.custody.enrol_enterprise(company.uscc, company.name, company.pin)
    with writing(office.sessions) as session:
        if session.get(Enterprise, company.uscc) is None:
            # By the name that its certificates bear: 企业名称变更 is what takes it to the new one.
            enterprises.record(session, replace(facts, name=company.name), at=office.now())
        enterprises.enrol_operator(
            session,
            company.uscc,
            subject=company.uscc,
            name=company.operator,
            at=office.now(),
            role=OperatorRole.ADMIN,
        )


def _certify(office: Office, citizen: world.Citizen) -> None:
    """Give a citizen what the municipal database holds of him (R31)."""
    register = office.qualifications
    if not isinstance(register, QualificationTwin):
        return
    for credential in world.credentials(citizen.subject):
        facts = QualificationFacts(
            certificate_no=credential.number,
            issued_on=office.today() - timedelta(days=credential.days_ago),
            issuer=credential.issuer,
            profession=credential.profession,
        )
        register.enter(IdType(citizen.id_type), citizen.id_no, facts)


def _hand_on(office: Office, paper: world.PaperCertificate) -> None:
    """Take over a paper certificate from the register before ours (R116)."""
    citizen, today = world.citizen(paper.subject), office.today()
    kinds = [kind for kind in offered_professions.offered(office) if kind.title == paper.profession]
    if citizen is None or not kinds:
        return
    last = today + timedelta(days=paper.days_left)
    row = {
        "姓名": citizen.name,
        "性别": Sex(citizen.sex).label,
        "出生日期": citizen.birth.isoformat(),
        "证件类型": citizen.id_type,
        "证件号码": citizen.id_no,
        "手机号码": citizen.mobile,
        "注册号": paper.registration_no,
        "证书编号": paper.certificate_no,
        "聘用企业": paper.enterprise_name,
        "统一社会信用代码": paper.uscc,
        "资格证书编号": f"DEMO-31-5{paper.certificate_no[-3:]}",
        "资格证书签发日期": "2014-11-20",
        "资格证书签发机构": "上海市人力资源和社会保障局（虚构）",
        "注册有效期起": (last - timedelta(days=1095)).isoformat(),
        "注册有效期止": last.isoformat(),
        "发证日期": (last - timedelta(days=1095)).isoformat(),
    }
    register_import.take_over(office, [(1, row)], kinds[0].key, dry=False)


def _sign_up(office: Office, citizen: world.Citizen) -> None:
    """Register a person and do what R1–R3 ask, as far as the person's story goes."""
    now, identity = office.now(), identity_of(citizen)
    with office.sessions() as session:
        person = persons.by_identity(session, identity.id_type, identity.id_no)
    if person is None:
        with writing(office.sessions) as session:
            person = persons.register(session, identity, at=now)
            for consent in said.read().consents:
                consents.give(session, person.id, consent.key, version=said.read().version, at=now)
    has = persons.readiness(person)
    missing = {
        "card": citizen.card_read and not has.card_read,
        "certificate": citizen.has_certificate and not has.certificate,
        "signature": citizen.has_certificate and not has.signature_image,
    }
    for step in (step for step, is_missing in missing.items() if is_missing):
        readiness.take(office, person.id, step, "system")
