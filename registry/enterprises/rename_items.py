"""What a rename touches, item by item: cases and certificates with their effect (B.10).

Items are written down before the enterprise confirms, so that progress, failures and repetition
are plain rows. An item that is done stays done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import OF_AGENCY, OPEN, Matter
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.closed_lists import Effect as Effect
from registry.closed_lists import ItemKind as ItemKind
from registry.enterprises.enterprises import Enterprise
from registry.enterprises.renames import RenameBatch
from registry.people.persons import Person
from storage.database import Base, UtcDateTime, new_id
from storage.literals import ONE, literal
from storage.passing import ask_once

MAX_ERROR = 300  #: characters kept of a failure


class ItemState(StrEnum):
    """How far an item is."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {"PENDING": "待处理", "DONE": "已完成", "FAILED": "未完成"}[self]


class RenameItem(Base):
    """One case or certificate that a batch touches."""

    __tablename__ = "rename_item"
    __table_args__ = (
        UniqueConstraint("batch_id", "kind", "subject_id"),
        Index("ix_rename_item_state", "batch_id", "state", "chunk"),
        Index("ix_rename_item_page", "batch_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey(RenameBatch.id))
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(String(32))  #: of the application or registration
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id))
    status: Mapped[str] = mapped_column(String(20))  #: of the subject when it was computed
    effect: Mapped[str] = mapped_column(String(30))  #: computed; then what was really done
    state: Mapped[str] = mapped_column(String(8), default=ItemState.PENDING)
    chunk: Mapped[int]  #: items of one chunk are done by one job
    error: Mapped[str | None] = mapped_column(String(MAX_ERROR))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def effect_label(self) -> str:
        """What people read of the effect."""
        return Effect(self.effect).label

    @property
    def state_label(self) -> str:
        """The Chinese word for the state."""
        return ItemState(self.state).label


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that still bears another name than the new one."""

    kind: ItemKind
    id: str  #: of the application or of the registration
    person_id: str
    status: str  #: input of `rename_effect`


def subjects(session: Session, uscc: str, type: str, new_name: str, *, on: date) -> list[Subject]:
    """Return what an enterprise's change of name to `new_name` concerns, cases first.

    Cases come first, so that a certificate issued meanwhile bears the new name. Registrations
    that ended before `on` are history and are not rewritten.
    """
    return [
        *_applications(session, uscc, type, new_name),
        *_certificates(session, uscc, type, new_name, on),
    ]


def cases(session: Session, uscc: str, new_name: str) -> Mapping[str, int]:
    """Return how many open cases bear another name, by profession; asked once, as `bearing` is."""

    def ask() -> Mapping[str, int]:
        query = select(Application.type, func.count()).where(*_cases(uscc, new_name))
        return dict(session.execute(query.group_by(Application.type)).all())

    return ask_once(session, (cases, uscc, new_name), ask)


def _certificates(session: Session, uscc: str, type: str, new_name: str, on: date) -> list[Subject]:
    other = aliased(Certificate)
    newest = (
        select(func.max(other.version))
        .where(other.registration_id == Registration.id, other.kind == "REGISTRATION")
        .scalar_subquery()
    )
    query = (
        select(Registration.id, Registration.person_id, Certificate.form, Certificate.claim_state)
        .outerjoin(
            Certificate,
            (Certificate.registration_id == Registration.id)
            & (Certificate.kind == "REGISTRATION")
            & (Certificate.version == newest),
        )
        .where(
            Registration.uscc == uscc,
            Registration.type == type,
            Registration.status == literal(RegistrationStatus.VALID),
            Registration.valid_to >= on,
            Registration.enterprise_name != new_name,
        )
        .order_by(Registration.id)
    )
    return [
        Subject(kind=ItemKind.CERTIFICATE, id=key, person_id=person, status=_held(form, claim))
        for key, person, form, claim in session.execute(query)
    ]


def _held(form: str | None, claim: str | None) -> str:
    """Tell what a holder has: a certificate on paper, unclaimed or claimed."""
    if form is None or form == "PAPER":
        return "PAPER"
    return "CLAIMED" if claim == "CLAIMED" else "UNCLAIMED"


def held_for(session: Session, registration_id: str) -> str:
    """Return what the holder of a registration has now, as an input of `rename_effect`."""
    query = (
        select(Certificate.form, Certificate.claim_state)
        .where(Certificate.registration_id == registration_id, Certificate.kind == "REGISTRATION")
        .order_by(Certificate.version.desc())
        .limit(ONE)
    )
    row = session.execute(query).one_or_none()
    return _held(*row) if row else _held(None, None)


def left_behind(session: Session, application: Application, batch: RenameBatch) -> str | None:
    """Return the valid registration that a case led to while it still bore another name.

    One that waits for its own turn in the batch is not meant.
    """
    waits = (
        select(RenameItem.id)
        .where(
            RenameItem.batch_id == batch.id,
            RenameItem.subject_id == Registration.id,
            RenameItem.state != ItemState.DONE,
        )
        .exists()
    )
    query = select(Registration.id).where(
        Registration.person_id == application.person_id,
        Registration.type == application.type,
        Registration.uscc == application.uscc,
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.enterprise_name != batch.new_name,
        ~waits,
    )
    return session.scalar(query.limit(ONE))


#: Cases whose certificate is on its way already: the certificate itself is the item.
_REISSUES = (Matter.CLAIM, *OF_AGENCY)


def _cases(uscc: str, new_name: str) -> list[ColumnElement[bool]]:
    """Give what holds for an open case under another name."""
    return [
        Application.uscc == uscc,
        Application.status.in_([status.value for status in OPEN]),
        Application.matter.not_in(_REISSUES),
        Application.enterprise_name != new_name,
    ]


def _applications(session: Session, uscc: str, type: str, new_name: str) -> list[Subject]:
    query = (
        select(Application.id, Application.person_id, Application.status)
        .where(*_cases(uscc, new_name), Application.type == type)
        .order_by(Application.id)
    )
    return [
        Subject(kind=ItemKind.APPLICATION, id=key, person_id=person, status=status)
        for key, person, status in session.execute(query)
    ]


def add(
    session: Session, batch_id: str, affected: Iterable[tuple[Subject, str]], *, chunk_size: int
) -> int:
    """Write the items of a batch, (subject, effect) each; return how many."""
    first = session.scalar(
        select(func.max(RenameItem.chunk)).where(RenameItem.batch_id == batch_id)
    )
    start = 0 if first is None else first + 1
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "batch_id": batch_id,
            "kind": subject.kind.value,
            "subject_id": subject.id,
            "person_id": subject.person_id,
            "status": subject.status,
            "effect": Effect(effect).value,
            "state": ItemState.PENDING.value,
            "chunk": start + number // chunk_size,
            "attempts": 0,
        }
        for number, (subject, effect) in enumerate(affected)
    ]
    if rows:
        session.execute(insert(RenameItem), rows)
    return len(rows)


def counts(session: Session, batch_id: str) -> dict[ItemState, int]:
    """Return how many items are pending, done and failed."""
    query = (
        select(RenameItem.state, func.count())
        .where(RenameItem.batch_id == batch_id)
        .group_by(RenameItem.state)
    )
    counted = {ItemState(state): number for state, number in session.execute(query)}
    return {state: counted.get(state, 0) for state in ItemState}


def counts_by_effect(session: Session, batch_id: str) -> dict[Effect, int]:
    """Return how many items have which effect, in the order of the table."""
    query = (
        select(RenameItem.effect, func.count())
        .where(RenameItem.batch_id == batch_id)
        .group_by(RenameItem.effect)
    )
    counted = {Effect(effect): number for effect, number in session.execute(query)}
    return {effect: counted[effect] for effect in Effect if effect in counted}


def page(
    session: Session,
    batch_id: str,
    *,
    state: str | None = None,
    after: str | None = None,
    limit: int | None = 20,
) -> list[tuple[RenameItem, str]]:
    """Return a page of items with the persons' names, in the order of their ids."""
    query = (
        select(RenameItem, Person.name)
        .join(Person, Person.id == RenameItem.person_id)
        .where(RenameItem.batch_id == batch_id)
    )
    if state is not None:
        query = query.where(RenameItem.state == ItemState(state))
    if after is not None:
        query = query.where(RenameItem.id > after)
    return [
        (item, name)
        for item, name in session.execute(query.order_by(RenameItem.id).limit(limit)).all()
    ]


