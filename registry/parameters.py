"""Parameters: the figures of the rules that the agency may change (domain J.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Base, Json, UtcDateTime, new_id
from registry.errors import ParameterInvalid


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a parameter is: its meaning, its default, what it may be."""

    label: str
    default: Any
    least: int | None = None
    choices: tuple[str, ...] = ()

    def allows(self, value: object) -> bool:
        """Tell whether `value` has the kind of the default and is in its bounds."""
        if type(value) is not type(self.default):
            return False
        if self.choices:
            return value in self.choices
        return self.least is None or (isinstance(value, int) and value >= self.least)


def _count(label: str, default: int, least: int = 0) -> Spec:
    return Spec(label=label, default=default, least=least)


SPECS: Mapping[str, Spec] = MappingProxyType(
    {
        "validity_years": _count("注册有效期（年）", 3, 1),
        "qualification_years": _count("取得资格后申请初始注册的期限（年）", 3, 1),
        "renewal_open_days": _count("延续注册提前开放（日）", 90, 1),
        "renewal_statutory_days": _count("延续注册法定提前（日）", 30, 1),
        "ce_compulsory_hours": _count("继续教育必修学时", 60),
        "ce_elective_hours": _count("继续教育选修学时", 60),
        "renewal_ce_proof_required": Spec(label="延续注册须上传继续教育证明", default=False),
        "policy_rereg_ce": Spec(label="重新注册须继续教育", default=False),
        "acceptance_mode": Spec(
            label="受理方式", default="RISK_BASED", choices=("RISK_BASED", "AUTO", "OFFICER")
        ),
        "formal_check_workdays": _count("形式审查期限（工作日）", 5, 1),
        "decision_workdays": _count("审查决定期限（工作日）", 20, 1),
        "extension_workdays": _count("延长期限（工作日）", 10, 1),
        "delivery_workdays": _count("送达期限（工作日）", 10, 1),
        "enterprise_seal_workdays": _count("企业确认期限（工作日）", 15, 1),
        "correction_workdays": _count("补正期限（工作日）", 15, 1),
        "draft_days": _count("草稿保留（日）", 90, 1),
        "sms_valid_s": _count("短信验证码有效期（秒）", 300, 60),
        "sms_resend_s": _count("短信验证码重发间隔（秒）", 60, 30),
        "sms_tries": _count("短信验证码可试次数", 5, 1),
        "upload_bytes": _count("单个PDF上限（字节）", 2_097_152, 1),
        "scan_files": _count("资格证书扫描件上限（个）", 5, 1),
        "photo_width_px": _count("照片宽（像素）", 295, 100),
        "photo_height_px": _count("照片高（像素）", 413, 100),
        "photo_bytes": _count("照片上限（字节）", 51_200, 10_240),
        "verified_name_hours": _count("企业名称验证有效（小时）", 24, 1),
        "minimum_age_years": _count("最低年龄（周岁）", 18, 0),
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
