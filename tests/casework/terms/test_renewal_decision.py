"""延续注册: signed, sealed, decided in time, late or by law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from casework.application import withdrawal
from casework.case import moot
from casework.case.refusals import StepRefused
from casework.decision import officer_tasks
from casework.decision.lawfulness import NothingToRenew
from casework.decision.officer_tasks import ExtensionBeyondEnd
from casework.registration import employer_sync, expiry
from registry.applications import decisions, documents, timeline
from registry.applications.documents import DocumentKind
from registry.certificates import public_answers, registrations
from registry.certificates.certificates import Cause, Validity
from storage.database import writing
from tests import people
from tests.casework.terms.renewals import (
    TODAY,
    Story,
    noon,
    papers,
    pass_to,
    registration_of,
    renewal_item,
    told,
)
from tests.offices import Town


@pytest.mark.proves("R77")
def test_a_change_after_signing_voids_and_asks_for_a_new_signature(town: Town) -> None:
    """R77: until acceptance the form may be changed; the signed file is void, and kept."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = story.saved()
    town.signs(case, story.person)
    assert ("enterprise", "please_seal") in told(town, case)

    same = town.saves(case, story.person, town.renewal_values(case))
    assert (same.changed, same.voided) == (False, False)
    assert town.status(case) == "PERSONAL_SIGNED"

    changed = town.saves(case, story.person, town.renewal_values(case, ce_elective_hours="72"))

    assert (changed.changed, changed.voided) == (True, True)
    assert town.status(case) == "READY_TO_SIGN"
    with town.office.sessions() as session:
        states = [document.state for document in documents.history(session, case)]
    assert sorted(states) == ["current", "void"]
    town.clock.forward(minutes=2)
    town.signs(case, story.person)
    town.seals(case, story.employer)
    assert town.status(case) == "UNDER_REVIEW"


def test_the_seal_is_followed_by_the_acceptance_notice(town: Town) -> None:
    """R78, R79, R84–R87: all data are on record, so the sealed form is accepted at once."""
    story = Story(town, ends=TODAY + timedelta(days=60))

    case = story.filed()

    application = town.case(case)
    assert (application.status, application.accepted_on) == ("UNDER_REVIEW", TODAY)
    assert papers(town, case) == [DocumentKind.APPLICATION, DocumentKind.ACCEPTANCE_NOTICE]
    assert ("person", "accepted") in told(town, case)


# -- the decision -------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_approved_renewal_loses_no_day(town: Town) -> None:
    """R80, domain B.5, B.6: same registration, three years from the old end, a new version."""
    story = Story(town, ends=date(2026, 11, 6))
    [old] = story.certificates()
    case = story.filed()

    story.decided(case)

    registration = registration_of(town, story.person)
    assert registration.id == story.registration_id
    assert registration.valid_to == date(2029, 11, 6)
    before, after = story.certificates()
    assert (before.id, before.validity) == (old.id, Validity.SUPERSEDED)
    assert (after.cause, after.version, after.claim_state) == (Cause.RENEWAL, 2, "UNCLAIMED")
    assert (before.facts["valid_to"], after.facts["valid_to"]) == ("2026-11-06", "2029-11-06")
    assert after.facts["photo"] == old.facts["photo"]
    assert after.facts["qualification"] == old.facts["qualification"]
    assert town.status(case) == "APPROVED"
    town.claims(case, story.person)
    assert town.status(case) == "COMPLETED"
    assert story.certificates()[-1].claim_state == "CLAIMED"
    town.works()
    assert town.troubles() == []


def test_the_old_certificate_counts_until_the_new_one_is_issued(town: Town) -> None:
    """B.6: between the decision and the sealed file nobody is without certificate."""
    story = Story(town, ends=date(2026, 11, 6))
    case = story.filed()
    with town.office.sessions() as session:
        [old] = story.certificates()
        answer = public_answers.of(session, old, on=TODAY)
    assert answer.status is Validity.VALID

    story.decided(case)

    with town.office.sessions() as session:
        old, _ = story.certificates()
        answer = public_answers.of(session, old, on=TODAY)
    assert (answer.status, answer.newer_exists) == (Validity.SUPERSEDED, True)


