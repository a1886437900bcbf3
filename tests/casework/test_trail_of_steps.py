"""Each step of a case leaves exactly its audit rows: who did what, and how it ended.

A story is a list of steps with what the trail says afterwards, in order; a row that is missing, a
row too many or another actor fails. What the office does by itself is "system".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.application import form_entry, withdrawal
from casework.authority import error_report, ex_officio
from casework.case.evidence import Upload
from casework.case.refusals import StepRefused
from casework.certificate import claims as claims_of
from casework.certificate import copy_requests, paper_exchange
from casework.decision import officer_tasks
from casework.registration import cancellation
from casework.rename import batches
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from professions.tasks import Task
from registry.certificates import certificates
from registry.trail.audit import AuditEvent
from storage.database import new_id
from tests import people
from tests.casework.authority import test_identity_correction
from tests.casework.authority.test_identity_correction import NEW
from tests.casework.decision import test_reopening
from tests.casework.registration import cancelling
from tests.casework.rename.test_batches import hire, rename_outside
from tests.offices import PIN, TYPE, Town, person_id
from tests.papers import paper


@dataclass
class Cast:
    """Who plays, and which case it is about."""

    town: Town
    person: Actor
    employer: Actor
    officers: dict[str, Actor] = field(default_factory=dict)
    case: str = ""

    def officer(self, login: str) -> Actor:
        roles = {"zhao": "acceptor", "wang": "reviewer", "li": "approver"}
        if login not in self.officers:
            self.officers[login] = self.town.officer(login, roles[login])
        return self.officers[login]

    def names(self) -> dict[str, str]:
        """Give each actor's word in the stories."""
        told = {self.person.id: "person", self.employer.id: "employer", "system": "system"}
        return told | {actor.id: login for login, actor in self.officers.items()}


@pytest.fixture
def cast(town: Town) -> Cast:
    return Cast(town, town.person(issued=date(2025, 6, 2)), town.enterprise())


def starts(cast: Cast) -> None:
    cast.case = cast.town.starts(cast.person)


def saves(cast: Cast) -> None:
    cast.town.saves(cast.case, cast.person, cast.town.values(cast.case, cast.person))
    cast.town.clock.forward(minutes=2)


def saves_again(cast: Cast) -> None:
    changed = cast.town.values(cast.case, cast.person, enterprise_phone="021-00000002")
    cast.town.saves(cast.case, cast.person, changed)
    cast.town.clock.forward(minutes=2)


def asks_for_a_code(cast: Cast) -> None:
    form = personal.document(cast.town.office, cast.case)
    personal.begin(cast.town.office, cast.case, form.sha256, cast.person)


def types_a_wrong_code(cast: Cast) -> None:
    with pytest.raises(StepRefused, match="验证码"):
        personal.confirm(cast.town.office, cast.case, "000000", cast.person)


def types_the_code(cast: Cast) -> None:
    code = cast.town.world.code_for(people.person(1).mobile)
    personal.confirm(cast.town.office, cast.case, code, cast.person)


def agrees(cast: Cast) -> None:
    enterprise_seal.agree(cast.town.office, cast.case, opinion_ticked=True, actor=cast.employer)


def seals(cast: Cast) -> None:
    enterprise_seal.seal(cast.town.office, cast.case, pin=PIN, actor=cast.employer)


def sends_back(cast: Cast) -> None:
    enterprise_seal.send_back(
        cast.town.office, cast.case, reason="联系电话有误", actor=cast.employer
    )


def reviews(cast: Cast) -> None:
    cast.town.reviews(cast.case, cast.officer("wang"))


def extends(cast: Cast) -> None:
    officer_tasks.extend(
        cast.town.office, cast.case, reason="须向发证机关核实", actor=cast.officer("li")
    )


def decides(cast: Cast) -> None:
    cast.town.decides(cast.case, cast.officer("li"))


def refuses(cast: Cast) -> None:
    cast.town.decides(cast.case, cast.officer("li"), "reject")


