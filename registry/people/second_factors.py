"""What somebody proves himself with besides the portal: an authenticator, passkeys, codes.

Officers hold such factors, and operators of enterprises; a holder is named as a visitor is,
`officer:ID` or `operator:ID`.
Whatever proves is encrypted at rest, under the key of the register's columns (decision 17's four
secrets), and wrapped anew by `zhuce secret rotate`. Of a recovery code a keyed digest is kept.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from storage.database import Base, Encrypted, UtcDateTime, new_id
from storage.literals import ONE
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


class Factor:
    """One thing that somebody proves himself with."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(40))  #: the holder's name for it
    #: digest by which it is found: of a passkey's id, of a recovery code; else its own id
    handle: Mapped[str] = mapped_column(String(64), unique=True)
    #: step of the last code that counted, or how often a passkey has signed
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)  #: since it last proved
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: base32 of an authenticator; id and public key of a passkey as JSON; "" of a recovery code
    secret: Mapped[str]


class SecondFactor(Factor, Base):
    """A factor of an officer."""

    __tablename__ = "second_factor"
    __table_args__ = (Index("ix_second_factor_officer_id", "officer_id"),)

    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    secret: Mapped[str] = mapped_column(Encrypted("second_factor.secret"))


class OperatorFactor(Factor, Base):
    """A factor of somebody who acts for an enterprise."""

    __tablename__ = "operator_factor"
    __table_args__ = (Index("ix_operator_factor_operator_id", "operator_id"),)

    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"))
    secret: Mapped[str] = mapped_column(Encrypted("operator_factor.secret"))


Kind = type[SecondFactor] | type[OperatorFactor]


def _of(holder: str) -> tuple[Kind, InstrumentedAttribute[str], str]:
    """Give where the factors of a holder lie: table, column and value."""
    kind, _, known = holder.partition(":")
    if kind == "officer":
        return SecondFactor, SecondFactor.officer_id, known
    if kind == "operator":
        return OperatorFactor, OperatorFactor.operator_id, known
    raise ValueError(f"nobody of this kind holds a second factor: {kind}")


def of(session: Session, holder: str) -> list[SecondFactor | OperatorFactor]:
    """Return what somebody proves himself with, codes too, the oldest first."""
    table, column, known = _of(holder)
    query = select(table).where(column == known).order_by(table.id)
    return list(session.scalars(query))


def is_held(session: Session, holder: str) -> bool:
    """Tell whether somebody has an authenticator or a passkey."""
    table, column, known = _of(holder)
    query = select(table.id).where(column == known, table.kind.in_(LASTING))
    return session.scalar(query.limit(ONE)) is not None


def add(
    session: Session,
    holder: str,
    kind: FactorKind,
    *,
    label: str,
    secret: str,
    at: datetime,
    handle: str | None = None,
    counter: int = 0,
) -> SecondFactor | OperatorFactor:
    """Note something that proves somebody from now on."""
    table, column, known = _of(holder)
    factor_id = new_id()
    factor = table(
        **{
            "id": factor_id,
            column.key: known,
            "kind": kind,
            "label": label,
            "handle": handle or factor_id,
            "secret": secret,
            "counter": counter,
            "failures": 0,
            "created_at": at,
        }
    )
    session.add(factor)
    session.flush()
    return factor


def advance(session: Session, holder: str, factor_id: str, counter: int, at: datetime) -> bool:
    """Let a factor have proven with `counter`; False when that was reached before.

    Of two requests with the same code at the same moment the statement lets one through.
    """
    table, _, _ = _of(holder)
    proven = (
        update(table)
        .where(table.id == factor_id, table.counter < counter)
        .values(counter=counter, failures=0, used_at=at)
        .returning(table.id)
    )
    return session.execute(proven).one_or_none() is not None


def failed(session: Session, holder: str, factor_id: str) -> None:
    """Count a proof that was none."""
    table, _, _ = _of(holder)
    counted = update(table).where(table.id == factor_id)
    session.execute(counted.values(failures=table.failures + 1))


def take_code(session: Session, holder: str, code: str) -> bool:
    """Take a recovery code out of those of a holder; False when it is none of them."""
    table, column, known = _of(holder)
    taken = (
        delete(table)
        .where(
            column == known,
            table.kind == FactorKind.RECOVERY,
            table.handle == _digest(known, code),
        )
        .returning(table.id)
    )
    return session.execute(taken).one_or_none() is not None


def put_codes(session: Session, holder: str, codes: list[str], at: datetime) -> None:
    """Give somebody these recovery codes instead of those before."""
    remove(session, holder, FactorKind.RECOVERY)
    for code in codes:
        handle = _digest(_of(holder)[2], code)
        add(session, holder, FactorKind.RECOVERY, label="", secret="", at=at, handle=handle)


def remove(session: Session, holder: str, *kinds: FactorKind, factor_id: str | None = None) -> int:
    """Remove what somebody proves with, of some kinds or one alone; tell how many."""
    table, column, known = _of(holder)
    gone = delete(table).where(column == known)
    if kinds:
        gone = gone.where(table.kind.in_(kinds))
    if factor_id is not None:
        gone = gone.where(table.id == factor_id)
    return len(session.execute(gone.returning(table.id)).all())


def _digest(known: str, code: str) -> str:
    return current_vault().seal_of(f"{known}/{code}", place=_PLACE).hex()
