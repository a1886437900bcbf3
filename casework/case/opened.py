"""An opened case: what is known about it is loaded once, held, and passed on.

    case = opened.open_(office, application_id)
    case.application.status, case.person.name, case.type.photo

Whoever is handed a case never fetches by id what it holds. The engine carries it from the request
to the computation, to the transaction that writes, and to the service that the same thread does
next. The application goes along as long as nobody else acted on the instance; whatever else is
read, each transaction reads for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casework.case.refusals import StepNotOpen
from casework.office import Office
from engine import queries
from engine.definitions import Definition
from engine.operations import CaseCall
from engine.running.scenes import Scene
from engine.tables import InstanceStatus, ProcessInstance, UserTask
from professions.manifests import RegistrationType
from refusals.refusal import NotFound
from registry.applications import applications, decisions, documents
from registry.applications.applications import Application, FormRevision
from registry.applications.decisions import Decision, DecisionStep
from registry.applications.documents import Document, DocumentKind, DocumentState
from registry.people import persons
from registry.people.persons import Person
from storage.database import held, hold

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Saving:
    """A form that the action which is being computed is going to store."""

    content: Mapping[str, Any]
    at: datetime


class Case:
    """An application with its person, type and open tasks, each read at most once.

    Without a session it reads in transactions of its own.
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
    ) -> None:
        self.office = office
        self.id = application_id
        self.version = version  #: of the instance, read before the application was
        self.saving = saving
        self._session = session
        self._application = application
        self._is_beginning = False
        self._person: Person | None = None
        self._tasks: dict[str, UserTask] | None = None
        self._revisions: list[FormRevision | None] = []  #: empty: not read yet
        self._forms: list[Document | None] = []  #: empty: not read yet
        self._decisions: dict[DecisionStep, Decision | None] = {}

    @property
    def application(self) -> Application:
        """The application; raises `NotFound`."""
        if (known := self._known()) is None:
            known = self._read(lambda session: applications.get(session, self.id))
        self._application = known
        return known

    @property
    def is_beginning(self) -> bool:
        """Whether the application is not there yet: its instance is being started."""
        if self._known() is None and not self._is_beginning:
            try:
                self._application = self.application
            except NotFound:
                self._is_beginning = True
        return self._is_beginning

    @property
    def person(self) -> Person:
        """The person whom the case is about."""
        if self._person is None:
            key = self.application.person_id
            self._person = self._read(lambda session: persons.get(session, key))
        return self._person

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
            tasks = self._read(lambda session: queries.tasks_of(session, self.id))
            self._tasks = {task.node: task for task in tasks}
        return self._tasks

    def task(self, *nodes: str) -> UserTask:
        """Give the open task at one of these nodes; raises `StepNotOpen`."""
        for node in nodes:
            if node in self.tasks:
                return self.tasks[node]
        raise StepNotOpen(status=self.application.state.label)

    @property
    def form(self) -> Document | None:
        """The printed or signed form that stands; None when there is none."""
        if not self._forms:
            kind = DocumentKind.APPLICATION
            form = self._read(lambda session: documents.current(session, self.id, kind))
            self._forms.append(form)
        return self._forms[0]

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
        if not self._revisions:
            newest = self._read(lambda session: applications.current_revision(session, self.id))
            self._revisions.append(newest)
        return self._revisions[0]

    def newest_decision(self, step: DecisionStep) -> Decision | None:
        """Give the newest result of a step that counts, None when there is none."""
        if step not in self._decisions:
            newest = self._read(lambda session: decisions.newest(session, self.id, step))
            self._decisions[step] = newest
        return self._decisions[step]

    def into(self, session: Session) -> Case:
        """Give the case to another session, which then knows the application without asking.

        The row is copied, so that a transaction that fails changes nothing at hand.
        """
        if session is self._session:
            return self
        known = self._known()
        if known is not None:
            known = hold(session, session.merge(known, load=False))
        return Case(
            self.office,
            session,
            self.id,
            application=known,
            version=self.version,
            saving=self.saving,
        )

    def anew(self, session: Session) -> Case:
        """Give the case to be read again, because somebody acted on it since."""
        return Case(self.office, session, self.id, saving=self.saving)

    def saves(self, content: Mapping[str, Any], at: datetime) -> Case:
        """Give the case to an action that stores this form and goes on with it."""
        saving = Saving(content=content, at=at)
        known, version = self._known(), self.version
        return Case(self.office, None, self.id, application=known, version=version, saving=saving)

    def loaded(self) -> Case:
        """Read application, person, form and open tasks; what else is asked is read apart."""
        self._application, self._tasks = self.application, self.tasks
        _ = self.person, self.revision, self.form
        self._session = None
        return self

    def apart(self) -> Case:
        """Give the case as it stands to who has no transaction open."""
        return Case(self.office, None, self.id, application=self._known(), version=self.version)

    def _known(self) -> Application | None:
        """Give the application if it was read, by whomever in our session."""
        if self._application is None and self._session is not None:
            rows = held(self._session, Application)
            return next((row for row in rows if row.id == self.id), None)
        return self._application

    def _read(self, read: Callable[[Session], Read]) -> Read:
        if self._session is not None:
            return read(self._session)
        with self.office.sessions() as session:
            return read(session)


def open_(office: Office, application_id: str) -> Case:
    """Open the case of an application for what is going to act on it; raises `NotFound`.

    The version is of the same moment: what is read after it is at least as new.
    """
    with office.sessions() as session:
        row = session.execute(_AT_ONCE, {"b_id": application_id}).one_or_none()
        if row is None:
            raise NotFound
        application, version, person, revision, form = row
        case = Case(office, session, application_id, application=application, version=version)
        case._person, case._revisions, case._forms = person, [revision], [form]
        return case.loaded()


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
#: What `loaded` would ask in five statements: one of them sees one moment.
_AT_ONCE = (
    select(Application, ProcessInstance.version, Person, FormRevision, Document)
    .join(Person, Person.id == Application.person_id)
    .outerjoin(
        ProcessInstance,
        (ProcessInstance.business_key == Application.id)
        & (ProcessInstance.status == InstanceStatus.ACTIVE),
    )
    .outerjoin(
        FormRevision,
        (FormRevision.application_id == Application.id)
        & (FormRevision.number == _REVISION_AT_ONCE),
    )
    .outerjoin(Document, Document.id == _FORM_AT_ONCE)
    .where(Application.id == bindparam("b_id"))
)


def of(passed_on: CaseCall | Scene) -> Case:
    """Give the case that the engine passes on to operations and host functions."""
    case = passed_on.case
    if not isinstance(case, Case):
        raise TypeError(f"{passed_on.business_key} was opened by another house")
    return case