def test_the_decision_is_due_before_the_registration_ends(town: Town) -> None:
    """Law 50: twenty working days over the National Day would be longer than 31 days."""
    ends = TODAY + timedelta(days=31)
    story = Story(town, ends=ends)
    counted = town.office.calendar.add_workdays(TODAY, 20).day
    assert counted > ends

    case = story.filed()

    assert town.case(case).due_on == ends


@pytest.mark.both_databases
def test_silence_renews_what_was_filed_in_time(town: Town) -> None:
    """Law 50(2), domain B.4: at 24:00 of the last day the renewal counts as granted.

    I12, I18: the head is alarmed, a letter says so, and the night's sweep ends nothing.
    """
    ends = TODAY + timedelta(days=30)
    story = Story(town, ends=ends)
    case = story.filed()
    town.reviews(case, story.reviewer)
    pass_to(town, ends)
    assert town.status(case) == "UNDER_REVIEW"

    town.clock.now = datetime(2026, 10, 7, 16, 0, 30, tzinfo=UTC)  # half a minute after midnight
    expiry.expire(town.office, town.office.now())
    town.works()

    application, registration = town.case(case), registration_of(town, story.person)
    assert (application.status, application.deemed_renewed) == ("APPROVED", True)
    assert application.decided_on == ends == date(2026, 10, 7)
    assert registration.status == "VALID"
    assert registration.valid_to == date(2029, 10, 7)
    assert ("role", "deemed_renewed") in told(town, case)
    assert papers(town, case)[-2:] == [DocumentKind.DECISION, DocumentKind.CERTIFICATE]
    assert town.open_nodes(case) == {"confirm_claim"}
    with town.office.sessions() as session:
        decision = decisions.newest(session, case, "decide")
        lines = [line.text for line in timeline.of(session, case)]
    assert decision is not None
    assert "第五十条第二款" in decision.opinion
    assert "有效期届满前未作决定，视为准予延续" in lines
    town.claims(case, story.person)
    assert town.status(case) == "COMPLETED"


@pytest.mark.proves("F:years-2")
def test_silence_grants_no_more_than_an_officer_may(town: Town) -> None:
    """§years 2: an employer that is gone: nothing is deemed, the renewal has to be decided."""
    ends = TODAY + timedelta(days=30)
    story = Story(town, ends=ends)
    case = story.filed()
    town.reviews(case, story.reviewer)
    company = town.world.companies[people.uscc(1)]
    town.world.companies[people.uscc(1)] = replace(company, status="DEREGISTERED")
    pass_to(town, ends)
    employer_sync.sync(town.office, town.office.now())

    pass_to(town, ends + timedelta(days=1))

    application = town.case(case)
    assert (application.status, application.deemed_renewed) == ("UNDER_REVIEW", False)
    assert registration_of(town, story.person).valid_to == ends
    with town.office.sessions() as session:
        lines = [line.text for line in timeline.of(session, case)]
    assert "不能视为准予延续" in lines[-1]
    assert "注销" in lines[-1]
    town.reviews(case, story.reviewer)
    with pytest.raises(StepRefused):
        town.decides(case, story.approver)
    town.decides(case, story.approver, "reject")
    pass_to(town, ends + timedelta(days=2))
    assert registration_of(town, story.person).status == "EXPIRED"
    assert ("person", "lapsed_while_pending") in told(town, case)
    assert town.troubles() == []


def test_a_decision_on_the_last_day_is_no_silence(town: Town) -> None:
    """Law 50: decided in the last minute; nothing happens at midnight."""
    ends = TODAY + timedelta(days=30)
    story = Story(town, ends=ends)
    case = story.filed()
    town.clock.now = datetime(2026, 10, 7, 15, 59, tzinfo=UTC)
    story.decided(case)

    town.clock.forward(minutes=5)
    expiry.expire(town.office, town.office.now())
    town.works()

    assert not town.case(case).deemed_renewed
    assert ("role", "deemed_renewed") not in told(town, case)
    assert registration_of(town, story.person).valid_to == date(2029, 10, 7)


