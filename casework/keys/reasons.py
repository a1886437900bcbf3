"""Why a certificate is revoked: the reasons of RFC 5280 5.3.1 that concern signers, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.x509 import ReasonFlags

from refusals.refusal import Refusal

TITLES: Mapping[ReasonFlags, str] = {
    ReasonFlags.key_compromise: "密钥或者密码泄露（设备丢失、被他人掌握）",
    ReasonFlags.affiliation_changed: "姓名、名称等身份信息变更",
    ReasonFlags.superseded: "已由新证书替代",
    ReasonFlags.cessation_of_operation: "不再使用",
    ReasonFlags.privilege_withdrawn: "依法被取消使用资格",
}
#: Those among which holders choose; the others are the authority's to say.
OF_HOLDERS = (ReasonFlags.key_compromise, ReasonFlags.cessation_of_operation)


class RevocationReasonMissing(Refusal):
    """请选择吊销的原因。原因会写入证书吊销列表，不能更改。"""

    code = "E_REVOCATION_REASON"


def choices(reasons: Mapping[ReasonFlags, str] = TITLES) -> list[tuple[str, str]]:
    """Give what a page offers: the name in RFC 5280 and the Chinese words."""
    return [(reason.value, title) for reason, title in reasons.items()]


def read(name: str, among: tuple[ReasonFlags, ...] = tuple(TITLES)) -> ReasonFlags:
    """Read the name of a reason, such as keyCompromise. Raises: RevocationReasonMissing."""
    for reason in among:
        if reason.value == name:
            return reason
    raise RevocationReasonMissing("cause")


def words(name: str | None) -> str:
    """Say a stored reason in Chinese.

    >>> words("superseded")
    '已由新证书替代'
    """
    return next((title for reason, title in TITLES.items() if reason.value == name), "未说明")
