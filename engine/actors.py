"""Who acts: the one person, officer or program behind an action, and the inboxes they may open."""

from __future__ import annotations

from dataclasses import dataclass

#: Values of the property `actorRole` of a user task, and where its work waits.
ROLES = frozenset(
    {"applicant", "enterprise", "acceptor", "reviewer", "approver", "operator", "officer"}
)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`id` is "person:<id>", "operator:<id>", "officer:<id>" or "system"."""

    id: str
    inboxes: frozenset[str] = frozenset()

    def may_open(self, inbox: str) -> bool:
        """Tell whether work in `inbox` is this actor's."""
        return inbox in self.inboxes


SYSTEM = Actor(id="system")


def person(person_id: str) -> Actor:
    """Return the applicant as actor."""
    return Actor(id=f"person:{person_id}", inboxes=frozenset({f"person:{person_id}"}))


def operator(operator_id: str, uscc: str) -> Actor:
    """Return a person who acts for the enterprise `uscc`."""
    return Actor(id=f"operator:{operator_id}", inboxes=frozenset({f"enterprise:{uscc}"}))


def officer(officer_id: str, *roles: str) -> Actor:
    """Return an officer of the agency with `roles` (acceptor, reviewer, approver, operator)."""
    return Actor(id=f"officer:{officer_id}", inboxes=frozenset(f"role:{role}" for role in roles))


def inbox_of(role: str, person_id: object, uscc: object, officer_role: object = None) -> str:
    """Return the inbox in which a task for `role` waits.

    "officer" is the role that the case began with (variable `officer_role`).

    >>> inbox_of("applicant", "17", None), inbox_of("reviewer", "17", None)
    ('person:17', 'role:reviewer')
    """
    if role == "applicant":
        return f"person:{person_id}"
    if role == "enterprise":
        return f"enterprise:{uscc}"
    if role == "officer":
        return f"role:{officer_role}"
    return f"role:{role}"