def claims(cast: Cast) -> None:
    cast.town.claims(cast.case, cast.person)


def withdraws(cast: Cast) -> None:
    withdrawal.withdraw(cast.town.office, cast.case, cast.person)


def cancels(cast: Cast) -> None:
    cancelling.registers(cast.town, cast.person)
    cast.case = cancelling.signs(cast.town, cast.person)


def returns_the_cancellation(cast: Cast) -> None:
    cancelling.returns(cast.town, cast.case, cast.employer)


def asks_alone(cast: Cast) -> None:
    cancelling.asks_alone(cast.town, cast.case, cast.person)


def accepts(cast: Cast) -> None:
    task = cast.town.task(cast.case, "formal_check")
    officer_tasks.formal_check(cast.town.office, task.id, "accept", actor=cast.officer("zhao"))


def asks_to_correct(cast: Cast) -> None:
    task = cast.town.task(cast.case, "formal_check")
    officer_tasks.formal_check(
        cast.town.office, task.id, "correct", items=["证明材料不清晰"], actor=cast.officer("zhao")
    )
    cast.town.clock.forward(minutes=2)  # the same proof at once would be a second press


def objects(cast: Cast) -> None:
    cancellation.answer(
        cast.town.office, cast.case, agrees=False, text="合同尚未解除", actor=cast.employer
    )


def requests(cast: Cast) -> None:
    registration = cancelling.registers(cast.town, cast.person)
    cast.case = cancelling.requests(cast.town, registration, cast.employer)


def seals_the_request(cast: Cast) -> None:
    cancellation.seal_request(cast.town.office, cast.case, pin=PIN, actor=cast.employer)


def computes_a_rename(cast: Cast) -> None:
    hire(cast.town, 2)
    rename_outside(cast.town)
    cast.case = batches.compute(cast.town.office, people.uscc(1), TYPE, cast.employer)


def confirms_the_rename(cast: Cast) -> None:
    batches.confirm(cast.town.office, cast.case, PIN, cast.employer)
    cast.town.works()


def cancels_the_rename(cast: Cast) -> None:
    batches.cancel(cast.town.office, cast.case, cast.employer)


def resubmits(cast: Cast) -> None:
    form_entry.resubmit(cast.town.office, cast.case, cast.person)


def renews(cast: Cast) -> None:
    ends = cast.town.office.today() + timedelta(days=40)
    cast.town.registered(cast.person, ends=ends)
    cast.case = cast.town.starts(cast.person, "RENEWAL")
    cast.town.saves(cast.case, cast.person, cast.town.renewal_values(cast.case))
    cast.town.signs(cast.case, cast.person)


def agrees_and_seals(cast: Cast) -> None:
    agrees(cast)
    seals(cast)


def begins_an_exchange(cast: Cast) -> None:
    paper(cast.town.office, cast.person)
    cast.case = cast.town.starts(cast.person, "PAPER_EXCHANGE")


def uploads_a_photo(cast: Cast) -> None:
    paper_exchange.upload(cast.town.office, cast.case, "我.jpg", people.photo(), cast.person)


def confirms_the_exchange(cast: Cast) -> None:
    paper_exchange.confirm(cast.town.office, cast.case, checked=True, actor=cast.person)
    cast.town.works()


def downloads(cast: Cast) -> None:
    claims_of.download(cast.town.office, cast.case, cast.person)


def certificate(cast: Cast) -> str:
    with cast.town.office.sessions() as session:
        newest = certificates.of_person(session, person_id(cast.person))
    return max(newest, key=lambda version: version.version).id


def asks_for_a_copy(cast: Cast) -> None:
    today = cast.town.office.today()
    copy_requests.ask(
        cast.town.office,
        certificate(cast),
        request=new_id(),
        purpose="上海示例项目投标",
        first=today,
        last=today,
        actor=cast.person,
    )
    cast.town.works()


def reports(cast: Cast) -> None:
    paper(cast.town.office, cast.person)
    said = "注册专业与我的资格证书不符，应为二级结构工程师"
    cast.case = error_report.report(cast.town.office, certificate(cast), said, cast.person)


