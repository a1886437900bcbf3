"""Applications: the case file, its form revisions and its moves (domain B.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from refusals.refusal import NotFound
from registry import numbering
from registry.applications.statuses import (
    APPLICATIONS,
    EDITABLE,
    MOVES,
    OPEN,
    PERSONAL,
    REFUSED,
)
from registry.applications.statuses import Matter as Matter
from registry.applications.statuses import Status as Status
from registry.errors import (
    ApplicationLocked,
    IllegalMove,
    OpenApplicationExists,
    StaleDraft,
    StaleRevision,
)
from registry.law.calendars import Due, shanghai_day
from registry.patterns import DEFAULT, Patterns
from registry.people.persons import Person
from storage.database import Base, EncryptedJson, UtcDateTime, get_or_insert, hold, new_id, to_json
from storage.literals import ONE, literals
from storage.passing import recall, remember

_MOST_PERSONS = 500  #: whose statements are kept: they are dear to build and always the same


class Application(Base):
    """One case; of those that a person starts at most one a profession is open (R20).

    Nor are two requests of an enterprise to cancel it; the database holds both.
    """

    __tablename__ = "application"
    __table_args__ = (
        Index("ix_application_person", "person_id", "id"),
        Index("ix_application_enterprise", "uscc", "status", "id", "matter"),
        Index("ix_application_named", "uscc", "id", "matter"),  # counted in the index
        Index(
            "ix_application_provisional",
            "due_provisional",
            sqlite_where=text("decided_on IS NULL"),
            postgresql_where=text("decided_on IS NULL"),
        ),
        Index(
            "ix_application_due",
            "due_on",
            sqlite_where=text("decided_on IS NULL"),
            postgresql_where=text("decided_on IS NULL"),
        ),
        Index("ix_application_qualification", "qualification_no", "type"),
        Index(
            "ix_application_kept",
            "closed_at",
            "id",
            sqlite_where=text("retired IS NULL AND closed_at IS NOT NULL"),
            postgresql_where=text("retired IS NULL AND closed_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id))
    uscc: Mapped[str | None] = mapped_column(String(18))
    enterprise_name: Mapped[str | None] = mapped_column(String(100))  #: as on the form
    type: Mapped[str] = mapped_column(String(40))  #: key of the registration type
    #: what an initial registration rests on, as saved: in half-width capitals, no blanks
    qualification_no: Mapped[str | None] = mapped_column(String(40))
    matter: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(20), default=Status.DRAFT)
    status_since: Mapped[datetime] = mapped_column(UtcDateTime())
    revision: Mapped[int] = mapped_column(default=0)
    instance_id: Mapped[str | None] = mapped_column(String(32))
    definition: Mapped[str] = mapped_column(String(64))  #: hash of the version it runs on
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    first_signed_on: Mapped[date | None]  #: overdue is judged on this day (domain B.4)
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  #: sealed and received
    accepted_on: Mapped[date | None]
    acceptance_no: Mapped[str | None] = mapped_column(String(40))
    deemed_accepted: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date | None]  #: by when the decision is due
    due_provisional: Mapped[bool] = mapped_column(default=False)
    extended: Mapped[bool] = mapped_column(default=False)  #: once (Licensing Law 42)
    decided_on: Mapped[date | None]
    deemed_renewed: Mapped[bool] = mapped_column(default=False)  #: undecided at the expiry (Law 50)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: ERASE or LOCK: its period of retention is over, see `casework.retention`
    retired: Mapped[str | None] = mapped_column(String(8))

    person: Mapped[Person] = relationship(lazy="raise_on_sql", viewonly=True)

    @property
    def state(self) -> Status:
        """The status as a word of the vocabulary."""
        return Status(self.status)

    @property
    def decision_due(self) -> date | None:
        """By when the decision is due; nothing is once it was made."""
        return self.due_on if self.decided_on is None else None

    @property
    def matter_label(self) -> str:
        """The Chinese name of the matter."""
        return Matter(self.matter).label


_open_words = sorted(status.value for status in OPEN)
_personal_words = sorted(matter.value for matter in PERSONAL)
_application_words = sorted(matter.value for matter in APPLICATIONS)
_in_progress = Application.status.in_(literals(_open_words))
#: A person's own application that is in progress.
is_own_and_open = _in_progress & Application.matter.in_(literals(_personal_words))
_cancels = _in_progress & (Application.matter == Matter.ENTERPRISE_CANCELLATION.value)
Index(
    "uq_application_open_person",
    Application.person_id,
    Application.type,
    unique=True,
    sqlite_where=is_own_and_open,
    postgresql_where=is_own_and_open,
)
Index(
    "uq_application_open_cancellation",
    Application.person_id,
    Application.type,
    unique=True,
    sqlite_where=_cancels,
    postgresql_where=_cancels,
)


class FormRevision(Base):
    """The content of the form as saved: what was signed, not what is true today."""

    __tablename__ = "form_revision"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("form_revision.content"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime())


class FormDraft(Base):
    """What the person typed last, valid or not: typed input is never lost."""

    __tablename__ = "form_draft"

    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("form_draft.content"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime())


def content_hash(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical text: the order of the keys does not matter (I8).

    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(to_json(content).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class About:
    """What a new case is about."""

    matter: Matter
    type: str  #: key of the profession
    person_id: str
    uscc: str | None = None  #: of the enterprise that takes part
    enterprise_name: str | None = None


def create(
    session: Session,
    about: About,
    *,
    definition: str,
    at: datetime,
    id: str | None = None,
    status: str = Status.DRAFT,
    patterns: Patterns = DEFAULT,
) -> Application:
    """Open a case; raises `OpenApplicationExists` when another in progress excludes it (R20).

    In a profession a person has one application in progress, and there is one request of an
    enterprise to cancel. Twenty simultaneous calls make one application: partial unique indexes
    decide. What the agency or the system starts does not ask for a person's turn.
    """
    application = Application(
        id=id or new_id(),
        no=numbering.application_no(session, about.matter, shanghai_day(at), patterns=patterns),
        **asdict(about),
        status=Status(status),
        status_since=at,
        definition=definition,
        created_at=at,
        saved_at=at,
    )
    try:
        with session.begin_nested():
            session.add(application)
    except IntegrityError as error:
        if (other := _in_the_way(session, about)) is None:
            raise
        raise _excluded_by(other) from error
    return hold(session, application)


def _in_the_way(session: Session, about: About) -> Application | None:
    """Give the case in progress that excludes a new one of this matter."""
    person_id, type = about.person_id, about.type
    if about.matter in PERSONAL and (other := open_for(session, person_id, type)) is not None:
        return other
    if about.matter != Matter.ENTERPRISE_CANCELLATION:
        return None
    return session.scalar(
        select(Application).where(
            Application.person_id == person_id, Application.type == type, _cancels
        )
    )


def _excluded_by(other: Application) -> OpenApplicationExists:
    return OpenApplicationExists(
        matter=other.matter_label, application_no=other.no, status=other.state.label
    )


def get(session: Session, application_id: str) -> Application:
    """Return the application; raises `NotFound`."""
    application = session.get(Application, application_id)
    if application is None:
        raise NotFound
    return hold(session, application)


def move(
    session: Session, application: Application, status: str, at: datetime, **more: Any
) -> bool:
    """Move to `status`, with `more` columns of the row; False when it is there already.

    Raises `IllegalMove` for what the table `MOVES` does not know, also when another
    transaction moved the application in between: the first commit wins.
    """
    before, target = application.state, Status(status)
    if before is target:
        return False
    if target not in MOVES.get(before, frozenset()):
        raise IllegalMove(status=before.label, target=target.label)
    values: dict[str, Any] = {"status": target, "status_since": at, **more}
    if not target.is_open:
        values["closed_at"] = at
    if not _update(session, application, Application.status == before, values):
        session.refresh(application)
        raise IllegalMove(status=application.state.label, target=target.label)
    return True


def reopen(
    session: Session, application: Application, *, accepted_on: date, due: Due, at: datetime
) -> None:
    """Accept a refused application anew: its refusal was annulled, so its clock starts again.

    Raises `IllegalMove` for what was not refused and `OpenApplicationExists` when the person has
    another application in progress in this profession.
    """
    before = application.state
    own = (application.person_id, application.type)
    if (other := open_for(session, *own)) is not None:
        raise _excluded_by(other)
    refused = Application.status.in_([status.value for status in REFUSED])
    values = {
        "status": Status.ACCEPTED,
        "status_since": at,
        "accepted_on": accepted_on,
        "deemed_accepted": False,
        "due_on": due.day,
        "due_provisional": due.provisional,
        "extended": False,
        "decided_on": None,
        "closed_at": None,
    }
    try:
        with session.begin_nested():
            moved = _update(session, application, refused, values)
    except IntegrityError as error:
        if (other := open_for(session, *own)) is None:
            raise
        raise _excluded_by(other) from error
    if not moved:
        raise IllegalMove(status=before.label, target=Status.ACCEPTED.label)


def refused_of(session: Session, person_id: str) -> list[Application]:
    """Return the person's applications that were refused, newest first."""
    query = select(Application).where(
        Application.person_id == person_id,
        Application.status.in_([status.value for status in REFUSED]),
        Application.matter.in_(_application_words),
    )
    return list(session.scalars(query.order_by(Application.id.desc())))


