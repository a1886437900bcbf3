"""What an officer proves himself with besides the portal: an authenticator, passkeys, codes.

Whatever proves is encrypted at rest, under the key of the register's columns (decision 17's four
secrets), and wrapped anew by `zhuce secret rotate`. Of a recovery code a keyed digest is kept.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Encrypted, UtcDateTime, new_id
from storage.vault import current_vault

_PLACE = "second_factor.recovery"


class FactorKind(StrEnum):
    """How a factor proves."""

    TOTP = "TOTP"  #: six digits of an authenticator, RFC 6238
    PASSKEY = "PASSKEY"  #: Web Authentication Level 3
    RECOVERY = "RECOVERY"  #: a code on paper, for once

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {"TOTP": "身份验证器", "PASSKEY": "通行密钥", "RECOVERY": "恢复码"}[self.value]


#: What makes somebody a holder of a second factor; recovery codes only stand in.
LASTING = (FactorKind.TOTP, FactorKind.PASSKEY)


class SecondFactor(Base):
    """One thing that an officer proves himself with."""

    __tablename__ = "second_factor"
    __table_args__ = (Index("ix_second_factor_officer_id", "officer_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(40))  #: the holder's name for it
    #: digest by which it is found: of a passkey's id, of a recovery code; else its own id
    handle: Mapped[str] = mapped_column(String(64), unique=True)
    #: base32 of an authenticator; id and public key of a passkey as JSON; "" of a recovery code
    secret: Mapped[str] = mapped_column(Encrypted("second_factor.secret"))
    #: step of the last code that counted, or how often a passkey has signed
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)  #: since it last proved
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def of(session: Session, officer_id: str) -> list[SecondFactor]:
    """Return what an officer proves himself with, codes too, the oldest first."""
    query = select(SecondFactor).where(SecondFactor.officer_id == officer_id)
    return list(session.scalars(query.order_by(SecondFactor.id)))


def is_held(session: Session, officer_id: str) -> bool:
    """Tell whether an officer has an authenticator or a passkey."""
    query = select(SecondFactor.id).where(SecondFactor.officer_id == officer_id)
    return session.scalar(query.where(SecondFactor.kind.in_(LASTING)).limit(1)) is not None


def add(
    session: Session,
    officer_id: str,
    kind: FactorKind,
    *,
    label: str,
    secret: str,
    at: datetime,
    handle: str | None = None,
    counter: int = 0,
) -> SecondFactor:
    """Note something that proves an officer from now on."""
    factor_id = new_id()
    factor = SecondFactor(
        id=factor_id,
        officer_id=officer_id,
        kind=kind,
        label=label,
        handle=handle or factor_id,
        secret=secret,
        counter=counter,
        failures=0,
        created_at=at,
    )
    session.add(factor)
    session.flush()
    return factor


def advance(session: Session, factor_id: str, counter: int, at: datetime) -> bool:
    """Let a factor have proven with `counter`; False when that was reached before.

    Of two requests with the same code at the same moment the statement lets one through.
    """
    proven = (
        update(SecondFactor)
        .where(SecondFactor.id == factor_id, SecondFactor.counter < counter)
        .values(counter=counter, failures=0, used_at=at)
        .returning(SecondFactor.id)
    )
    return session.execute(proven).one_or_none() is not None


def failed(session: Session, factor_id: str) -> None:
    """Count a proof that was none."""
    counted = update(SecondFactor).where(SecondFactor.id == factor_id)
    session.execute(counted.values(failures=SecondFactor.failures + 1))


def take_code(session: Session, officer_id: str, code: str) -> bool:
    """Take a recovery code out of those of an officer; False when it is none of them."""
    taken = (
        delete(SecondFactor)
        .where(
            SecondFactor.officer_id == officer_id,
            SecondFactor.kind == FactorKind.RECOVERY,
            SecondFactor.handle == _digest(officer_id, code),
        )
        .returning(SecondFactor.id)
    )
    return session.execute(taken).one_or_none() is not None


def put_codes(session: Session, officer_id: str, codes: list[str], at: datetime) -> None:
    """Give an officer these recovery codes instead of those before."""
    remove(session, officer_id, FactorKind.RECOVERY)
    for code in codes:
        handle = _digest(officer_id, code)
        add(session, officer_id, FactorKind.RECOVERY, label="", secret="", at=at, handle=handle)


def remove(
    session: Session, officer_id: str, *kinds: FactorKind, factor_id: str | None = None
) -> int:
    """Remove what an officer proves with, of some kinds or one alone; tell how many."""
    gone = delete(SecondFactor).where(SecondFactor.officer_id == officer_id)
    if kinds:
        gone = gone.where(SecondFactor.kind.in_(kinds))
    if factor_id is not None:
        gone = gone.where(SecondFactor.id == factor_id)
    return len(session.execute(gone.returning(SecondFactor.id)).all())


def _digest(officer_id: str, code: str) -> str:
    return current_vault().seal_of(f"{officer_id}/{code}", place=_PLACE).hex()
