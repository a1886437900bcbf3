"""Whatever a program is shown of somebody leaves a row of the trail, whichever way it asks."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import func, select

from engine.tables import UserTask
from registry.applications.attachments import Attachment
from registry.applications.documents import Document
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.trail.audit import AuditEvent
from tests.web.api.program import Program
from tests.web.place import TAO, Place
from web.api.declared import ROUTES


def ids_in(place: Place) -> dict[str, str]:
    """Give a true id for every argument that addresses take."""
    with place.office.sessions() as session:
        return {
            "application_id": place.application_id,
            "document_id": session.scalars(select(Document.id)).first() or "",
            "attachment_id": session.scalars(select(Attachment.id)).first() or "",
            "certificate_id": session.scalars(select(Certificate.id)).first() or "",
            "registration_id": session.scalars(select(Registration.id)).first() or "",
            "task_id": session.scalars(select(UserTask.id)).first() or "",
        }


def rows(place: Place) -> int:
    with place.office.sessions() as session:
        return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@pytest.mark.proves("F:traces-1")
def test_whatever_a_program_is_shown_of_somebody_leaves_a_row(
    place: Place, ours: Program, reviewer: Program
) -> None:
    """D.4: each address that answers a program of an enterprise or of an officer; none unseen."""
    ids, shown, unseen = ids_in(place), set[str](), list[str]()
    place.office.clock.turn(hours=2)  # type: ignore[attr-defined]  # a list leaves a row an hour

    for caller in (ours, reviewer):
        caller.token = ""
        for route in ROUTES:
            if route.method != "GET" or route.scope is None or "verifications" in route.path:
                continue
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: ids.get(name[1], "nothing"), route.path)
            before = rows(place)
            answer = caller.ask("GET", path)
            if answer.status_code != 200 or not _shows_somebody(answer.data):
                continue
            shown.add(route.name)
            if rows(place) == before:
                unseen.append(f"{caller.id} {path}")

    assert len(shown) > 3
    assert unseen == []


def _shows_somebody(said: bytes) -> bool:
    """Tell whether an answer names 陶示例, or is a file."""
    try:
        return TAO.name in json.dumps(json.loads(said), ensure_ascii=False)
    except ValueError:
        return True