def _update(
    session: Session, application: Application, unchanged: Any, values: dict[str, Any]
) -> bool:
    """Change the row only where what we decided upon still holds.

    What was set on the object before goes with it, in the same statement.
    """
    state = inspect(application)
    for attribute in state.attrs:
        if state.persistent and attribute.history.has_changes() and attribute.key not in values:
            values = {**values, attribute.key: attribute.value}
    for name, value in values.items():
        set_committed_value(application, name, value)
    session.flush()
    statement = update(Application).where(Application.id == application.id, unchanged)
    result = session.execute(
        statement.values(**values).returning(Application.id),
        execution_options={"synchronize_session": False},
    )
    return result.scalar_one_or_none() is not None


def draft_version(session: Session, application: Application) -> str:
    """Name what is kept of the typed input: its revision, and the draft beside it, if any."""
    return version_of(application, session.get(FormDraft, application.id, populate_existing=True))


def version_of(application: Application, draft: FormDraft | None) -> str:
    """Name an application's form with this draft beside it, as `draft_version` does."""
    kept = content_hash(draft.content)[:16] if draft is not None else "0"
    return f"{application.revision}-{kept}"


def save_draft(
    session: Session,
    application: Application,
    content: dict[str, Any],
    at: datetime,
    *,
    seen: str | None = None,
) -> FormDraft:
    """Keep typed input as it is, even when it has faults; no revision, no effect on signatures.

    `seen` is the `draft_version` that the page was made of. Raises `StaleDraft` when another window
    has kept something else since.
    """
    if not application.state.is_editable:
        raise ApplicationLocked(status=application.state.label)
    if seen is not None and seen != draft_version(session, application):
        kept = session.get(FormDraft, application.id)
        if kept is None or kept.content != content:
            raise StaleDraft
    present = {"content": content, "saved_at": at}
    draft = get_or_insert(session, FormDraft, {"application_id": application.id}, present)
    draft.content, draft.saved_at = content, at
    application.saved_at = at
    session.flush()
    return draft


