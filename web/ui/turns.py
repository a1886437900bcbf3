"""Whose turn it is: one line a node of the diagrams, in the words of the manual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.actors import is_enterprise, is_person
from engine.queries import Pause
from engine.tables import UserTask
from professions.tasks import PauseTimer as Pauses
from professions.tasks import Task
from registry.applications.applications import Application, Status
from registry.applications.statuses import CANCELLING, Matter
from web import display
from web.ui import stepper


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Who must act and by when."""

    what: str
    detail: str = ""
    due: datetime | date | None = None
    provisional: bool = False  #: the due day may move with the holiday calendar
    href: str | None = None
    action: str = ""
    may_resubmit: bool = False
    may_ask_alone: bool = False  #: without an enterprise that does not take part
    tone: str = ""  #: "mine", "over", "ended" or nothing

    @property
    def is_mine(self) -> bool:
        """Tell whether the reader himself must act."""
        return self.tone == "mine"


@dataclass(frozen=True)
class _Step:
    what: str
    action: str
    page: str


_APPLICANT: Mapping[str, _Step] = {
    Task.FILL_FORM: _Step("请填写申请表", "继续填写", "/applications/{id}/form"),
    Task.CORRECT_FORM: _Step("请按要求补正申请表", "补正申请表", "/applications/{id}/form"),
    Task.FIX_OR_RESUBMIT: _Step(
        "企业退回了申请，请修改申请表或原样再次提交", "修改申请表", "/applications/{id}/form"
    ),
    Task.COMPLETE_READINESS: _Step("签名前的准备尚未完成", "去完成准备", "/readiness"),
    Task.PREVIEW_DOCUMENT: _Step(
        "申请表已保存，请进行个人数字签名", "个人数字签名", "/applications/{id}/sign"
    ),
    Task.ENTER_CODE: _Step(
        "请输入短信验证码，完成个人数字签名", "输入验证码", "/applications/{id}/sign/code"
    ),
    Task.UPLOAD_PHOTO: _Step("请核对证书信息并上传照片", "继续换领", "/applications/{id}/exchange"),
    Task.CONFIRM_EXCHANGE: _Step(
        "照片已上传，请核对后点击【确定】", "继续换领", "/applications/{id}/exchange"
    ),
    Task.REQUEST_WITHOUT_ENTERPRISE: _Step(
        "请说明情况并上传证明材料", "提请市住建委处理", "/applications/{id}/without-enterprise"
    ),
    Task.COMPLETE_REQUEST: _Step(
        "请按要求补正证明材料", "补正证明材料", "/applications/{id}/without-enterprise"
    ),
    Task.ANSWER_AS_PERSON: _Step("聘用企业申请注销您的注册，请在期限内提出意见", "", ""),
    Task.CONFIRM_CLAIM: _Step("审批已通过，请领取电子注册证书", "领证", "/certificates"),
}
_ENTERPRISE: Mapping[str, _Step] = {
    Task.FILL_FORM: _Step("请填写注销申请并上传证明", "继续填写", "/enterprise/requests/{id}/form"),
    Task.CORRECT_FORM: _Step(
        "请按要求补正申请和证明", "补正申请", "/enterprise/requests/{id}/form"
    ),
    Task.SEAL_REQUEST: _Step("申请已保存，请盖章提交", "去盖章", "/enterprise/requests/{id}/seal"),
    Task.ANSWER_AS_ENTERPRISE: _Step("注册人员申请注销，请在期限内提出意见", "", ""),
    Task.REVIEW_APPLICATION: _Step("请查看申请信息并签名确认", "", ""),
    Task.SEAL_DOCUMENT: _Step(
        "核验已通过，请完成企业电子签章",
        "请点击此按钮完成签署",
        "/enterprise/applications/{id}/seal",
    ),
}
#: What a case waits for by itself, at the node of a drawn timer: what is so, and what to do.
_PAUSES: Mapping[str, tuple[str, str]] = {
    Pauses.WAIT_AFTER_FAILURES: (
        "验证码连续输入错误5次，暂时不能签名",
        "请在 {until} 之后重新获取验证码；如非本人操作，请联系市住建委（电话见页面下方）。",
    ),
    Pauses.WAIT_FOR_STATUS: (
        "暂时查询不到数字证书的状态",
        "系统将于 {until} 再次查询并继续签名，您无需操作。",
    ),
}
_INCIDENT = (
    "系统处理遇到问题，工作人员会尽快处理",
    "您已提交的内容没有丢失，无需重复操作；如有疑问，请联系市住建委（电话见页面下方）并告知申请编号。",
)
#: How a case ended: tone, what is so, and in one sentence what to do.
_ENDED: Mapping[Status, tuple[str, str, str]] = {
    Status.COMPLETED: ("over", "已办结", ""),
    Status.REJECTED: (
        "ended",
        "本次申请未获许可",
        "请阅读决定书写明的理由，条件具备后可以重新申请；不服决定的，按决定书告知的期限申请行政复议或者提起行政诉讼。",
    ),
    Status.NOT_ACCEPTED: (
        "ended",
        "本次申请未被受理",
        "请按决定书写明的理由备齐材料后重新申请；不服决定的，按决定书告知的期限申请行政复议或者提起行政诉讼。",
    ),
    Status.WITHDRAWN: ("ended", "申请已撤回", "需要办理时，可以重新申请。"),
    Status.CLOSED: ("ended", "申请已关闭", "请查看关闭的原因；仍需办理的，按原因处理后重新申请。"),
}


