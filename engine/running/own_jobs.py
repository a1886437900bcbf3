"""The jobs that a thread leased to itself, to run after its commit."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from engine.jobs.queue import Claim
from engine.operations import Opened
from engine.tables import ProcessInstance


@dataclass(frozen=True, kw_only=True)
class Left:
    """How an action left its instance: the next one computes from it without asking again.

    Whoever acts on the instance in between raises its version, and what was computed from here is
    refused as stale and computed again from the row.
    """

    instance: ProcessInstance
    case: Opened


@dataclass(frozen=True, kw_only=True)
class OwnJob:
    """A job under our own lease, with how the action that asked for it left the case."""

    claim: Claim
    left: Left


class OwnJobs(threading.local):
    """What waits for this thread; each thread sees its own."""

    def __init__(self) -> None:
        self.queue: list[OwnJob] = []
        self.is_running = False
