"""An opened case: what is known about it is loaded once, held, and passed on.

    case = opened.open_(office, application_id)
    case.application.status, case.person.name, case.type.photo

Whoever is handed a case never fetches by id what it holds. The engine carries it from the request
to the computation, to the transaction that writes, and to the service that the same thread does
next. The application goes along as long as nobody else acted on the instance; whatever else is
read, each transaction reads for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from casework.case.refusals import StepNotOpen
from casework.office import Office
from engine import queries
from engine.definitions import Definition
from engine.operations import CaseCall
from engine.running.scenes import Scene
from engine.tables import InstanceStatus, ProcessInstance, TaskStatus, UserTask
from professions.manifests import RegistrationType
from refusals.refusal import NotFound
from registry import versions
from registry.applications import applications, decisions, documents
from registry.applications.applications import Application, FormRevision
from registry.applications.decisions import Decision, DecisionStep
from registry.applications.documents import (
    Document,
    DocumentKind,
    DocumentState,
    SignatureRecord,
)
from registry.authority import bans
from registry.authority.bans import Ban
from registry.authority.identities import FormerIdentity
from registry.certificates import qualifications, registrations
from registry.certificates.registrations import Registration
from registry.clients import webhooks
from registry.enterprises.enterprises import Enterprise
from registry.people import persons
from registry.people.persons import Person
from registry.versions import Seen
from signing import Role
from storage.database import Base, held, hold
from storage.literals import literal
from storage.passing import Rows, Slot, learned, pass_on, vouch

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Saving:
    """A form that the action which is being computed is going to store."""

    content: Mapping[str, Any]
    at: datetime


class Case:
    """An application with its person, type and open tasks, each read at most once.

    Without a session it reads in transactions of its own. What it has read goes along (see
    `storage.passing`): rows that change in actions of the case alone, or with `store.touch`.
    """

    def __init__(
        self,
        office: Office,
        session: Session | None,
        application_id: str,
        *,
        application: Application | None = None,
        version: int | None = None,
        saving: Saving | None = None,
        passed: Rows | None = None,
    ) -> None:
        self.office = office
        self.id = application_id
        self.version = version  #: of the instance, read before the application was
        self.instance: ProcessInstance | None = None  #: as read with the application
        self.saving = saving
        self._session = session
        self._application = application
        self._is_beginning = False
        self._tasks: dict[str, UserTask] | None = None
        self._passed: Rows = passed or {}
        self._asked: dict[str, Any] = {}
        self._shown: str | None = None  #: which version of it was read (`registry.versions`)
        if session is not None:
            pass_on(session, self._passed)

    @property
    def application(self) -> Application:
        """The application; raises `NotFound`."""
        if (known := self._known()) is None:
            known = self.read(lambda session: applications.get(session, self.id))
        self._application = known
        return known

    @property
    def is_beginning(self) -> bool:
        """Whether the application is not there yet: its instance is being started."""
        if self._known() is not None:
            return False
        if not self._is_beginning:
            try:
                self._application = self.application
            except NotFound:
                self._is_beginning = True
        return self._is_beginning

    @property
    def person(self) -> Person:
        """The person whom the case is about."""
        key = self.application.person_id
        return self.read(lambda session: persons.get(session, key))

    @property
    def definition(self) -> Definition:
        """The definition version on which the case runs."""
        return self.office.definitions.get(self.application.definition)

    @property
    def type(self) -> RegistrationType:
        """The registration type as that version describes it."""
        return self.office.type_of(self.application.definition)

    @property
    def tasks(self) -> dict[str, UserTask]:
        """The open tasks by the id of their node."""
        if self._tasks is None:
            tasks = self.read(lambda session: queries.tasks_of(session, self.id))
            self._tasks = {task.node: task for task in tasks}
        return self._tasks

    def task(self, *nodes: str) -> UserTask:
        """Give the open task at one of these nodes; raises `StepNotOpen`."""
        for node in nodes:
            if node in self.tasks:
                return self.tasks[node]
        raise StepNotOpen(status=self.application.state.label)

    def waiting(self, task_id: str) -> UserTask | None:
        """Give an open task by its id, if the tasks were read."""
        return next((task for task in (self._tasks or {}).values() if task.id == task_id), None)

    @property
    def form(self) -> Document | None:
        """The printed or signed form that stands; None when there is none."""
        kind = DocumentKind.APPLICATION
        return self.read(lambda session: documents.current(session, self.id, kind))

    @property
    def content(self) -> Mapping[str, Any] | None:
        """The form as saved last, or as it is being saved; None before the first time."""
        if self.saving is not None:
            return self.saving.content
        return None if self.revision is None else self.revision.content

    @property
    def saved_at(self) -> datetime:
        """When the form was saved last; now, when it is being saved."""
        return self.application.saved_at if self.saving is None else self.saving.at

    @property
    def revision(self) -> FormRevision | None:
        """The form as saved last; None before the first time."""
        return self.read(lambda session: applications.current_revision(session, self.id))

    @property
    def bans(self) -> Sequence[Ban]:
        """What keeps the person from registering and was not lifted, oldest first: once in an act.

        An act looks at it before its transaction, as its page did; nothing holds it.
        """
        key = self.application.person_id
        return self.once(_BANS, lambda: self.read(lambda session: bans.standing(session, key)))

    @property
    def registrations(self) -> Sequence[Registration]:
        """The person's registrations in the profession, the last one first: as `bans`."""
        of = (self.application.person_id, self.application.type)
        return self.once(
            _REGISTRATIONS, lambda: self.read(lambda session: registrations.of(session, *of))
        )

    @property
    def is_signed(self) -> bool:
        """Whether the form that stands carries the signature of the person."""
        return self.once(_SIGNED, lambda: self.read(self._look_for_signature))

    def _look_for_signature(self, session: Session) -> bool:
        signatures = [] if self.form is None else documents.signatures(session, self.form.id)
        return any(signature.role == Role.APPLICANT for signature in signatures)

    @property
    def other_claimant(self) -> tuple[str | None, bool]:
        """Who else has the qualification number on record, and whether one has signed upon it."""
        return self.once(_OTHERS, lambda: self.read(self._look_for_others))

    def _look_for_others(self, session: Session) -> tuple[str | None, bool]:
        application, number = self.application, self.application.qualification_no
        if number is None:
            return None, False
        of = (session, application.person_id)
        return qualifications.claimed(*of, type=application.type, certificate_no=number)

    def newest_decision(self, step: DecisionStep) -> Decision | None:
        """Give the newest result of a step that counts, None when there is none."""
        return self.read(lambda session: decisions.newest(session, self.id, step))

    def once(self, name: str, ask: Callable[[], Read]) -> Read:
        """Ask once in an act, before its computation and in it; after its commit, again."""
        if name not in self._asked:
            self._asked[name] = ask()
        answer: Read = self._asked[name]
        return answer

    def learn(self, slot: Slot, row: Base) -> None:
        """Take in a row that the caller has read a moment ago."""
        self._passed = {**self._rows(), slot: row}

    def into(self, session: Session) -> Case:
        """Give the case to another session, which then knows what was read without asking.

        Rows are copied, so that a transaction that fails changes nothing at hand.
        """
        if session is self._session:
            return self
        known = self._known()
        if known is not None:
            known = hold(session, session.merge(known, load=False))
        case = self._as(session, known, self._rows())
        case._asked = self._asked
        if self._shown is not None:  # whoever acts in this session compares the instance's version
            vouch(session, (Seen.CASE, self.id), self._shown)
        return case

    def anew(self, session: Session) -> Case:
        """Give the case to be read again, because somebody acted on it since."""
        return Case(self.office, session, self.id, saving=self.saving)

    def saves(self, content: Mapping[str, Any], at: datetime) -> Case:
        """Give the case to an action that stores this form and goes on with it."""
        case = self._as(None, self._known(), self._rows())
        case.saving = Saving(content=content, at=at)
        case.instance, case._tasks, case._asked = self.instance, self._tasks, self._asked
        return case

    def apart(self) -> Case:
        """Give the case as it stands to who has no transaction open."""
        case = self._as(None, self._known(), self._rows())
        case.saving = case._shown = None
        return case

    def _as(self, session: Session | None, known: Application | None, rows: Rows) -> Case:
        case = Case(
            self.office,
            session,
            self.id,
            application=known,
            version=self.version,
            saving=self.saving,
            passed=rows,
        )
        case._is_beginning, case._shown = self._is_beginning, self._shown
        return case

    def _known(self) -> Application | None:
        """Give the application if it was read, by whomever in our session."""
        if self._application is None and self._session is not None:
            rows = held(self._session, Application)
            return next((row for row in rows if row.id == self.id), None)
        return self._application

    def _rows(self) -> Rows:
        return self._passed if self._session is None else learned(self._session)

    def read(self, read: Callable[[Session], Read]) -> Read:
        """Read through a session that knows what the case knows."""
        if self._session is not None:
            return read(self._session)
        with self.office.sessions() as session:
            pass_on(session, self._passed)
            value = read(session)
            self._passed = learned(session)
        return value


