"""The clock of this machine, held against the one that all processes share: the database's.

A process whose clock is wrong would fire reminders and ends of periods too early or date what it
does wrongly. It takes nothing from the queue that waits for its moment, until the clocks agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.jobs.queue import database_now

LIMIT_S = 30.0  #: how far the clocks may be apart


@dataclass
class MachineClock:
    """What this process knows of its clock; one for each process."""

    wall: Callable[[], float] = time.time  #: seconds since 1970
    ahead_s: float = 0.0  #: at the last comparison; negative when it is slow

    @property
    def is_right(self) -> bool:
        """Tell whether the clocks agreed when they were compared last."""
        return abs(self.ahead_s) <= LIMIT_S

    def compare(self, session: Session) -> bool:
        """Ask the database for its time; tell whether the clocks agree."""
        before = self.wall()
        there = session.scalar(select(database_now())) or 0.0
        return self.note(before, float(there))

    def note(self, before: float, there: float) -> bool:
        """Take what the database said, asked since `before`; tell whether the clocks agree."""
        self.ahead_s = (before + self.wall()) / 2 - there
        return self.is_right

    @property
    def trouble(self) -> str:
        """Give what is wrong, with the remedy, for who runs the service; empty when nothing is."""
        if self.is_right:
            return ""
        way = "快" if self.ahead_s > 0 else "慢"
        return (
            f"本机时钟比数据库{way}{abs(self.ahead_s):.0f}秒，本进程已停止执行定时事项。"
            "请校准两台机器的时间（如启用 chrony 或 systemd-timesyncd），恢复后自动继续。"
        )
