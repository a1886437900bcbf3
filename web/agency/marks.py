"""What an officer marks at a field of a form: the name of the field → what to correct there."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from casework.application import corrections_asked
from casework.application.corrections_asked import CorrectionItem
from registry.applications.applications import Application
from web.extensions import db

MARK = "mark:"  #: begins the name of each mark on the page


def typed() -> dict[str, str]:
    """Read the marks of a posted page; an empty one is none."""
    return {
        name.removeprefix(MARK): value.strip()
        for name, value in request.form.items()
        if name.startswith(MARK) and value.strip()
    }


def shown(application: Application) -> Mapping[str, object]:
    """Give what the pages of a case show of a correction: each item with its answer.

    Of a request that was made again, what it says otherwise and which files came.
    """
    session = db.session()
    items: list[CorrectionItem] = corrections_asked.of(session, application)
    made_again = corrections_asked.request_made_again(session, application) if items else None
    return {
        "correction_items": items,
        "request_fields": corrections_asked.REQUEST,
        "request_changed": made_again,
    }