def test_what_was_filed_late_waits_for_its_decision(town: Town) -> None:
    """Domain C.2: no deemed renewal; told at the end not to practise; then counted from the end."""
    ends = TODAY + timedelta(days=29)
    story = Story(town, ends=ends)
    case = story.filed()
    town.reviews(case, story.reviewer)

    pass_to(town, ends + timedelta(days=3))

    assert town.status(case) == "UNDER_REVIEW"
    assert ("person", "lapsed_while_pending") in told(town, case)
    registration = registration_of(town, story.person)
    assert registration.status == "VALID"  # the register waits with the end …
    assert registration.status_on(ends + timedelta(days=1)) == "EXPIRED"  # … the public is told
    town.decides(case, story.approver)
    renewed = registration_of(town, story.person)
    assert renewed.valid_to == date(2029, 10, 6)
    assert renewed.status_on(town.office.today()) == "VALID"


@pytest.mark.both_databases
def test_a_late_renewal_that_is_refused_ends_the_registration(town: Town) -> None:
    """Domain C.7: with the refusal nothing is pending any more, and the next sweep ends it."""
    ends = TODAY + timedelta(days=3)
    story = Story(town, ends=ends)
    case = story.filed()
    pass_to(town, ends + timedelta(days=2))
    assert registration_of(town, story.person).status == "VALID"

    story.decided(case, "reject")
    expiry.expire(town.office, town.office.now())

    assert town.status(case) == "REJECTED"
    assert registration_of(town, story.person).status == "EXPIRED"
    assert [certificate.validity for certificate in story.certificates()] == [Validity.EXPIRED]


def test_a_registration_that_was_ended_meanwhile_is_not_renewed(town: Town) -> None:
    """Domain C.9: cancelled or revoked while the renewal was examined: only a refusal is left."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = story.filed()
    town.reviews(case, story.reviewer)
    with writing(town.office.sessions) as session:
        registration = registrations.get(session, story.registration_id)
        registrations.end(session, registration, "REVOKED", reason="示例", at=town.office.now())

    with pytest.raises(NothingToRenew, match="已吊销"):
        town.decides(case, story.approver)

    town.decides(case, story.approver, "reject")
    assert town.status(case) == "REJECTED"


@pytest.mark.both_databases
def test_a_renewal_ends_with_its_registration(town: Town) -> None:
    """Domain C.9: the employer's request cancels the registration; its renewal is ended too."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = story.filed()
    with writing(town.office.sessions) as session:
        registration = registrations.get(session, story.registration_id)
        registrations.end(session, registration, "CANCELLED", reason="示例", at=town.office.now())
        moot.enqueue_upon(session, registration, town.office.now())

    town.works()

    assert town.status(case) == "CLOSED"
    assert ("person", "barred") in told(town, case)
    assert town.troubles() == []


def test_no_extension_reaches_beyond_the_end(town: Town) -> None:
    """Law 42, 50: what silence would grant on that day cannot be put off."""
    story = Story(town, ends=TODAY + timedelta(days=31))
    case = story.filed()

    with pytest.raises(ExtensionBeyondEnd, match="2026年10月8日"):
        officer_tasks.extend(town.office, case, reason="须向发证机关核实", actor=story.approver)

    assert not town.case(case).extended


def test_a_due_day_in_a_year_without_calendar_is_provisional(town: Town) -> None:
    """Domain C.9: counted with what is known, and marked until the year is entered."""
    town.clock.now = noon(date(2026, 12, 21))
    story = Story(town, ends=date(2027, 3, 1))

    case = story.filed()

    application = town.case(case)
    assert application.due_provisional
    assert application.due_on is not None
    assert application.due_on < date(2027, 3, 1)


def test_a_renewal_may_be_withdrawn_and_started_again(town: Town) -> None:
    """I18: withdrawn before the decision; the registration and its certificate stay as they are."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = story.filed()

    withdrawal.withdraw(town.office, case, story.person)

    assert town.status(case) == "WITHDRAWN"
    assert registration_of(town, story.person).valid_to == date(2026, 11, 6)
    assert renewal_item(town, story.person).is_available
