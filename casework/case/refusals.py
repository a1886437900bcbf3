"""Refusals of casework: what a person sees when a step may not be done."""

from __future__ import annotations

from collections.abc import Sequence

from casework.case.reasons import Reason
from refusals.refusal import Refusal


class TooManyFiles(Refusal):
    """“{title}”最多上传{limit}个文件，请先删除不需要的文件。"""

    code = "E_TOO_MANY_FILES"


class NotElectronic(Refusal):
    """您持有的是纸质注册证书，请先在“电子注册证书管理”中换领电子证书，再办理该操作。"""

    code = "E_NOT_ELECTRONIC"


class StepNotOpen(Refusal):
    """当前步骤是“{status}”，不能进行该操作，请刷新页面查看最新进度。"""

    code = "E_STEP_NOT_OPEN"


class StepRefused(Refusal):
    """{text}"""

    code = "E_STEP_REFUSED"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(text="".join(reason.text for reason in reasons))
        self.reasons = tuple(reasons)
        self.code = reasons[0].code


class ReasonRequired(Refusal):
    """请写明理由（至少5个字），对方将看到这段文字。"""

    code = "E_REASON_REQUIRED"


class NotYourApplication(Refusal):
    """这不是您的申请，不能办理。请使用申请人本人的账号登录。"""

    code = "E_NOT_YOUR_APPLICATION"
    is_denial = True


class OutcomeUnknown(Refusal):
    """请选择办理结果。"""

    code = "E_OUTCOME"
