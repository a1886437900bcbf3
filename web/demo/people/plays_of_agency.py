"""What the agency did before the demonstration begins: letters, acts, corrections, bans."""

from __future__ import annotations

from casework.authority import ban_effects, error_report, ex_officio, identity_correction
from casework.authority.identity_correction import CorrectionProposal
from casework.case.evidence import Upload
from casework.certificate import reissues
from casework.decision import reopening
from engine.actors import SYSTEM
from professions.tasks import Task
from registry.applications.statuses import Matter
from registry.authority import bans
from registry.authority.ex_officio import Act, Ground
from registry.authority.reopenings import Ruling, RulingSource
from registry.certificates.certificates import Cause, Validity
from registry.people.officers import OfficerRole
from storage.database import new_id, writing
from web.demo import papers
from web.demo.people import plays
from web.demo.people.engineer import Engineer


def revoked(one: Engineer) -> None:
    """Have had the certificate revoked in earlier years."""
    one.is_practising(ends_in=420)
    one.ended("REVOKED", Validity.REVOKED, "依法被吊销注册证书")


def reissued(one: Engineer) -> None:
    """Have a certificate issued anew."""
    one.is_practising(ends_in=300)
    reissues.start(
        one.office,
        one.registration().id,
        Cause.CORRECTION,
        SYSTEM,
        application_id=new_id(),
        changes={},
    )


def intended(one: Engineer) -> None:
    """Have the agency tell that it intends to rescind."""
    one.is_practising(ends_in=640)
    case = ex_officio.propose(
        one.office,
        one.registration().id,
        Act.RESCIND.value,
        Ground.FRAUD.value,
        facts=["经核查，申请注册时提交的继续教育证明系伪造。"],
        files=[Upload("核查记录.pdf", papers.scan())],
        actor=one.officer(OfficerRole.REVIEWER),
    )
    task = one.task(case, Task.PROPOSE_ACT)
    ex_officio.submit(one.office, task, "submit", actor=one.officer(OfficerRole.REVIEWER))


def banned(one: Engineer) -> None:
    """Bar somebody for a fraud of earlier times."""
    with writing(one.office.sessions) as session:
        bans.impose(
            session,
            one.person_id,
            bans.Basis.FRAUD,
            actor="system",
            at=one.office.now(),
        )


def rescinded(one: Engineer) -> None:
    """Have a registration rescinded after the person was heard."""
    intended(one)
    case = one.case_of(Matter.EX_OFFICIO)
    said = "证明由培训机构出具，本人不知情。"
    ex_officio.state_case(one.office, case, text=said, files=[], actor=one.actor)
    ex_officio.decide(
        one.office,
        one.task(case, Task.DECIDE_ACT),
        "act",
        reasons=["申辩没有证据支持，事实清楚。"],
        actor=one.officer(OfficerRole.APPROVER),
    )


def corrected(one: Engineer) -> None:
    """Have an officer propose a correction that was asked for; another has to confirm it."""
    one.is_practising(ends_in=330)
    said = f"公安机关已更正姓名，应当是{one.citizen.corrected_name}。"
    report = error_report.report(one.office, one.certificate_id(), said, one.actor)
    case = identity_correction.propose(
        one.office,
        one.person_id,
        CorrectionProposal(
            name=str(one.citizen.corrected_name),
            id_type=one.citizen.id_type,
            id_no=one.citizen.id_no,
            reason="公安机关已更正姓名。",
            files=[Upload("户籍证明.pdf", papers.scan())],
        ),
        type_key=one.type,
        actor=one.officer(OfficerRole.ACCEPTOR),
        report_id=report,
    )
    task, officer = one.task(case, Task.PROPOSE_CORRECTION), one.officer(OfficerRole.ACCEPTOR)
    identity_correction.submit(one.office, task, "submit", actor=officer)


def annulled(one: Engineer) -> None:
    """Have a refusal annulled on reconsideration: the application is reviewed anew."""
    plays.rejected(one)
    case = reopening.propose(
        one.office,
        one.case_of(Matter.INITIAL),
        source=RulingSource.RECONSIDERATION.value,
        ruling=Ruling.ANNULLED.value,
        ruling_no="沪府复字〔2026〕第11号",
        ruled_on=one.office.today(),
        files=[Upload("复议决定书.pdf", papers.scan())],
        actor=one.officer(OfficerRole.REVIEWER),
    )
    task, approver = one.task(case, Task.PROPOSE_REOPENING), one.officer(OfficerRole.APPROVER)
    reopening.submit(one.office, task, "submit", actor=one.officer(OfficerRole.REVIEWER))
    reopening.decide(one.office, one.task(case, Task.CONFIRM_REOPENING), "reopen", actor=approver)


def closed(one: Engineer) -> None:
    """Bar somebody whose application is in progress: it ends."""
    case = one.starts("INITIAL")
    one.fills(case)
    reason = "申请时隐瞒有关情况。"
    basis = bans.Basis.FALSE_MATERIAL.value
    ban_effects.bar(
        one.office, one.person_id, basis, one.officer(OfficerRole.APPROVER), reason=reason
    )
