"""Parameters: figures of the rules that the agency may change (domain D.7).

Clocks, hours of education and the way of acceptance are rows of the decision tables of a
registration type; here stands what its tables and screens are asked with.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.errors import ParameterInvalid
from registry.law.figures import SPECS as SPECS
from storage.connections import WRITES, note, once, read_again
from storage.database import Base, Json, UtcDateTime, new_id


class Parameter(Base):
    """A change of a parameter; the newest counts, the older ones tell its history."""

    __tablename__ = "parameter"
    __table_args__ = (Index("ix_parameter_key", "key", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(Json())
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime())
    changed_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200))


def change(
    session: Session,
    key: str,
    value: object,
    *,
    actor: str,
    reason: str,
    at: datetime,
    valid_from: datetime | None = None,
) -> Parameter:
    """Change a parameter, now or from a later moment; raises `ParameterInvalid`."""
    spec = SPECS.get(key)
    if spec is None or not spec.allows(value):
        raise ParameterInvalid(key, key=spec.label if spec else key)
    entry = Parameter(
        key=key, value=value, valid_from=valid_from or at, changed_by=actor, reason=reason
    )
    session.add(entry)
    session.flush()
    read_again(_changes)
    return entry


def load(session: Session, *, at: datetime) -> Mapping[str, Any]:
    """Return every parameter as it is at that moment."""
    values = {key: spec.default for key, spec in SPECS.items()}
    for key, value, valid_from in once(_changes, lambda: _changes(session)):
        if valid_from <= at:
            values[key] = value
    return MappingProxyType(values)


Changes = list[tuple[str, Any, datetime]]
#: Which changes there are: rows only ever come. Who asks anyway reads it along, for `know`.
STATE = (
    select(func.count(Parameter.id).concat("/").concat(func.coalesce(func.max(Parameter.id), "")))
    .scalar_subquery()
)  # fmt: skip
_NONE = "0/"  #: `STATE` before the first change
_READ: WeakKeyDictionary[Engine, tuple[str, Changes]] = WeakKeyDictionary()


def know(session: Session, state: str) -> None:
    """Take it that `STATE` was read a moment ago: what this process read at that state holds."""
    read = _READ.get(session.get_bind().engine)
    if read is not None and read[0] == state:
        note(_changes, read[1])


def _changes(session: Session) -> Changes:
    """Read every change, in the order in which they count: key, value, valid from."""
    query = select(Parameter.key, Parameter.value, Parameter.valid_from, STATE.label("state"))
    rows = session.execute(query.order_by(Parameter.valid_from, Parameter.id)).all()
    changes = [(row.key, row.value, row.valid_from) for row in rows]
    if not session.connection().get_execution_options().get(WRITES):  # may be rolled back
        _READ[session.get_bind().engine] = (rows[0].state if rows else _NONE, changes)
    return changes


def history(session: Session, key: str) -> list[Parameter]:
    """Return the changes of a parameter, oldest first."""
    query = select(Parameter).where(Parameter.key == key)
    return list(session.scalars(query.order_by(Parameter.id)))
