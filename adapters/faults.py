"""Faults that a twin can be told to have, so that every trouble can be shown and tested."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters.errors import WrongAnswer
from adapters.systems import System
from adapters.wire.http import TIMEOUT_S
from registry.errors import Unavailable
from storage.database import Base, writing

Row = TypeVar("Row", bound=Base)
LONGEST_S = 60.0  #: a slow system answers after a minute at the latest


class OutsideFault(StrEnum):
    """What is wrong with an outside system."""

    NONE = "none"
    DOWN = "down"  #: answers 503
    ERROR = "error"  #: answers 500
    GARBAGE = "garbage"  #: answers what cannot be understood
    SLOW = "slow"  #: answers late
    WRONG = "wrong"  #: a well-formed answer, but about somebody else

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self]


_LABELS = {
    OutsideFault.NONE: "正常",
    OutsideFault.DOWN: "停止服务（503）",
    OutsideFault.ERROR: "内部错误（500）",
    OutsideFault.GARBAGE: "返回内容无法识别",
    OutsideFault.SLOW: "响应缓慢",
    OutsideFault.WRONG: "返回他人或其他企业的信息",
}


class TwinFault(Base):
    """The fault of one twin, for every process of an installation; no row: none."""

    __tablename__ = "twin_fault"

    system: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    fault: Mapped[str] = mapped_column(sa.String(10))
    seconds: Mapped[float] = mapped_column(sa.Float)


def _said(row: TwinFault | None) -> tuple[OutsideFault, float]:
    return (OutsideFault(row.fault), row.seconds) if row else (OutsideFault.NONE, 0.0)


@cache
def _looking(table: type[Base], where: str | None) -> sa.Select[Any, Any]:
    """Build the look at a switch and the rows of its twin: it is always the same."""
    switch = sa.select(sa.literal(1).label("always")).subquery()
    his = sa.true() if where is None else getattr(table, where) == sa.bindparam("b_value")
    return (
        sa.select(TwinFault, table)
        .select_from(switch)
        .outerjoin(TwinFault, TwinFault.system == sa.bindparam("b_system"))
        .outerjoin(table, his)
    )


class Faults:
    """The switch of one twin, which asks it before each answer."""

    def __init__(
        self,
        system: System,
        sessions: sessionmaker[Session] | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Keep the switch in the database, or without `sessions` in this object alone.

        `sleep` stands for the waiting of a slow system.
        """
        self.system = system
        self._sessions = sessions
        self._sleep = sleep
        self._here = (OutsideFault.NONE, 0.0)

    def switch(self, fault: OutsideFault, seconds: float = 0.0) -> None:
        """Be so from now on; `seconds` is how late a SLOW system answers.

        Raises: ValueError for a time that is negative or longer than a minute.
        """
        if not 0 <= seconds <= LONGEST_S:
            raise ValueError(f"seconds must be between 0 and {LONGEST_S:.0f}")
        if self._sessions is None:
            self._here = (fault, seconds)
            return
        with writing(self._sessions) as session:
            row = TwinFault(system=self.system.value, fault=fault.value, seconds=seconds)
            session.merge(row)

    def present(self) -> tuple[OutsideFault, float]:
        """Give the fault, and how many seconds a slow system takes."""
        if self._sessions is None:
            return self._here
        with self._sessions() as session:
            return _said(session.get(TwinFault, self.system.value))

    def before_answer(self) -> None:
        """Behave as the client of the real system would see it.

        Raises: Unavailable, WrongAnswer.
        """
        self._behave(*self.present())

    def before_rows(
        self,
        table: type[Row],
        sessions: sessionmaker[Session],
        where: str | None = None,
        value: str | None = None,
    ) -> list[Row]:
        """Behave so, and give the rows of the twin: one look reads the switch and them.

        Those whose column `where` has the `value`, or all. Raises: Unavailable, WrongAnswer.
        """
        values = {"b_system": self.system.value, "b_value": value}
        with sessions() as session:
            rows = session.execute(_looking(table, where), values).all()
        self._behave(*(self._here if self._sessions is None else _said(rows[0][0])))
        return [row[1] for row in rows if row[1] is not None]

    def _behave(self, fault: OutsideFault, seconds: float) -> None:
        if fault is OutsideFault.WRONG:
            raise WrongAnswer(system=self.system.label)
        if fault is OutsideFault.SLOW:
            self._sleep(min(seconds, TIMEOUT_S))
        too_late = fault is OutsideFault.SLOW and seconds >= TIMEOUT_S
        if too_late or fault in (OutsideFault.DOWN, OutsideFault.ERROR, OutsideFault.GARBAGE):
            raise Unavailable(system=self.system.label)
