"""Holding a task: who took it out of a common inbox, and for how long nobody else may do it.

An officer holds a task until he gives it back, somebody takes it back for him, or he has the inbox
no more: the house says who still has it (`Keeps`). At an enterprise, where several people have the
same inbox and nobody gives back, a hold ends by itself after fifteen minutes too (C.9).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine.actors import Actor, is_enterprise

SPAN = timedelta(minutes=15)

#: Tells whether who holds a task (an actor's id) still has its inbox.
Keeps = Callable[[Session, str, str], bool]


def always(_: Session, __: str, ___: str) -> bool:
    """Say that whoever took a task keeps its inbox: a house whose people never change."""
    return True


def ends_at(inbox: str, claimed_at: datetime | None) -> datetime | None:
    """Give when a hold ends by itself; None: it does not."""
    if claimed_at is None or not is_enterprise(inbox):
        return None
    return claimed_at + SPAN


def is_anothers(
    inbox: str, claimed_by: str | None, claimed_at: datetime | None, *, actor: Actor, now: datetime
) -> bool:
    """Tell whether somebody else than `actor` holds a task now."""
    if claimed_by is None or claimed_by == actor.id:
        return False
    end = ends_at(inbox, claimed_at)
    return end is None or now < end
