"""Corrections of a person's identity, and the identities that a person once had (R109, I20)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select, union
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry import readings
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.errors import IdentityTaken
from registry.identifiers import IdType
from registry.people.persons import Person, PersonStatus
from storage.database import Base, Encrypted, UtcDateTime, new_id
from storage.literals import ONE
from storage.passing import forget, is_empty
from storage.vault import current_vault


class Correction(Base):
    """What a correction changes: the identity on record and the one that takes its place."""

    __tablename__ = "identity_correction"

    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    old_name: Mapped[str] = mapped_column(String(50))
    old_id_type: Mapped[str] = mapped_column(String(16))
    old_id_no: Mapped[str] = mapped_column(Encrypted("identity_correction.old_id_no"))
    new_name: Mapped[str] = mapped_column(String(50))
    new_id_type: Mapped[str] = mapped_column(String(16))
    new_id_no: Mapped[str] = mapped_column(Encrypted("identity_correction.new_id_no"))
    new_sex: Mapped[str] = mapped_column(String(1))  #: with the birth date as the real-name system
    new_birth: Mapped[date]
    reason: Mapped[str] = mapped_column(Encrypted("identity_correction.reason"))

    @property
    def changes_number(self) -> bool:
        """Whether the identity document changes, not the name alone."""
        return (self.old_id_type, self.old_id_no) != (self.new_id_type, self.new_id_no)


class FormerIdentity(Base):
    """A name and number that a person had; a search by the old number finds the person."""

    __tablename__ = "former_identity"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    name: Mapped[str] = mapped_column(String(50), index=True)
    id_type: Mapped[str] = mapped_column(String(16))
    id_no: Mapped[str] = mapped_column(Encrypted("former_identity.id_no"))
    id_no_index: Mapped[str] = mapped_column(String(32), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime())
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))  #: the correction


def get(session: Session, application_id: str) -> Correction:
    """Return the correction of a case; raises `NotFound`."""
    correction = session.get(Correction, application_id)
    if correction is None:
        raise NotFound
    return correction


def running(session: Session, person_id: str) -> Application | None:
    """Return the correction in progress for a person."""
    query = select(Application).join(Correction, Correction.application_id == Application.id)
    query = query.where(
        Correction.person_id == person_id, Application.status.in_([status.value for status in OPEN])
    )
    return session.scalar(query.limit(ONE))


def correct(session: Session, correction: Correction, *, at: datetime) -> Person:
    """Give the person the new identity; the old one is kept and still finds the person.

    Doing it again changes nothing.
    """
    person = session.get_one(Person, correction.person_id, with_for_update=True)
    other = holder(session, correction.new_id_type, correction.new_id_no)
    if other is not None and other.id != person.id:
        _make_room(session, other)
    index = current_vault().blind_index
    new = (correction.new_name, correction.new_id_type, correction.new_id_no)
    if (person.name, person.id_type, person.id_no) == new:
        return person
    session.add(
        FormerIdentity(
            person_id=person.id,
            name=person.name,
            id_type=person.id_type,
            id_no=person.id_no,
            id_no_index=index(person.id_no),
            until=at,
            application_id=correction.application_id,
        )
    )
    forget(session, (FormerIdentity, person.id))
    if person.name != correction.new_name:  # the image shows the former name (R3)
        person.signature_sha256 = person.signature_set_at = None
    person.name, person.id_type, person.id_no = new
    person.id_no_index = index(correction.new_id_no)
    person.sex, person.birth = correction.new_sex, correction.new_birth
    person.certificate_at = None  # the personal certificate bears the old identity (R2)
    session.flush()
    return person


def _make_room(session: Session, empty: Person) -> None:
    """Close the empty account that the person opened under the new number meanwhile."""
    if has_records(session, empty.id):
        raise IdentityTaken("id_no")
    empty.id_no_index = f"closed:{empty.id}"[:32]
    empty.status = PersonStatus.CLOSED
    session.flush()


def has_records(session: Session, person_id: str) -> bool:
    """Tell whether a person has cases or registrations here."""
    cases = select(Application.id).where(Application.person_id == person_id)
    held = select(Registration.id).where(Registration.person_id == person_id)
    return any(session.scalar(query.limit(ONE)) is not None for query in (cases, held))


def former(session: Session, person_id: str) -> list[FormerIdentity]:
    """Return the identities that a person once had, newest first."""
    if is_empty(session, (FormerIdentity, person_id)):
        return []
    query = select(FormerIdentity).where(FormerIdentity.person_id == person_id)
    return list(session.scalars(query.order_by(FormerIdentity.id.desc())))


def by_former_number(session: Session, id_no: str) -> list[str]:
    """Return the ids of persons who once had this number."""
    index = current_vault().blind_index(id_no)
    query = select(FormerIdentity.person_id).where(FormerIdentity.id_no_index == index)
    return list(session.scalars(query.distinct()))


def holder(session: Session, id_type: str, id_no: str) -> Person | None:
    """Return whoever has this identity document now."""
    index = current_vault().blind_index(id_no)
    query = select(Person).where(Person.id_type == IdType(id_type), Person.id_no_index == index)
    return session.scalar(query)


def find(session: Session, text: str, *, limit: int = 50) -> list[Person]:
    """Find persons by name, identity number, or the number of a registration, certificate or case.

    Former names and identity numbers find them too.

    Only what is equal is found: nobody leafs through people.
    """
    name, typed_number = readings.name(text), readings.number(text)
    number = current_vault().blind_index(typed_number)
    ways = union(  # each by its own index: one condition of all would walk through everybody
        select(Person.id).where(Person.name == name),
        select(Person.id).where(Person.id_no_index == number),
        select(FormerIdentity.person_id).where(FormerIdentity.name == name),
        select(FormerIdentity.person_id).where(FormerIdentity.id_no_index == number),
        select(Registration.person_id).where(Registration.no == typed_number),
        select(Certificate.person_id).where(Certificate.no == typed_number),
        select(Application.person_id).where(Application.no == typed_number),
    ).subquery()
    query = select(Person).where(Person.id.in_(select(ways.c[0])))
    return list(session.scalars(query.order_by(Person.id).limit(limit)))
