"""Where a rename of an enterprise stands."""

from __future__ import annotations

from enum import StrEnum


class BatchState(StrEnum):
    """Where a batch stands."""

    COMPUTED = "COMPUTED"
    CONFIRMED = "CONFIRMED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    CANCELLED = "CANCELLED"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _STATES[self]


_STATES = {
    BatchState.COMPUTED: "待确认",
    BatchState.CONFIRMED: "已确认",
    BatchState.RUNNING: "正在更名",
    BatchState.DONE: "已完成",
    BatchState.PARTIAL: "部分未完成",
    BatchState.CANCELLED: "已取消",
}