def forget_draft(session: Session, application_id: str) -> None:
    """Delete what was typed and never saved: nobody is going to ask for it."""
    session.execute(delete(FormDraft).where(FormDraft.application_id == application_id))


def draft_of(session: Session, application_id: str) -> FormDraft | None:
    """Return the typed input that did not become a revision yet."""
    return session.get(FormDraft, application_id)


def save_revision(
    session: Session,
    application: Application,
    content: dict[str, Any],
    expected_revision: int,
    at: datetime,
) -> FormRevision | None:
    """Save a valid form; None when nothing changed, so that nothing is voided (R42–R44, I8).

    Raises `ApplicationLocked` after acceptance and `StaleRevision` when another window or
    person saved in between. A second click with the same content is "nothing changed".
    """
    if not application.state.is_editable:
        raise ApplicationLocked(status=application.state.label)
    digest = content_hash(content)
    present = current_revision(session, application.id)
    if present is not None and present.content_hash == digest:
        application.saved_at = at
        _forget_draft(session, application)
        return None
    unchanged = (Application.revision == expected_revision) & Application.status.in_(
        [status.value for status in EDITABLE]
    )
    values = {"revision": expected_revision + 1, "saved_at": at}
    if not _update(session, application, unchanged, values):
        session.refresh(application)
        if not application.state.is_editable:
            raise ApplicationLocked(status=application.state.label)
        raise StaleRevision(current=application.revision, expected=expected_revision)
    revision = FormRevision(
        application_id=application.id,
        number=expected_revision + 1,
        content_hash=digest,
        content=content,
        saved_at=at,
    )
    session.add(revision)
    _forget_draft(session, application)
    remember(session, (FormRevision, application.id), revision)
    return revision


def _forget_draft(session: Session, application: Application) -> None:
    session.execute(delete(FormDraft).where(FormDraft.application_id == application.id))
    session.flush()


