"""What a process of the web server runs: the app, and the threads that do its jobs."""

from __future__ import annotations

import atexit

from flask import Flask

from web import create_app
from web.process import heap, wiring
from web.process.logs import configure
from web.settings import Settings


def app() -> Flask:
    """Build the app in a fresh worker process and start its job threads."""
    configure()
    heap.be_thrifty()
    settings = Settings.from_environment()
    office = wiring.open_office_of(settings)
    application = create_app(settings, office)
    if settings.worker_threads:
        crew = wiring.Crew(office, settings.worker_threads)
        crew.start()
        atexit.register(crew.stop)
    return application
