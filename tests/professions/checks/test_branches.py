"""What an editor changes with one drag or one wrong choice in a list is told by the check."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import pytest
from lxml import etree

from engine.language.parsing import bpmn, spiff
from engine.language.xml import read_xml
from professions import folders
from professions.checks import checker
from professions.checks.checker import Problem
from professions.operations import DECLARED
from tests.offices import TYPE
from tests.professions.folders import BPMN

pytestmark = pytest.mark.proves("F:diagrams-1")

Slip = Callable[[etree._Element], None]


def _node(root: etree._Element, key: str) -> etree._Element:
    [node] = [node for node in root.iter() if node.get("id") == key]
    return node


def leads(flow: str, target: str) -> Slip:
    """Drag the end of a line to another node."""

    def slip(root: etree._Element) -> None:
        line = _node(root, flow)
        for incoming in root.iter(bpmn("incoming")):
            if incoming.text == flow:
                incoming.getparent().remove(incoming)  # type: ignore[union-attr]  # in one
        node = _node(root, target)
        arrow = etree.Element(bpmn("incoming"))
        arrow.text = flow
        before = {bpmn("documentation"), bpmn("extensionElements"), bpmn("incoming")}
        node.insert(sum(child.tag in before for child in node), arrow)
        line.set("targetRef", target)

    return slip


def exchanged(one: str, other: str) -> Slip:
    """Draw two lines of a gateway the wrong way round."""

    def slip(root: etree._Element) -> None:
        first, second = (_node(root, key).get("targetRef") or "" for key in (one, other))
        leads(one, second)(root)
        leads(other, first)(root)

    return slip


def says(task: str, name: str, value: str) -> Slip:
    """Choose another word for a parameter, or a property, of a task."""

    def slip(root: etree._Element) -> None:
        node = _node(root, task)
        told = [*node.iter(spiff("parameter")), *node.iter(spiff("property"))]
        [entry] = [entry for entry in told if name in (entry.get("id"), entry.get("name"))]
        is_parameter = entry.tag == spiff("parameter")
        entry.set("value", f'"{value}"' if is_parameter else value)

    return slip


def called(node: str, name: str) -> Slip:
    """Give a node another name."""
    return lambda root: _node(root, node).set("name", name)


def gone(event: str) -> Slip:
    """Delete an event at the border of an activity, with its line."""

    def slip(root: etree._Element) -> None:
        lines = [flow for flow in root.iter(bpmn("sequenceFlow")) if flow.get("sourceRef") == event]
        keys = {event, *(flow.get("id") or "" for flow in lines)}
        for node in [*root.iter()]:
            drawn = node.get("bpmnElement") in keys or node.get("id") in keys
            told = node.tag in (bpmn("incoming"), bpmn("flowNodeRef")) and node.text in keys
            if drawn or told:
                node.getparent().remove(node)  # type: ignore[union-attr]  # none is the root

    return slip


ACCEPTANCE, DECISION = "common-parts/acceptance.bpmn", "common-parts/decision.bpmn"
SIGNING, CANCELLING = "common-parts/personal-signing.bpmn", "common-parts/cancelling.bpmn"
INITIAL, RENEWAL = "initial.bpmn", "renewal.bpmn"
SLIPS: dict[str, tuple[str, Slip, str, str]] = {
    # file, slip, code, part of what is told
    "refused are granted": (
        "cancellation.bpmn",
        exchanged("approved_to_close_rejected", "approved_to_cancel_after_decision"),
        "E_BRANCH",
        "registration/cancel",
    ),
    "who may apply is turned away": (
        RENEWAL,
        exchanged("may_apply_to_close_not_available", "may_apply_to_fill_form"),
        "E_BRANCH",
        "len(menu_availability) == 0",
    ),
    "a wrong form is printed": (
        INITIAL,
        exchanged("form_passes_to_fill_form", "form_passes_to_render_application"),
        "E_BRANCH",
        'check["ok"]',
    ),
    "a status of another step": (
        INITIAL,
        says("fill_form", "status", "RETURNED"),
        "E_TASK_SETTINGS",
        "是 DRAFT，不是 RETURNED",
    ),
    "a letter of another step": (
        ACCEPTANCE,
        says("issue_acceptance", "kind", "correction-notice"),
        "E_BRANCH",
        "document/issue_notice:acceptance-notice",
    ),
    "a result that did not come": (
        INITIAL,
        says("close_rejected", "status", "COMPLETED"),
        "E_BRANCH",
        "application/close:REJECTED",
    ),
    "a notice of something else": (
        ACCEPTANCE,
        says("tell_correction", "kind", "returned"),
        "E_BRANCH",
        "notice/send:correction",
    ),
    "a name that says something else": (
        "common-parts/personal-signing.bpmn",
        called("remind_signing", "提醒领证"),
        "E_STEP_NAME",
        "提醒领证",
    ),
    "nobody is told of the cancellation": (
        CANCELLING,
        says("tell_cancelled", "kind", "barred"),
        "E_BRANCH",
        "notice/send:cancelled",
    ),
    "the certificate of another": (
        SIGNING,
        says("check_signer", "role", "enterprise"),
        "E_OPERATION_WORD",
        "subject 却是“person_id”",
    ),
    "a reminder that reminds nobody": (
        DECISION,
        leads("due_in_5_days_to_remind_officers", "officers_reminded_end"),
        "E_BRANCH",
        "没有提醒谁",
    ),
    "a reminder that nobody sends": (
        DECISION,
        gone("extended_due_in_5_days"),
        "E_NO_PERIOD",
        "没有谁使用期限“EXTENDED_DUE_IN_5”",
    ),
    "a change that leaves the signature": (
        INITIAL,
        leads("changed_acceptance_stage_to_void_changed", "sign_stage"),
        "E_BRANCH",
        "application.changed",
    ),
    "an error that nobody catches": (
        "common-parts/enterprise-rename.bpmn",
        gone("list_not_sealed"),
        "E_ERROR_CODE",
        "SIGNING_FAILED",
    ),
}


@cache
def files() -> dict[str, bytes]:
    return dict(folders.collect(BPMN / TYPE))


def told(file: str, slip: Slip) -> list[Problem]:
    root = read_xml(files()[file])
    slip(root)
    changed = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return checker.check({**files(), file: changed}, DECLARED)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_diagram_is_told(slip: str) -> None:
    file, change, code, text = SLIPS[slip]

    problems = told(file, change)

    assert [fault for fault in problems if fault.code == code and text in fault.text], [
        *map(str, problems)
    ]


@pytest.mark.parametrize(
    "slip",
    [says("issue_acceptance", "kind", "acceptance-notice"), partial(etree.cleanup_namespaces)],
)
def test_what_means_the_same_is_no_slip(slip: Slip) -> None:
    assert told(ACCEPTANCE, slip) == []
