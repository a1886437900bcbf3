"""The keys for operators: when each certificate ends, what was rolled, what could not be."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Blueprint, render_template

from casework.keys import duty, restamping, stock
from casework.tallies import FEW, Tally
from refusals.refusal import Refusal
from registry.applications import documents
from registry.people.officers import OfficerRole
from registry.trail.audit import AuditEvent
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("operation_keys", __name__, url_prefix="/operations/keys")

SHOWN = 50  #: events
_ACTIONS = {
    duty.ROLLED: "更换密钥",
    duty.RENEWED: "更新印章证书",
    duty.UNDONE: "应办未办",
    restamping.FAILED: "未能补盖时间戳",
}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List the certificates that the service works with, and the last of what was done."""
    place = office()
    present = stock.of(place, place.now())
    return render_template(
        "operations/keys.html",
        lines=sorted(present.lines, key=lambda line: line.not_after),
        late=present.late,
        left=_left(),
        events=[
            {
                "at": event.at,
                "what_done": _ACTIONS.get(event.action, event.action),
                "what": event.facts.get("what", ""),
            }
            for event in _events()
        ],
    )


def _left() -> Tally[int] | None:
    """Count the papers that wait for a new stamp; None: it cannot be told, `late` says why.

    To count them all papers are looked at.
    """
    place, session = office(), db.session()
    try:
        return place.tallies.of(
            "papers to stamp",
            lambda: restamping.left(place),
            lambda _: documents.count(session, at_most=FEW + 1),
            place.now(),
        )
    except Refusal:
        return None


def _events() -> Sequence[AuditEvent]:
    newest = sa.select(AuditEvent).where(AuditEvent.subject == restamping.SUBJECT)
    return db.session.scalars(newest.order_by(AuditEvent.id.desc()).limit(SHOWN)).all()
