"""Refusals of casework: what a person sees when a step may not be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casework.case.reasons import Reason
from engine.errors import EngineError
from refusals.faults import Fault


class CaseworkError(EngineError):
    """这一步现在不能办理，请刷新页面后重试。"""

    code = "E_CASEWORK"


class NotAvailable(CaseworkError):
    """该事项现在不能申请：{reasons}"""

    code = "E_NOT_AVAILABLE"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(reasons="".join(reason.text for reason in reasons))
        self.reasons = tuple(reasons)


class FormFaults(CaseworkError):
    """申请表有{count}处需要修改，请按提示逐项更正后再保存。"""

    code = "E_FORM"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = dict(faults)  #: field name → text (cause and remedy) with its code (R35)


class FieldReadOnly(CaseworkError):
    """“{title}”由系统从权威数据取得，不能自行修改；如有错误请先在来源系统更正。"""

    code = "E_FIELD_READ_ONLY"


class TooManyFiles(CaseworkError):
    """“{title}”最多上传{limit}个文件，请先删除不需要的文件。"""

    code = "E_TOO_MANY_FILES"


class RegistrationMissing(CaseworkError):
    """您目前没有可以办理该事项的注册，请先办理初始注册；如有疑问请致电021-962600。"""

    code = "E_NOT_REGISTERED"


class NotElectronic(CaseworkError):
    """您持有的是纸质注册证书，请先在“电子注册证书管理”中换领电子证书，再办理该操作。"""

    code = "E_NOT_ELECTRONIC"


class SealHeld(CaseworkError):
    """本单位的{name}正在办理这份申请的签章。请等其完成；{until}以后仍未完成的，您可以接着办理。"""

    code = "E_SEAL_HELD"


class ExchangeUnchecked(CaseworkError):
    """还不能确定换领：{missing}"""

    code = "E_EXCHANGE_UNCHECKED"


class CopyFaults(CaseworkError):
    """加注有{count}处需要修改，请按提示更正后再提交。"""

    code = "E_COPY"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = dict(faults)  #: field name → text (cause and remedy) with its code


class CopyNotReady(CaseworkError):
    """该加注副本当前状态为“{status}”，不能下载。如需使用，请在有效的证书上重新加注。"""

    code = "E_COPY_NOT_READY"


class ReportRunning(CaseworkError):
    """您已报告该证书信息有误（{no}），市住建委正在核实。请等待结果，需要补充的请致电021-962600。"""

    code = "E_REPORT_RUNNING"


class CorrectionNotMade(CaseworkError):
    """由该报告提出的更正尚未完成，不能答复“已更正”。请先办结更正，或者写明理由答复。"""

    code = "E_CORRECTION_NOT_MADE"


class ReportTooShort(CaseworkError):
    """请写明哪一项有误、应当是什么，至少5个字。"""

    code = "E_REPORT_TOO_SHORT"


class NothingToRenew(CaseworkError):
    """申请人的注册状态为“{status}”，不能准予延续；请作出不予许可的决定，写明理由。"""

    code = "E_NOTHING_TO_RENEW"


class NothingToContinue(CaseworkError):
    """该申请不能转为初始注册（注册尚未到期，或者已有正在办理的申请），请到“新增注册申请”中选择事项。"""

    code = "E_NOTHING_TO_CONTINUE"


class StepNotOpen(CaseworkError):
    """当前步骤是“{status}”，不能进行该操作，请刷新页面查看最新进度。"""

    code = "E_STEP_NOT_OPEN"


class StepRefused(CaseworkError):
    """{text}"""

    code = "E_STEP_REFUSED"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(text="".join(reason.text for reason in reasons))
        self.reasons = tuple(reasons)
        self.code = reasons[0].code


class DocumentChanged(CaseworkError):
    """申请表内容已变化，请重新预览后再签署。"""

    code = "E_DOCUMENT_CHANGED"


class ReasonRequired(CaseworkError):
    """请写明理由（至少5个字），对方将看到这段文字。"""

    code = "E_REASON_REQUIRED"


class ItemsRequired(CaseworkError):
    """请一次性列明全部需要补正的内容（至少一项，每项至少5个字）。"""

    code = "E_ITEMS_REQUIRED"


class CorrectionAlreadyAsked(CaseworkError):
    """补正只能一次性告知，本申请已经补正过，请作出受理或不予受理的决定。"""

    code = "E_CORRECTION_ONCE"


class AlreadyExtended(CaseworkError):
    """办理期限已经延长过一次，不能再次延长。"""

    code = "E_EXTENDED_ONCE"


class ExtensionBeyondEnd(CaseworkError):
    """注册有效期至{last}届满，延续须在届满前决定，届满未决定视为准予延续，不能延长办理期限。"""

    code = "E_EXTENSION_BEYOND_END"


class ExtensionTooLate(CaseworkError):
    """办理期限已于{due}届满，不能再延长。"""

    code = "E_EXTENSION_LATE"


class TooLateToWithdraw(CaseworkError):
    """申请状态为“{status}”，已不能撤回。"""

    code = "E_WITHDRAW_LATE"


class EnterpriseCanConfirm(CaseworkError):
    """“{enterprise}”登记状态正常，仍在确认期限内，请先由其确认；企业退回或者15个工作日未办的，可以提请市住建委处理。"""

    code = "E_ENTERPRISE_CAN_CONFIRM"


class ObstacleUnknown(CaseworkError):
    """请选择企业没有确认的原因。"""

    code = "E_OBSTACLE"


class ProofRequired(CaseworkError):
    """请上传证明材料：1至{most}个PDF文件，每个不超过2M。"""

    code = "E_PROOF_REQUIRED"


class CancellationOpen(CaseworkError):
    """本人已提出注销注册申请（{application_no}，{status}），请在“待企业确认”中办理，无需另行提出。"""

    code = "E_CANCELLATION_OPEN"


class NothingToCancel(CaseworkError):
    """该注册当前状态为“{status}”，已无需注销，请作出不予注销的决定并写明理由。"""

    code = "E_NOTHING_TO_CANCEL"


class DocumentMissing(CaseworkError):
    """该文件尚未生成，请稍后再试。"""

    code = "E_DOCUMENT_MISSING"


class NotYourApplication(CaseworkError):
    """这不是您的申请，不能办理。请使用申请人本人的账号登录。"""

    code = "E_NOT_YOUR_APPLICATION"


class NotAnOfficer(CaseworkError):
    """只有主管部门工作人员才能办理该事项，请使用工作人员账号登录。"""

    code = "E_NOT_AN_OFFICER"


class OutcomeUnknown(CaseworkError):
    """请选择办理结果。"""

    code = "E_OUTCOME"


class CodeNotSent(CaseworkError):
    """验证码未能发送：获取过于频繁或者短信服务暂不可用，请60秒后重新获取验证码。"""

    code = "E_SMS_NOT_SENT"


class TextTooLong(CaseworkError):
    """文字过长：最多{items}项，每项不超过{characters}字，请精简后再提交。"""

    code = "E_TEXT_TOO_LONG"


class Unprintable(CaseworkError):
    """文字中有无法打印的字符（{characters}），文书无法生成，请更正后再提交。"""

    code = "E_UNPRINTABLE"


class DayNotReached(CaseworkError):
    """{day}还没有到，不能提前处理；请填写今天或者更早的日期。"""

    code = "E_DAY_NOT_REACHED"


class ActNotLawful(CaseworkError):
    """所选处理方式不适用于该情形，请按法律规定重新选择处理方式和情形。"""

    code = "E_ACT_NOT_LAWFUL"


class ActTooEarly(CaseworkError):
    """注册有效期至{valid_to}，尚未届满，不能以有效期满为由处理；请核对情形。"""

    code = "E_ACT_TOO_EARLY"


class ActRunning(CaseworkError):
    """该注册已有依职权处理的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_ACT_RUNNING"


