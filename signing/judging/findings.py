"""What can be wrong with a signed file: a code for programs, a Chinese sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from signing.keys.trust import Role

ROLE_NAMES: Mapping[str, str] = {
    Role.APPLICANT: "申请人签名",
    Role.ENTERPRISE: "企业签章",
    Role.AGENCY: "机关印章",
}


class Code(StrEnum):
    """What was found."""

    TOO_LARGE = "E_TOO_LARGE"
    UNREADABLE = "E_UNREADABLE"
    FORM_STRANGE = "E_FORM_STRANGE"
    ACTIVE_CONTENT = "E_ACTIVE_CONTENT"
    CHECK_TIMEOUT = "E_CHECK_TIMEOUT"
    NO_SIGNATURE = "E_NO_SIGNATURE"
    SIGNATURE_MISSING = "E_SIGNATURE_MISSING"
    SIGNATURE_UNEXPECTED = "E_SIGNATURE_UNEXPECTED"
    RANGE_STRANGE = "E_RANGE_STRANGE"
    APPENDED = "E_APPENDED"
    NOT_INTACT = "E_NOT_INTACT"
    CHANGED_LATER = "E_CHANGED_LATER"
    NOT_CERTIFIED = "E_NOT_CERTIFIED"
    NOT_LOCKED = "E_NOT_LOCKED"
    WRONG_ORDER = "E_WRONG_ORDER"
    UNTRUSTED = "E_CERT_UNTRUSTED"
    REVOKED = "E_CERT_REVOKED"
    OUT_OF_DATE = "E_CERT_EXPIRED"
    WRONG_USAGE = "E_CERT_USAGE"
    WRONG_ISSUER = "E_WRONG_ISSUER"
    WRONG_SUBJECT = "E_CERT_SUBJECT"
    NO_TIME_STAMP = "E_NO_TIME_STAMP"
    TIME_STAMP_INVALID = "E_TIME_STAMP_INVALID"


_TEXTS: Mapping[Code, str] = {
    Code.TOO_LARGE: "文件超过{limit}MB，不是本系统签发的文件。",
    Code.UNREADABLE: "文件不是可以读取的PDF，或已损坏、加密；请使用下载的原文件。",
    Code.FORM_STRANGE: "文件的表单结构异常，不是本系统签发的文件。",
    Code.ACTIVE_CONTENT: "文件中含有脚本或自动执行的动作，请勿使用。",
    Code.CHECK_TIMEOUT: "文件结构过于复杂，验证未能完成，不是本系统签发的文件。",
    Code.NO_SIGNATURE: "文件没有电子签名。",
    Code.SIGNATURE_MISSING: "缺少{role}，文件不完整。",
    Code.SIGNATURE_UNEXPECTED: "文件中有不应存在的签名“{name}”。",
    Code.RANGE_STRANGE: "{role}覆盖的范围异常，页面内容可能被替换。",
    Code.APPENDED: "最后一次签署之后，文件被追加了内容。",
    Code.NOT_INTACT: "{role}之后，所签内容被修改，签名无效。",
    Code.CHANGED_LATER: "{role}之后，文件被加入了不允许的修改。",
    Code.NOT_CERTIFIED: "{role}没有限制文件的后续修改，不是本系统的签署方式。",
    Code.NOT_LOCKED: "{role}没有锁定全文，不是本系统的签署方式。",
    Code.WRONG_ORDER: "签署顺序不正确：应由申请人先签名，企业后签章。",
    Code.UNTRUSTED: "{role}所用的数字证书不受信任。",
    Code.REVOKED: "{role}所用的数字证书在签署时已吊销。",
    Code.OUT_OF_DATE: "{role}所用的数字证书在签署时不在有效期内。",
    Code.WRONG_USAGE: "{role}所用的数字证书不能用于签署文件。",
    Code.WRONG_ISSUER: "{role}所用的数字证书不是由相应的证书机构签发的。",
    Code.WRONG_SUBJECT: "{role}所用的数字证书属于其他主体。",
    Code.NO_TIME_STAMP: "{role}没有可信时间戳，无法确定签署时间。",
    Code.TIME_STAMP_INVALID: "{role}的时间戳无效，无法确定签署时间。",
}

#: Findings that say that content was touched, apart from who signed.
ABOUT_CONTENT = frozenset(
    {
        Code.TOO_LARGE,
        Code.UNREADABLE,
        Code.FORM_STRANGE,
        Code.ACTIVE_CONTENT,
        Code.CHECK_TIMEOUT,
        Code.RANGE_STRANGE,
        Code.APPENDED,
        Code.NOT_INTACT,
        Code.CHANGED_LATER,
        Code.SIGNATURE_UNEXPECTED,
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    code: Code
    text: str  #: for people
    field: str | None = None  #: the signature it concerns
    detail: str = ""  #: for the log, in English


def finding(code: Code, field: str | None = None, *, detail: str = "", **facts: object) -> Finding:
    """Report `code` about the signature in `field`.

    >>> finding(Code.SIGNATURE_MISSING, "enterprise").text
    '缺少企业签章，文件不完整。'
    """
    role = ROLE_NAMES.get(field or "", f"签名“{field}”")
    return Finding(code, _TEXTS[code].format(role=role, **facts), field, detail)
