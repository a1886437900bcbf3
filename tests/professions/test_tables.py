"""Every row of every decision table says what the regulation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import DecisionFailed
from engine.language import dmn
from engine.language.xml import read_xml
from tests.professions.folders import structural_engineer

TABLES = {
    table.id: table
    for path, data in structural_engineer().files.items()
    if path.endswith(".dmn")
    for table in dmn.read_tables(read_xml(data))
}
FREE = {
    "item": "INITIAL",
    "has_open_application": False,
    "registration_status": "NONE",
    "renewal_phase": "NONE",
    "certificate_form": "NONE",
    "realname_verified": True,
    "ban_active": False,
    "barred": False,
    "enterprise_renaming": False,
}
SOUND = {
    "enterprise_found": True,
    "enterprise_status": "ACTIVE",
    "design_qualification": True,
    "same_uscc": True,
    "hash_unchanged": True,
    "personal_signature_ok": True,
    "registered_elsewhere": False,
    "name_matches_registry": True,
}


def decide(table: str, facts: Mapping[str, Any]) -> Any:
    return TABLES[table].decide(facts)


def test_the_tables_of_the_type() -> None:
    """The tables of the type, and nothing left untested below."""
    assert set(TABLES) == {
        "menu_availability",
        "continuing_education",
        "qualification_source",
        "enterprise_check",
        "edit_effect",
        "acceptance_route",
        "deadline",
        "sms_challenge",
        "signer_certificate",
        "rename_effect",
        "rename_precondition",
        "change_path",
        "ex_officio_effect",
        "cancellation_evidence",
    }


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"registration_status": "EXPIRED"}, []),
        ({"registration_status": "CANCELLED"}, []),
        ({"has_open_application": True}, ["E_OPEN_APPLICATION"]),
        ({"registration_status": "VALID"}, ["E_ALREADY_REGISTERED"]),
        ({"realname_verified": False}, ["E_REALNAME_REQUIRED"]),
        ({"ban_active": True}, ["E_BAN_ACTIVE"]),
        ({"barred": True}, ["E_BARRED"]),
        ({"enterprise_renaming": True}, ["E_ENTERPRISE_RENAMING"]),
        (
            {"has_open_application": True, "registration_status": "VALID", "ban_active": True},
            ["E_OPEN_APPLICATION", "E_ALREADY_REGISTERED", "E_BAN_ACTIVE"],
        ),
        ({"item": "CLAIM", "has_open_application": True}, []),
        ({"item": "RENEWAL"}, ["E_NOT_REGISTERED"]),
        ({"item": "RENEWAL", "registration_status": "EXPIRED"}, ["E_EXPIRED_USE_INITIAL"]),
        ({"item": "RENEWAL", "registration_status": "CANCELLED"}, ["E_NOT_VALID"]),
        ({"item": "RENEWAL", "registration_status": "REVOKED"}, ["E_NOT_VALID"]),
        ({"item": "RENEWAL", "registration_status": "RESCINDED"}, ["E_NOT_VALID"]),
        (
            {"item": "RENEWAL", "registration_status": "VALID", "renewal_phase": "NOT_OPEN"},
            ["E_RENEWAL_NOT_OPEN"],
        ),
        ({"item": "RENEWAL", "registration_status": "VALID", "renewal_phase": "OPEN"}, []),
        ({"item": "CANCELLATION"}, ["E_NOT_VALID"]),
        ({"item": "CANCELLATION", "registration_status": "VALID"}, []),
        ({"item": "PAPER_EXCHANGE"}, ["E_NOT_VALID", "E_NO_PAPER_CERTIFICATE"]),
        (
            {
                "item": "PAPER_EXCHANGE",
                "registration_status": "VALID",
                "certificate_form": "PAPER",
            },
            [],
        ),
    ],
)
def test_availability(changed: dict[str, Any], reasons: list[str]) -> None:
    """R19, R20: every reason why an item is disabled, all at once."""
    assert decide("menu_availability", FREE | changed) == reasons


@pytest.mark.parametrize("item", ["INITIAL", "RENEWAL", "CANCELLATION", "PAPER_EXCHANGE", "CLAIM"])
@pytest.mark.parametrize(
    ("fact", "reason", "items"),
    [
        ({"barred": True}, "E_BARRED", {"INITIAL", "RENEWAL"}),
        ({"ban_active": True}, "E_BAN_ACTIVE", {"INITIAL"}),
        (
            {"enterprise_renaming": True},
            "E_ENTERPRISE_RENAMING",
            {"INITIAL", "RENEWAL", "CANCELLATION", "PAPER_EXCHANGE"},
        ),
    ],
)
def test_which_items_a_reason_closes(
    fact: dict[str, Any], reason: str, items: set[str], item: str
) -> None:
    """R19: whoever is barred neither registers nor renews; he may give up what he has."""
    assert (reason in decide("menu_availability", FREE | fact | {"item": item})) == (item in items)


@pytest.mark.parametrize(
    ("matter", "days", "before", "policy", "said"),
    [
        ("INITIAL", 1, False, False, (True, 60, 60, True, True)),
        ("INITIAL", 400, True, True, (True, 60, 60, True, True)),
        ("INITIAL", 0, True, True, (False, 60, 60, True, True)),
        ("INITIAL", -1, True, True, (False, 60, 60, True, True)),
        ("INITIAL", 0, True, False, (False, 0, 0, False, False)),
        ("INITIAL", 0, False, True, (False, 0, 0, False, False)),
        ("INITIAL", -30, False, False, (False, 0, 0, False, False)),
        ("RENEWAL", 0, True, False, (False, 60, 60, True, False)),
        ("CANCELLATION", 0, True, True, (False, 0, 0, False, False)),
    ],
)
@pytest.mark.proves("G6")
def test_continuing_education(
    matter: str, days: int, before: bool, policy: bool, said: tuple[object, ...]
) -> None:
    """R28, R29, G5, G6: hours and proof when overdue, and when the policy asks."""
    facts = {
        "matter": matter,
        "form": {"days_after_limit": days, "registered_before": before},
        "policy_rereg_ce": policy,
    }

    answer = decide("continuing_education", facts)

    assert tuple(answer.values()) == said


@pytest.mark.parametrize(
    ("region", "hit", "mode", "trust"),
    [
        ("SHANGHAI", True, "DATABASE_READONLY", "A"),
        ("SHANGHAI", False, "MANUAL_WITH_SCAN", "C"),
        ("OTHER", False, "MANUAL_WITH_SCAN", "C"),
        ("OTHER", True, "MANUAL_WITH_SCAN", "C"),
    ],
)
def test_qualification_source(region: str, hit: bool, mode: str, trust: str) -> None:
    """R31, R32, R33, I4: read from the register, or typed in with scans."""
    answer = decide("qualification_source", {"form": {"issue_region": region, "db_hit": hit}})

    assert (answer["mode"], answer["trust_level"]) == (mode, trust)
    assert answer["scan_required"] is (mode == "MANUAL_WITH_SCAN")


def test_a_region_nobody_knows_is_an_error() -> None:
    """A gap in a table is loud, never a silent nothing."""
    with pytest.raises(DecisionFailed, match="没有规则适用"):
        decide("qualification_source", {"form": {"issue_region": "MOON", "db_hit": False}})


@pytest.mark.parametrize(
    ("mode", "matter", "trust", "overdue", "route"),
    [
        ("RISK_BASED", "INITIAL", "A", False, "AUTO_ACCEPT"),
        ("RISK_BASED", "INITIAL", "C", False, "OFFICER_CHECK"),
        ("RISK_BASED", "INITIAL", "A", True, "OFFICER_CHECK"),
        ("RISK_BASED", "INITIAL", "C", True, "OFFICER_CHECK"),
        ("RISK_BASED", "CANCELLATION", "C", True, "AUTO_ACCEPT"),
        ("AUTO", "INITIAL", "A", False, "AUTO_ACCEPT"),
        ("AUTO", "INITIAL", "C", True, "AUTO_ACCEPT"),
        ("STRICT", "INITIAL", "A", False, "OFFICER_CHECK"),
    ],
)
def test_acceptance_route(mode: str, matter: str, trust: str, overdue: bool, route: str) -> None:
    """G4: RISK_BASED checks typed-in and overdue data; AUTO is the manual to the letter."""
    facts = {
        "acceptance_mode": mode,
        "matter": matter,
        "qualification_source": {"trust_level": trust},
        "continuing_education": {"overdue": overdue},
    }

    assert decide("acceptance_route", facts) == route


@pytest.mark.parametrize(
    ("changed", "matter", "ticked", "reasons"),
    [
        ({}, "INITIAL", True, []),
        ({"enterprise_found": False}, "INITIAL", True, ["E_ENTERPRISE_NOT_FOUND"]),
        ({"enterprise_status": "DEREGISTERED"}, "INITIAL", True, ["E_ENTERPRISE_INACTIVE"]),
        ({"enterprise_status": "DEREGISTERED"}, "CANCELLATION", True, []),
        ({"design_qualification": False}, "INITIAL", True, ["E_ENTERPRISE_NOT_QUALIFIED"]),
        ({"design_qualification": False}, "CANCELLATION", True, []),
        ({"same_uscc": False}, "INITIAL", True, ["E_WRONG_ENTERPRISE"]),
        ({"hash_unchanged": False}, "INITIAL", True, ["E_DOCUMENT_CHANGED"]),
        ({"personal_signature_ok": False}, "INITIAL", True, ["E_PERSONAL_SIGNATURE_INVALID"]),
        ({}, "INITIAL", False, ["E_OPINION_REQUIRED"]),
        ({"registered_elsewhere": True}, "INITIAL", True, ["E_REGISTERED_ELSEWHERE"]),
        ({"registered_elsewhere": True}, "CANCELLATION", True, []),
        ({"name_matches_registry": False}, "INITIAL", True, ["E_ENTERPRISE_NAME_STALE"]),
        (
            {"same_uscc": False, "hash_unchanged": False},
            "INITIAL",
            False,
            ["E_WRONG_ENTERPRISE", "E_DOCUMENT_CHANGED", "E_OPINION_REQUIRED"],
        ),
    ],
)
def test_enterprise_check(
    changed: dict[str, Any], matter: str, ticked: bool, reasons: list[str]
) -> None:
    """R53, R54, R55: what the back end checks before the seal, all reasons at once."""
    facts = {"enterprise_facts": SOUND | changed, "matter": matter, "opinion_ticked": ticked}

    assert decide("enterprise_check", facts) == reasons


SIGNED = ("PERSONAL_SIGNED", "RETURNED", "ENTERPRISE_SEALED", "CORRECTION_REQUIRED")


@pytest.mark.parametrize("status", ["DRAFT", "READY_TO_SIGN", *SIGNED])
def test_saving_without_a_change_voids_nothing(status: str) -> None:
    """I8: the same content is the same document."""
    answer = decide("edit_effect", {"status": status, "changed": False})

    assert answer == {
        "allowed": True,
        "new_status": None,
        "void_personal_signature": False,
        "void_enterprise_seal": False,
    }


@pytest.mark.parametrize("status", ["DRAFT", "READY_TO_SIGN", *SIGNED])
def test_a_change_before_acceptance_voids_what_was_signed(status: str) -> None:
    """R42, R43, R44: allowed until acceptance; both signatures go."""
    answer = decide("edit_effect", {"status": status, "changed": True})

    assert (answer["allowed"], answer["new_status"]) == (True, "READY_TO_SIGN")
    assert answer["void_personal_signature"] is (status in SIGNED)
    assert answer["void_enterprise_seal"] is (status in SIGNED)


@pytest.mark.parametrize("changed", [True, False])
@pytest.mark.parametrize("status", ["ACCEPTED", "UNDER_REVIEW", "APPROVED", "REJECTED", "CLOSED"])
def test_after_acceptance_the_form_is_locked(status: str, changed: bool) -> None:
    """R42: 受理前 only."""
    answer = decide("edit_effect", {"status": status, "changed": changed})

    assert answer == {
        "allowed": False,
        "new_status": None,
        "void_personal_signature": False,
        "void_enterprise_seal": False,
    }


FRESH = {
    "exists": True,
    "used": False,
    "age_seconds": 12,
    "failures": 0,
    "hash_unchanged": True,
    "matches": True,
}


@pytest.mark.parametrize(
    ("changed", "result", "then"),
    [
        ({}, "OK", "SIGN"),
        ({"age_seconds": 300, "failures": 4}, "OK", "SIGN"),
        ({"exists": False, "matches": False}, "E_SMS_NOT_REQUESTED", "REQUEST"),
        ({"used": True}, "E_SMS_USED", "REQUEST"),
        ({"age_seconds": 301}, "E_SMS_EXPIRED", "REQUEST"),
        ({"failures": 5}, "E_SMS_LOCKED", "WAIT_15_MIN"),
        ({"hash_unchanged": False}, "E_DOCUMENT_CHANGED", "PREVIEW_AGAIN"),
        ({"matches": False}, "E_SMS_WRONG", "RETRY"),
        ({"failures": 5, "matches": True}, "E_SMS_LOCKED", "WAIT_15_MIN"),
    ],
)
def test_sms_challenge(changed: dict[str, Any], result: str, then: str) -> None:
    """R41, I6: five minutes, five tries, once, bound to the document shown."""
    answer = decide("sms_challenge", {"challenge": FRESH | changed})

    assert answer == {"result": result, "next": then}


GOOD = {
    "in_validity": True,
    "chain_ok": True,
    "revocation": "GOOD",
    "subject_matches": True,
    "key_usage_ok": True,
}


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({}, "OK"),
        ({"chain_ok": False}, "E_CERT_UNTRUSTED"),
        ({"revocation": "REVOKED"}, "E_CERT_REVOKED"),
        ({"in_validity": False}, "E_CERT_EXPIRED"),
        ({"subject_matches": False}, "E_CERT_SUBJECT"),
        ({"key_usage_ok": False}, "E_CERT_USAGE"),
        ({"revocation": "UNKNOWN"}, "E_REVOCATION_UNKNOWN_RETRY"),
        ({"revocation": "SOMETHING"}, "E_CERT_UNTRUSTED"),
        ({"revocation": "REVOKED", "in_validity": False}, "E_CERT_REVOKED"),
    ],
)
def test_signer_certificate(changed: dict[str, Any], result: str) -> None:
    """R2, R5, I13: never sign with, or on a guess about, a certificate that is not good."""
    assert decide("signer_certificate", {"certificate_facts": GOOD | changed}) == result


@pytest.mark.parametrize(
    ("initiator", "cooperates", "lane", "finish"),
    [
        ("PERSON", True, "PERSON_THEN_ENTERPRISE", "AUTO_AFTER_SEAL"),
        ("PERSON", False, "PERSON_THEN_AUTHORITY", "OFFICER_DECISION"),
        ("ENTERPRISE", True, "ENTERPRISE_THEN_AUTHORITY", "OFFICER_DECISION"),
        ("ENTERPRISE", False, "ENTERPRISE_THEN_AUTHORITY", "OFFICER_DECISION"),
        ("AUTHORITY", False, "AUTHORITY_ONLY", "OFFICER_DECISION"),
    ],
)
def test_cancellation_evidence(initiator: str, cooperates: bool, lane: str, finish: str) -> None:
    """R100, R107, I10: with both sides the seal cancels; without one the agency decides."""
    given = {"reason_code": "OTHER", "initiator": initiator, "enterprise_cooperates": cooperates}

    assert decide("cancellation_evidence", given) == {"lane": lane, "finish": finish}


#: Clock → how many, of what, after which day: laws and policy (domain C.7).
PERIODS: Mapping[str, tuple[int, str, str]] = {
    "FORMAL_CHECK": (5, "WORKDAY", "enterprise_sealed_at"),
    "DECISION": (20, "WORKDAY", "accepted_on"),
    "DECISION_EXTENSION": (10, "WORKDAY", "decision_due_on"),
    "DECISION_DUE_IN_5": (15, "WORKDAY", "accepted_on"),
    "DECISION_DUE_IN_1": (19, "WORKDAY", "accepted_on"),
    "EXTENDED_DUE_IN_5": (25, "WORKDAY", "accepted_on"),
    "EXTENDED_DUE_IN_1": (29, "WORKDAY", "accepted_on"),
    "EXTENDED_DECISION": (30, "WORKDAY", "accepted_on"),
    "RENEWAL_DECISION_BEFORE_EXPIRY": (0, "DAY", "registration_valid_to"),
    "REGISTRATION_EXPIRY": (0, "DAY", "registration_valid_to"),
    "DELIVERY": (10, "WORKDAY", "decided_on"),
    "CORRECTION_REPLY": (15, "WORKDAY", "correction_notified_on"),
    "OBJECTION": (10, "WORKDAY", "accepted_on"),
    "ENTERPRISE_SEAL": (15, "WORKDAY", "arrived_at"),
    "DRAFT": (90, "DAY", "last_saved_at"),
    "RETURNED": (90, "DAY", "arrived_at"),
    "DRAFT_REMINDER": (60, "DAY", "last_saved_at"),
    "DRAFT_LAST_REMINDER": (83, "DAY", "last_saved_at"),
    "RECONSIDERATION": (60, "DAY", "decision_delivered_on"),
    "LITIGATION": (6, "MONTH", "decision_delivered_on"),
    "HEARING": (5, "WORKDAY", "intent_served_on"),
}


@pytest.mark.parametrize("clock", PERIODS)
def test_deadline(clock: str) -> None:
    """I12, I18: how long each period is, and after which day it begins."""
    number, *rest = tuple(decide("deadline", {"clock": clock}).values())[:3]

    assert (number, *rest) == PERIODS[clock]


def test_a_period_nobody_wrote_down_is_an_error() -> None:
    """A diagram that names an unknown clock fails at once instead of waiting for ever."""
    with pytest.raises(DecisionFailed, match="没有规则适用"):
        decide("deadline", {"clock": "LUNCH"})


@pytest.mark.parametrize(
    ("kind", "status", "effect"),
    [
        ("APPLICATION", "DRAFT", "UPDATE_NAME"),
        ("APPLICATION", "READY_TO_SIGN", "UPDATE_NAME"),
        ("APPLICATION", "PERSONAL_SIGNED", "VOID_AND_RESIGN"),
        ("APPLICATION", "RETURNED", "VOID_AND_RESIGN"),
        ("APPLICATION", "CORRECTION_REQUIRED", "VOID_AND_RESIGN"),
        ("APPLICATION", "ENTERPRISE_SEALED", "KEEP_FILE_ISSUE_NEW_NAME"),
        ("APPLICATION", "ACCEPTED", "KEEP_FILE_ISSUE_NEW_NAME"),
        ("APPLICATION", "UNDER_REVIEW", "KEEP_FILE_ISSUE_NEW_NAME"),
        ("APPLICATION", "APPROVED", "KEEP_FILE_ISSUE_NEW_NAME"),
        ("APPLICATION", "COMPLETED", "UNCHANGED"),
        ("APPLICATION", "WITHDRAWN", "UNCHANGED"),
        ("CERTIFICATE", "CLAIMED", "SUPERSEDE_AND_RECLAIM"),
        ("CERTIFICATE", "UNCLAIMED", "REISSUE_UNCLAIMED"),
        ("CERTIFICATE", "PAPER", "UPDATE_RECORD_EXCHANGE_LATER"),
        ("CERTIFICATE", "CANCELLED", "UNCHANGED"),
    ],
)
def test_what_a_rename_does(kind: str, status: str, effect: str) -> None:
    """I16: in-flight cases and certificates, each by where it stands."""
    assert decide("rename_effect", {"object_kind": kind, "status": status}) == effect


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"registry_name_differs": False}, ["E_NOT_CHANGED_IN_REGISTRY"]),
        ({"registry_name_differs": False, "same_uscc": False}, ["E_OTHER_LEGAL_PERSON"]),
        ({"enterprise_status": "BANKRUPT"}, ["E_ENTERPRISE_INACTIVE"]),
        ({"rename_running": True}, ["E_RENAME_RUNNING"]),
        ({"affected": 0}, ["I_NO_CERTIFICATES"]),
        (
            {"registry_name_differs": False, "rename_running": True, "affected": 0},
            ["E_NOT_CHANGED_IN_REGISTRY", "E_RENAME_RUNNING", "I_NO_CERTIFICATES"],
        ),
    ],
)
def test_whether_names_may_be_changed(changed: dict[str, Any], reasons: list[str]) -> None:
    """R125, R126: the same legal person, renamed in the qualification system, one batch a time."""
    facts = {
        "registry_name_differs": True,
        "same_uscc": True,
        "enterprise_status": "ACTIVE",
        "rename_running": False,
        "affected": 7,
    }
    assert decide("rename_precondition", facts | changed) == reasons


@pytest.mark.parametrize(
    ("changed", "path", "self_service"),
    [
        ("PERSON_NAME", "CONTACT_AUTHORITY", False),
        ("ID_NUMBER", "CONTACT_AUTHORITY", False),
        ("EMPLOYER", "CANCEL_THEN_INITIAL", True),
        ("EMPLOYER_NAME", "ENTERPRISE_RENAME", True),
        ("EMPLOYER_USCC", "CANCEL_THEN_INITIAL", True),
        ("MOBILE", "REALNAME_SYSTEM", True),
        ("SEX", "REALNAME_SYSTEM", True),
        ("BIRTH_DATE", "REALNAME_SYSTEM", True),
        ("PHOTO", "NEXT_APPLICATION_OR_EXCHANGE", True),
        ("ANYTHING", "CONTACT_AUTHORITY", False),
    ],
)
def test_change_path(changed: str, path: str, self_service: bool) -> None:
    """R109–R111: each change has its way, and a reason that says why."""
    way = decide("change_path", {"changed": changed})

    assert (way["path"], way["self_service"]) == (path, self_service)
    assert way["why"]
    assert bool(way["href"]) == self_service


@pytest.mark.parametrize(
    ("act", "ground", "status", "ban", "years", "clause"),
    [
        ("CANCEL", "EXPIRED", "CANCELLED", "", 0, "第七十条第一项"),
        ("CANCEL", "DECEASED_OR_INCAPACITATED", "CANCELLED", "", 0, "第七十条第二项"),
        ("CANCEL", "RESCINDED", "CANCELLED", "", 0, "第七十条第四项"),
        ("CANCEL", "REVOKED", "CANCELLED", "", 0, "第七十条第四项"),
        ("CANCEL", "CRIMINAL", "CANCELLED", "", 0, "第七十条第六项"),
        ("CANCEL", "OTHER_BY_LAW", "CANCELLED", "", 0, "第七十条第六项"),
        ("RESCIND", "FRAUD", "RESCINDED", "FRAUD", 3, "第七十九条"),
        ("RESCIND", "UNLAWFUL_GRANT", "RESCINDED", "", 0, "第六十九条第一款"),
        ("REVOKE", "SERIOUS_ACCIDENT", "REVOKED", "OTHER_BY_LAW", 5, "第七十二条"),
        ("REVOKE", "OTHER_BY_LAW", "REVOKED", "", 0, "法律"),
        ("REVOKE", "EXPIRED", "", "", 0, ""),
        ("CANCEL", "FRAUD", "", "", 0, ""),
    ],
)
def test_ex_officio_effect(
    act: str, ground: str, status: str, ban: str, years: int, clause: str
) -> None:
    """I19: what each act on each ground does, and on which clause it rests (Law 69, 70, 79)."""
    consequence = decide("ex_officio_effect", {"act": act, "ground": ground})

    assert (consequence["status"], consequence["ban_basis"], consequence["ban_years"]) == (
        status,
        ban,
        years,
    )
    assert clause in consequence["law"]