def known(session: Session, batch_id: str) -> set[tuple[str, str]]:
    """Return (kind, id) of everything that a batch touches."""
    query = select(RenameItem.kind, RenameItem.subject_id).where(RenameItem.batch_id == batch_id)
    return {(kind, subject) for kind, subject in session.execute(query)}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An item with what decides over it, of one moment."""

    item: RenameItem
    batch: RenameBatch
    employer: Enterprise | None  #: as this system knows it
    registration: Registration | None  #: of a certificate's item


def opened(session: Session, item_id: str) -> Opened:
    """Return an item with its batch, employer and registration in one look; raises `NotFound`."""
    row = session.execute(_OPENED, {"b_id": item_id}).one_or_none()
    if row is None:
        raise NotFound
    item, batch, employer, registration = row
    return Opened(item=item, batch=batch, employer=employer, registration=registration)


_OPENED = (
    select(RenameItem, RenameBatch, Enterprise, Registration)
    .join(RenameBatch, RenameBatch.id == RenameItem.batch_id)
    .outerjoin(Enterprise, Enterprise.uscc == RenameBatch.uscc)
    .outerjoin(
        Registration,
        (Registration.id == RenameItem.subject_id) & (RenameItem.kind == ItemKind.CERTIFICATE),
    )
    .where(RenameItem.id == bindparam("b_id"))
)


def pending(session: Session, batch_id: str, chunk: int) -> Sequence[str]:
    """Return the ids of the items of a chunk that are still to do."""
    query = select(RenameItem.id).where(
        RenameItem.batch_id == batch_id,
        RenameItem.state == ItemState.PENDING,
        RenameItem.chunk == chunk,
    )
    return session.scalars(query.order_by(RenameItem.id)).all()


def pending_chunks(session: Session, batch_id: str) -> Sequence[int]:
    """Return the chunks in which something is still to do."""
    query = select(RenameItem.chunk).where(
        RenameItem.batch_id == batch_id, RenameItem.state == ItemState.PENDING
    )
    return session.scalars(query.distinct().order_by(RenameItem.chunk)).all()


def reopen_failed(session: Session, batch_id: str) -> int:
    """Let the failed items be tried again; those that are done stay as they are."""
    statement = (
        update(RenameItem)
        .where(RenameItem.batch_id == batch_id, RenameItem.state == ItemState.FAILED)
        .values(state=ItemState.PENDING)
        .returning(RenameItem.id)
    )
    return len(session.scalars(statement, execution_options={"synchronize_session": False}).all())


def finish(session: Session, item_id: str, effect: str, at: datetime) -> bool:
    """Mark an item done with what was really done; False when it was done before."""
    statement = (
        update(RenameItem)
        .where(RenameItem.id == item_id, RenameItem.state != ItemState.DONE)
        .values(
            state=ItemState.DONE,
            effect=Effect(effect),
            error=None,
            attempts=RenameItem.attempts + 1,
            done_at=at,
        )
        .returning(RenameItem.id)
    )
    finished = session.scalar(statement, execution_options={"synchronize_session": False})
    return finished is not None


def fail(session: Session, item_id: str, error: str) -> None:
    """Note why an item could not be done; what is done stays done."""
    session.execute(
        update(RenameItem)
        .where(RenameItem.id == item_id, RenameItem.state != ItemState.DONE)
        .values(state=ItemState.FAILED, error=error[:MAX_ERROR], attempts=RenameItem.attempts + 1),
        execution_options={"synchronize_session": False},
    )
