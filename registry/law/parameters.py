"""Parameters: figures of the rules that the agency may change (domain D.7).

Clocks, hours of education and the way of acceptance are rows of the decision tables of a
registration type; here stands what its tables and screens are asked with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.errors import ParameterInvalid
from storage.database import Base, Json, UtcDateTime, new_id


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a parameter is: its meaning, its default, its least value."""

    label: str
    default: int | bool
    least: int = 0

    def allows(self, value: object) -> bool:
        """Tell whether `value` has the kind of the default and is not too small."""
        return type(value) is type(self.default) and isinstance(value, int) and value >= self.least


SPECS: Mapping[str, Spec] = MappingProxyType(
    {
        "validity_years": Spec(label="注册有效期（年）", default=3, least=1),
        "qualification_years": Spec(label="取得资格后申请初始注册的期限（年）", default=3, least=1),
        "renewal_open_days": Spec(label="延续注册提前开放（日）", default=90, least=1),
        "renewal_statutory_days": Spec(label="延续注册法定提前（日）", default=30, least=1),
        "policy_rereg_ce": Spec(label="重新注册须继续教育", default=False),
        "verified_name_hours": Spec(label="企业名称验证有效（小时）", default=24, least=1),
    }
)


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
    return entry


def load(session: Session, *, at: datetime) -> Mapping[str, Any]:
    """Return every parameter as it is at that moment."""
    values = {key: spec.default for key, spec in SPECS.items()}
    query = select(Parameter).where(Parameter.valid_from <= at)
    for entry in session.scalars(query.order_by(Parameter.valid_from, Parameter.id)):
        values[entry.key] = entry.value
    return MappingProxyType(values)


def history(session: Session, key: str) -> list[Parameter]:
    """Return the changes of a parameter, oldest first."""
    query = select(Parameter).where(Parameter.key == key)
    return list(session.scalars(query.order_by(Parameter.id)))