class EvidenceRequired(CaseworkError):
    """请上传证据材料（PDF，每个不超过2M），至少一份。"""

    code = "E_EVIDENCE_REQUIRED"


class StatementEmpty(CaseworkError):
    """请写明陈述、申辩的内容（至少5个字）。"""

    code = "E_STATEMENT_EMPTY"


class CorrectionRunning(CaseworkError):
    """该人员已有更正身份信息的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_CORRECTION_RUNNING"


class NothingToCorrect(CaseworkError):
    """姓名、证件类型和证件号码与现有记录相同，没有需要更正的内容；请核对后重新填写。"""

    code = "E_NOTHING_TO_CORRECT"


class NotInRealNames(CaseworkError):
    """实名制信息采集系统中没有该姓名与证件号码的记录；请当事人先在该系统更正，再办理本更正。"""

    code = "E_NOT_IN_REAL_NAMES"


class NotReopenable(CaseworkError):
    """{matter}申请当前状态为“{status}”，不能重新办理：只有不予许可或者不予受理的初始注册申请可以。其他事项请当事人重新提出申请。"""

    code = "E_NOT_REOPENABLE"


class ReopeningRunning(CaseworkError):
    """该申请已有撤销后重新办理的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_REOPENING_RUNNING"


class PersonBusy(CaseworkError):
    """申请人另有正在办理的{matter}申请（{application_no}，{status}），不能同时重新办理原申请；请先办结该申请，或者由申请人撤回。"""

    code = "E_PERSON_BUSY"


class RegisteredMeanwhile(CaseworkError):
    """申请人已另行取得注册（{no}，有效期至{valid_to}），原申请不需要重新办理；请放弃或者不予重新办理，并告知申请人。"""

    code = "E_REGISTERED_MEANWHILE"


class RulingIncomplete(CaseworkError):
    """请对照文书填写完整：文书种类、决定结果和文号（4至60字）。"""

    code = "E_RULING_INCOMPLETE"


class RulingDateWrong(CaseworkError):
    """请填写文书的日期，形如 2026-11-27：不早于原决定（{refused_on}），不晚于今天。"""

    code = "E_RULING_DATE"


class RulingKeepsRefusal(CaseworkError):
    """只有撤销原决定并责令重新作出决定的，才能重新办理；其他结果请按文书内容办理，不在此提出。"""

    code = "E_RULING_KEEPS_REFUSAL"
