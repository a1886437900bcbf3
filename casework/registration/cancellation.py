"""Cancelling when one side does not take part (domain C.3, G9): the request and the answer to it.

A person whose enterprise refuses, is silent or no longer exists asks the agency with proof; an
enterprise that cannot reach the person does the same. The other side is heard before the decision.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from casework.application import corrections_asked, form_entry, new_application
from casework.case import authorizations, opened, texts, trail
from casework.case.opening import About, FirstLine, open_case
from casework.case.refusals import NotYourApplication, ReasonRequired, StepNotOpen
from casework.office import Office
from casework.registration.cancellation_operations import other_party
from casework.tasks import open_tasks
from casework.terms import periods
from engine.actors import Actor
from professions import messages
from professions.tasks import Task
from refusals.refusal import NotFound, Refusal
from registry.applications import applications, attachments, documents, statements
from registry.applications.applications import Application
from registry.applications.attachments import Attachment, AttachmentKind
from registry.applications.documents import DocumentKind
from registry.applications.statements import Obstacle, Statement, StatementKind
from registry.applications.statuses import UNSIGNED, Matter, Status
from registry.certificates import registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.enterprises import enterprises
from registry.enterprises.enterprises import EnterpriseStatus
from registry.errors import OpenApplicationExists, RegistrationNotValid
from registry.people.persons import Person
from signing import Role
from storage.database import writing


class EnterpriseCanConfirm(Refusal):
    """“{enterprise}”登记状态正常，仍在确认期限内，请先由其确认；企业退回或者{period}未办的，可以提请市住建委处理。"""

    code = "E_ENTERPRISE_CAN_CONFIRM"


class ObstacleUnknown(Refusal):
    """请选择企业没有确认的原因。"""

    code = "E_OBSTACLE"


class ProofRequired(Refusal):
    """请上传证明材料：1至{most}个PDF文件，每个不超过2M。"""

    code = "E_PROOF_REQUIRED"


class CancellationOpen(Refusal):
    """本人已提出注销注册申请（{application_no}，{status}），请在“待企业确认”中办理，无需另行提出。"""

    code = "E_CANCELLATION_OPEN"


MOST_PROOFS = 5  #: files of one request
_REQUESTING = (Task.REQUEST_WITHOUT_ENTERPRISE, Task.COMPLETE_REQUEST)
_WAITING = (Task.REVIEW_APPLICATION, Task.SEAL_DOCUMENT)
_ANSWERING = {"enterprise": Task.ANSWER_AS_ENTERPRISE, "person": Task.ANSWER_AS_PERSON}


# -- the person asks without the enterprise ---------------------------------------------------


def may_ask_alone(office: Office, application: Application) -> bool:
    """Tell whether the person may ask the agency now: the table `cancellation_evidence` says.

    The enterprise does not take part when it returned the form or let its time pass, or when the
    register no longer has it as active. Raises `Unavailable`.
    """
    if application.matter != Matter.CANCELLATION:
        return False
    nodes = open_tasks.open_nodes(office, application.id)
    if not nodes.keys() & {Task.FIX_OR_RESUBMIT, *_REQUESTING, *_WAITING}:
        return False
    cooperates = bool(nodes.keys() & set(_WAITING)) and _is_active(office, application)
    lane = _lane(office, application.definition, "PERSON", cooperates)
    return lane == "PERSON_THEN_AUTHORITY"


def is_asked_alone(office: Office, application: Application) -> bool:
    """Tell whether the person has asked the agency, and it is at the case now."""
    asked = any(
        (said.party, said.kind) == ("person", statements.StatementKind.REQUEST)
        for said in said_in(office, application.id)
    )
    turn = open_tasks.open_nodes(office, application.id).keys()
    own = {Task.FIX_OR_RESUBMIT, *_REQUESTING, *_WAITING}
    return asked and application.state not in UNSIGNED and turn.isdisjoint(own)


def enterprise_can_confirm(office: Office, application: Application) -> EnterpriseCanConfirm:
    """Say that the enterprise comes first, and how long it has."""
    period = periods.words(office, application.definition)["ENTERPRISE_SEAL"]
    return EnterpriseCanConfirm(enterprise=application.enterprise_name, period=period)


def _lane(office: Office, definition: str, initiator: str, cooperates: bool) -> str:
    given = {"reason_code": "", "initiator": initiator, "enterprise_cooperates": cooperates}
    return str(office.decide(definition, "cancellation_evidence", given)["lane"])


def _is_active(office: Office, application: Application) -> bool:
    enterprise = office.enterprises.by_uscc(str(application.uscc))
    if enterprise is None:
        return False
    with writing(office.sessions) as session:
        enterprises.record(session, enterprise, at=office.now())
    return enterprise.status == EnterpriseStatus.ACTIVE


def attach_proof(
    office: Office, application_id: str, filename: str, data: bytes, actor: Actor
) -> Attachment:
    """Keep a proof (PDF up to 2 MiB) of a request to the agency.

    Raises the refusals of `pdfgen.uploads`, `TooManyFiles`, `ApplicationLocked`.
    """
    _own(office, application_id, actor)
    return form_entry.keep_pdf(
        office,
        application_id,
        "cancel_proof",
        AttachmentKind.CANCEL_PROOF.label,
        filename,
        data,
        actor,
    )


def ask_alone(
    office: Office,
    application_id: str,
    *,
    obstacle: str,
    text: str,
    proofs: Sequence[str],
    actor: Actor,
) -> None:
    """Ask the agency to cancel without the enterprise: why, in words, with proof.

    Raises `EnterpriseCanConfirm` while the enterprise may still seal, `ObstacleUnknown`,
    `ReasonRequired`, `ProofRequired`, `FormFaults` for items of a correction that are left as they
    were, `StepNotOpen`, `NotYourApplication`.
    """
    application = _own(office, application_id, actor)
    said = "".join(texts.said(office, [text], field="text", most=1))
    if obstacle not in Obstacle.__members__:
        raise ObstacleUnknown("obstacle")
    if len(said) < texts.LEAST_REASON:
        raise ReasonRequired("text")
    with office.sessions() as session:
        kept = {
            proof.id
            for proof in attachments.of(session, application_id, AttachmentKind.CANCEL_PROOF)
        }
    if not proofs or len(proofs) > MOST_PROOFS or not set(proofs) <= kept:
        raise ProofRequired("proofs", most=MOST_PROOFS)
    request = {corrections_asked.REASON: obstacle, corrections_asked.WORDS: said}
    if left := corrections_asked.left_in_request(office, application, request, proofs):
        raise form_entry.FormFaults(left)
    _go_to_request(office, application, actor)
    task = open_tasks.open_task(office, application_id, *_REQUESTING)

    def write(session: Session) -> None:
        now = office.now()
        applications.get(session, application_id).filed_at = now
        statements.add(
            session,
            application_id,
            statements.StatementKind.REQUEST,
            party="person",
            obstacle=obstacle,
            text=said,
            actor=actor.id,
            at=now,
        )
        note = f"提请市住建委处理：{Obstacle(obstacle).label}，附证明材料{len(proofs)}份"
        trail.step(session, actor, "ask_alone", note, application_id, now, obstacle=obstacle)

    office.runner.complete(task.id, actor, {}, write=write)


def _go_to_request(office: Office, application: Application, actor: Actor) -> None:
    """Lead the case from the enterprise's turn, or from the returned form, to the request."""
    nodes = open_tasks.open_nodes(office, application.id)
    if nodes.keys() & set(_REQUESTING):
        return
    if not nodes.keys() & {Task.FIX_OR_RESUBMIT, *_WAITING}:
        raise StepNotOpen(status=application.state.label)
    if not may_ask_alone(office, application):
        raise enterprise_can_confirm(office, application)
    if Task.FIX_OR_RESUBMIT in nodes:
        chosen = {"action": "without_enterprise"}
        office.runner.complete(nodes[Task.FIX_OR_RESUBMIT].id, actor, chosen)
        return
    office.runner.message(messages.WITHOUT_ENTERPRISE, application.id, {}, actor)


