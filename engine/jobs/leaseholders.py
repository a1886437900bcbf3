"""Which process holds a lease, so that its successor need not wait until the lease ends.

A holder is written as host/boot/pid/start. Only the machine itself can tell that one of its
processes is no more; what cannot be known from here counts as alive, and its lease runs out.
"""

from __future__ import annotations

import os
import platform
from functools import lru_cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def me() -> str:
    """Return the name of this process as a holder of leases."""
    return _name(os.getpid())


@lru_cache(maxsize=4)  # of a process and its children
def _name(pid: int) -> str:
    return f"{_machine()}/{pid}/{_started(pid) or ''}"


def is_gone(holder: str) -> bool:
    """Tell whether a holder is known to have ended: a process of this machine since its start."""
    machine, _, process = holder.partition(f"{_machine()}/")
    pid, _, started = process.partition("/")
    if machine or not (pid.isdigit() and started):
        return False
    return _started(int(pid)) != started


@lru_cache(maxsize=1)
def _machine() -> str:
    try:
        boot = _BOOT.read_text().strip()
    except OSError:
        boot = ""
    return f"{platform.node()[:60]}/{boot[:8]}"


def _started(pid: int) -> str | None:
    """Return when a process was started, in ticks since boot; None when it is not running."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else started
