"""The figures that the agency may change: what each means, its default, its least value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a parameter is: its meaning, its default, its least and its greatest value."""

    label: str
    default: int | bool
    least: int = 0
    most: int = 9999  #: beyond it is a slip of a digit

    def allows(self, value: object) -> bool:
        """Tell whether `value` has the kind of the default and is no slip of a digit."""
        return (
            type(value) is type(self.default)
            and isinstance(value, int)
            and (self.least <= value <= self.most)
        )


SPECS: Mapping[str, Spec] = MappingProxyType(
    {
        "validity_years": Spec(label="注册有效期（年）", default=3, least=1, most=10),
        "qualification_years": Spec(
            label="取得资格后申请初始注册的期限（年）", default=3, least=1, most=10
        ),
        "renewal_open_days": Spec(label="延续注册提前开放（日）", default=90, least=1, most=366),
        "renewal_statutory_days": Spec(
            label="延续注册法定提前（日）", default=30, least=1, most=366
        ),
        "policy_rereg_ce": Spec(label="重新注册须继续教育", default=False),
        "verified_name_hours": Spec(
            label="企业名称验证有效（小时）", default=24, least=1, most=168
        ),
    }
)