def _own(office: Office, application_id: str, actor: Actor) -> Application:
    with office.sessions() as session:
        application = applications.get(session, application_id)
    if not actor.is_person(application.person_id):
        raise NotYourApplication
    return application


def request_before(office: Office, application: Application) -> tuple[str, str, list[str]]:
    """Give what was asked for last: reason, words and the ids of the files; empty before that."""
    with office.sessions() as session:
        said = statements.of(session, application.id)
        files = attachments.of(session, application.id, AttachmentKind.CANCEL_PROOF)
    for statement in reversed(said):
        if statement.kind == StatementKind.REQUEST:
            return statement.obstacle or "", statement.text, [file.id for file in files]
    return "", "", []


# -- the other side answers -------------------------------------------------------------------


def answer(
    office: Office, application_id: str, *, agrees: bool, text: str = "", actor: Actor
) -> None:
    """Agree to a cancellation that the other side asked for, or object with a reason.

    Raises `ReasonRequired` for an objection without one, `StepNotOpen` when the time is over,
    the engine's refusals of tasks.
    """
    said = "".join(texts.said(office, [text], field="text", most=1))
    if not agrees and len(said) < texts.LEAST_REASON:
        raise ReasonRequired("text")
    with office.sessions() as session:
        party = other_party(applications.get(session, application_id))
    task = open_tasks.open_task(office, application_id, _ANSWERING[party])
    kind = statements.StatementKind.CONSENT if agrees else statements.StatementKind.OBJECTION

    def write(session: Session) -> None:
        now = office.now()
        statements.add(
            session, application_id, kind, party=party, text=said, actor=actor.id, at=now
        )
        note = f"{statements.PARTIES[party]}{kind.label}"
        trail.step(session, actor, "answer", note, application_id, now, answer=kind.value)

    value = "agree" if agrees else "object"
    office.runner.complete(task.id, actor, {"answer": value}, write=write)


