"""延续注册 that the end of the registration overtook: it goes on as initial registration."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework.application import form_entry, withdrawal
from casework.decision import officer_tasks
from casework.office import Policy
from casework.registration import late_renewal
from casework.registration.late_renewal import NothingToContinue
from registry.applications import attachments, timeline
from tests import people
from tests.casework.terms.renewals import TODAY, Story, pass_to, registration_of, told
from tests.offices import Town


def lapsed(story: Story) -> str:
    """Let a saved renewal be overtaken by the end of the registration."""
    town = story.town
    case = town.starts(story.person, "RENEWAL")
    proof = town.scan(case, story.person, "ce_proof")
    values = town.renewal_values(case, ce_proof=[proof], ce_compulsory_hours="66")
    town.saves(case, story.person, values)
    town.signs(case, story.person)
    pass_to(town, TODAY + timedelta(days=7))
    return case


@pytest.mark.both_databases
def test_what_is_not_accepted_in_time_goes_on_as_initial(town: Town) -> None:
    """Domain C.2, I18: closed at the end, and everything is carried into the new application."""
    story = Story(town, ends=TODAY + timedelta(days=5))
    case = lapsed(story)
    assert town.status(case) == "CLOSED"
    assert ("person", "expired_use_initial") in told(town, case)
    with town.office.sessions() as session:
        assert timeline.of(session, case)[-1].text == "注册有效期届满前未受理，申请关闭"
    assert registration_of(town, story.person).status == "EXPIRED"
    with town.office.sessions() as session:
        assert late_renewal.is_offered(town.office, session, town.case(case))

    new = late_renewal.as_initial(town.office, case, story.person)

    values = form_entry.prefill(town.office, new)
    assert town.case(new).matter == "INITIAL"
    assert values["enterprise_name"] == people.enterprise(1).name
    assert values["enterprise_phone"] == "021-00000001"
    assert values["qualification_no"] == "DEMO-0001"
    assert (values["ce_compulsory_hours"], values["ce_elective_hours"]) == ("66", "60")
    with town.office.sessions() as session:
        kept = {attachment.kind: attachment for attachment in attachments.of(session, new)}
        old = {attachment.kind: attachment for attachment in attachments.of(session, case)}
    assert values["photo"] == kept["PHOTO"].id
    assert values["ce_proof"] == [kept["CE_PROOF"].id]
    assert kept["CE_PROOF"].sha256 == old["CE_PROOF"].sha256
    assert kept["PHOTO"].sha256 == story.certificates()[0].facts["photo"]


def test_the_carried_form_only_wants_its_opinion(town: Town) -> None:
    """Domain C.2: nothing is typed twice; the applicant declares himself anew, and saves."""
    story = Story(town, ends=TODAY + timedelta(days=5))
    new = late_renewal.as_initial(town.office, lapsed(story), story.person)
    values = form_entry.prefill(town.office, new)
    scans = {}
    if values["scan_required"]:  # the register of Shanghai does not know him in this town
        scans = {"qualification_scans": [town.scan(new, story.person)]}

    town.saves(new, story.person, values | scans | {"applicant_opinion": True})

    assert town.status(new) == "READY_TO_SIGN"


@pytest.mark.both_databases
def test_nothing_is_carried_over_twice_or_too_early(town: Town) -> None:
    """R20: only a renewal that the end overtook, and only while nothing else is open."""
    story = Story(town, ends=TODAY + timedelta(days=5))
    case = lapsed(story)
    late_renewal.as_initial(town.office, case, story.person)

    with pytest.raises(NothingToContinue):
        late_renewal.as_initial(town.office, case, story.person)


def test_a_withdrawn_renewal_is_not_carried_over(town: Town) -> None:
    """Domain C.2: he did not want it any more."""
    story = Story(town, ends=TODAY + timedelta(days=5))
    case = story.saved()
    withdrawal.withdraw(town.office, case, story.person)

    with pytest.raises(NothingToContinue):
        late_renewal.as_initial(town.office, case, story.person)


class TestWithFormalCheck:
    """When the agency checks every form before it accepts."""

    @pytest.fixture
    def policy(self) -> Policy:
        return Policy(watermark="演示", province="99", acceptance_mode="STRICT")

    def test_the_end_before_the_acceptance_closes_the_application(self, town: Town) -> None:
        """Domain C.2: sealed on the last day, but not accepted: it is closed at midnight."""
        story = Story(town, ends=TODAY)
        case = story.filed()
        assert town.status(case) == "ENTERPRISE_SEALED"

        pass_to(town, TODAY + timedelta(days=1))

        assert town.status(case) == "CLOSED"
        assert ("person", "expired_use_initial") in told(town, case)

    def test_a_correction_counts_from_its_completion(self, town: Town) -> None:
        """Domain C.1: filed 31 days before, corrected 29 days before: filed late."""
        story = Story(town, ends=TODAY + timedelta(days=31))
        acceptor = town.officer("sun", "acceptor")
        case = story.filed()
        officer_tasks.formal_check(
            town.office,
            town.task(case, "formal_check").id,
            "correct",
            items=["请补充继续教育证明"],
            actor=acceptor,
        )
        town.clock.forward(days=2)
        proof = town.scan(case, story.person, "ce_proof")
        town.saves(case, story.person, town.renewal_values(case, ce_proof=[proof]))
        town.signs(case, story.person)
        town.seals(case, story.employer)
        officer_tasks.formal_check(
            town.office, town.task(case, "formal_check").id, "accept", actor=acceptor
        )

        pass_to(town, TODAY + timedelta(days=33))

        assert town.status(case) == "UNDER_REVIEW"
        assert not town.case(case).deemed_renewed
        assert ("person", "lapsed_while_pending") in told(town, case)
