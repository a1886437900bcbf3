"""Forty engineers in all states of all matters, so that every screen of a demonstration lives.

Nobody's state is written into tables: registrations of earlier years are taken over from the
register before ours, and everything since is done by the functions that the pages call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import world
from adapters.real_name import identity_of
from adapters.world import Citizen, Company
from engine import actors, queries
from engine.actors import SYSTEM, Actor
from engine.casework import (
    agency,
    claiming,
    copying,
    ex_officio,
    exchanging,
    filling,
    reissuing,
    sealing,
    signing_steps,
    starting,
    taking_over,
    withdrawing,
)
from engine.casework.evidence import Upload
from engine.casework.office import Office
from engine.errors import EngineError
from registry import applications, bans, certificates, notices, officers, persons, registrations
from registry.applications import Application
from registry.calendars import add_years
from registry.certificates import Cause, Validity
from registry.database import new_id, writing
from registry.errors import Refusal
from registry.ex_officio import Act, Ground
from registry.registrations import Registration
from web import seed
from web.demo import papers
from web.demo.portrait import draw

TYPE = "structural-engineer-2"
_OFFICERS = {"acceptor": "shouli", "reviewer": "shencha", "approver": "jueding"}
_RENAMED = 5  #: place of the company with another name by now


@dataclass
class Engineer:
    """One engineer, the company that employs him, and what they do together."""

    office: Office
    citizen: Citizen
    company: Company
    number: int

    @property
    def person_id(self) -> str:
        """Give the person's id in the register."""
        identity = identity_of(self.citizen)
        with self.office.sessions() as session:
            person = persons.by_identity(session, identity.id_type, identity.id_no)
        if person is None:
            raise LookupError(self.citizen.subject)
        return person.id

    @property
    def actor(self) -> Actor:
        """Give the engineer as one who acts."""
        return actors.person(self.person_id)

    @property
    def clerk(self) -> Actor:
        """Give the company's clerk."""
        return actors.operator("demonstration", self.company.uscc)

    def officer(self, role: str) -> Actor:
        """Give an officer with a role."""
        with self.office.sessions() as session:
            found = officers.by_login(session, _OFFICERS[role])
        if found is None:
            raise LookupError(role)
        return actors.officer(found.id, *found.roles)

    # -- what stands from earlier years -----------------------------------------------------

    def was_registered(self, *, ends_in: int) -> None:
        """Take over a paper registration of three years that ends in so many days."""
        today = self.office.today()
        valid_to = today + timedelta(days=ends_in)
        valid_from = add_years(valid_to, -3) + timedelta(days=1)
        one, credential = self.citizen, world.credentials(self.citizen.subject)[0]
        row = {
            "姓名": one.name,
            "性别": "男" if one.sex == "M" else "女",
            "出生日期": one.birth.isoformat(),
            "证件类型": "居民身份证",
            "证件号码": one.id_no,
            "手机号码": one.mobile,
            "注册号": f"S2{valid_from:%y}9990{self.number:03d}",
            "证书编号": f"DEMO31S2{valid_from.year}{self.number:05d}",
            "聘用企业": self.company.name,
            "统一社会信用代码": self.company.uscc,
            "资格证书编号": credential.number,
            "资格证书签发日期": (valid_from - timedelta(days=90)).isoformat(),
            "资格证书签发机构": credential.issuer,
            "注册有效期起": valid_from.isoformat(),
            "注册有效期止": valid_to.isoformat(),
            "发证日期": valid_from.isoformat(),
        }
        report = taking_over.take_over(self.office, [(self.number, row)], TYPE, dry=False)
        if report.bad:
            raise LookupError(f"{one.subject}: {report.bad}")

    def exchanges(self, *, confirm: bool = True) -> None:
        """Exchange the paper certificate for the electronic one."""
        case = self.starts("PAPER_EXCHANGE")
        exchanging.upload(self.office, case, "照片.jpg", draw(self.number), self.actor)
        if confirm:
            exchanging.confirm(self.office, case, checked=True, actor=self.actor)

    def is_practising(self, *, ends_in: int) -> None:
        """Hold an electronic certificate that ends in so many days."""
        self.was_registered(ends_in=ends_in)
        self.exchanges()

    def certificate_id(self) -> str:
        """Give the id of the newest certificate."""
        with self.office.sessions() as session:
            found = certificates.newest(session, self.registration().id)
        if found is None:
            raise LookupError(self.citizen.subject)
        return found.id

    def registration(self) -> Registration:
        """Give the newest registration."""
        with self.office.sessions() as session:
            found = registrations.newest(session, self.person_id, TYPE)
        if found is None:
            raise LookupError(self.citizen.subject)
        return found

    # -- what the hands do ------------------------------------------------------------------

    def starts(self, matter: str) -> str:
        """Start a matter."""
        return starting.start(self.office, self.person_id, matter, self.actor, TYPE)

    def fills(self, case: str, **values: Any) -> None:
        """Fill in and save."""
        kept = self._application(case)
        given = filling.prefill(self.office, case) | {"applicant_opinion": True}
        if kept.matter != "CANCELLATION":
            given |= {"enterprise_phone": self.company.phone}
        if kept.matter == "INITIAL":
            photo = filling.attach(
                self.office, case, "photo", "照片.jpg", draw(self.number), self.actor
            )
            given |= {"enterprise_name": self.company.present_name, "photo": photo.id}
        filling.save(
            self.office,
            case,
            given | values,
            expected_revision=kept.revision,
            actor=self.actor,
            finish=True,
        )

    def fills_from_elsewhere(self, case: str) -> None:
        """Fill in with a qualification of another province, typed and scanned."""
        scan = filling.attach(
            self.office, case, "qualification_scans", "资格证书.pdf", papers.scan(), self.actor
        )
        self.fills(
            case,
            qualification_region="OTHER",
            qualification_province="浙江省",
            qualification_no=f"DEMO-33-{self.number:04d}",
            qualification_issued_on=(self.office.today() - timedelta(days=300)).isoformat(),
            qualification_issuer="浙江省人力资源和社会保障厅（虚构）",
            qualification_scans=[scan.id],
        )

    def signs(self, case: str) -> None:
        """Ask for the code, read it on the telephone, type it."""
        form = signing_steps.document(self.office, case)
        signing_steps.begin(self.office, case, form.sha256, self.actor)
        with self.office.sessions() as session:
            texts = [one.text for one in notices.sms_to(session, self.citizen.mobile)]
        texts += [one.text for one in self._received()]
        code = next(found for text in texts if (found := re.search(r"验证码(\d{6})", text)))
        signing_steps.confirm(self.office, case, code.group(1), self.actor)

    def _received(self) -> list[Any]:
        gateway: Any = self.office.sms
        return list(gateway.received(self.citizen.mobile))

    def returned(self, case: str, reason: str) -> None:
        """Have the company send it back."""
        sealing.send_back(self.office, case, reason=reason, actor=self.clerk)

    def seals(self, case: str) -> None:
        """Have the company agree and seal."""
        sealing.agree(self.office, case, opinion_ticked=True, actor=self.clerk)
        sealing.seal(self.office, case, pin=str(self.company.pin), actor=self.clerk)

    def checked(self, case: str, outcome: str, *items: str) -> None:
        """Have the acceptor check it."""
        task = self.task(case, "formal_check")
        officer = self.officer("acceptor")
        agency.formal_check(self.office, task, outcome, items=items, actor=officer)

    def reviewed(self, case: str, outcome: str = "approve") -> None:
        """Have the reviewer recommend."""
        agency.review(
            self.office,
            self.task(case, "review"),
            outcome,
            opinion="材料齐全，拟予同意。" if outcome == "approve" else "学时证明与记录不符。",
            actor=self.officer("reviewer"),
        )

    def decided(self, case: str, outcome: str = "approve", *reasons: str) -> None:
        """Have the approver decide."""
        task = self.task(case, "decide")
        officer = self.officer("approver")
        agency.decide(self.office, task, outcome, reasons=reasons, actor=officer)

    def claims(self, case: str) -> None:
        """Claim the certificate."""
        claiming.claim(self.office, case, self.actor)

    def ended(self, status: str, validity: Validity, reason: str) -> None:
        """Have had the registration ended in the register before ours."""
        with writing(self.office.sessions) as session:
            found = registrations.newest(session, self.person_id, TYPE)
            if found is not None:
                registrations.end(session, found, status, reason=reason, at=self.office.now())
                certificates.invalidate(session, found.id, validity, at=self.office.now())

    def _application(self, case: str) -> Application:
        with self.office.sessions() as session:
            return applications.get(session, case)

    def task(self, case: str, node: str) -> str:
        """Give the id of the open task at a node."""
        with self.office.sessions() as session:
            task = queries.task_for(session, case, node)
        if task is None:
            raise LookupError(f"{self.citizen.subject}: {node}")
        return task.id