_CANCELLED = Turn(
    what="已办结：注册已注销",
    detail="可以下载注销注册证书；如需执业，可以重新申请初始注册。",
    href="/certificates",
    action="电子注册证书管理",
    tone="over",
)


_RETURNED = "请按企业写明的原因修改，保存后重新签名；内容无误的，可以原样再次提交。"


def for_applicant(
    application: Application, tasks: Sequence[UserTask], pause: Pause | None = None
) -> Turn:
    """Give the turn as the applicant reads it."""
    if application.state is Status.COMPLETED and application.matter in CANCELLING:
        return _CANCELLED
    return _of(_APPLICANT, application, tasks, pause)


def for_enterprise(
    application: Application, tasks: Sequence[UserTask], pause: Pause | None = None
) -> Turn:
    """Give the turn as the enterprise reads it."""
    return _of(_ENTERPRISE, application, tasks, pause)


def _of(
    steps: Mapping[str, _Step],
    application: Application,
    tasks: Sequence[UserTask],
    pause: Pause | None,
) -> Turn:
    for task in tasks:
        step = steps.get(task.node)
        if step is not None and _is_for(task, steps):
            return Turn(
                what=step.what,
                detail=_RETURNED if task.node == Task.FIX_OR_RESUBMIT else "",
                due=task.due_at,
                href=step.page.format(id=application.id) or None,
                action=step.action,
                may_resubmit=task.node == Task.FIX_OR_RESUBMIT,
                may_ask_alone=task.node == Task.FIX_OR_RESUBMIT and _cancels(application),
                tone="mine",
            )
    return waiting(application, tasks, pause)


def _cancels(application: Application) -> bool:
    return application.matter == Matter.CANCELLATION


def _is_for(task: UserTask, steps: Mapping[str, _Step]) -> bool:
    """Tell whether a task waits for the reader: `fill_form` is whose form it is."""
    is_for = is_enterprise if steps is _ENTERPRISE else is_person
    return is_for(task.inbox)


def waiting(
    application: Application, tasks: Sequence[UserTask], pause: Pause | None = None
) -> Turn:
    """Give the turn of somebody else, of the machine, or the end."""
    if application.state in _ENDED:
        tone, words, detail = _ENDED[application.state]
        return Turn(what=words, detail=detail, tone=tone)
    if not tasks:
        return _paused(pause)
    alone = tasks[0].node in (Task.REVIEW_APPLICATION, Task.SEAL_DOCUMENT) and _cancels(application)
    who = stepper.who(tasks[0].inbox, enterprise=application.enterprise_name or "")
    decided_by = application.decision_due
    return Turn(
        what=f"等待{who}办理",
        detail=tasks[0].name,
        due=decided_by or tasks[0].due_at,
        provisional=bool(decided_by) and application.due_provisional,
        may_ask_alone=alone,
    )


def _paused(pause: Pause | None) -> Turn:
    """Give the turn of a case that waits for no person: it works, it pauses, or it is stuck."""
    if pause is not None and pause.until is None:
        what, detail = _INCIDENT
        return Turn(what=what, detail=detail)
    if pause is None or pause.node not in _PAUSES:
        return Turn(what="系统正在处理，请稍候", detail="本页会自动更新。")
    what, detail = _PAUSES[pause.node]
    return Turn(what=what, detail=detail.format(until=display.clock_time(pause.until)))
