"""Who acts: the one person, officer or program behind an action, and the inboxes they may open."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Values of the property `actorRole` of a user task, and where its work waits.
ROLES = frozenset(
    {"applicant", "enterprise", "acceptor", "reviewer", "approver", "operator", "officer"}
)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`id` is "person:<id>", "operator:<id>", "officer:<id>" or "system"."""

    id: str
    inboxes: frozenset[str] = frozenset()

    @property
    def told_in(self) -> list[str]:
        """The inboxes in which this actor is told: the common ones, and the own one."""
        return sorted({*self.inboxes, self.id})

    def may_open(self, inbox: str) -> bool:
        """Tell whether work in `inbox` is this actor's."""
        return inbox in self.inboxes

    def is_person(self, person_id: str | None) -> bool:
        """Tell whether this is the person himself."""
        return person_inbox(person_id) in self.inboxes

    def is_operator_of(self, uscc: str | None) -> bool:
        """Tell whether this actor acts for the enterprise."""
        return enterprise_inbox(uscc) in self.inboxes

    def has_role(self, *roles: str) -> bool:
        """Tell whether this is an officer with one of the roles."""
        return any(role_inbox(role) in self.inboxes for role in roles)

    @property
    def uscc(self) -> str | None:
        """The enterprise that this actor acts for."""
        acting_for = (inbox for inbox in sorted(self.inboxes) if is_enterprise(inbox))
        return next((inbox.partition(":")[2] for inbox in acting_for), None)

    def standing_in(self, inbox: str) -> Actor:
        """Return this actor with one inbox more, for a step that follows from his own."""
        return replace(self, inboxes=self.inboxes | {inbox})


SYSTEM = Actor(id="system")


def person(person_id: str) -> Actor:
    """Return the applicant as actor."""
    return Actor(id=f"person:{person_id}", inboxes=frozenset({person_inbox(person_id)}))


def operator(operator_id: str, uscc: str) -> Actor:
    """Return a person who acts for the enterprise `uscc`."""
    return Actor(id=f"operator:{operator_id}", inboxes=frozenset({enterprise_inbox(uscc)}))


def officer(officer_id: str, *roles: str) -> Actor:
    """Return an officer of the agency with `roles` (acceptor, reviewer, approver, operator)."""
    return Actor(id=f"officer:{officer_id}", inboxes=frozenset(role_inbox(role) for role in roles))


def person_inbox(person_id: object) -> str:
    """Return the inbox of a person."""
    return f"person:{person_id}"


def enterprise_inbox(uscc: object) -> str:
    """Return the inbox that the operators of an enterprise share."""
    return f"enterprise:{uscc}"


def role_inbox(role: object) -> str:
    """Return the inbox that the officers of a role share."""
    return f"role:{role}"


def is_person(inbox: str) -> bool:
    """Tell whether an inbox is a person's."""
    return inbox.startswith("person:")


def is_enterprise(inbox: str) -> bool:
    """Tell whether an inbox is an enterprise's."""
    return inbox.startswith("enterprise:")


def is_role(inbox: str) -> bool:
    """Tell whether an inbox is that of the officers of a role."""
    return inbox.startswith("role:")


def inbox_of(role: str, person_id: object, uscc: object, officer_role: object = None) -> str:
    """Return the inbox in which a task for `role` waits.

    "officer" is the role that the case began with (variable `officer_role`).

    >>> inbox_of("applicant", "17", None), inbox_of("reviewer", "17", None)
    ('person:17', 'role:reviewer')
    """
    if role == "applicant":
        return person_inbox(person_id)
    if role == "enterprise":
        return enterprise_inbox(uscc)
    return role_inbox(officer_role if role == "officer" else role)