Play = Callable[[Engineer], None]


def _initial(*steps: str) -> Play:
    """Make a play of an initial registration that goes so far."""

    def play(one: Engineer) -> None:
        case = one.starts("INITIAL")
        for step in steps:
            getattr(one, step)(case)

    return play


def _registered(matter: str, *steps: str, ends_in: int, **values: Any) -> Play:
    """Make a play of a matter on a registration that goes so far."""

    def play(one: Engineer) -> None:
        one.is_practising(ends_in=ends_in)
        case = one.starts(matter)
        one.fills(case, **values)
        for step in steps:
            getattr(one, step)(case)

    return play


def _practising(ends_in: int) -> Play:
    return lambda one: one.is_practising(ends_in=ends_in)


def _correcting(one: Engineer) -> None:
    case = one.starts("INITIAL")
    one.fills_from_elsewhere(case)
    one.signs(case)
    one.seals(case)
    one.checked(case, "correct", "请补充上传资格证书的盖章页。", "请核对资格证书签发日期。")


def _not_accepted(one: Engineer) -> None:
    case = one.starts("INITIAL")
    one.fills_from_elsewhere(case)
    one.signs(case)
    one.seals(case)
    one.checked(case, "refuse", "所持资格证书不属于本机关职权范围。")


def _returned(one: Engineer) -> None:
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    one.returned(case, "企业联系电话有误，请改为总机号码。")


