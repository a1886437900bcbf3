"""Faults that a twin can be told to have, so that every trouble can be shown and tested."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from adapters.errors import Unavailable
from adapters.http import TIMEOUT_S


class Fault(StrEnum):
    """What is wrong with an outside system."""

    NONE = "none"
    DOWN = "down"  #: answers 503
    ERROR = "error"  #: answers 500
    GARBAGE = "garbage"  #: answers what cannot be understood
    SLOW = "slow"  #: answers late
    WRONG = "wrong"  #: a well-formed answer, but about somebody else


class Faults:
    """The switch of one twin; a twin asks it before each answer."""

    def __init__(
        self, system: str, fault: Fault = Fault.NONE, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take what people call the system; `sleep` stands for the waiting of a slow one."""
        self.system = system
        self.fault = fault
        self.seconds = 0.0  #: how late a slow system answers
        self._sleep = sleep

    def switch(self, fault: Fault, seconds: float = 0.0) -> None:
        """Be so from now on; `seconds` matters for SLOW alone."""
        self.fault, self.seconds = fault, seconds

    def before_answer(self) -> None:
        """Behave as the system's client would see it. Raises: Unavailable."""
        if self.fault in (Fault.DOWN, Fault.ERROR, Fault.GARBAGE):
            raise Unavailable(system=self.system)
        if self.fault is Fault.SLOW:
            self._sleep(min(self.seconds, TIMEOUT_S))
            if self.seconds > TIMEOUT_S:
                raise Unavailable(system=self.system)

    @property
    def is_wrong(self) -> bool:
        """Tell whether answers are about somebody else."""
        return self.fault is Fault.WRONG