def answers_the_report(cast: Cast) -> None:
    error_report.answer(
        cast.town.office,
        cast.town.task(cast.case, "examine_report").id,
        "ANSWERED",
        reason="经核对，注册信息无误",
        actor=cast.officer("zhao"),
    )


def proposes_an_act(cast: Cast) -> None:
    registration = cancelling.registers(cast.town, cast.person)
    proof = [Upload("调查笔录.pdf", people.pdf())]
    facts = ["继续教育证明经核实系伪造"]
    cast.case = ex_officio.propose(
        cast.town.office,
        registration.id,
        "RESCIND",
        "FRAUD",
        facts=facts,
        files=proof,
        actor=cast.officer("wang"),
    )


def tells_the_person(cast: Cast) -> None:
    task = cast.town.task(cast.case, "propose_act").id
    ex_officio.submit(cast.town.office, task, "submit", actor=cast.officer("wang"))


def states_the_case(cast: Cast) -> None:
    ex_officio.state_case(
        cast.town.office, cast.case, text="本人并不知情", files=[], actor=cast.person
    )


def acts(cast: Cast) -> None:
    task = cast.town.task(cast.case, "decide_act").id
    reasons = ["申辩没有证据支持"]
    ex_officio.decide(cast.town.office, task, "act", reasons=reasons, actor=cast.officer("li"))


def proposes_a_correction(cast: Cast) -> None:
    cancelling.registers(cast.town, cast.person)
    cast.town.world.identities.append(NEW)
    cast.case = test_identity_correction.proposes(cast.town, cast.person, cast.officer("zhao"))


def submits_the_correction(cast: Cast) -> None:
    test_identity_correction.submits(cast.town, cast.case, cast.officer("zhao"))


def confirms_the_correction(cast: Cast) -> None:
    test_identity_correction.confirms(cast.town, cast.case, cast.officer("li"))
    cast.town.works()


def proposes_a_reopening(cast: Cast) -> None:
    cast.town.works()
    cast.case = test_reopening.proposes(cast.town, cast.case, cast.officer("wang"))


def submits_the_reopening(cast: Cast) -> None:
    test_reopening.submits(cast.town, cast.case, cast.officer("wang"))


def confirms_the_reopening(cast: Cast) -> None:
    test_reopening.confirms(cast.town, cast.case, cast.officer("li"))
    cast.town.works()


OTHER_PROVINCE = {
    "qualification_region": "OTHER",
    "qualification_province": "浙江省",
    "qualification_no": "DEMO-ZJ-0001",
    "qualification_issued_on": "2026-03-02",
    "qualification_issuer": "浙江省住房和城乡建设厅（虚构）",
}


def files_from_elsewhere(cast: Cast) -> None:
    starts(cast)
    scans = [cast.town.scan(cast.case, cast.person)]
    values = cast.town.values(cast.case, cast.person, **OTHER_PROVINCE, qualification_scans=scans)
    cast.town.saves(cast.case, cast.person, values)
    cast.town.signs(cast.case, cast.person)
    cast.town.seals(cast.case, cast.employer)


def corrects(cast: Cast) -> None:
    cast.town.clock.forward(days=3)
    values = form_entry.prefill(cast.town.office, cast.case)
    cast.town.saves(cast.case, cast.person, values | {"enterprise_phone": "021-00000009"})


def signs_and_seals_again(cast: Cast) -> None:
    cast.town.signs(cast.case, cast.person)
    cast.town.seals(cast.case, cast.employer)


def does_not_accept(cast: Cast) -> None:
    task = cast.town.task(cast.case, "formal_check")
    officer_tasks.formal_check(
        cast.town.office,
        task.id,
        "refuse",
        items=["不属于本机关受理范围"],
        actor=cast.officer("zhao"),
    )


def answers_the_request(cast: Cast) -> None:
    cancellation.answer(
        cast.town.office, cast.case, agrees=True, text="同意注销", actor=cast.person
    )