def said_in(office: Office, application_id: str) -> list[Statement]:
    """Give what both sides said, oldest first."""
    with office.sessions() as session:
        return statements.of(session, application_id)


# -- the enterprise asks ----------------------------------------------------------------------


def start_request(office: Office, registration_id: str, actor: Actor) -> str:
    """Open a request of an enterprise to cancel a registration with it; return the case's id.

    A request that is open already is given again. Raises `NotFound` for another enterprise's
    registration, `RegistrationNotValid`, `CancellationOpen` when the person asks for it already.
    """
    with office.sessions() as session:
        registration = registrations.get(session, registration_id)
        if not actor.is_operator_of(registration.uscc):
            raise NotFound
        if (running := _open_request(office, session, registration)) is not None:
            return running.id
    matter = Matter.ENTERPRISE_CANCELLATION
    if not office.type_of(office.definitions.latest(registration.type).hash).offers(matter):
        raise new_application.not_offered()

    def refuse(session: Session) -> None:
        session.get_one(Person, registration.person_id, with_for_update=True)
        current = registrations.get(session, registration_id)
        session.refresh(current, with_for_update=True)
        if (running := _open_request(office, session, current)) is not None:
            raise _AlreadyOpen(running.id)

    about = About(
        matter=matter,
        type=registration.type,
        person_id=registration.person_id,
        uscc=registration.uscc,
        enterprise_name=registration.enterprise_name,
    )
    line = FirstLine(kind="start", text="企业新增注销申请")
    try:
        return open_case(
            office,
            about,
            actor,
            refuse=refuse,
            fill=lambda *_: line,
            status=Status.DRAFT,
            data={"revision": 0},
        )
    except _AlreadyOpen as other:  # the other click of a double click
        return other.id
    except OpenApplicationExists:  # the person's own, at the same moment
        with office.sessions() as session:
            if (running := _open_request(office, session, registration)) is not None:
                return running.id
        raise


class _AlreadyOpen(Exception):
    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


def _open_request(
    office: Office, session: Session, registration: Registration
) -> Application | None:
    """Give the enterprise's request in progress; refuse what leaves nothing to ask for.

    Raises `RegistrationNotValid`, `CancellationOpen` when the person asks for it already.
    """
    status = registration.status_on(office.today())
    if status is not RegistrationStatus.VALID:
        raise RegistrationNotValid(status=status.label)
    about = (registration.person_id, registration.type)
    request = applications.open_of(
        session, *about, Matter.ENTERPRISE_CANCELLATION, uscc=registration.uscc
    )
    if request is not None:
        return request
    if (own := applications.open_of(session, *about, Matter.CANCELLATION)) is not None:
        raise CancellationOpen(application_no=own.no, status=own.state.label)
    return None


def seal_request(office: Office, application_id: str, *, pin: str, actor: Actor) -> None:
    """【验证】: the right PIN seals the enterprise's request and files it.

    Raises `PinWrong`, `PinLocked`, `StepRefused` (certificate), `StepNotOpen`.
    """
    case = opened.open_(office, application_id)
    task, application, form = case.task(Task.SEAL_REQUEST), case.application, case.form
    if form is None:
        raise StepNotOpen(status=application.state.label)
    uscc = str(application.uscc)
    open_tasks.refuse_certificate(case, Role.ENTERPRISE, uscc)
    authorization = office.signatures.challenges.unlock(uscc, pin, form.sha256)

    def write(session: Session) -> None:
        authorizations.keep(session, application_id, Role.ENTERPRISE, authorization)
        trail.audit(session, actor, "seal.pin", application_id, office.now())

    office.runner.complete(task.id, actor, {}, write=write, case=case)


def is_alone(session: Session, application: Application, open_nodes: Collection[str]) -> bool:
    """Tell whether a cancellation stands before the agency without the enterprise's seal (G9).

    `open_nodes` are the nodes of its open tasks. A form that was changed after the request goes
    to the enterprise again, and a seal makes the request needless.
    """
    if application.matter != Matter.CANCELLATION:
        return False
    if not set(_REQUESTING).isdisjoint(open_nodes):
        return True
    if application.state in UNSIGNED | {Status.PERSONAL_SIGNED, Status.RETURNED}:
        return False
    asked = any(
        statement.kind == StatementKind.REQUEST
        for statement in statements.of(session, application.id)
    )
    form = documents.current(session, application.id, DocumentKind.APPLICATION)
    sealed = form is not None and any(
        signature.role == Role.ENTERPRISE for signature in documents.signatures(session, form.id)
    )
    return asked and not sealed
