"""The knobs of glibc's heap, for every process that works for long; elsewhere they do nothing."""

from __future__ import annotations

import contextlib
import ctypes

#: of malloc.h
_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3


def be_thrifty() -> None:
    """Let all threads share two heaps, and give large pieces back as soon as they are free.

    A heap for each thread would hold fifty megabytes more; without a fixed threshold glibc soon
    keeps whole documents for the next one. Call it before threads start.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def trim() -> None:
    """Give the system back what is held free: tens of megabytes after a busy minute."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