def open_(office: Office, application_id: str) -> Case:
    """Open the case of an application for what is going to act on it; raises `NotFound`.

    One statement reads application, person, form, instance and open tasks: of one moment. What the
    office has at hand is not read again.
    """
    known = office.at_hand
    if isinstance(known, Case) and known.id == application_id:
        known.office = office  # what this act may be refused by is asked in its transaction
        return known
    case = _read(office, _BY_ID, application_id)
    if case is None:
        raise NotFound
    return case


def open_at(office: Office, task_id: str) -> Case | None:
    """Open the case of an open task; None when it is done, or of no application."""
    known = office.at_hand
    if not isinstance(known, Case) or known.waiting(task_id) is None:
        known = _read(office, _BY_TASK, task_id)
    else:
        known.office = office
    return known if known is not None and known.waiting(task_id) is not None else None


def _read(office: Office, query: Select[*tuple[Any, ...]], key: str) -> Case | None:
    with office.sessions() as session:
        rows = session.execute(query, {"b_id": key}).all()
    if not rows:
        return None
    application, instance, person, revision, form, employer, *more, _ = rows[0]
    noted, (is_corrected, is_heard, *facts) = more[: len(_NOTED)], more[len(_NOTED) :]
    case = Case(
        office,
        None,
        application.id,
        application=application,
        version=None if instance is None else instance.version,
        passed={
            (Person, person.id): person,
            (FormRevision, application.id): revision,
            (Document, application.id, DocumentKind.APPLICATION): form,
            (Enterprise, application.uscc): employer,
        },
    )
    if not is_corrected:
        case._passed = {**case._passed, (FormerIdentity, person.id): None}
    if not is_heard:
        case._passed = {**case._passed, webhooks.ANY: None}
    case._shown = versions.of_opened(application, person, facts)
    case.instance = instance
    case._tasks = {row[-1].node: row[-1] for row in rows if row[-1] is not None}
    for (name, _, nothing), is_there in zip(_NOTED, noted, strict=True):
        if not is_there:
            case._asked[name] = nothing
            if name == _OTHERS:
                case._passed = {**case._passed, (qualifications.OTHERS, application.id): None}
        elif name == _SIGNED:
            case._asked[name] = True
    return case


