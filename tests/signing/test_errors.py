"""What signing refuses is told with whom to ring, wherever a certificate is the trouble."""

from __future__ import annotations

import pytest

from casework.case import reasons
from refusals.hotline import HOTLINE
from refusals.refusal import Refusal
from signing import errors

#: Refusals about a certificate that nobody needs to ring about, and what they say instead.
SELF_EXPLAINING = {
    "E_CERT_REPLACED": "刷新页面",
    "E_CERT_IN_USE": "可以更新证书",
    "E_CERT_AWAITED": "不必重复提交",
    "E_PIN_MALFORMED": "重新设置",
    "E_PIN_UNCHANGED": "请设置与原密码不同的新密码",
    "E_PIN_MISSING": "请输入证书密码",
}
TROUBLES = {
    kind.code: str(kind.__doc__).replace("{hotline}", HOTLINE)
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, Refusal)
    and kind.code.startswith(("E_CERT_", "E_NO_CERTIFICATE", "E_PIN_"))
}
VERDICTS = ("E_CERT_UNTRUSTED", "E_CERT_REVOKED", "E_CERT_EXPIRED", "E_CERT_SUBJECT")


@pytest.mark.proves("R7")
@pytest.mark.parametrize("code", sorted(TROUBLES))
def test_trouble_with_a_certificate_names_the_hotline(code: str) -> None:
    """R7: the telephone stands in the refusal itself, or the refusal says how to go on."""
    assert SELF_EXPLAINING.get(code, HOTLINE) in TROUBLES[code]


@pytest.mark.proves("R7")
@pytest.mark.parametrize("code", [*VERDICTS, "E_CERT_USAGE", "E_REVOCATION_UNKNOWN_RETRY"])
def test_a_certificate_that_the_table_refuses_names_the_hotline(code: str) -> None:
    """R7: each verdict of the table `signer_certificate` but the good one."""
    assert HOTLINE in str(reasons.explain(code))
