"""What a drag, a deletion or a retyped condition leaves undone is told, however it is drawn."""

from __future__ import annotations

import pytest
from lxml import etree

from engine.language.parsing import bpmn
from tests.professions.checks.test_branches import Slip, exchanged, gone, leads, says, told

INITIAL, RENEWAL, EXCHANGE = "initial.bpmn", "renewal.bpmn", "paper-exchange.bpmn"
(ACCEPTANCE, CLAIMING, CONTESTED, CORRECTION, DECISION, ACT, RENAME, SEALING, SIGNING, ANEW) = (
    f"common-parts/{name}.bpmn"
    for name in (
        *("acceptance", "claiming", "contested-cancellation", "correction", "decision"),
        *("ex-officio", "enterprise-rename", "enterprise-sealing", "personal-signing"),
        "redecision",
    )
)


def bridged(node: str) -> Slip:
    """Delete a node as the editor does: the lines that came to it go on to the next."""

    def slip(root: etree._Element) -> None:
        flows = list(root.iter(bpmn("sequenceFlow")))
        [leaving] = [flow for flow in flows if flow.get("sourceRef") == node]
        following = leaving.get("targetRef") or ""
        for flow in flows:
            if flow.get("targetRef") == node:
                leads(flow.get("id") or "", following)(root)
        gone(node)(root)

    return slip


def asks(flow: str, condition: str) -> Slip:
    """Type another condition."""

    def slip(root: etree._Element) -> None:
        [line] = [line for line in root.iter(bpmn("sequenceFlow")) if line.get("id") == flow]
        [expression] = line.iter(bpmn("conditionExpression"))
        expression.text = condition

    return slip


def waits(event: str, length: str) -> Slip:
    """Choose another period for a timer."""

    def slip(root: etree._Element) -> None:
        [node] = [node for node in root.iter(bpmn("boundaryEvent")) if node.get("id") == event]
        [date] = node.iter(bpmn("timeDate"))
        date.text = length

    return slip


