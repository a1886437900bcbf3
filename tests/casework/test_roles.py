"""Who may act is asked of the actor, in one closed list of roles."""

from __future__ import annotations

import re
from pathlib import Path

from engine import actors
from engine.actors import ROLES
from registry.people.officers import OfficerRole

ROOT = Path(__file__).parents[2]
_BY_HAND = re.compile(r'"role:|actor\.inboxes [|&]|(?<!not )in actor\.inboxes$', re.MULTILINE)


def test_diagrams_and_the_register_know_the_same_roles() -> None:
    """I12: what a diagram may write as actorRole is the applicant, the enterprise, an officer.

    Analysts and publishers work on diagrams, never in them.
    """
    at_cases = set(OfficerRole) - {OfficerRole.ANALYST, OfficerRole.PUBLISHER}
    assert set(ROLES) == {"applicant", "enterprise", "officer", *at_cases}


def test_nobody_writes_an_inbox_by_hand() -> None:
    """The shapes of inboxes stand in engine.actors alone: a slip in one would let nobody in."""
    written = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for package in ("casework", "professions", "web")
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in path.read_text().splitlines()
        if _BY_HAND.search(line) and ">>>" not in line
    ]

    assert written == []


def test_an_actor_is_asked_who_he_is() -> None:
    """C.9: a person, an operator and an officer are each only what they are."""
    person, operator = actors.person("17"), actors.operator("8", "914403001922038216")
    officer = actors.officer("3", OfficerRole.REVIEWER, OfficerRole.APPROVER)

    assert person.is_person("17")
    assert not person.is_person("18")
    assert not any(each.is_person("17") for each in (operator, officer, actors.SYSTEM))
    assert operator.is_operator_of("914403001922038216")
    assert not operator.is_operator_of(None)
    assert (operator.uscc, person.uscc) == ("914403001922038216", None)
    assert officer.has_role(OfficerRole.APPROVER)
    assert not officer.has_role(OfficerRole.ACCEPTOR)
    assert officer.has_role(OfficerRole.ACCEPTOR, OfficerRole.REVIEWER)


def test_who_stands_in_keeps_his_name() -> None:
    """A step that follows from somebody's own is his in the trail, and opens one inbox more."""
    officer = actors.officer("3", OfficerRole.APPROVER)

    deputy = officer.standing_in(actors.role_inbox(OfficerRole.ACCEPTOR))

    assert deputy.id == officer.id
    assert deputy.has_role(OfficerRole.APPROVER)
    assert deputy.has_role(OfficerRole.ACCEPTOR)
    assert not officer.has_role(OfficerRole.ACCEPTOR)