Story = tuple[tuple[Callable[[Cast], None], str], ...]

START = (starts, "person start")
SAVE = (saves, "person attachment.add, person form.save, system form.print")
ASK = (asks_for_a_code, "person sign.begin, system sign.code-sent")
SIGN = (types_the_code, "person sign.code, system sign, system notice.send")
AGREE = (agrees, "employer seal.agree")
SEAL = (
    seals,
    (
        "employer seal.pin, system seal, system accept, system letter.reserve,"
        " system acceptance-notice, system notice.send"
    ),
)
SEALED: Story = (START, SAVE, ASK, SIGN, AGREE, SEAL)
REVIEW = (reviews, "wang review")
#: Of a cancellation that the enterprise sent back and the person brings to the agency alone.
ALONE: Story = (
    (
        cancels,
        (
            "person start, person form.save, system form.print, person sign.begin,"
            " system sign.code-sent, person sign.code, system sign, system notice.send"
        ),
    ),
    (returns_the_cancellation, "employer return, employer notice.send"),
    (
        asks_alone,
        "person attachment.add, person ask_alone, system letter.reserve, system receipt",
    ),
)
COMPUTE = (computes_a_rename, "employer rename.compute")
STORIES: dict[str, Story] = {
    "an initial registration": (
        *SEALED,
        (
            extends,
            (
                "li extension, li extend, system letter.reserve, system extension-notice,"
                " system notice.send"
            ),
        ),
        REVIEW,
        (
            decides,
            (
                "li decide, system letter.reserve, system decision, system notice.send,"
                " system register, system certificate.prepare, system issue, system notice.send"
            ),
        ),
        (claims, "person claim.confirm, person claim, person close"),
    ),
    "a refusal": (
        *SEALED,
        REVIEW,
        (
            refuses,
            "li decide, system letter.reserve, system decision, system notice.send, system close",
        ),
    ),
    "a wrong code": (
        *(START, SAVE, ASK),
        (types_a_wrong_code, "person sign.code-refused DENIED"),
        SIGN,
    ),
    "sent back, changed, withdrawn": (
        *(START, SAVE, ASK, SIGN),
        (sends_back, "employer return, employer notice.send"),
        (
            saves_again,
            (
                "person attachment.add, person form.save, person void, person notice.send,"
                " system form.print"
            ),
        ),
        (withdraws, "person withdraw, person form.void, person close"),
    ),
    "a cancellation without the enterprise": (
        *ALONE,
        (
            accepts,
            (
                "zhao formal_check, zhao accept, system letter.reserve, system acceptance-notice,"
                " system notice.send"
            ),
        ),
        (objects, "employer answer"),
        REVIEW,
        (
            decides,
            (
                "li decide, system letter.reserve, system decision, system notice.send,"
                " system cancel, system certificate.prepare, system issue, system notice.send,"
                " system close"
            ),
        ),
    ),
    "a correction": (
        *ALONE,
        (
            asks_to_correct,
            (
                "zhao formal_check, system letter.reserve, system correction-notice,"
                " system notice.send"
            ),
        ),
    ),
    "a request of an enterprise": (
        (
            requests,
            "employer start, employer attachment.add, employer form.save, system form.print",
        ),
        (
            seals_the_request,
            "employer seal.pin, system seal, system letter.reserve, system receipt",
        ),
    ),
    "a new name": (
        COMPUTE,
        (
            confirms_the_rename,
            (
                "employer rename.confirm, system rename.seal, system rename.begin,"
                " system rename.item, system reissue, system certificate.prepare, system issue,"
                " system notice.send,"
                " system rename.done, system certificate.publish"
            ),
        ),
    ),
    "a new name given up": (COMPUTE, (cancels_the_rename, "employer rename.cancel")),
    "corrected and accepted": (
        (
            files_from_elsewhere,
            (
                "person start, person attachment.add, person attachment.add, person form.save, "
                "system form.print, person sign.begin, system sign.code-sent, "
                "person sign.code, system sign, system notice.send, employer seal.agree, "
                "employer seal.pin, system seal, system letter.reserve, system receipt"
            ),
        ),
        (
            asks_to_correct,
            (
                "zhao formal_check, system letter.reserve, system correction-notice, "
                "system notice.send"
            ),
        ),
        (corrects, "person form.save, person void, person notice.send, system form.print"),
        (
            signs_and_seals_again,
            (
                "person sign.begin, system sign.code-sent, person sign.code, system sign, "
                "system notice.send, employer seal.agree, employer seal.pin, system seal, "
                "system letter.reserve, system receipt"
            ),
        ),
        (
            accepts,
            (
                "zhao formal_check, zhao accept, system letter.reserve, "
                "system acceptance-notice, system notice.send"
            ),
        ),
    ),
    "not accepted": (
        (
            files_from_elsewhere,
            (
                "person start, person attachment.add, person attachment.add, person form.save, "
                "system form.print, person sign.begin, system sign.code-sent, "
                "person sign.code, system sign, system notice.send, employer seal.agree, "
                "employer seal.pin, system seal, system letter.reserve, system receipt"
            ),
        ),
        (
            does_not_accept,
            (
                "zhao formal_check, system letter.reserve, system non-acceptance, "
                "system notice.send, system close"
            ),
        ),
    ),
    "a request that is completed": (
        *ALONE,
        (
            asks_to_correct,
            (
                "zhao formal_check, system letter.reserve, system correction-notice, "
                "system notice.send"
            ),
        ),
        (
            asks_alone,
            "person attachment.add, person ask_alone, system letter.reserve, system receipt",
        ),
    ),
    "sent back and as it was": (
        *(START, SAVE, ASK, SIGN),
        (sends_back, "employer return, employer notice.send"),
        (resubmits, "person resubmit, person notice.send"),
        *(AGREE, SEAL),
    ),
    "a renewal": (
        (
            renews,
            (
                "person start, person form.save, system form.print, person sign.begin, "
                "system sign.code-sent, person sign.code, system sign, system notice.send"
            ),
        ),
        (
            agrees_and_seals,
            (
                "employer seal.agree, employer seal.pin, system seal, system accept, "
                "system letter.reserve, system acceptance-notice, system notice.send"
            ),
        ),
        REVIEW,
        (
            decides,
            (
                "li decide, system letter.reserve, system decision, system notice.send, "
                "system register, system certificate.prepare, system issue, "
                "system notice.send"
            ),
        ),
        (claims, "person claim.confirm, person claim, person close"),
    ),
    "an exchange and a copy": (
        (begins_an_exchange, "system registration.take_over, person start"),
        (uploads_a_photo, "person attachment.add"),
        (
            confirms_the_exchange,
            (
                "person exchange.confirm, person exchange, system certificate.prepare, "
                "system issue, system claim, system close, system notice.send, "
                "system certificate.publish"
            ),
        ),
        (downloads, "person certificate.download"),
        (asks_for_a_copy, "person certificate.copy, system certificate.copy_made"),
    ),
    "a report": (
        (reports, "system registration.take_over, person certificate.report"),
        (answers_the_report, "zhao report.answer, zhao notice.send, zhao close"),
    ),
    "an act of the agency": (
        (proposes_an_act, "wang open_act"),
        (
            tells_the_person,
            (
                "wang review, system letter.reserve, system intended-decision, "
                "system open_hearing, system notice.send"
            ),
        ),
        (states_the_case, "person state_case"),
        (
            acts,
            (
                "li decide, li end_registration, system letter.reserve, system act-decision, "
                "system notice.send, system close"
            ),
        ),
    ),
    "a correction of an identity": (
        (proposes_a_correction, "zhao open_correction"),
        (submits_the_correction, "zhao review"),
        (
            confirms_the_correction,
            "li decide, li correct, system reissue, system notice.send, system close",
        ),
    ),
    "a refusal that was annulled": (
        *SEALED,
        REVIEW,
        (
            refuses,
            "li decide, system letter.reserve, system decision, system notice.send, system close",
        ),
        (proposes_a_reopening, "wang open_reopening"),
        (submits_the_reopening, "wang review"),
        (
            confirms_the_reopening,
            (
                "li decide, li reopen, li close, system letter.reserve, "
                "system acceptance-notice, system notice.send"
            ),
        ),
    ),
    "a request that the person agrees to": (
        (
            requests,
            "employer start, employer attachment.add, employer form.save, system form.print",
        ),
        (
            seals_the_request,
            "employer seal.pin, system seal, system letter.reserve, system receipt",
        ),
        (
            accepts,
            (
                "zhao formal_check, zhao accept, system letter.reserve, "
                "system acceptance-notice, system notice.send"
            ),
        ),
        (answers_the_request, "person answer"),
    ),
}


