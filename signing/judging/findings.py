"""What can be wrong with a signed file: a code for programs, a Chinese sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ofd import findings as ofd_findings
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
    STATUS_UNKNOWN = "E_CERT_STATUS_UNKNOWN"
    OUT_OF_DATE = "E_CERT_EXPIRED"
    WRONG_USAGE = "E_CERT_USAGE"
    WRONG_ISSUER = "E_WRONG_ISSUER"
    WRONG_SUBJECT = "E_CERT_SUBJECT"
    NO_TIME_STAMP = "E_NO_TIME_STAMP"
    TIME_STAMP_INVALID = "E_TIME_STAMP_INVALID"
    SAVED_ANEW = "E_SAVED_ANEW"
    PADDED = "E_PADDED"
    CUT_OFF = "E_CUT_OFF"
    UNSUPPORTED = "E_ALGORITHM_UNSUPPORTED"
    FOREIGN = "E_FOREIGN_SIGNATURE"
    FOREIGN_STAMP = "E_FOREIGN_TIME_STAMP"
    # What `ofd.findings` finds in an OFD file; its words stand there.
    OFD_UNREADABLE = "E_OFD_UNREADABLE"
    OFD_NOT_SEALED = "E_OFD_NOT_SEALED"
    OFD_SEVERAL = "E_OFD_SEVERAL"
    OFD_CHANGED = "E_OFD_CHANGED"
    OFD_MISSING = "E_OFD_PART_MISSING"
    OFD_UNCOVERED = "E_OFD_UNCOVERED"
    OFD_LEFT_OUT = "E_OFD_LEFT_OUT"
    OFD_METHOD = "E_OFD_METHOD"
    OFD_OLD_SEAL = "E_OFD_OLD_SEAL"
    OFD_FORGED = "E_OFD_FORGED"
    OFD_SEAL_FORGED = "E_OFD_SEAL_FORGED"
    OFD_SEAL_SWAPPED = "E_OFD_SEAL_SWAPPED"
    OFD_NOT_THE_SIGNER = "E_OFD_NOT_THE_SIGNER"
    OFD_UNTRUSTED_SIGNER = "E_OFD_UNTRUSTED_SIGNER"
    OFD_UNTRUSTED_MAKER = "E_OFD_UNTRUSTED_MAKER"
    OFD_FOREIGN = "E_OFD_FOREIGN"
    OFD_SEAL_OVER = "E_OFD_SEAL_OVER"
    OFD_CERTIFICATE_OVER = "E_OFD_CERTIFICATE_OVER"
    OFD_REVOKED = "E_OFD_REVOKED"
    OFD_FUTURE = "E_OFD_FUTURE"
    OFD_TIME_DIFFERS = "E_OFD_TIME_DIFFERS"
    OFD_STAMP = "E_OFD_TIME_STAMP"


_TEXTS: Mapping[Code, str] = {
    Code.TOO_LARGE: "文件超过{limit}MB，不是本系统签发的文件。",
    Code.UNREADABLE: "文件不是可以读取的PDF，或已损坏、加密；请使用下载的原文件。",
    Code.FORM_STRANGE: "文件的表单结构异常，不是本系统签发的文件。",
    Code.ACTIVE_CONTENT: "文件中含有脚本或自动执行的动作，请勿使用。",
    Code.CHECK_TIMEOUT: "文件结构过于复杂，验证未能完成，不是本系统签发的文件。",
    Code.NO_SIGNATURE: "文件没有电子签名；打印成的或另存的文件不带签名，请使用下载的原文件。",
    Code.SIGNATURE_MISSING: "缺少{role}，文件不完整。",
    Code.SIGNATURE_UNEXPECTED: "文件中有不应存在的签名。",
    Code.RANGE_STRANGE: "{role}覆盖的范围异常，页面内容可能被替换。",
    Code.APPENDED: "最后一次签署之后，文件被追加了内容。",
    Code.NOT_INTACT: "{role}之后，所签内容被修改，签名无效。",
    Code.CHANGED_LATER: "{role}之后，文件被加入了不允许的修改。",
    Code.NOT_CERTIFIED: "{role}没有限制文件的后续修改，不是本系统的签署方式。",
    Code.NOT_LOCKED: "{role}没有锁定全文，不是本系统的签署方式。",
    Code.WRONG_ORDER: "签署顺序不正确：应由申请人先签名，企业后签章。",
    Code.UNTRUSTED: "{role}所用的数字证书不受信任。",
    Code.REVOKED: "{role}所用的数字证书在签署时已吊销。",
    Code.STATUS_UNKNOWN: "现在无法确认{role}所用的数字证书是否已被吊销"
    "（签发机构的吊销列表取不到），不能下结论；请稍后重新查验。",
    Code.OUT_OF_DATE: "{role}所用的数字证书在签署时不在有效期内。",
    Code.WRONG_USAGE: "{role}所用的数字证书不能用于签署文件。",
    Code.WRONG_ISSUER: "{role}所用的数字证书不是由相应的证书机构签发的。",
    Code.WRONG_SUBJECT: "{role}所用的数字证书属于其他主体。",
    Code.NO_TIME_STAMP: "{role}没有可信时间戳，无法确定签署时间。",
    Code.TIME_STAMP_INVALID: "{role}的时间戳无效，无法确定签署时间。",
    Code.SAVED_ANEW: "文件很可能用其他软件打开后重新保存过（另存、压缩、合并等），原签名因此失效；"
    "请使用下载的原文件。",
    Code.PADDED: "文件的前面或者后面多出{size}字节，去掉以后与签署时一致；"
    "很可能是下载、传送或者打印的软件加上的。请使用下载的原文件。",
    Code.CUT_OFF: "文件的最后一部分不完整，很可能没有下载或者传送完；请重新下载原文件。",
    Code.UNSUPPORTED: "{role}：签名算法不受支持，无法判断。请向文件的出具单位核实。",
    Code.FOREIGN: "{role}不是本系统的数字证书所作，本系统无法判断其真伪。请向文件的出具单位核实。",
    Code.FOREIGN_STAMP: "文件中有其他机构的时间戳，本系统无法判断；请使用下载的原文件。",
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
        Code.SAVED_ANEW,
        Code.PADDED,
        Code.CUT_OFF,
        *(Code(problem) for problem in ofd_findings.ABOUT_CONTENT),
    }
)

#: Findings that leave open whether content was touched.
UNTOLD = frozenset(
    {Code.UNSUPPORTED, Code.FOREIGN, *(Code(problem) for problem in ofd_findings.UNTOLD)}
)

#: Findings that leave open whether a signature is good.
UNDECIDED = UNTOLD | {Code.STATUS_UNKNOWN}


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
    role = ROLE_NAMES.get(field or "", "文件中的电子签名")  # names in a file are anybody's words
    return Finding(code, _TEXTS[code].format(role=role, **facts), field, detail)