def _rejected(one: Engineer) -> None:
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    one.seals(case)
    one.reviewed(case, "reject")
    one.decided(case, "reject", "申请人提交的继续教育证明与学时记录不符。")


def _withdrawn(one: Engineer) -> None:
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    withdrawing.withdraw(one.office, case, one.actor, reason="暂不办理")


def _cancelled(one: Engineer) -> None:
    one.is_practising(ends_in=500)
    case = one.starts("CANCELLATION")
    one.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    one.signs(case)
    one.seals(case)


def _cancellation_returned(one: Engineer) -> None:
    one.is_practising(ends_in=150)
    case = one.starts("CANCELLATION")
    one.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    one.signs(case)
    one.returned(case, "项目尚未结束，请与人事部门联系后再办理。")


def _revoked(one: Engineer) -> None:
    one.is_practising(ends_in=420)
    one.ended("REVOKED", Validity.REVOKED, "依法被吊销注册证书")


def _copied(one: Engineer) -> None:
    one.is_practising(ends_in=600)
    today = one.office.today()
    copying.ask(
        one.office,
        one.certificate_id(),
        request=new_id(),
        purpose="用于示例工程项目投标",
        first=today,
        last=today + timedelta(days=179),
        actor=one.actor,
    )


def _reissued(one: Engineer) -> None:
    one.is_practising(ends_in=300)
    reissuing.start(
        one.office,
        one.registration().id,
        Cause.CORRECTION,
        SYSTEM,
        application_id=new_id(),
        changes={},
    )


