"""What a process of the web server runs: the app, and the threads that do its jobs."""

from __future__ import annotations

import atexit
import contextlib
import ctypes

from flask import Flask

from web import create_app, wiring
from web.logs import configure
from web.settings import Settings

_M_ARENA_MAX = -8  #: of malloc.h


def app() -> Flask:
    """Build the app in a fresh worker process and start its job threads."""
    configure()
    _few_arenas()
    settings = Settings.from_environment()
    office = wiring.open_office_of(settings)
    application = create_app(settings, office)
    if settings.worker_threads:
        crew = wiring.Crew(office, settings.worker_threads)
        crew.start()
        atexit.register(crew.stop)
    return application


def _few_arenas() -> None:
    """Let all threads share two heaps: one for each would hold fifty megabytes more."""
    with contextlib.suppress(AttributeError, OSError):  # only glibc has this knob
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
