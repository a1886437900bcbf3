"""The knobs of memory, for every process that works for long.

Those of glibc's heap do nothing elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

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


#: New objects after which Python looks for circles among them, and looks after which it goes on to
#: the older ones: 700 and 10 looked 400 times in a registration, which leaves few circles.
_YOUNG, _OLDER = 20_000, 20


def look_less_often() -> None:
    """Look for garbage after many new objects: what a command imports is none, and it stays.

    Call it before anything large is imported: 540 looks were a fifth of the imports of a start.
    """
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)


def settle() -> None:
    """Leave what is there for good out of every search for garbage; call it once all is open."""
    gc.collect()
    gc.freeze()
    look_less_often()


def trim() -> None:
    """Give the system back what is held free: tens of megabytes after a busy minute."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