def beginning(office: Office, application_id: str) -> Case:
    """Give the case of an application that the action that starts it is going to store."""
    case = Case(office, None, application_id)
    case._is_beginning = True
    return case


_FORM_AT_ONCE = (
    select(func.max(Document.id))
    .where(
        Document.application_id == Application.id,
        Document.kind == DocumentKind.APPLICATION,
        Document.state == DocumentState.CURRENT,
    )
    .correlate(Application)
    .scalar_subquery()
)
_REVISION_AT_ONCE = (
    select(func.max(FormRevision.number))
    .where(FormRevision.application_id == Application.id)
    .correlate(Application)
    .scalar_subquery()
)
_BANS, _REGISTRATIONS, _SIGNED, _OTHERS = "bans", "registrations", "signed", "others"


def _any(*where: Any) -> Any:
    return exists().where(*where).correlate(Application)


_NO_OTHER = (None, False)
#: What most cases have nothing of: its name, whether there is any, what is known when there is not.
_NOTED: tuple[tuple[str, Any, Any], ...] = (
    (_BANS, _any(Ban.person_id == Application.person_id, Ban.lifted_at.is_(None)), ()),
    (
        _REGISTRATIONS,
        _any(
            Registration.person_id == Application.person_id,
            Registration.type == Application.type,
        ),
        (),
    ),
    (
        _SIGNED,
        _any(SignatureRecord.document_id == _FORM_AT_ONCE, SignatureRecord.role == Role.APPLICANT),
        False,
    ),
    (_OTHERS, qualifications.is_anothers(Application), _NO_OTHER),
)
#: One row for each open task, one in all where none is open.
_AT_ONCE = (
    select(
        *(Application, ProcessInstance, Person, FormRevision, Document, Enterprise),
        *(look for _, look, _ in _NOTED),
        _any(FormerIdentity.person_id == Application.person_id),
        webhooks.is_any_active,
        *versions.FACTS,
        UserTask,
    )
    .join(Person, Person.id == Application.person_id)
    .outerjoin(
        ProcessInstance,
        (ProcessInstance.business_key == Application.id)
        & (ProcessInstance.status == literal(InstanceStatus.ACTIVE)),
    )
    .outerjoin(
        FormRevision,
        (FormRevision.application_id == Application.id)
        & (FormRevision.number == _REVISION_AT_ONCE),
    )
    .outerjoin(Document, Document.id == _FORM_AT_ONCE)
    .outerjoin(Enterprise, Enterprise.uscc == Application.uscc)
    .outerjoin(
        UserTask,
        (UserTask.business_key == Application.id) & (UserTask.status == literal(TaskStatus.OPEN)),
    )
    .order_by(UserTask.entered_at, UserTask.id)
)
_ASKED = aliased(UserTask)
_BY_ID = _AT_ONCE.where(Application.id == bindparam("b_id"))
_BY_TASK = _AT_ONCE.where(
    Application.id
    == select(_ASKED.business_key).where(_ASKED.id == bindparam("b_id")).scalar_subquery()
)


def of(passed_on: CaseCall | Scene) -> Case:
    """Give the case that the engine passes on to operations and host functions."""
    case = passed_on.case
    if not isinstance(case, Case):
        raise TypeError(f"{passed_on.business_key} was opened by another house")
    return case
