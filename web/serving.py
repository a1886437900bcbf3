"""What a process of the web server runs: the app, and the threads that do its jobs."""

from __future__ import annotations

import atexit
import contextlib
import ctypes

from flask import Flask

from web import create_app, wiring
from web.logs import configure
from web.settings import Settings

#: of malloc.h
_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3


def app() -> Flask:
    """Build the app in a fresh worker process and start its job threads."""
    configure()
    _thrifty_heap()
    settings = Settings.from_environment()
    office = wiring.open_office_of(settings)
    application = create_app(settings, office)
    if settings.worker_threads:
        crew = wiring.Crew(office, settings.worker_threads)
        crew.start()
        atexit.register(crew.stop)
    return application


def _thrifty_heap() -> None:
    """Let all threads share two heaps, and give large pieces back as soon as they are free.

    A heap for each thread would hold fifty megabytes more; without a fixed threshold glibc soon
    keeps whole documents for the next one.
    """
    with contextlib.suppress(AttributeError, OSError):  # only glibc has these knobs
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
