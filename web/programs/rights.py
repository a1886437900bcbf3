"""Who may do what with a program, decided in one place.

A program is the tool of one person in post, and its secret is his alone: nobody else is ever shown
it, neither an operator of the house nor the administrator of his enterprise. They see it and end
it. An integrator's program acts for nobody, and operators keep it.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, or_, true

from refusals.refusal import NotFound
from registry.clients import clients
from registry.clients.clients import Client
from registry.enterprises.operators import Duty
from registry.people.officers import OfficerRole
from web.extensions import db
from web.visitors import access


class Right(StrEnum):
    """What may be done with a program."""

    SEE = "see"
    DRAW = "draw"  #: be shown a new secret
    LISTEN = "listen"  #: add an address, whose secret is shown
    STOP = "stop"  #: end it, its secrets or its messages


def is_operator() -> bool:
    """Tell whether the visitor is an operator of the house, who sees every program."""
    return OfficerRole.OPERATOR in access.visitor().roles


def may_register() -> bool:
    """Tell whether the visitor may add programs: an operator, or who appoints in his enterprise."""
    visitor = access.visitor()
    return is_operator() or (visitor.kind == "enterprise" and visitor.may(Duty.APPOINT))


def of(client: Client) -> frozenset[Right]:
    """Give what the visitor may do with a program."""
    visitor = access.visitor()
    is_own = client.acts_as == visitor.actor.id
    is_ours = visitor.uscc is not None and client.uscc == visitor.uscc
    is_administrator = is_ours and visitor.may(Duty.APPOINT)
    is_kept = is_operator() and client.acts_as is None
    rules = {
        Right.SEE: is_own or is_ours or is_operator(),
        Right.DRAW: is_own or is_kept,
        Right.LISTEN: is_own or is_administrator,
        Right.STOP: is_own or is_administrator or is_operator(),
    }
    return frozenset(right for right, holds in rules.items() if holds)


def seen() -> ColumnElement[bool]:
    """Give which programs the visitor is shown, as `Right.SEE` has it."""
    if is_operator():
        return true()
    visitor = access.visitor()
    own = Client.acts_as == visitor.actor.id
    return own if visitor.uscc is None else or_(own, Client.uscc == visitor.uscc)


def own(client_id: str, right: Right = Right.SEE) -> Client:
    """Give a program with which the visitor may do something; raises `NotFound`."""
    client = clients.get(db.session(), client_id)
    if right not in of(client):
        raise NotFound
    return client
