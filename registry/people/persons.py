"""Persons: who applies. Their facts come from the real-name system and are never typed (R22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import readings
from registry.errors import IdentityInvalid, MobileInvalid, PersonNotRegistered
from registry.identifiers import IdType, Sex, birth_of, id_fault, is_mobile, sex_of
from registry.law.calendars import shanghai_day
from registry.ports import Identity
from storage.database import Base, Encrypted, UtcDateTime, hold, new_id
from storage.passing import recall
from storage.vault import current_vault

MINIMUM_AGE_YEARS = 18


class PersonStatus(StrEnum):
    """Where an account stands."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"
    DECEASED = "DECEASED"


class Person(Base):
    """A natural person with a real-name account."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("id_type", "id_no_index"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(50), index=True)
    sex: Mapped[str] = mapped_column(String(1))
    birth: Mapped[date]
    id_type: Mapped[str] = mapped_column(String(16))
    id_no: Mapped[str] = mapped_column(Encrypted("person.id_no"))
    id_no_index: Mapped[str] = mapped_column(String(32), index=True)
    mobile: Mapped[str] = mapped_column(Encrypted("person.mobile"))
    status: Mapped[str] = mapped_column(String(16), default=PersonStatus.ACTIVE)
    realname_level: Mapped[int] = mapped_column(default=2)  #: L2 = verified person
    realname_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    card_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    certificate_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    signature_sha256: Mapped[str | None] = mapped_column(String(64))
    signature_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def sex_label(self) -> str:
        """男 or 女."""
        return Sex(self.sex).label

    @property
    def id_type_label(self) -> str:
        """The Chinese name of the identity document."""
        return IdType(self.id_type).label


class Consent(Base):
    """What a person agreed to, when, in which version (PIPL 14, 17, 29)."""

    __tablename__ = "consent"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    policy_version: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def register(session: Session, identity: Identity, *, at: datetime) -> Person:
    """Register a person, or bring one already registered up to date (R12, R22).

    Simultaneous calls for one identity make one person. Raises `IdentityInvalid` and
    `MobileInvalid` when the facts can not be right.
    """
    check(identity, today=shanghai_day(at))
    person = by_identity(session, identity.id_type, identity.id_no)
    if person is None:
        person = _add(session, identity, at)
    person.name = identity.name
    person.sex = identity.sex
    person.birth = identity.birth
    person.mobile = identity.mobile
    person.realname_verified_at = at
    if person.status == PersonStatus.CLOSED:  # who comes back is who he was, with a new account
        person.status = PersonStatus.ACTIVE
    session.flush()
    return person


def take_over(session: Session, identity: Identity, *, at: datetime) -> Person:
    """Enter a person of the register before ours, who still has to do 新用户注册 (R12).

    Who is known already stays as known. Raises as `register`, and `IdentityInvalid` when the
    identity document is known under another name.
    """
    check(identity, today=shanghai_day(at))
    person = by_identity(session, identity.id_type, identity.id_no)
    if person is None:
        return _add(session, identity, at)
    if person.name != identity.name:
        raise IdentityInvalid("id_no", fault="已登记在另一姓名下")
    return person


def _add(session: Session, identity: Identity, at: datetime) -> Person:
    person = Person(
        name=identity.name,
        sex=identity.sex,
        birth=identity.birth,
        id_type=identity.id_type,
        id_no=identity.id_no,
        id_no_index=current_vault().blind_index(identity.id_no),
        mobile=identity.mobile,
        created_at=at,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        if (known := by_identity(session, identity.id_type, identity.id_no)) is None:
            raise
        return known
    return person


def check(identity: Identity, *, today: date) -> None:
    """Refuse facts that contradict each other: number, birth, sex (domain B.1)."""
    fault = id_fault(identity.id_type, identity.id_no, today)
    if fault is None and (born := birth_of(identity.id_no)) is not None:
        if born != identity.birth:
            fault = "与出生日期不一致"
        elif identity.id_type is IdType.RESIDENT_ID and sex_of(identity.id_no) != identity.sex:
            fault = "与性别不一致"
    if fault is not None:
        raise IdentityInvalid("id_no", fault=fault)
    if not is_mobile(identity.mobile):
        raise MobileInvalid("mobile")


def by_identity(session: Session, id_type: IdType, id_no: str) -> Person | None:
    """Find a person by the identity document, through the blind index."""
    index = current_vault().blind_index(id_no)
    return session.scalar(
        select(Person).where(Person.id_type == id_type, Person.id_no_index == index)
    )


def get(session: Session, person_id: str) -> Person:
    """Return the person; raises `PersonNotRegistered`."""
    slot = (Person, person_id)
    person = recall(session, slot, lambda: session.get(Person, person_id))
    if person is None:
        raise PersonNotRegistered
    return hold(session, person)


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What a person must have before signing (R1–R4); it gates signing, not drafting."""

    registered: bool  #: R4, R12: 新用户注册 is done
    card_read: bool  #: R1: 个人身份证读卡
    certificate: bool  #: R2: 个人数字证书
    signature_image: bool  #: R3: 个人签名图片

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all((self.registered, self.card_read, self.certificate, self.signature_image))

    def to_json(self) -> dict[str, bool]:
        """Return the facts by name, with "ok" for all together."""
        return {
            "ok": self.complete,
            "registered": self.registered,
            "card_read": self.card_read,
            "certificate": self.certificate,
            "signature_image": self.signature_image,
        }


def readiness(person: Person) -> Readiness:
    """Tell what the person already has."""
    return Readiness(
        registered=person.realname_verified_at is not None,
        card_read=person.card_read_at is not None,
        certificate=person.certificate_at is not None,
        signature_image=person.signature_sha256 is not None,
    )


def read_card(person: Person, *, at: datetime) -> None:
    """Record that the identity card was read (R1)."""
    person.card_read_at = at


def bind_certificate(person: Person, *, at: datetime) -> None:
    """Record that the person holds a personal certificate (R2)."""
    person.certificate_at = at


def set_signature(person: Person, sha256: str, *, at: datetime) -> None:
    """Record the signature image by the hash of its file (R3)."""
    person.signature_sha256 = sha256
    person.signature_set_at = at


def is_same_name(name: str, typed: str) -> bool:
    """Tell whether what was typed is this name, in whatever width, case and middle dot.

    >>> is_same_name("阿依古丽·买买提", "阿依古丽．买买提"), is_same_name("", "")
    (True, False)
    """
    folded = readings.name(typed).upper()
    return bool(folded) and readings.name(name).upper() == folded


def mask_name(name: str) -> str:
    """Keep the first character.

    >>> mask_name("张三"), mask_name("𠮷"), mask_name("欧阳示例")
    ('张*', '*', '欧***')
    """
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


def mask_id(number: str) -> str:
    """Show neither the birthday nor the tail.

    >>> mask_id("310000199208259913"), mask_id("H00000001")
    ('310*************13', 'H******01')
    """
    keep = 3 if len(number) == 18 else 1
    hidden = len(number) - keep - 2
    return number[:keep] + "*" * hidden + number[-2:] if hidden > 0 else "*" * len(number)


def mask_mobile(mobile: str) -> str:
    """Keep three and four digits.

    >>> mask_mobile("19900000001")
    '199****0001'
    """
    return mobile[:3] + "****" + mobile[-4:] if len(mobile) == 11 else "*" * len(mobile)
