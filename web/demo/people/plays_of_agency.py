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


def revoked(engineer: Engineer) -> None:
    """Have had the certificate revoked in earlier years."""
    engineer.is_practising(ends_in=420)
    engineer.ended("REVOKED", Validity.REVOKED, "依法被吊销注册证书")


def reissued(engineer: Engineer) -> None:
    """Have a certificate issued anew."""
    engineer.is_practising(ends_in=300)
    reissues.start(
        engineer.office,
        engineer.registration().id,
        Cause.CORRECTION,
        SYSTEM,
        application_id=new_id(),
        changes={},
    )


def intended(engineer: Engineer) -> None:
    """Have the agency tell that it intends to rescind."""
    engineer.is_practising(ends_in=640)
    case = ex_officio.propose(
        engineer.office,
        engineer.registration().id,
        Act.RESCIND.value,
        Ground.FRAUD.value,
        facts=["经核查，申请注册时提交的继续教育证明系伪造。"],
        files=[Upload("核查记录.pdf", papers.scan())],
        actor=engineer.officer(OfficerRole.REVIEWER),
    )
    task = engineer.task(case, Task.PROPOSE_ACT)
    ex_officio.submit(engineer.office, task, "submit", actor=engineer.officer(OfficerRole.REVIEWER))


def banned(engineer: Engineer) -> None:
    """Bar somebody for a fraud of earlier times."""
    with writing(engineer.office.sessions) as session:
        bans.impose(
            session,
            engineer.person_id,
            bans.Basis.FRAUD,
            actor="system",
            at=engineer.office.now(),
        )


def rescinded(engineer: Engineer) -> None:
    """Have a registration rescinded after the person was heard."""
    intended(engineer)
    case = engineer.case_of(Matter.EX_OFFICIO)
    said = "证明由培训机构出具，本人不知情。"
    ex_officio.state_case(engineer.office, case, text=said, files=[], actor=engineer.actor)
    ex_officio.decide(
        engineer.office,
        engineer.task(case, Task.DECIDE_ACT),
        "act",
        reasons=["申辩没有证据支持，事实清楚。"],
        actor=engineer.officer(OfficerRole.APPROVER),
    )


def corrected(engineer: Engineer) -> None:
    """Have an officer propose a correction that was asked for; another has to confirm it."""
    engineer.is_practising(ends_in=330)
    said = f"公安机关已更正姓名，应当是{engineer.citizen.corrected_name}。"
    report = error_report.report(engineer.office, engineer.certificate_id(), said, engineer.actor)
    case = identity_correction.propose(
        engineer.office,
        engineer.person_id,
        CorrectionProposal(
            name=str(engineer.citizen.corrected_name),
            id_type=engineer.citizen.id_type,
            id_no=engineer.citizen.id_no,
            reason="公安机关已更正姓名。",
            files=[Upload("户籍证明.pdf", papers.scan())],
        ),
        type_key=engineer.type,
        actor=engineer.officer(OfficerRole.ACCEPTOR),
        report_id=report,
    )
    task, officer = (
        engineer.task(case, Task.PROPOSE_CORRECTION),
        engineer.officer(OfficerRole.ACCEPTOR),
    )
    identity_correction.submit(engineer.office, task, "submit", actor=officer)


def annulled(engineer: Engineer) -> None:
    """Have a refusal annulled on reconsideration: the application is reviewed anew."""
    plays.rejected(engineer)
    case = reopening.propose(
        engineer.office,
        engineer.case_of(Matter.INITIAL),
        source=RulingSource.RECONSIDERATION.value,
        ruling=Ruling.ANNULLED.value,
        ruling_no="沪府复字〔2026〕第11号",
        ruled_on=engineer.office.today(),
        files=[Upload("复议决定书.pdf", papers.scan())],
        actor=engineer.officer(OfficerRole.REVIEWER),
    )
    task, approver = (
        engineer.task(case, Task.PROPOSE_REOPENING),
        engineer.officer(OfficerRole.APPROVER),
    )
    reopening.submit(engineer.office, task, "submit", actor=engineer.officer(OfficerRole.REVIEWER))
    reopening.decide(
        engineer.office, engineer.task(case, Task.CONFIRM_REOPENING), "reopen", actor=approver
    )


def closed(engineer: Engineer) -> None:
    """Bar somebody whose application is in progress: it ends."""
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    reason = "申请时隐瞒有关情况。"
    basis = bans.Basis.FALSE_MATERIAL.value
    ban_effects.bar(
        engineer.office,
        engineer.person_id,
        basis,
        engineer.officer(OfficerRole.APPROVER),
        reason=reason,
    )