_REMIND, _ORDER = "E_NOT_REMINDED", "E_ORDER_OF_ACTS"
SLIPS: dict[str, tuple[str, Slip, str, str]] = {
    # file, slip, code, part of what is told
    "60-day reminder": (INITIAL, gone("draft_60_days"), _REMIND, "DRAFT_REMINDER"),
    "83-day reminder": (RENEWAL, gone("draft_83_days"), _REMIND, "DRAFT_LAST_REMINDER"),
    "reminder to sign": (SIGNING, gone("sign_reminder_83"), _REMIND, "DRAFT_LAST_REMINDER"),
    "reminder to claim": (CLAIMING, gone("claim_reminder_30"), _REMIND, "应当至少 3 次"),
    "reminder of a period that ends it": (
        SIGNING,
        waits("sign_reminder_60", 'deadline("DRAFT")'),
        _REMIND,
        "DRAFT_REMINDER",
    ),
    "overdue decision": (DECISION, gone("decision_due"), _REMIND, "期限“DECISION”"),
    "overdue decision that only reminds": (
        DECISION,
        leads("decision_due_to_escalate", "remind_officers"),
        _REMIND,
        "decision_overdue",
    ),
    "reminder that says overdue": (
        DECISION,
        leads("due_in_5_days_to_remind_officers", "escalate"),
        _REMIND,
        "DECISION_DUE_IN_5",
    ),
    "enterprise not told": (INITIAL, bridged("notify_enterprise"), "E_BRANCH", "please_seal"),
    "files stay after withdrawal": (INITIAL, bridged("void_withdrawn"), "E_BRANCH", "WITHDRAWN"),
    "files stay after a ban": (RENEWAL, bridged("void_barred"), "E_BRANCH", "void_files:BARRED"),
    "files stay after expiry": (RENEWAL, bridged("void_expired"), "E_BRANCH", "EXPIRED"),
    "nobody told of the closing": (INITIAL, bridged("tell_closed"), "E_BRANCH", "send:closed"),
    "nobody told of the ban": (INITIAL, bridged("tell_barred"), "E_BRANCH", "send:barred"),
    "nobody told of expiry": (RENEWAL, bridged("tell_expired"), "E_BRANCH", "expired_use_initial"),
    "told of something else": (
        RENEWAL,
        says("tell_expired", "kind", "closed"),
        "E_BRANCH",
        "expired_use_initial",
    ),
    "void for another reason": (
        INITIAL,
        says("void_idle", "reason", "EXPIRED"),
        "E_BRANCH",
        "void_files:ABANDONED",
    ),
    "no receipt": (ACCEPTANCE, bridged("issue_receipt"), _ORDER, "issue_notice:receipt"),
    "no receipt of a contested request": (
        CONTESTED,
        bridged("contest_issue_receipt"),
        _ORDER,
        "issue_notice:receipt",
    ),
    "no letter of acceptance": (ANEW, bridged("issue_reacceptance"), _ORDER, "acceptance-notice"),
    "nobody told of the new decision": (ANEW, bridged("tell_reopened"), _ORDER, "send:reopened"),
    "both sides told too little": (
        CONTESTED,
        says("contest_tell_accepted", "kind", "accepted"),
        _ORDER,
        "contest_accepted",
    ),
    "silence not noted": (CONTESTED, bridged("note_silence"), "E_BRANCH", "note_silence"),
    "the wrong side answers": (
        CONTESTED,
        exchanged("who_asked_to_answer_as_person", "who_asked_to_answer_as_enterprise"),
        "E_BRANCH",
        "answer_as_person",
    ),
    "certificate keeps the old name": (
        CORRECTION,
        bridged("reissue_certificates"),
        "E_BRANCH",
        "identity/reissue",
    ),
    "list not printed": (RENAME, bridged("print_list"), _ORDER, "rename/print_list"),
    "in time turned round": (
        RENEWAL,
        exchanged("filed_in_time_to_decision_stage", "filed_in_time_to_late_decision_stage"),
        "E_BRANCH",
        'filing["in_time"]',
    ),
    "in time negated": (
        RENEWAL,
        asks("filed_in_time_to_decision_stage", 'not filing["in_time"]'),
        "E_BRANCH",
        'filing["in_time"]',
    ),
    "refused are granted late": (
        RENEWAL,
        leads("late_decision_stage_to_approved", "issuing_stage"),
        "E_BRANCH",
        'outcome == "approve"',
    ),
    "corrected and not signed anew": (
        INITIAL,
        leads("correct_form_to_void_changed", "notify_enterprise"),
        "E_BRANCH",
        "DATA_CHANGED",
    ),
    "barred as withdrawn": (
        INITIAL,
        leads("barred_seal_stage_to_void_barred", "void_withdrawn"),
        "E_BRANCH",
        "person.barred",
    ),
    "silence drops the act": (
        ACT,
        leads("hearing_over_to_decide_act", "tell_drop"),
        "E_BRANCH",
        "HEARING",
    ),
    "withdrawn act is decided": (
        ACT,
        leads("act_withdrawn_to_tell_drop", "decide_act"),
        "E_BRANCH",
        "act.withdrawn",
    ),
    "codes without end": (
        SIGNING,
        leads("session_expired_to_preview_document", "send_code"),
        _ORDER,
        "send_code",
    ),
    "accepted in time is deemed": (
        ACCEPTANCE,
        leads("check_result_to_accept", "accept_as_deemed"),
        "E_BRANCH",
        "application/accept:False",
    ),
    "one obstacle is none": (
        RENEWAL,
        asks("may_apply_to_fill_form", "len(menu_availability) <= 1"),
        "E_BRANCH",
        "len(menu_availability) == 0",
    ),
    "one left is none": (
        RENAME,
        asks("all_covered_to_all_done", 'result["left"] <= 1'),
        "E_BRANCH",
        'result["left"] == 0',
    ),
    "a hint forbids": (
        RENAME,
        asks("may_rename_to_compute_impact", "len(rename_precondition) == 0"),
        "E_BRANCH",
        "I_NO_CERTIFICATES",
    ),
    "what is refused is sealed": (
        SEALING,
        asks("enterprise_ok_to_seal_document", "len(enterprise_check) != 1"),
        "E_BRANCH",
        "len(enterprise_check) == 0",
    ),
    "the form of another matter": (
        INITIAL,
        says("correct_form", "formKey", "renewal"),
        "E_MATTER_MIXED",
        "correct_form",
    ),
    "the certificate of the person for the seal": (
        SEALING,
        says("check_sealer", "subject", "person_id"),
        "E_OPERATION_WORD",
        "请把 subject 改为 uscc",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_drawing_is_told(slip: str) -> None:
    """Nothing of it needs an example of the profession to be noticed."""
    file, change, code, text = SLIPS[slip]

    problems = told(file, change)

    assert [fault for fault in problems if fault.code == code and text in str(fault)], [
        *map(str, problems)
    ]


@pytest.mark.parametrize(
    ("file", "slip"),
    [
        (RENEWAL, asks("filed_in_time_to_decision_stage", 'filing["in_time"] == True')),
        (RENEWAL, asks("may_apply_to_fill_form", "len(menu_availability) < 1")),
        (SEALING, asks("enterprise_ok_to_seal_document", "not len(enterprise_check) > 0")),
        (CLAIMING, waits("claim_reminder_30", "days(45)")),
    ],
)
def test_what_means_the_same_may_be_written_otherwise(file: str, slip: Slip) -> None:
    """Conditions count by what they mean, and days are the profession's own."""
    assert [*filter(lambda fault: fault.code != "E_TIMER_NAME", told(file, slip))] == []
