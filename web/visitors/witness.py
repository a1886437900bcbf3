"""What leaves a row in the trail by itself: every refusal, and every look at another's file.

A page need not think of it. Whatever it answers, the request is known by who asked, for which page
(its template, never its words) and about which thing. A second refusal of one kind to one source
within a minute is counted; the sweep writes the count when the minute is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from engine.tables import UserTask
from refusals import denials
from registry.applications.attachments import Attachment
from registry.applications.documents import Document
from registry.trail import audit
from registry.trail.audit import Result
from storage import origin
from storage.database import Base, UtcDateTime, writing
from web.extensions import db, office

WINDOW = timedelta(minutes=1)
#: Statuses that refuse by themselves, with the code when none was noted on the way.
_REFUSING = {403: "E_FORBIDDEN", 404: "E_NOT_FOUND", 429: "E_TOO_MANY_ATTEMPTS"}
#: Part of a page's address → what it names in the trail, in the order in which it is looked for.
_SUBJECTS = {
    "application_id": "application",
    "task_id": "task",
    "document_id": "document",
    "attachment_id": "attachment",
    "person_id": "person",
    "registration_id": "registration",
    "certificate_id": "certificate",
    "copy_id": "copy",
    "batch_id": "rename",
}
_LONGEST_SUBJECT = 80
_LOG = structlog.get_logger(__name__)


class RefusalCount(Base):
    """How often one source was refused in one way within one minute."""

    __tablename__ = "web_refusal"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    count: Mapped[int] = mapped_column(sa.Integer)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(sa.String(60))
    action: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(80))
    origin: Mapped[str] = mapped_column(sa.String(200))


_COUNT = sa.text(
    "INSERT INTO web_refusal (key, count, ends_at, actor, action, subject, origin)"
    " VALUES (:key, 1, :ends_at, :actor, :action, :subject, :origin)"
    " ON CONFLICT (key) DO UPDATE SET count = web_refusal.count + 1 RETURNING count"
).bindparams(sa.bindparam("ends_at", type_=UtcDateTime()))


def install(app: Flask) -> None:
    """Know whence each request comes, and write what it was refused or saw."""

    @app.before_request
    def begin() -> None:
        rule = request.url_rule.rule if request.url_rule else "?"
        g.whence = origin.begin(f"{request.remote_addr} {request.method} {rule}")
        g.watched = denials.watch()

    @app.after_request
    def end(response: Response) -> Response:
        try:
            _witness(response)
        except DBAPIError as error:  # away: the answer says so itself, and goes out as it is
            _LOG.warning("not_witnessed", error=type(error.orig).__name__)
        return response

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        if "whence" in g:
            origin.end(g.pop("whence"))
            denials.end(g.pop("watched"))


def _witness(response: Response) -> None:
    codes = denials.noted()
    if request.url_rule is None:  # no page of ours, so nothing that could be kept from anybody
        return
    status = response.status_code
    if not codes and status in _REFUSING:
        codes = [_REFUSING[status]]
    if codes:
        _refused(codes, status)
    elif _is_look(status):
        _seen()


def _is_look(status: int) -> bool:
    """Tell whether an officer or an enterprise was shown somebody's file; not one's own."""
    visitor = g.get("visitor")
    return (
        status in (200, 304)
        and visitor is not None
        and visitor.kind in ("officer", "enterprise")
        and request.method in ("GET", "HEAD")
        and "HX-Request" not in request.headers  # the page around it was seen before
        and not g.get("look_is_noted")
        and any(name in (request.view_args or {}) for name in _SUBJECTS)
    )


def _actor() -> str:
    visitor = g.get("visitor")
    return visitor.actor.id if visitor is not None else "anonymous"


def _refused(codes: Iterable[str], status: int) -> None:
    place, who, subject = office(), _actor(), _subject()
    now, rule = place.now(), str(request.url_rule)
    for code in codes:
        window = int(now.timestamp() // WINDOW.total_seconds())
        source = f"{who}/{request.remote_addr}/{code}/{rule}/{window}"
        values: dict[str, Any] = {
            "key": hashlib.sha256(source.encode()).hexdigest(),
            "ends_at": datetime.fromtimestamp((window + 1) * WINDOW.total_seconds(), tz=now.tzinfo),
            "actor": who,
            "action": f"refused.{code}"[:60],
            "subject": subject,
            "origin": origin.current(),
        }
        with writing(place.sessions) as session:
            if session.execute(_COUNT, values).scalar_one() == 1:
                audit.record(
                    session,
                    values["action"],
                    actor=who,
                    subject=subject,
                    at=now,
                    result=Result.DENIED,
                    facts={"status": status},
                )
        _LOG.info(
            "refused", code=code, status=status, who=who, whence=origin.current(), about=subject
        )


def _seen() -> None:
    place, visitor = office(), g.visitor
    facts: dict[str, Any] = {
        name: value for name, value in (request.view_args or {}).items() if name in _SUBJECTS
    }
    if request.args.get("download"):
        facts["download"] = True
    with writing(place.sessions) as session:
        audit.record(
            session,
            "file.view",
            actor=visitor.actor.id,
            acting_for=visitor.uscc,
            subject=_subject(),
            at=place.now(),
            facts=facts,
        )


def _subject() -> str:
    """Name the thing that the page is about: of a file or a task the case that it belongs to."""
    named = request.view_args or {}
    for name, kind in _SUBJECTS.items():
        if name in named:
            case = _case_of(name, str(named[name]))
            return (f"application:{case}" if case else f"{kind}:{named[name]}")[:_LONGEST_SUBJECT]
    return f"page:{request.url_rule}"[:_LONGEST_SUBJECT]


def _case_of(name: str, identifier: str) -> str | None:
    """Give the case of a task or a file; None when there is none or the name is another's."""
    if name == "task_id":
        task = db.session.get(UserTask, identifier)
        return task.business_key if task else None
    if name == "document_id":
        document = db.session.get(Document, identifier)
        return document.application_id if document else None
    if name == "attachment_id":
        attachment = db.session.get(Attachment, identifier)
        return attachment.application_id if attachment else None
    return None


def sweep(sessions: sessionmaker[Session], now: datetime) -> int:
    """Write how often the refusals of the minutes that are over were repeated; tell how many."""
    with writing(sessions) as session:
        over = sa.delete(RefusalCount).where(RefusalCount.ends_at <= now).returning(RefusalCount)
        repeated = [count for count in session.scalars(over) if count.count > 1]
        for counted in repeated:
            audit.record(
                session,
                counted.action,
                actor=counted.actor,
                subject=counted.subject,
                at=now,
                result=Result.DENIED,
                facts={"repeated": counted.count - 1, "until": counted.ends_at.isoformat()},
                origin=counted.origin,
            )
    return len(repeated)
