"""What can be wrong with an OFD file: a code for programs, a Chinese sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What was found."""

    UNREADABLE = "E_OFD_UNREADABLE"
    NOT_SEALED = "E_OFD_NOT_SEALED"
    SEVERAL = "E_OFD_SEVERAL"
    CHANGED = "E_OFD_CHANGED"
    MISSING = "E_OFD_PART_MISSING"
    UNCOVERED = "E_OFD_UNCOVERED"
    LEFT_OUT = "E_OFD_LEFT_OUT"
    METHOD = "E_OFD_METHOD"
    OLD_SEAL = "E_OFD_OLD_SEAL"
    FORGED = "E_OFD_FORGED"
    SEAL_FORGED = "E_OFD_SEAL_FORGED"
    SEAL_SWAPPED = "E_OFD_SEAL_SWAPPED"
    NOT_THE_SIGNER = "E_OFD_NOT_THE_SIGNER"
    UNTRUSTED_SIGNER = "E_OFD_UNTRUSTED_SIGNER"
    UNTRUSTED_MAKER = "E_OFD_UNTRUSTED_MAKER"
    FOREIGN = "E_OFD_FOREIGN"
    SEAL_OVER = "E_OFD_SEAL_OVER"
    CERTIFICATE_OVER = "E_OFD_CERTIFICATE_OVER"
    REVOKED = "E_OFD_REVOKED"
    FUTURE = "E_OFD_FUTURE"
    TIME_DIFFERS = "E_OFD_TIME_DIFFERS"
    STAMP = "E_OFD_TIME_STAMP"


TEXTS: Mapping[Problem, str] = {
    Problem.UNREADABLE: "文件不是可以读取的OFD，或者已经损坏：{detail}。请使用下载的原文件。",
    Problem.NOT_SEALED: "文件没有电子印章；另存的文件不带印章，请使用下载的原文件。",
    Problem.SEVERAL: "文件中的文档、版本或者签章不止一个，不是本系统的签发方式。",
    Problem.CHANGED: "盖章之后，文件中的“{detail}”被修改，印章无效。",
    Problem.MISSING: "盖章时文件中的“{detail}”，现在没有了，印章无效。",
    Problem.UNCOVERED: "文件中的“{detail}”没有受印章保护，可能是盖章之后加入的。",
    Problem.LEFT_OUT: "文件中的“{detail}”不在其他机构印章的保护范围内，"
    "本系统无法判断是否是盖章之后加入的。",
    Problem.METHOD: "无法判断印章：{detail}。请向文件的出具单位核实。",
    Problem.OLD_SEAL: "印章使用第{detail}版的旧格式，不是本系统所盖。请向出具单位核实。",
    Problem.FORGED: "印章的签名值与文件不符，印章无效。",
    Problem.SEAL_FORGED: "印章本身的签名不成立，印章是伪造的或者已经损坏。",
    Problem.SEAL_SWAPPED: "文件中存放的印章不是签章时使用的印章。",
    Problem.NOT_THE_SIGNER: "签章人不是印章的持有人，印章被他人使用。",
    Problem.UNTRUSTED_SIGNER: "签章人的数字证书不是本系统的证书机构为签章签发的。",
    Problem.UNTRUSTED_MAKER: "印章不是本系统信任的制章机构制作的。",
    Problem.FOREIGN: "文件由“{detail}”签章，不是本系统的印章，"
    "本系统无法判断其真伪。请向文件的出具单位核实。",
    Problem.SEAL_OVER: "签章时印章不在有效期内。",
    Problem.CERTIFICATE_OVER: "签章时{detail}的数字证书不在有效期内。",
    Problem.REVOKED: "签章时{detail}的数字证书已经吊销。",
    Problem.FUTURE: "签章时间晚于现在，时间不可信。",
    Problem.TIME_DIFFERS: "文件中写明的签章时间与印章中的不一致。",
    Problem.STAMP: "印章的时间戳不成立：{detail}。",
}

#: They say that content was touched, apart from who sealed.
ABOUT_CONTENT = frozenset(
    {
        Problem.UNREADABLE,
        Problem.SEVERAL,
        Problem.CHANGED,
        Problem.MISSING,
        Problem.UNCOVERED,
        Problem.FORGED,
        Problem.SEAL_FORGED,
        Problem.SEAL_SWAPPED,
    }
)
#: They leave open whether the file is genuine.
UNTOLD = frozenset({Problem.LEFT_OUT, Problem.METHOD, Problem.OLD_SEAL, Problem.FOREIGN})


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    problem: Problem
    detail: str = ""

    @property
    def text(self) -> str:
        """What people read."""
        return TEXTS[self.problem].format(detail=self.detail)
