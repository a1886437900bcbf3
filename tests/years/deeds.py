"""What people of the city do: each deed is one press of a button, by whoever may press it.

A deed names people by number and a step by its node, never a row, so that a story can be told
again, and told shorter: what a shorter story no longer allows is refused or left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from casework.application import form_entry, new_application, withdrawal
from casework.application.form_entry import FormFaults
from casework.authority import ban_effects, error_report, ex_officio, identity_correction
from casework.case.evidence import Upload
from casework.case.refusals import StepRefused
from casework.certificate import claims, copy_requests, paper_exchange
from casework.decision import officer_tasks, reopening
from casework.keys import holders
from casework.keys.holders import KeyHolder
from casework.registration import cancellation, late_renewal, register_import
from casework.rename import batches
from casework.signature import enterprise_seal, personal
from engine.tables import TaskStatus, UserTask
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.statuses import Matter
from registry.authority import bans
from registry.certificates import certificates, registrations
from registry.certificates.registrations import Registration
from registry.enterprises.renames import RenameBatch
from registry.people import persons
from registry.ports import Identity
from signing import Role
from storage.database import new_id
from tests import papers, people
from tests.offices import PIN
from tests.years.city import PROFESSIONS, City


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One press of a button."""

    day: date
    verb: str  #: a key of `DEEDS`
    who: int  #: number of a person, or of an enterprise
    profession: str = ""
    about: str = ""  #: matter, or node of a task
    chance: float = 0.0  #: decides between the ways

    def __str__(self) -> str:
        of = f"{self.profession} {self.verb}".lstrip()
        told = f"{self.day}  {self.who:3}  {of} {self.about}"
        return f"{told.rstrip()}  ({self.chance:.3f})"


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """A step that waits for somebody."""

    id: str
    node: str
    case: str
    application: Application


def do(city: City, deed: Deed) -> str:
    """Do a deed; return what became of it: the code of a refusal, or nothing."""
    city.town.clock.forward(minutes=2)
    try:
        DEEDS[deed.verb](city, deed)
    except Refusal as refusal:
        return refusal.code
    return ""


# -- finding one's way --------------------------------------------------------------------


def tasks(city: City) -> list[OpenTask]:
    """Give the open tasks of cases of persons."""
    query = (
        select(UserTask.id, UserTask.node, Application)
        .join(Application, Application.id == UserTask.business_key)
        .where(UserTask.status == TaskStatus.OPEN)
        .order_by(UserTask.entered_at, UserTask.id)
    )
    with city.town.office.sessions() as session:
        return [
            OpenTask(id=row[0], node=row[1], case=row[2].id, application=row[2])
            for row in session.execute(query)
        ]


def _task(city: City, deed: Deed) -> OpenTask:
    matter, _, node = deed.about.partition("/")
    person = city.ids[deed.who]
    for task in tasks(city):
        of = task.application
        if (of.person_id, of.type, of.matter, task.node) == (person, deed.profession, matter, node):
            return task
    raise NothingToDo


class NothingToDo(Refusal):
    """没有可以办理的事项。"""

    code = "E_NOTHING_TO_DO"


def _registration(city: City, deed: Deed) -> Registration:
    with city.town.office.sessions() as session:
        registration = registrations.newest(session, city.ids[deed.who], deed.profession)
    if registration is None:
        raise NothingToDo
    return registration


def _certificate(city: City, deed: Deed) -> str:
    registration = _registration(city, deed)
    with city.town.office.sessions() as session:
        certificate = certificates.newest(session, registration.id)
    if certificate is None:
        raise NothingToDo
    return certificate.id


def _open_case(city: City, deed: Deed, *matters: str) -> Application:
    with city.town.office.sessions() as session:
        for own in applications.all_open_for(session, city.ids[deed.who]):
            if own.type == deed.profession and (not matters or own.matter in matters):
                return own
    raise NothingToDo


def _proof() -> Upload:
    return Upload("证明材料.pdf", people.pdf(1))


# -- a step of a case ---------------------------------------------------------------------


def turn(city: City, deed: Deed) -> None:
    """Do the step at which a case of somebody waits, in one of the ways that it allows."""
    task = _task(city, deed)
    STEPS[task.node](city, deed, task)


