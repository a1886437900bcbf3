"""An action as its caller asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.jobs.queue import Claim

Write = Callable[[Session], None]  #: joins the transaction of an action


@dataclass(frozen=True, kw_only=True)
class Then:
    """What the same actor does next, in the same action: the user task that it leads to."""

    node: str
    values: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An action as its caller asked for it."""

    kind: str
    node: str | None
    actor: Actor
    completed: str | None = None
    claimed_at: datetime | None = None  #: when a hold of the completed task began that is over
    write: Write | None = None
    held: Claim | None = None
    then: Then | None = None
    takes: str | None = None  #: node of the user task that the actor takes when it opens