def current_revision(session: Session, application_id: str) -> FormRevision | None:
    """Return the newest revision."""
    values = {"b_id": application_id}
    return recall(session, (FormRevision, application_id), lambda: session.scalar(_NEWEST, values))


_NEWEST = (
    select(FormRevision)
    .where(FormRevision.application_id == bindparam("b_id"))
    .order_by(FormRevision.number.desc())
    .limit(ONE)
)


def last_form_for(session: Session, person_id: str, uscc: str, *, but: str) -> FormRevision | None:
    """Return the newest form that a person saved for an enterprise in another case."""
    return session.scalar(_LAST_FOR, {"b_person": person_id, "b_uscc": uscc, "b_but": but})


_LAST_FOR = (
    select(FormRevision)
    .join(Application, Application.id == FormRevision.application_id)
    .where(
        Application.person_id == bindparam("b_person"),
        Application.uscc == bindparam("b_uscc"),
        Application.id != bindparam("b_but"),
    )
    .order_by(FormRevision.id.desc())
    .limit(ONE)
)


def revision(session: Session, application_id: str, number: int) -> FormRevision:
    """Return one revision; raises `NotFound`."""
    revision = session.scalar(
        select(FormRevision).where(
            FormRevision.application_id == application_id, FormRevision.number == number
        )
    )
    if revision is None:
        raise NotFound
    return revision


def open_for(session: Session, person_id: str, type: str) -> Application | None:
    """Return the person's own application in progress in a profession."""
    own = (Application.person_id == person_id) & (Application.type == type)
    return session.scalar(select(Application).where(own, is_own_and_open))


def ids_open_of(session: Session, person_id: str) -> list[str]:
    """Return the ids of all cases in progress about a person, whoever started them."""
    query = select(Application.id).where(Application.person_id == person_id, _in_progress)
    return list(session.scalars(query.order_by(Application.id)))


def all_open_for(session: Session, person_id: str) -> list[Application]:
    """Return the person's own applications in progress, one a profession, newest first."""
    return list(session.scalars(_OPEN_FOR, {"b_person": person_id}))


_OPEN_FOR = (
    select(Application)
    .where(Application.person_id == bindparam("b_person"), is_own_and_open)
    .order_by(Application.id.desc())
)


def open_of(
    session: Session, person_id: str, type: str, matter: str, *, uscc: str | None = None
) -> Application | None:
    """Return the case in progress of one matter about a person (of one enterprise, if told)."""
    query = select(Application).where(
        Application.person_id == person_id,
        Application.type == type,
        Application.matter == matter,
        Application.status.in_(_open_words),
    )
    if uscc is not None:
        query = query.where(Application.uscc == uscc)
    return session.scalar(query.order_by(Application.id.desc()).limit(ONE))


def of_person(
    session: Session, person_id: str, *, after: str | None = None, limit: int = 20
) -> list[Application]:
    """Return the person's applications, finished and in progress, newest first (R16).

    `after` is the id of the last one on the page before.
    """
    query = select(Application).where(_listed_for(person_id))
    if after is not None:
        query = query.where(Application.id < after)
    return list(session.scalars(query.order_by(Application.id.desc()).limit(limit)))


@lru_cache(maxsize=_MOST_PERSONS)
def listed_for(person_id: str) -> Select[str]:
    """Give the ids of the applications that a person is shown as his own (R16)."""
    return select(Application.id).where(_listed_for(person_id))


def _listed_for(person_id: str) -> ColumnElement[bool]:
    return and_(
        Application.person_id == person_id,
        Application.matter.in_(_application_words),
        # What the enterprise asks for concerns the person once it is accepted.
        (Application.matter != Matter.ENTERPRISE_CANCELLATION)
        | Application.accepted_on.is_not(None),
    )


def naming_enterprise(uscc: str) -> Select[str]:
    """Give the ids of the applications that name this enterprise (R49, R61)."""
    named = select(Application.id).where(Application.uscc == uscc)
    return named.where(Application.matter.in_(_application_words))


def open_cancellations(
    session: Session, uscc: str, person_ids: Iterable[str]
) -> dict[tuple[str, str], Application]:
    """Return the requests of an enterprise to cancel, in progress, by person and profession."""
    of_persons = Application.person_id.in_(list(person_ids))
    requests = session.scalars(select(Application).where(of_persons, _cancels))
    return {
        (request.person_id, request.type): request for request in requests if request.uscc == uscc
    }


def by_no(session: Session, no: str) -> Application | None:
    """Find an application by its number."""
    return session.scalar(select(Application).where(Application.no == no))