_OWN_FIELDS = {
    "builder-2": {"specialities": ["建筑工程", "机电工程"]},
    "supervising-engineer": {"supervision_speciality": "土木建筑工程"},
}


def _fills(city: City, deed: Deed, task: OpenTask) -> None:
    town, case, of = city.town, task.case, task.application
    person, actor = city.person(deed.who), city.person(deed.who)
    phone = f"021-{int(deed.chance * 1e8):08d}"
    if of.matter == Matter.RENEWAL:
        values = town.renewal_values(case, enterprise_phone=phone)
    elif of.matter == Matter.CANCELLATION:
        values = {"cancel_reason": "EMPLOYMENT_ENDED", "applicant_opinion": True}
    elif of.matter == Matter.ENTERPRISE_CANCELLATION:
        actor = city.operator(str(of.uscc))
        proof = form_entry.attach(
            town.office, case, "cancel_proof", "解除通知.pdf", people.pdf(), actor
        )
        values = {
            "cancel_reason": "UNREACHABLE",
            "explanation": "本人已经离职，多次联系未果",
            "cancel_proof": [proof.id],
            "applicant_opinion": True,
        }
    else:
        uscc = city.employer(deed.who + int(deed.chance * 10) // 8)
        name = town.world.companies[uscc].name
        values = town.values(case, person, enterprise_name=name, enterprise_phone=phone)
        values |= _OWN_FIELDS.get(deed.profession, {})
    if deed.chance < 0.1:  # goes on another day
        typed = {name: value for name, value in values.items() if name == "enterprise_phone"}
        revision = town.case(case).revision
        form_entry.save(
            town.office, case, typed, expected_revision=revision, actor=actor, finish=False
        )
        return
    try:
        town.saves(case, actor, values)
    except FormFaults as faults:
        more = _what_is_asked(city, case, actor, faults)
        if not more:
            raise
        town.saves(case, actor, values | more)


def _what_is_asked(city: City, case: str, actor: Any, faults: FormFaults) -> dict[str, Any]:
    more: dict[str, Any] = {}
    for field in ("ce_compulsory_hours", "ce_elective_hours"):
        if field in faults.faults:
            more[field] = "60"
    for field in ("ce_proof", "qualification_scans"):
        if field in faults.faults:
            more[field] = [city.town.scan(case, actor, field)]
    return more


def _previews(city: City, deed: Deed, task: OpenTask) -> None:
    office, person = city.town.office, city.person(deed.who)
    form = personal.document(office, task.case)
    try:
        personal.begin(office, task.case, form.sha256, person)
    except StepRefused:
        _renew_key(city, Role.APPLICANT, city.ids[deed.who])
        personal.begin(office, task.case, form.sha256, person)
    if deed.chance > 0.1:  # else the code stays on the telephone
        _types_code(city, deed, task)


def _types_code(city: City, deed: Deed, task: OpenTask) -> None:
    with city.town.office.sessions() as session:
        mobile = persons.get(session, city.ids[deed.who]).mobile
    code = city.town.world.code_for(mobile) if deed.chance < 0.95 else "000000"
    personal.confirm(city.town.office, task.case, code, city.person(deed.who))


def _gets_ready(city: City, deed: Deed, task: OpenTask) -> None:
    _renew_key(city, Role.APPLICANT, city.ids[deed.who])
    personal.get_ready(city.town.office, task.case, city.person(deed.who))


def _confirms(city: City, deed: Deed, task: OpenTask) -> None:
    office, operator = city.town.office, city.operator(str(task.application.uscc))
    if deed.chance < 0.08:
        reason = "尚有工程没有交接完毕"
        enterprise_seal.send_back(office, task.case, reason=reason, actor=operator)
        return
    enterprise_seal.agree(office, task.case, opinion_ticked=True, actor=operator)
    if deed.chance > 0.15:
        _seals(city, deed, task)


def _seals(city: City, deed: Deed, task: OpenTask) -> None:
    operator = city.operator(str(task.application.uscc))
    enterprise_seal.seal(city.town.office, task.case, pin=PIN, actor=operator)


def _seals_request(city: City, deed: Deed, task: OpenTask) -> None:
    operator = city.operator(str(task.application.uscc))
    cancellation.seal_request(city.town.office, task.case, pin=PIN, actor=operator)


def _fixes(city: City, deed: Deed, task: OpenTask) -> None:
    if task.application.matter == Matter.CANCELLATION and deed.chance < 0.5:
        _asks_alone(city, deed, task)
    elif deed.chance < 0.8:
        form_entry.resubmit(city.town.office, task.case, city.person(deed.who))
    else:
        _fills(city, deed, task)


def _asks_alone(city: City, deed: Deed, task: OpenTask) -> None:
    office, person = city.town.office, city.person(deed.who)
    proof = cancellation.attach_proof(office, task.case, "解除证明.pdf", people.pdf(), person)
    cancellation.ask_alone(
        office,
        task.case,
        obstacle="REFUSED",
        text="企业拒绝办理注销手续" + "，见证明材料" * len(cancellation.said_in(office, task.case)),
        proofs=[proof.id],
        actor=person,
    )


def _checks(city: City, deed: Deed, task: OpenTask) -> None:
    outcome = "correct" if deed.chance < 0.15 else "refuse" if deed.chance < 0.2 else "accept"
    items = [] if outcome == "accept" else ["请补充盖章页的扫描件"]
    officer_tasks.formal_check(
        city.town.office, task.id, outcome, items=items, actor=city.officers["acceptor"]
    )


def _reviews(city: City, deed: Deed, task: OpenTask) -> None:
    outcome = "reject" if deed.chance < 0.1 else "approve"
    officer_tasks.review(
        city.town.office,
        task.id,
        outcome,
        opinion="材料齐全，符合条件" if outcome == "approve" else "材料不符合规定条件",
        actor=city.officers["reviewer"],
    )


def _decides(city: City, deed: Deed, task: OpenTask) -> None:
    office, approver = city.town.office, city.officers["approver"]
    if deed.chance < 0.1:
        reason = "需要核实资格证书"
        officer_tasks.extend(office, task.case, reason=reason, actor=approver)
        return
    outcome = "reject" if deed.chance < 0.2 else "approve"
    reasons = ["继续教育证明不真实"] if outcome == "reject" else []
    try:
        officer_tasks.decide(office, task.id, outcome, reasons=reasons, actor=approver)
    except Refusal:
        if outcome == "reject":
            raise
        why = ["申请人不再符合注册条件"]
        officer_tasks.decide(office, task.id, "reject", reasons=why, actor=approver)


def _claims(city: City, deed: Deed, task: OpenTask) -> None:
    claims.claim(city.town.office, task.case, city.person(deed.who))


def _answers(city: City, deed: Deed, task: OpenTask) -> None:
    is_person = task.node == Task.ANSWER_AS_PERSON
    actor = city.person(deed.who) if is_person else city.operator(str(task.application.uscc))
    cancellation.answer(
        city.town.office,
        task.case,
        agrees=deed.chance < 0.5,
        text="双方劳动合同尚未解除",
        actor=actor,
    )


def _chooses_photo(city: City, deed: Deed, task: OpenTask) -> None:
    person = city.person(deed.who)
    paper_exchange.upload(city.town.office, task.case, "我.jpg", people.photo(), person)


def _exchanges(city: City, deed: Deed, task: OpenTask) -> None:
    if deed.chance < 0.2:
        _chooses_photo(city, deed, task)
        return
    person = city.person(deed.who)
    paper_exchange.confirm(city.town.office, task.case, checked=True, actor=person)


def _examines(city: City, deed: Deed, task: OpenTask) -> None:
    reason = "经核对，证书所载信息与登记一致"
    acceptor = city.officers["acceptor"]
    error_report.answer(city.town.office, task.id, "ANSWERED", reason=reason, actor=acceptor)


def _submits_act(city: City, deed: Deed, task: OpenTask) -> None:
    outcome = "drop" if deed.chance < 0.1 else "submit"
    ex_officio.submit(city.town.office, task.id, outcome, actor=city.officers["reviewer"])


def _states(city: City, deed: Deed, task: OpenTask) -> None:
    person, text = city.person(deed.who), "本人不知情，请予核实"
    ex_officio.state_case(city.town.office, task.case, text=text, files=[_proof()], actor=person)


def _decides_act(city: City, deed: Deed, task: OpenTask) -> None:
    outcome = "drop" if deed.chance < 0.3 else "act"
    reasons, approver = ["当事人的申辩没有证据支持"], city.officers["approver"]
    ex_officio.decide(city.town.office, task.id, outcome, reasons=reasons, actor=approver)


def _submits_correction(city: City, deed: Deed, task: OpenTask) -> None:
    acceptor = city.officers["acceptor"]
    identity_correction.submit(city.town.office, task.id, "submit", actor=acceptor)


def _confirms_correction(city: City, deed: Deed, task: OpenTask) -> None:
    outcome, approver = "decline" if deed.chance < 0.2 else "confirm", city.officers["approver"]
    reasons = ["证明材料与申请不符"] if outcome == "decline" else []
    identity_correction.decide(city.town.office, task.id, outcome, reasons=reasons, actor=approver)


def _submits_reopening(city: City, deed: Deed, task: OpenTask) -> None:
    reopening.submit(city.town.office, task.id, "submit", actor=city.officers["reviewer"])


def _confirms_reopening(city: City, deed: Deed, task: OpenTask) -> None:
    outcome = "keep" if deed.chance < 0.2 else "reopen"
    reasons = ["裁判文书与本案无关"] if outcome == "keep" else []
    approver = city.officers["approver"]
    reopening.decide(city.town.office, task.id, outcome, reasons=reasons, actor=approver)


Step = Callable[[City, Deed, OpenTask], None]
STEPS: dict[str, Step] = {
    Task.FILL_FORM: _fills,
    Task.CORRECT_FORM: _fills,
    Task.COMPLETE_READINESS: _gets_ready,
    Task.PREVIEW_DOCUMENT: _previews,
    Task.ENTER_CODE: _types_code,
    Task.REVIEW_APPLICATION: _confirms,
    Task.SEAL_DOCUMENT: _seals,
    Task.SEAL_REQUEST: _seals_request,
    Task.FIX_OR_RESUBMIT: _fixes,
    Task.REQUEST_WITHOUT_ENTERPRISE: _asks_alone,
    Task.COMPLETE_REQUEST: _asks_alone,
    Task.ANSWER_AS_PERSON: _answers,
    Task.ANSWER_AS_ENTERPRISE: _answers,
    Task.FORMAL_CHECK: _checks,
    Task.REVIEW: _reviews,
    Task.DECIDE: _decides,
    Task.CONFIRM_CLAIM: _claims,
    Task.UPLOAD_PHOTO: _chooses_photo,
    Task.CONFIRM_EXCHANGE: _exchanges,
    Task.EXAMINE_REPORT: _examines,
    Task.PROPOSE_ACT: _submits_act,
    Task.STATE_CASE: _states,
    Task.DECIDE_ACT: _decides_act,
    Task.PROPOSE_CORRECTION: _submits_correction,
    Task.CONFIRM_CORRECTION: _confirms_correction,
    Task.PROPOSE_REOPENING: _submits_reopening,
    Task.CONFIRM_REOPENING: _confirms_reopening,
}


# -- what begins something ----------------------------------------------------------------


def starts(city: City, deed: Deed) -> None:
    """Choose a matter in 【新增注册申请】."""
    person = city.ids[deed.who]
    new_application.start(
        city.town.office, person, deed.about, city.person(deed.who), deed.profession
    )


def goes_on_late(city: City, deed: Deed) -> None:
    """Go on with a renewal that the end overtook, as 初始注册（逾期）."""
    query = select(Application.id).where(
        Application.person_id == city.ids[deed.who],
        Application.type == deed.profession,
        Application.matter == Matter.RENEWAL,
        Application.status == "CLOSED",
    )
    with city.town.office.sessions() as session:
        closed = session.scalars(query.order_by(Application.id.desc())).first()
    if closed is None:
        raise NothingToDo
    late_renewal.as_initial(city.town.office, closed, city.person(deed.who))


def withdraws(city: City, deed: Deed) -> None:
    """Take an application of one's own back."""
    own = _open_case(city, deed, "INITIAL", "RENEWAL", "CANCELLATION", "PAPER_EXCHANGE")
    withdrawal.withdraw(city.town.office, own.id, city.person(deed.who))


def saves_again(city: City, deed: Deed) -> None:
    """Change a form that was signed, so that it is signed anew."""
    own = _open_case(city, deed, "INITIAL", "RENEWAL")
    _fills(city, deed, OpenTask(id="", node="", case=own.id, application=own))


def dismisses(city: City, deed: Deed) -> None:
    """Let the enterprise ask for the end of somebody's registration."""
    registration = _registration(city, deed)
    operator = city.operator(registration.uscc)
    cancellation.start_request(city.town.office, registration.id, operator)


def copies(city: City, deed: Deed) -> None:
    """Make a copy for one purpose."""
    certificate = _certificate(city, deed)
    window = copy_requests.usual(city.town.office, certificate)
    copy_requests.ask(
        city.town.office,
        certificate,
        request=new_id(),
        purpose="上海示例项目投标",
        first=window.first,
        last=window.last,
        actor=city.person(deed.who),
    )


def reports(city: City, deed: Deed) -> None:
    """Report that something on the certificate is wrong."""
    text, person = "企业名称印错了，请核实", city.person(deed.who)
    error_report.report(city.town.office, _certificate(city, deed), text, person)


def proposes_act(city: City, deed: Deed) -> None:
    """Let the agency act of its own motion."""
    ways = [("RESCIND", "FRAUD"), ("CANCEL", "CRIMINAL"), ("REVOKE", "SERIOUS_ACCIDENT")]
    act, ground = ways[int(deed.chance * len(ways))]
    ex_officio.propose(
        city.town.office,
        _registration(city, deed).id,
        act,
        ground,
        facts=["申请时提交的继续教育证明经核实系伪造"],
        files=[_proof()],
        actor=city.officers["reviewer"],
    )


def bars(city: City, deed: Deed) -> None:
    """Bar somebody from applying."""
    ban_effects.bar(
        city.town.office, city.ids[deed.who], deed.about, city.officers["approver"], reason="示例"
    )


def lifts(city: City, deed: Deed) -> None:
    """Lift what bars somebody."""
    with city.town.office.sessions() as session:
        standing = bans.active(session, city.ids[deed.who], on=city.today)
    if not standing:
        raise NothingToDo
    reason = "限制的原因已经消除"
    ban_effects.lift(
        city.town.office, standing[0].id, reason=reason, actor=city.officers["approver"]
    )


def corrects(city: City, deed: Deed) -> None:
    """Propose another name for somebody, as the real-name system has it by now."""
    with city.town.office.sessions() as session:
        person = persons.get(session, city.ids[deed.who])
    name = f"{person.name[:2]}{'安宁和平康乐'[int(deed.chance * 6)]}"
    known = next(one for one in city.town.world.identities if one.id_no == person.id_no)
    new: Identity = replace(known, name=name)
    city.town.world.identities.append(new)
    proposal = identity_correction.CorrectionProposal(
        name=name,
        id_type=new.id_type.value,
        id_no=new.id_no,
        reason="公安机关已更正姓名",
        files=[_proof()],
    )
    identity_correction.propose(
        city.town.office,
        person.id,
        proposal,
        type_key=deed.profession,
        actor=city.officers["acceptor"],
    )


def appeals(city: City, deed: Deed) -> None:
    """Have a refusal annulled by a ruling."""
    query = select(Application.id).where(
        Application.person_id == city.ids[deed.who],
        Application.type == deed.profession,
        Application.status.in_(["REJECTED", "NOT_ACCEPTED"]),
    )
    with city.town.office.sessions() as session:
        refused = session.scalars(query.order_by(Application.id.desc())).first()
    if refused is None:
        raise NothingToDo
    reopening.propose(
        city.town.office,
        refused,
        source="RECONSIDERATION",
        ruling="ANNULLED",
        ruling_no=f"沪府复字〔{deed.day.year}〕第12号",
        ruled_on=city.today,
        files=[_proof()],
        actor=city.officers["reviewer"],
    )


_ON_PAPER = dict(zip(PROFESSIONS, ("S2", "J2", "JL"), strict=True))  #: prefix of old numbers


def brings_paper(city: City, deed: Deed) -> None:
    """Bring somebody's paper certificate over from the register before ours."""
    office = city.town.office
    uscc, prefix = city.employer(deed.who), _ON_PAPER[deed.profession]
    row = papers.row(
        office,
        city.ids[deed.who],
        聘用企业=city.town.world.companies[uscc].name,
        统一社会信用代码=uscc,
        注册号=f"{prefix}1799{deed.who:05d}",
        证书编号=f"沪建注{prefix}-{deed.who:05d}",
        资格证书编号=f"DEMO-P-{deed.profession[0]}-{deed.who:04d}",
    )
    register_import.take_over(office, [(2, row)], deed.profession, dry=False)


# -- keys ---------------------------------------------------------------------------------


def _renew_key(city: City, role: Role, subject: str) -> None:
    office, holder = city.town.office, KeyHolder(role=role, subject=subject)
    standing = holders.of(office, holder)
    if standing is None:
        raise NothingToDo
    is_enterprise = role is Role.ENTERPRISE
    actor = city.operator(subject) if is_enterprise else city.person(city.numbers[subject])
    pin = PIN if is_enterprise else ""
    holders.renew(office, holder, actor, shown=standing.facts.serial, pin=pin)


def renews_seal(city: City, deed: Deed) -> None:
    """Renew the certificate of an enterprise's seal."""
    _renew_key(city, Role.ENTERPRISE, people.uscc(deed.who))


# -- enterprises --------------------------------------------------------------------------


def is_renamed(city: City, deed: Deed) -> None:
    """Let an enterprise take another name in the registers outside."""
    uscc = people.uscc(deed.who)
    known, words = city.town.world.companies[uscc], "东南西北中新"
    first, second = words[int(deed.chance * 6)], words[int(deed.chance * 36) % 6]
    name = f"上海{first}{second}示例建筑（虚构）有限公司"
    if name != known.name:
        city.town.world.companies[uscc] = replace(
            known, name=name, former_names=(*known.former_names, known.name)
        )


def changes_status(city: City, deed: Deed) -> None:
    """Let an enterprise end, or stand again, in the register outside."""
    uscc = people.uscc(deed.who)
    city.town.world.companies[uscc] = replace(city.town.world.companies[uscc], status=deed.about)


def computes_rename(city: City, deed: Deed) -> None:
    """Let an enterprise compute what its new name touches, and confirm it."""
    uscc = people.uscc(deed.who)
    office, operator = city.town.office, city.operator(uscc)
    batch = batches.compute(office, uscc, deed.profession, operator)
    if deed.chance < 0.1:
        batches.cancel(office, batch, operator)
    else:
        batches.confirm(office, batch, PIN, operator)


def repairs_rename(city: City, deed: Deed) -> None:
    """Try what failed of a rename again."""
    uscc = people.uscc(deed.who)
    with city.town.office.sessions() as session:
        query = select(RenameBatch.id).where(
            RenameBatch.uscc == uscc, RenameBatch.type == deed.profession
        )
        batch = session.scalars(query.order_by(RenameBatch.id.desc())).first()
    if batch is None:
        raise NothingToDo
    batches.retry(city.town.office, batch, city.operator(uscc))


def publishes(city: City, deed: Deed) -> None:
    """Publish and enter the holidays of the next year."""
    city.publishes(deed.who)


DEEDS: dict[str, Callable[[City, Deed], None]] = {
    deed.__name__: deed
    for deed in (
        turn,
        starts,
        goes_on_late,
        withdraws,
        saves_again,
        dismisses,
        copies,
        reports,
        proposes_act,
        bars,
        lifts,
        corrects,
        appeals,
        brings_paper,
        renews_seal,
        is_renamed,
        changes_status,
        computes_rename,
        repairs_rename,
        publishes,
    )
}
