"""The tasks of people that this house has an act and a page for; a diagram may draw no other.

A task is known by the id of its node. `checker` holds each diagram against the list: an id that
nobody acts on would strand a case at an officer's error page, and a task that is missing, or drawn
for somebody else, would strand it where the house looks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from lxml import etree

from engine.language.nearest import hint
from engine.language.parsing import Sources, bpmn, spiff
from professions import variables
from professions.kinds import FLAG, NUMBER, TEXT, Kind, words
from professions.manifests import MatterOffer
from professions.vocabulary import kind
from refusals.rules import insists
from registry.applications.statuses import Matter

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do


class Task(StrEnum):
    """The ids of user tasks."""

    FILL_FORM = "fill_form"
    CORRECT_FORM = "correct_form"
    FIX_OR_RESUBMIT = "fix_or_resubmit"
    COMPLETE_READINESS = "complete_readiness"
    PREVIEW_DOCUMENT = "preview_document"
    ENTER_CODE = "enter_code"
    UPLOAD_PHOTO = "upload_photo"
    CONFIRM_EXCHANGE = "confirm_exchange"
    CONFIRM_CLAIM = "confirm_claim"
    REQUEST_WITHOUT_ENTERPRISE = "request_without_enterprise"
    COMPLETE_REQUEST = "complete_request"
    ANSWER_AS_PERSON = "answer_as_person"
    STATE_CASE = "state_case"
    REVIEW_APPLICATION = "review_application"
    SEAL_DOCUMENT = "seal_document"
    SEAL_REQUEST = "seal_request"
    ANSWER_AS_ENTERPRISE = "answer_as_enterprise"
    CONFIRM_RENAME = "confirm_rename"
    REPAIR_FAILED = "repair_failed"
    FORMAL_CHECK = "formal_check"
    REVIEW = "review"
    SECOND_REVIEW = "second_review"
    DECIDE = "decide"
    EXAMINE_REPORT = "examine_report"
    PROPOSE_ACT = "propose_act"
    DECIDE_ACT = "decide_act"
    PROPOSE_CORRECTION = "propose_correction"
    CONFIRM_CORRECTION = "confirm_correction"
    PROPOSE_REOPENING = "propose_reopening"
    CONFIRM_REOPENING = "confirm_reopening"


class PauseTimer(StrEnum):
    """The ids of timers at which a page says what a case waits for."""

    WAIT_AFTER_FAILURES = "wait_after_failures"
    WAIT_FOR_STATUS = "wait_for_status"


@dataclass(frozen=True, kw_only=True)
class TaskAct:
    """What the house does at a task: who acts, what the act hands to the case, on which page."""

    roles: frozenset[str]  #: of `actorRole`
    gives: Mapping[str, Kind] = field(default_factory=dict)  #: variables that completing it sets
    page: str | None = None  #: the part of the officers' page, below web/templates


def _act(role: str, page: str | None = None, /, **gives: Kind) -> TaskAct:
    return TaskAct(roles=frozenset(role.split()), gives=gives, page=page)


_FORM = _act("applicant enterprise", revision=NUMBER, uscc=TEXT, form=kind("form"))
_ANSWER = words("agree", "object")
_PROPOSAL = words("submit", "drop")
_DECISION = words("approve", "reject")

ACTS: Mapping[str, TaskAct] = {
    Task.FILL_FORM: _FORM,
    Task.CORRECT_FORM: _FORM,
    Task.FIX_OR_RESUBMIT: _act("applicant", action=words("edit", "resubmit", "without_enterprise")),
    Task.COMPLETE_READINESS: _act("applicant"),
    Task.PREVIEW_DOCUMENT: _act("applicant", document_sha256=TEXT),
    Task.ENTER_CODE: _act("applicant", challenge=kind("challenge")),
    Task.UPLOAD_PHOTO: _act("applicant"),
    Task.CONFIRM_EXCHANGE: _act("applicant"),
    Task.CONFIRM_CLAIM: _act("applicant", confirmed=FLAG),
    Task.REQUEST_WITHOUT_ENTERPRISE: _act("applicant"),
    Task.COMPLETE_REQUEST: _act("applicant"),
    Task.ANSWER_AS_PERSON: _act("applicant", answer=_ANSWER),
    Task.STATE_CASE: _act("applicant", stated=FLAG),
    Task.REVIEW_APPLICATION: _act(
        "enterprise", action=words("agree", "return"), opinion_ticked=FLAG
    ),
    Task.SEAL_DOCUMENT: _act("enterprise"),
    Task.SEAL_REQUEST: _act("enterprise"),
    Task.ANSWER_AS_ENTERPRISE: _act("enterprise", answer=_ANSWER),
    Task.CONFIRM_RENAME: _act("enterprise", action=words("confirm", "cancel")),
    Task.REPAIR_FAILED: _act("enterprise", action=words("retry", "cancel")),
    Task.FORMAL_CHECK: _act(
        "acceptor", "agency/_formal_check.html", outcome=words("accept", "correct", "refuse")
    ),
    Task.REVIEW: _act("reviewer", "agency/_review.html", recommendation=_DECISION),
    Task.SECOND_REVIEW: _act("reviewer approver", "agency/_review.html", recommendation=_DECISION),
    Task.DECIDE: _act("approver", "agency/_decide.html", outcome=_DECISION),
    Task.EXAMINE_REPORT: _act("acceptor", "agency/_examine_report.html"),
    Task.PROPOSE_ACT: _act("reviewer", "agency/_propose_act.html", proposal=_PROPOSAL),
    Task.DECIDE_ACT: _act("approver", "agency/_decide_act.html", verdict=words("act", "drop")),
    Task.PROPOSE_CORRECTION: _act("officer", "agency/_propose_correction.html", proposal=_PROPOSAL),
    Task.CONFIRM_CORRECTION: _act(
        "approver", "agency/_confirm_correction.html", verdict=words("confirm", "decline")
    ),
    Task.PROPOSE_REOPENING: _act("reviewer", "agency/_propose_reopening.html", proposal=_PROPOSAL),
    Task.CONFIRM_REOPENING: _act(
        "approver", "agency/_confirm_reopening.html", verdict=words("reopen", "keep")
    ),
}
_SIGNED = frozenset({Task.FILL_FORM, Task.PREVIEW_DOCUMENT, Task.ENTER_CODE})
_GRANTED = frozenset({Task.REVIEW, Task.DECIDE, Task.CONFIRM_CLAIM})
#: What a user task may say of itself.
PROPERTIES = frozenset({"actorRole", "formKey", "status", "gives", "differentFrom"})
#: Without which a matter cannot come to its end.
NEEDED: Mapping[str, frozenset[Task]] = {
    Matter.INITIAL: _SIGNED | _GRANTED,
    Matter.RENEWAL: _SIGNED | _GRANTED,
    Matter.CANCELLATION: _SIGNED,
    Matter.PAPER_EXCHANGE: frozenset({Task.UPLOAD_PHOTO, Task.CONFIRM_EXCHANGE}),
    Matter.CLAIM: frozenset({Task.CONFIRM_CLAIM}),
    Matter.CORRECTION: frozenset({Task.PROPOSE_CORRECTION, Task.CONFIRM_CORRECTION}),
    Matter.REPORT: frozenset({Task.EXAMINE_REPORT}),
    Matter.REOPENING: frozenset({Task.PROPOSE_REOPENING, Task.CONFIRM_REOPENING}),
    Matter.REDECISION: _GRANTED - {Task.CONFIRM_CLAIM},
    Matter.EX_OFFICIO: frozenset({Task.PROPOSE_ACT, Task.STATE_CASE, Task.DECIDE_ACT}),
    Matter.ENTERPRISE_CANCELLATION: frozenset({Task.FILL_FORM, Task.SEAL_REQUEST}),
    Matter.ENTERPRISE_RENAME: frozenset({Task.CONFIRM_RENAME, Task.REPAIR_FAILED}),
}
#: One act leads to the other: (first, then).
_FOLLOWS = (
    (Task.PREVIEW_DOCUMENT, Task.ENTER_CODE),
    (Task.REVIEW_APPLICATION, Task.SEAL_DOCUMENT),
    (Task.REVIEW, Task.DECIDE),
    (Task.SECOND_REVIEW, Task.DECIDE),
    (Task.ENTER_CODE, PauseTimer.WAIT_AFTER_FAILURES),
)


def choices(task: Task, variable: str) -> frozenset[str]:
    """Give the words that an act may hand to the case.

    >>> sorted(choices(Task.DECIDE, "outcome"))
    ['approve', 'reject']
    """
    return ACTS[task].gives[variable].words


def page_of(node: str) -> str | None:
    """Give the part of the officers' page on which a task is done; None for one without a page.

    >>> page_of("review"), page_of("enter_code"), page_of("rewiev")
    ('agency/_review.html', None, None)
    """
    return ACTS[node].page if node in ACTS else None


def unknown(sources: Sources) -> Iterator[Finding]:
    """Yield where a drawn task is not as the house does it."""
    for file, root in sources.diagrams.items():
        for task in root.iter(bpmn("userTask")):
            yield from _unlike(file, task)


@insists("E_NO_TASK")
def missing(matter: MatterOffer, sources: Sources) -> Iterator[Finding]:
    """Yield the tasks without which a case of the matter would come to no end."""
    file, nodes = sources.processes.get(matter.process), {}
    strange: set[str] = set()  #: told by `unknown`, with the word that was meant
    if file != matter.diagram:  # told of the manifest
        return
    for path, process in variables.reached(matter.process, sources):
        for node in process.iter(bpmn("userTask"), bpmn("intermediateCatchEvent")):
            nodes[node.get("id") or ""] = path
        strange |= {task.get("id") or "" for task in process.iter(bpmn("userTask"))} - ACTS.keys()
    for needed in sorted(NEEDED.get(matter.code, frozenset()) - nodes.keys()):
        if get_close_matches(needed, strange, n=1):
            continue
        yield file, matter.process, f"流程中没有任务“{needed}”", _missing(needed, nodes)
    for first, then in _FOLLOWS:
        if first in nodes and then not in nodes and not get_close_matches(then, strange, n=1):
            yield nodes[first], first, f"“{first}”之后没有“{then}”", _missing(then, nodes)


@insists("E_TASK")
def _unlike(file: str, task: etree._Element) -> Iterator[Finding]:
    node = task.get("id") or ""
    if node not in ACTS:
        yield file, node, f"没有谁办理任务“{node}”", _remedy(node)
        return
    act = ACTS[node]
    properties = {
        setting.get("name"): setting.get("value") or "" for setting in task.iter(spiff("property"))
    }
    role = properties.get("actorRole", "")
    if role and role not in act.roles:
        text = f"任务“{node}”不由 {role} 办理"
        yield file, node, text, f"请把 actorRole 改为：{'、'.join(sorted(act.roles))}"
    for name in sorted(map(str, properties.keys() - PROPERTIES)):
        text = f"没有属性“{name}”"
        yield (
            file,
            node,
            text,
            f"{hint(name, PROPERTIES)}请用：{'、'.join(sorted(PROPERTIES))}",
        )
    if properties.keys() - PROPERTIES:  # which may be the one that is missing
        return
    if "form" in act.gives and not properties.get("formKey"):
        yield file, node, "没有写填写哪张表单", "请填写属性 formKey：forms 中文件的名称"
    listed = set(properties.get("gives", "").split())
    missing = sorted(act.gives.keys() - listed)
    if missing and listed <= act.gives.keys():
        text = f"办理“{node}”给出的 {'、'.join(missing)} 没有写在 gives 中，流程读不到"
        yield file, node, text, f"gives 请写：{' '.join(sorted(act.gives))}"
    if extra := sorted(listed - act.gives.keys()):
        text = f"办理“{node}”不给出变量 {'、'.join(extra)}"
        known = "、".join(sorted(act.gives))
        yield file, node, text, f"gives 请用：{known}" if known else "请删除 gives"


def _remedy(node: str) -> str:
    close = get_close_matches(node, list(Task), n=1)
    hint = f"是不是 {close[0]}？" if close else ""
    return f"{hint}任务的标识（id）请用：{'、'.join(Task)}"


def _missing(needed: str, nodes: Mapping[str, object]) -> str:
    close = get_close_matches(needed, [node for node in nodes if node not in ACTS], n=1)
    hint = f"是不是写成了 {close[0]}？" if close else ""
    return f"{hint}请画出该任务，标识（id）写 {needed}"
