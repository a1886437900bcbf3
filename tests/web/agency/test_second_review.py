"""A diagram asks for a second review: by another officer, after the review, before the decision."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.changed import Change, app, change, clock, desk, me, office, prepared
from tests.web.desk import Desk

__all__ = ["app", "change", "clock", "desk", "me", "office", "prepared"]
Sits = Callable[[str], Desk]
FILE = "common-parts/decision.bpmn"
_FLOW = "review_to_decide"
_TASK = """
      <bpmn:userTask id="second_review" name="复审">
        <bpmn:extensionElements>
          <spiffworkflow:properties>
            <spiffworkflow:property name="actorRole" value="reviewer"/>
            <spiffworkflow:property name="status" value="UNDER_REVIEW"/>
            <spiffworkflow:property name="differentFrom" value="review"/>
            <spiffworkflow:property name="gives" value="recommendation"/>
          </spiffworkflow:properties>
        </bpmn:extensionElements>
        <bpmn:incoming>review_to_second_review</bpmn:incoming>
        <bpmn:outgoing>second_review_to_decide</bpmn:outgoing>
      </bpmn:userTask>"""
_SHAPE = """
      <bpmndi:BPMNShape id="second_review_di" bpmnElement="second_review">
        <dc:Bounds x="655" y="197" width="110" height="76"/>
      </bpmndi:BPMNShape>"""
_EDGE = """
      <bpmndi:BPMNEdge id="{0}_di" bpmnElement="{0}">
        <di:waypoint x="{1}" y="235"/>
        <di:waypoint x="{2}" y="235"/>
      </bpmndi:BPMNEdge>"""
_DECIDE = '<dc:Bounds x="{}" y="197" width="130" height="76"/>'
_SEQUENCE = '<bpmn:sequenceFlow id="{0}_to_{1}" sourceRef="{0}" targetRef="{1}"/>'
_OUTGOING, _INCOMING = "<bpmn:outgoing>{}</bpmn:outgoing>", "<bpmn:incoming>{}</bpmn:incoming>"
_AFTER_REVIEW = _OUTGOING.format(_FLOW) + "\n      </bpmn:userTask>"
_BEFORE = "review_to_second_review"
_BEHIND = "second_review_to_decide"
#: How an analyst draws it in: a task between the two, and the two flows.
EDITS = (
    (_AFTER_REVIEW, _AFTER_REVIEW.replace(_FLOW, _BEFORE) + _TASK),
    (_INCOMING.format(_FLOW), _INCOMING.format(_BEHIND)),
    (
        _SEQUENCE.format("review", "decide"),
        _SEQUENCE.format("review", "second_review") + _SEQUENCE.format("second_review", "decide"),
    ),
    (_DECIDE.format(715), _DECIDE.format(795)),
    (
        _EDGE.format(_FLOW, 635, 715),
        _EDGE.format(_BEFORE, 635, 655) + _EDGE.format(_BEHIND, 765, 795),
    ),
    ('<di:waypoint x="845" y="235"/>', '<di:waypoint x="925" y="235"/>'),
    (
        '\n      <bpmndi:BPMNShape id="decide_di"',
        _SHAPE + '\n      <bpmndi:BPMNShape id="decide_di"',
    ),
)


@pytest.fixture
def in_review(change: Change, me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose case was begun on the diagram with two reviews."""
    change(*((FILE, old, new) for old, new in EDITS))
    me.fills().signs()
    desk("enterprise").seals(me.application)
    return me


def test_another_officer_reviews_again_before_the_decision(in_review: Desk, desk: Sits) -> None:
    """I12: whoever reviewed does not review again, and nobody decides before both have."""
    first, second, approver = desk("shencha"), desk("shenjue"), desk("jueding")
    first.does("review", outcome="approve", opinion="材料齐全，建议准予。")
    approver.open("/agency/inbox")
    assert "没有待办事项" in approver.text
    task = second.task()
    first.open(task)
    assert "须由另一人办理" in first.text
    assert first.soup().select_one('button[value="second_review"]') is None
    refused = first.send(task, {"action": "second_review", "outcome": "approve"})
    assert refused.status_code == 422
    assert "E_FOUR_EYES" in first.text

    second.open(task)
    assert "复审意见" in second.text
    assert "材料齐全，建议准予。" in second.text
    second.send(task, {"action": "second_review", "outcome": "reject", "opinion": ""})
    assert "E_REASON_REQUIRED" in second.text
    second.send(
        task,
        {"action": "second_review", "outcome": "approve", "opinion": "同意审查意见。"},
        follow=True,
    )

    decision = approver.task()
    approver.open(decision)
    assert "材料齐全，建议准予。" in approver.text
    assert "同意审查意见。" in approver.text
    approver.send(decision, {"action": "decide", "outcome": "approve"}, follow=True)
    in_review.open(in_review.base)
    assert "审批已通过" in in_review.text