def trail(cast: Cast) -> list[AuditEvent]:
    """Give the whole trail, oldest first."""
    with cast.town.office.sessions() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def told(cast: Cast, event: AuditEvent) -> str:
    """Give a row in words: who, what, and how it ended when it was refused.

    The row names the case, or what belongs to it, and says for whom the operator acted.
    """
    who = cast.names()[event.actor]
    assert event.acting_for == (people.uscc(1) if who == "employer" else None)
    return f"{who} {event.action}" + ("" if event.result == "OK" else f" {event.result}")


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize("story", STORIES)
def test_each_step_leaves_exactly_its_rows(cast: Cast, story: str) -> None:
    """GB/T 22239: who, what, how it ended; nothing is done without its row, nothing has two."""
    for step, rows in STORIES[story]:
        before = len(trail(cast))
        step(cast)

        assert ", ".join(told(cast, event) for event in trail(cast)[before:]) == rows, step.__name__


#: What people do at each task of the house → the step above that does it.
AT = {
    Task.FILL_FORM: saves,
    Task.CORRECT_FORM: corrects,
    Task.FIX_OR_RESUBMIT: resubmits,
    Task.PREVIEW_DOCUMENT: asks_for_a_code,
    Task.ENTER_CODE: types_the_code,
    Task.UPLOAD_PHOTO: uploads_a_photo,
    Task.CONFIRM_EXCHANGE: confirms_the_exchange,
    Task.CONFIRM_CLAIM: claims,
    Task.REQUEST_WITHOUT_ENTERPRISE: asks_alone,
    Task.COMPLETE_REQUEST: asks_alone,
    Task.ANSWER_AS_PERSON: answers_the_request,
    Task.STATE_CASE: states_the_case,
    Task.REVIEW_APPLICATION: agrees,
    Task.SEAL_DOCUMENT: seals,
    Task.SEAL_REQUEST: seals_the_request,
    Task.ANSWER_AS_ENTERPRISE: objects,
    Task.CONFIRM_RENAME: confirms_the_rename,
    Task.FORMAL_CHECK: accepts,
    Task.REVIEW: reviews,
    Task.DECIDE: decides,
    Task.EXAMINE_REPORT: answers_the_report,
    Task.PROPOSE_ACT: tells_the_person,
    Task.DECIDE_ACT: acts,
    Task.PROPOSE_CORRECTION: submits_the_correction,
    Task.CONFIRM_CORRECTION: confirms_the_correction,
    Task.PROPOSE_REOPENING: submits_the_reopening,
    Task.CONFIRM_REOPENING: confirms_the_reopening,
}
#: Told where they are made: each preparation has its row, a retried list that of its page, and a
#: second review only diagrams that draw one.
ELSEWHERE = {Task.COMPLETE_READINESS, Task.REPAIR_FAILED, Task.SECOND_REVIEW}


def test_every_task_is_in_a_story() -> None:
    """No act of the house is left out of the stories above."""
    told_of = {step for story in STORIES.values() for step, _ in story}

    assert {*Task} == AT.keys() | ELSEWHERE
    assert {*AT.values()} <= told_of
