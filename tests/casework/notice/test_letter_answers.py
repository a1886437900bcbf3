"""What anybody learns about a letter whose case has moved on since."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from casework.application import withdrawal
from casework.notice import letter_answers
from casework.notice.letter_answers import LetterAnswer
from casework.tables import LetterIntent
from registry.applications.documents import DocumentKind
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from storage.database import writing
from tests.offices import Town

pytestmark = pytest.mark.proves("F:trust-4")


def answer(town: Town, case: str, kind: str) -> LetterAnswer:
    with town.office.sessions() as session:
        letter = session.scalars(
            select(LetterIntent).filter_by(application_id=case, kind=kind)
        ).one()
        told = letter_answers.of_token(session, letter.token, on=town.office.today())
    assert told is not None
    return told


def test_what_was_accepted_and_withdrawn_leads_nowhere(town: Town) -> None:
    """§trust 4: the notice of acceptance of a withdrawn case counts no longer."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    before = answer(town, case, "acceptance-notice")

    withdrawal.withdraw(town.office, case, person)

    after = answer(town, case, "acceptance-notice")
    assert (before.counts, before.result) == (True, "予以受理")
    assert (after.counts, after.words) == (False, "文书不再有效（申请已撤回）")


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("CANCELLED", "文书真实，所准予的注册已注销"),
        ("RESCINDED", "文书不再有效（所准予的注册已撤销）"),
    ],
)
def test_a_grant_ends_with_its_registration(town: Town, ended: str, words: str) -> None:
    """§trust 4: nobody shows a decision whose registration has ended."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    before = answer(town, case, "decision")

    with writing(town.office.sessions) as session:
        granted = session.scalars(select(Registration)).one()
        registrations.end(session, granted, ended, reason="示例", at=town.office.now())

    after = answer(town, case, "decision")
    assert (before.counts, before.result, before.name[0]) == (True, "准予许可", after.name[0])
    assert (after.counts, after.words) == (False, words)


def test_a_decision_says_what_it_decided() -> None:
    """A cancellation that is granted or refused is no licence."""
    decided = letter_answers.RESULTS[DocumentKind.DECISION]
    said = {"is_cancellation": True, "is_refused": False, "deemed": False}

    assert decided(said) == "准予注销"
    assert decided({**said, "is_refused": True}) == "不予注销"
    assert decided({**said, "is_cancellation": False, "deemed": True}) == "视为准予延续"
