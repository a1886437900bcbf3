"""What no type may lose, whatever its diagrams draw: checked over all ways of each matter.

Two people decide; nothing is signed, sealed, told or issued before the act that it rests upon; who
waits can be released by time, by withdrawal or by another's act; a case that ends is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.language.parsing import Sources, bpmn, spiff
from professions import messages, variables
from professions.checks.ways import branches, choices
from professions.checks.ways.graph import DEADLINE, Step, Ways
from professions.manifests import MatterOffer
from professions.tasks import Task
from refusals.rules import insists
from registry.applications.statuses import Matter

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

#: Who decides is another than who proposed: task → task of the other.
FOUR_EYES: Mapping[str, str] = {
    Task.DECIDE: Task.REVIEW,
    Task.SECOND_REVIEW: Task.REVIEW,
    Task.DECIDE_ACT: Task.PROPOSE_ACT,
    Task.CONFIRM_CORRECTION: Task.PROPOSE_CORRECTION,
    Task.CONFIRM_REOPENING: Task.PROPOSE_REOPENING,
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """One thing is never done before another: task, operation, or operation with its `kind`."""

    then: str
    first: tuple[str, ...]  #: one of these
    where_drawn: bool = False  #: only in matters that draw the first at all
    matters: frozenset[str] = frozenset()  #: none: each
    each_time: bool = False  #: and again before it is done once more


_LETTER, _NOTICE = "document/issue_notice", "notice/send"
_ACCEPTED = frozenset({Matter.INITIAL, Matter.RENEWAL})
_CANCELLED = frozenset({Matter.CANCELLATION, Matter.ENTERPRISE_CANCELLATION})
_REDECIDED = frozenset({Matter.REDECISION})
ORDERS = (
    Order(then=Task.PREVIEW_DOCUMENT, first=("document/render_application",)),
    Order(then=Task.ENTER_CODE, first=("signing/send_code",)),
    Order(then="signing/send_code", first=(Task.PREVIEW_DOCUMENT,), each_time=True),
    Order(then="document/render_application", first=(Task.FILL_FORM, Task.CORRECT_FORM)),
    Order(then="signing/sign_application", first=(Task.ENTER_CODE,)),
    Order(then="signing/sign_application", first=("signing/check_certificate:person",)),
    Order(then="signing/seal_application", first=("signing/check_certificate:enterprise",)),
    Order(then="signing/seal_application", first=(Task.SEAL_DOCUMENT,)),
    Order(then="signing/seal_request", first=(Task.SEAL_REQUEST,)),
    Order(then=Task.DECIDE, first=(Task.REVIEW,)),
    Order(then=Task.SECOND_REVIEW, first=(Task.REVIEW,)),
    Order(then=f"{_LETTER}:decision", first=(Task.DECIDE, "decision/deem")),
    Order(then="certificate/issue", first=("certificate/reserve",), where_drawn=True),
    Order(then="certificate/claim", first=(Task.CONFIRM_CLAIM,), where_drawn=True),
    Order(then="certificate/exchange", first=(Task.CONFIRM_EXCHANGE,)),
    Order(then="identity/correct", first=(Task.CONFIRM_CORRECTION,)),
    Order(then=Task.CONFIRM_CORRECTION, first=(Task.PROPOSE_CORRECTION,)),
    Order(then="reopening/reopen", first=(Task.CONFIRM_REOPENING,)),
    Order(then=Task.CONFIRM_REOPENING, first=(Task.PROPOSE_REOPENING,)),
    Order(then="ex_officio/end_registration", first=(Task.DECIDE_ACT,)),
    Order(then=Task.DECIDE_ACT, first=("ex_officio/open_hearing",)),
    Order(then=Task.DECIDE_ACT, first=(f"{_LETTER}:intended-decision",)),
    Order(then="rename/apply", first=(Task.CONFIRM_RENAME,)),
    Order(then=Task.CONFIRM_RENAME, first=("rename/print_list",)),
    Order(then="rename/begin", first=("rename/seal_list",)),
    Order(then=Task.FORMAL_CHECK, first=(f"{_LETTER}:receipt",)),
    Order(then=Task.REVIEW, first=(f"{_LETTER}:acceptance-notice",)),
    Order(then=Task.REVIEW, first=(f"{_NOTICE}:accepted",), matters=_ACCEPTED),
    Order(then=Task.REVIEW, first=(f"{_NOTICE}:contest_accepted",), matters=_CANCELLED),
    Order(then=Task.REVIEW, first=(f"{_NOTICE}:reopened",), matters=_REDECIDED),
)


@dataclass(frozen=True, kw_only=True)
class Release:
    """What must interrupt tasks at which a case waits: a message of the house, or a period."""

    by: str
    why: str
    tasks: frozenset[str] = frozenset()  #: none: each but the claim
    matters: frozenset[str] = frozenset()  #: none: each

    def concerns(self, code: str, task: str) -> bool:
        """Tell whether a task of a matter must be released so."""
        is_its_task = task in self.tasks if self.tasks else task != Task.CONFIRM_CLAIM
        return is_its_task and (not self.matters or code in self.matters)


_ASKED_FOR = frozenset({Matter.INITIAL, Matter.RENEWAL, Matter.PAPER_EXCHANGE, Matter.REDECISION})
_SIGNING = frozenset({Task.COMPLETE_READINESS, Task.PREVIEW_DOCUMENT, Task.ENTER_CODE})
_SEALING = frozenset({Task.REVIEW_APPLICATION, Task.SEAL_DOCUMENT})
_SIGNED = _SIGNING | _SEALING | {Task.FORMAL_CHECK}
_RETURNED = frozenset({Task.FIX_OR_RESUBMIT})
_CORRECTED = frozenset({Task.CORRECT_FORM, Task.COMPLETE_REQUEST})
RELEASES = (
    Release(by=messages.WITHDRAWN, matters=_ASKED_FOR | _CANCELLED, why="申请人在决定前可以撤回"),
    Release(by=messages.BARRED, matters=_ASKED_FOR, why="被禁止申请的，办理应当停止"),
    Release(
        by=messages.CHANGED,
        matters=frozenset({Matter.INITIAL, Matter.RENEWAL, Matter.CANCELLATION}),
        tasks=_SIGNED,
        why="签署后修改内容的，原签署无效",
    ),
    Release(
        by=messages.SUPERSEDED, tasks=frozenset({Task.CONFIRM_CLAIM}), why="证书有了更新的版本"
    ),
    Release(
        by=messages.ACT_WITHDRAWN,
        tasks=frozenset({Task.STATE_CASE}),
        why="管理部门可以撤回所发起的事项",
    ),
    Release(by="DRAFT", tasks=_SIGNING | {Task.FILL_FORM}, why="草稿不能永远保留"),
    Release(by="RETURNED", tasks=_RETURNED, why="退回后不再办理的，应当结束"),
    Release(by="CORRECTION_REPLY", tasks=_CORRECTED, why="逾期不补正的，应当结束"),
    Release(by="ENTERPRISE_SEAL", tasks=_SEALING, why="企业逾期不办的，应当退回申请人"),
    Release(
        by="FORMAL_CHECK",
        tasks=frozenset({Task.FORMAL_CHECK}),
        why="行政许可法第32条：逾期视为受理",
    ),
    Release(
        by="OBJECTION",
        tasks=frozenset({Task.ANSWER_AS_PERSON, Task.ANSWER_AS_ENTERPRISE}),
        why="逾期未答复的，继续办理",
    ),
    Release(by="HEARING", tasks=frozenset({Task.STATE_CASE}), why="逾期未陈述申辩的，继续办理"),
    Release(
        by="REGISTRATION_EXPIRY",
        matters=frozenset({Matter.RENEWAL}),
        tasks=_SIGNED | _RETURNED | {Task.FILL_FORM, Task.CORRECT_FORM},
        why="有效期届满前未受理的，不能再延续",
    ),
)
#: What a matter must be able to do at all: matter → operation and why.
_ABLE: Mapping[str, tuple[str, str]] = {
    Matter.RENEWAL: ("decision/deem", "行政许可法第50条：届满前未作决定的，视为准予延续"),
}
#: Tasks of people without a time limit: who claims has one for ever, who repairs can cancel.
_UNTIMED = frozenset({Task.CONFIRM_CLAIM, Task.REPAIR_FAILED})
_PEOPLE = frozenset({"applicant", "enterprise"})
_CLOSING = frozenset({"application/close", "application/end_moot"})


def faults(matter: MatterOffer, sources: Sources, kinds: choices.Kinds) -> Iterator[Finding]:
    """Yield what the ways of a matter have lost; `kinds` tells what variables may be."""
    files = dict.fromkeys(file for file, _ in variables.reached(matter.process, sources))
    names = {
        message.get("id") or "": message.get("name") or ""
        for file in files
        for message in sources.diagrams[file].findall(bpmn("message"))
    } | {
        error.get("id") or "": f"error:{error.get('errorCode')}"
        for file in files
        for error in sources.diagrams[file].findall(bpmn("error"))
    }
    ways = Ways(matter.process, sources)
    yield from _forms(matter, ways)
    yield from _lost(matter.code, ways, names)
    yield from choices.faults(ways, kinds)
    yield from choices.only(ways, kinds)


@insists("E_CANNOT_END")
def _lost(code: str, ways: Ways, names: Mapping[str, str]) -> Iterator[Finding]:
    reached = sorted(ways.reached(), key=lambda step: (step.file, step.node, step.inside))
    done = {act for step in reached for act in ways.done(step)}
    waiting = [step for step in reached if ways.elements[step].tag == bpmn("userTask")]
    yield from _four_eyes(ways, waiting)
    yield from branches.faults(ways)
    yield from branches.followed(ways, code)
    yield from branches.interrupted(ways, code, names)
    yield from branches.reminded(ways, code, waiting)
    for order in ORDERS:
        is_drawn = order.then in done and not (order.where_drawn and not done & {*order.first})
        if is_drawn and (not order.matters or code in order.matters):
            yield from _in_order(ways, order)
    for step in waiting:
        yield from _released(code, ways, step, names)
    able, why = _ABLE.get(code, ("", ""))
    if able and able not in done and ways.start:
        text = f"流程中没有操作“{able}”（{why}）"
        yield ways.start.file, ways.start.node, text, "请画出这一步，并让期限届满走到它"
    if code != Matter.ENTERPRISE_RENAME:
        yield from _closed(ways)


@insists("E_MATTER_MIXED")
def _forms(matter: MatterOffer, ways: Ways) -> Iterator[Finding]:
    """Insist that each task shows the form of its matter."""
    for step in sorted(ways.known):
        for setting in ways.elements[step].iter(spiff("property")):
            shown = setting.get("value") or ""
            is_form = setting.get("name") == "formKey" and matter.form is not None
            if is_form and shown != matter.form and ways.elements[step].tag == bpmn("userTask"):
                text = f"“{step.node}”的表单是“{shown}”，事项“{matter.title}”的是“{matter.form}”"
                yield step.file, step.node, text, f"请把 formKey 改为 {matter.form}"


@insists("E_FOUR_EYES_LOST")
def _four_eyes(ways: Ways, waiting: list[Step]) -> Iterator[Finding]:
    for step in waiting:
        other = FOUR_EYES.get(step.node)
        if other is None:
            continue
        settings = {
            setting.get("name"): setting.get("value")
            for setting in ways.elements[step].iter(spiff("property"))
        }
        if settings.get("differentFrom") != other:
            text = f"“{step.node}”没有要求由“{other}”以外的人办理，一个人就能决定"
            remedy = f"请填写属性 differentFrom：{other}（在编辑器中复制的任务会丢失属性）"
            yield step.file, step.node, text, remedy


@insists("E_ORDER_OF_ACTS")
def _in_order(ways: Ways, order: Order) -> Iterator[Finding]:
    first = "”或者“".join(order.first)
    for step in sorted(ways.reached(without=order.first), key=lambda step: step.node):
        if order.then in ways.done(step):
            text = f"有一条路不经过“{first}”就到了“{order.then}”"
            yield step.file, step.node, text, f"请让每一条路都先经过“{first}”"
    for step in sorted(ways.known) if order.each_time else ():
        if order.then in ways.done(step) and step in ways.between(step, without=order.first):
            text = f"有一条路不再经过“{first}”就又到了“{order.then}”"
            yield step.file, step.node, text, f"请让每一条路都再经过“{first}”"


@insists("E_NO_WAY_OUT")
def _released(code: str, ways: Ways, step: Step, names: Mapping[str, str]) -> Iterator[Finding]:
    """Insist that who waits here can be released."""
    events = ways.events(step)
    heard = {
        names.get(definition.get("messageRef") or "", "")
        for event in events
        for definition in event.iter(bpmn("messageEventDefinition"))
    }
    timed = [event for event in events if event.find(_TIMER) is not None]
    texts = ("".join(map(str, event.find(_TIMER).itertext())) for event in timed)  # type: ignore[union-attr]  # looked for
    heard |= {name for text in texts for name in DEADLINE.findall(text)}
    for release in RELEASES:
        if release.concerns(code, step.node) and release.by not in heard:
            what = "消息" if "." in release.by else "期限"
            text = f"办理停在“{step.node}”时，{what}“{release.by}”不能使它结束（{release.why}）"
            kind = "消息" if "." in release.by else "定时"
            yield step.file, step.node, text, f"请在它或者外面的阶段上画出中断的{kind}边界事件"
    role = _role(ways.elements[step])
    if not timed and role in _PEOPLE and step.node not in _UNTIMED:
        text = f"办理停在“{step.node}”时没有期限，无人办理就永远停在这里"
        yield step.file, step.node, text, "请在它或者外面的阶段上画出中断的定时边界事件"


_TIMER = bpmn("timerEventDefinition")


def _role(task: etree._Element) -> str:
    for setting in task.iter(spiff("property")):
        if setting.get("name") == "actorRole":
            return setting.get("value") or ""
    return ""


@insists("E_NOT_CLOSED")
def _closed(ways: Ways) -> Iterator[Finding]:
    """Insist that a case which comes to its end is closed, however it came there."""
    for step in sorted(ways.reached(without=_CLOSING, aside=False), key=lambda step: step.node):
        if not step.inside and ways.elements[step].tag == bpmn("endEvent"):
            text = "有一条路没有记下申请的结果就到了这个结束事件，申请会一直显示为正在办理"
            yield step.file, step.node, text, "请在它之前画出服务任务 application/close，写明状态"
