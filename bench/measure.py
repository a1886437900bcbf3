"""Clocks that a noisy machine disturbs least: CPU time, medians, and pairs measured in turn."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_ms(work: Callable[[], object], *, rounds: int = 30, warm: int = 3) -> float:
    """Return the median CPU milliseconds of this process for one call."""
    return _median(work, time.process_time, rounds, warm)


def wall_ms(work: Callable[[], object], *, rounds: int = 30, warm: int = 3) -> float:
    """Return the median wall milliseconds of one call."""
    return _median(work, time.perf_counter, rounds, warm)


def _median(
    work: Callable[[], object], clock: Callable[[], float], rounds: int, warm: int
) -> float:
    for _ in range(warm):
        work()
    taken = []
    for _ in range(rounds):
        gc.collect(0)
        began = clock()
        work()
        taken.append(clock() - began)
    return statistics.median(taken) * 1000


def paired_ms(
    ours: Iterable[Callable[[], object]], floor: Iterable[Callable[[], object]]
) -> tuple[float, float]:
    """Time two lists of calls in turn, one of each, so that noise meets both; return medians."""
    first, second = [], []
    for ours_once, other in zip(ours, floor, strict=True):
        began = time.perf_counter()
        ours_once()
        between = time.perf_counter()
        other()
        first.append(between - began)
        second.append(time.perf_counter() - between)
    return statistics.median(first) * 1000, statistics.median(second) * 1000


def process_cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of these processes and of the children they waited for."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15]))
    return total / TICK


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