def _intended(one: Engineer) -> None:
    one.is_practising(ends_in=640)
    case = ex_officio.propose(
        one.office,
        one.registration().id,
        Act.RESCIND.value,
        Ground.FRAUD.value,
        facts=["经核查，申请注册时提交的继续教育证明系伪造。"],
        files=[Upload("核查记录.pdf", papers.scan())],
        actor=one.officer("reviewer"),
    )
    task = one.task(case, "propose_act")
    ex_officio.submit(one.office, task, "submit", actor=one.officer("reviewer"))


def _banned(one: Engineer) -> None:
    with writing(one.office.sessions) as session:
        bans.impose(
            session,
            one.person_id,
            bans.Basis.FRAUD,
            actor="system",
            at=one.office.now(),
        )


def _exchanging(one: Engineer) -> None:
    one.was_registered(ends_in=700)
    one.exchanges(confirm=False)


_HOURS = {"ce_compulsory_hours": "60", "ce_elective_hours": "60"}
_PLAYS: Mapping[str, Play] = {
    "practising-1": _practising(400),
    "practising-2": _copied,
    "practising-3": _practising(800),
    "renewal-open": _practising(60),
    "renewal-late": _practising(15),
    "expired": lambda one: one.was_registered(ends_in=-20),
    "paper-1": lambda one: one.was_registered(ends_in=500),
    "paper-2": _exchanging,
    "reissued": _reissued,
    "intended": _intended,
    "cancelled": _cancelled,
    "revoked": _revoked,
    "banned": _banned,
    "renewal-signed": _registered("RENEWAL", "signs", ends_in=70, **_HOURS),
    "renewal-review": _registered("RENEWAL", "signs", "seals", ends_in=50, **_HOURS),
    "cancellation-signed": _registered(
        "CANCELLATION", "signs", ends_in=200, cancel_reason="EMPLOYMENT_ENDED"
    ),
    "cancellation-returned": _cancellation_returned,
    "rename-1": _practising(350),
    "rename-2": _practising(450),
    "rename-3": _registered("CANCELLATION", "signs", ends_in=250, cancel_reason="VOLUNTARY"),
    "draft": _initial(),
    "ready": _initial("fills"),
    "signed": _initial("fills", "signs"),
    "returned": _returned,
    "waiting": _initial("fills_from_elsewhere", "signs", "seals"),
    "correcting": _correcting,
    "not-accepted": _not_accepted,
    "review": _initial("fills", "signs", "seals"),
    "deciding": _initial("fills", "signs", "seals", "reviewed"),
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "unclaimed": _initial("fills", "signs", "seals", "reviewed", "decided"),
    "completed": _initial("fills", "signs", "seals", "reviewed", "decided", "claims"),
}


def populate(office: Office, said: Callable[[str], None] = lambda _: None) -> int:
    """Bring the engineers to where their stories say; who is there already is left alone."""
    done = 0
    for number, citizen in enumerate(world.ENGINEERS, 1):
        key = citizen.subject.removeprefix("engineer-")
        seed.welcome(office, citizen)
        company = world.COMPANIES[_RENAMED if key.startswith("rename-") else number % 3]
        one = Engineer(office, citizen, company, number)
        if key in _PLAYS and not _has_begun(office, one.person_id):
            try:
                _PLAYS[key](one)
            except (EngineError, Refusal) as error:  # one story less is no reason not to serve
                said(f"{citizen.name}：{citizen.story}——未完成：{error}")
                continue
            said(f"{citizen.name}：{citizen.story}")
            done += 1
    return done


def _has_begun(office: Office, person_id: str) -> bool:
    def any_of(session: Session, table: Any) -> bool:
        query = select(table.id).where(table.person_id == person_id).limit(1)
        return session.scalar(query) is not None

    with office.sessions() as session:
        tables = (Application, Registration, bans.Ban)
        return any(any_of(session, table) for table in tables)
