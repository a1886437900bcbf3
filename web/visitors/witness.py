"""What leaves a row in the trail by itself: every refusal, and every look at another's file.

A page need not think of it. Whatever it answers, the request is known by who asked, for which page
(its template, never its words) and about which thing. A second refusal of one kind to one source
within a minute is counted; the sweep writes the count when the minute is over.

What an officer or an enterprise is shown is a look, unless `looks.toml` names the page as one that
shows nobody's data. A list of people, or a part of a page that asks again by itself, leaves one row
an hour.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, request
from flask import session as kept
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from casework.privacy import bulk_reads
from engine.tables import UserTask
from refusals import denials
from registry.applications.attachments import Attachment
from registry.applications.documents import Document
from registry.trail import audit
from registry.trail.audit import Result
from storage import origin
from storage.database import Base, UtcDateTime, writing
from web.extensions import db, office
from web.visitors import access

WINDOW = timedelta(minutes=1)
LIST_WINDOW = timedelta(hours=1)
LOOKS = Path(__file__).with_name("looks.toml")
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
    "seals_id": "seals",
    "operator_id": "operator",
    "ban_id": "ban",
    "job_id": "job",
    "request_id": "key-request",
    "correction_id": "correction",
    "client_id": "client",
    "webhook_id": "webhook",
    "draft_id": "draft",
    "login": "login",
}
_HOLDERS = frozenset({"person", "enterprise"})  #: of keys; their pages name kind and subject
_LONGEST_SUBJECT = 80
_REFUSED = "refused."
_LOG = structlog.get_logger(__name__)


class RefusalCount(Base):
    """How often one source was refused in one way in a minute, or saw one list in an hour."""

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


def looks() -> dict[str, frozenset[str]]:
    """Name the pages that show `nobody`'s data, and those that are `parts` of another."""
    return {name: frozenset(pages) for name, pages in tomllib.loads(LOOKS.read_text()).items()}


def install(app: Flask) -> None:
    """Know whence each request comes, and write what it was refused or saw."""
    known = looks()

    @app.before_request
    def begin() -> None:
        rule = request.url_rule.rule if request.url_rule else "?"
        g.whence = origin.begin(f"{request.remote_addr} {request.method} {rule}")
        g.watched = denials.watch()

    @app.after_request
    def end(response: Response) -> Response:
        try:
            _witness(app, response, known)
        except DBAPIError as error:  # away: the answer says so itself, and goes out as it is
            _LOG.warning("not_witnessed", error=type(error.orig).__name__)
        return response

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        if "whence" in g:
            origin.end(g.pop("whence"))
            denials.end(g.pop("watched"))


def _witness(app: Flask, response: Response, known: dict[str, frozenset[str]]) -> None:
    codes = denials.noted()
    if request.url_rule is None:  # no page of ours, so nothing that could be kept from anybody
        return
    status = response.status_code
    if not codes and status in _REFUSING:
        codes = [_REFUSING[status]]
    if codes:
        _refused(codes, status)
    elif _is_look(app, status) and request.endpoint not in known["nobody"]:
        _seen(is_part=request.endpoint in known["parts"])


def _is_look(app: Flask, status: int) -> bool:
    """Tell whether an officer or an enterprise was shown a page of ours; people see their own.

    A form that came back with its faults shows what it is about as well.
    """
    visitor = g.get("visitor")
    if visitor is None or visitor.kind not in ("officer", "enterprise"):
        return False
    if status not in (200, 304, 422) or g.get("look_is_noted") or request.endpoint is None:
        return False
    rule = access.rule_of(app, request.endpoint)
    return rule is not None and bool(rule.kinds)


def _actor() -> str:
    """Name who asks; what is refused before his access was judged is of whoever has the session."""
    if "visitor" not in g:
        return str(kept.get("visitor") or "anonymous")
    return g.visitor.actor.id if g.visitor is not None else "anonymous"


def _refused(codes: Iterable[str], status: int) -> None:
    place, who, subject = office(), _actor(), _subject()
    for code in codes:
        action = f"{_REFUSED}{code}"[:60]
        with writing(place.sessions) as session:
            if _is_first(session, action, WINDOW):
                audit.record(
                    session,
                    action,
                    actor=who,
                    subject=subject,
                    at=place.now(),
                    result=Result.DENIED,
                    facts={"status": status},
                )
        _LOG.info(
            "refused", code=code, status=status, who=who, whence=origin.current(), about=subject
        )


def _is_first(session: Session, action: str, window: timedelta) -> bool:
    """Count what one source does upon one page, and tell whether it is the first in a window."""
    now, who, length = office().now(), _actor(), window.total_seconds()
    number = int(now.timestamp() // length)
    page = f"{request.method} {request.url_rule}"
    source = f"{who}/{request.remote_addr}/{action.removeprefix(_REFUSED)}/{page}"
    if not action.startswith(_REFUSED):
        source += f"/{_subject()}"
    values: dict[str, Any] = {
        "key": hashlib.sha256(f"{source}/{number}".encode()).hexdigest(),
        "ends_at": datetime.fromtimestamp((number + 1) * length, tz=now.tzinfo),
        "actor": who,
        "action": action,
        "subject": _subject(),
        "origin": origin.current(),
    }
    return bool(session.execute(_COUNT, values).scalar_one() == 1)


def _seen(*, is_part: bool) -> None:
    place, visitor = office(), g.visitor
    who, at = visitor.actor.id, place.now()
    named = {name: str(value)[:_LONGEST_SUBJECT] for name, value in _named().items()}
    action = "file.view" if named else "list.view"
    facts: dict[str, Any] = dict(named)
    if request.args.get("download"):
        facts["download"] = True
    with writing(place.sessions) as session:
        if (is_part or not named) and not _is_first(session, action, LIST_WINDOW):
            return
        audit.record(
            session,
            action,
            actor=who,
            acting_for=visitor.uscc,
            subject=_subject(),
            at=at,
            facts=facts,
        )
        if named and visitor.kind == "officer":
            bulk_reads.watch(session, who, at)


def _named() -> dict[str, Any]:
    """Give what the address of the page names."""
    return request.view_args or {}


def about(subject: str) -> None:
    """Name what this request is about, where its address does not: what refuses it says so."""
    g.about = subject


def known(otherwise: str) -> str:
    """Give what this request was said to be about."""
    return str(g.get("about", otherwise))


def _subject() -> str:
    """Name the thing that the page is about: of a file or a task the case that it belongs to."""
    if "about" in g:
        return str(g.about)[:_LONGEST_SUBJECT]
    named = _named()
    if named.get("kind") in _HOLDERS and "subject" in named:
        return f"{named['kind']}:{named['subject']}"[:_LONGEST_SUBJECT]
    for name, kind in _SUBJECTS.items():
        if name in named:
            case = _case_of(name, str(named[name]))
            return (f"application:{case}" if case else f"{kind}:{named[name]}")[:_LONGEST_SUBJECT]
    return f"page:{request.url_rule}"[:_LONGEST_SUBJECT]


def _case_of(name: str, identifier: str) -> str | None:
    """Give the case of a task or a file; None when there is none or the name is another's."""
    if name == "task_id":
        case = g.get("opened")
        if case is not None and case.waiting(identifier) is not None:
            return str(case.id)
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
    """Write how often the refusals of the minutes that are over were repeated; tell how many.

    That a list was looked at again within the hour is not told: one row says that it was seen.
    """
    with writing(sessions) as session:
        over = sa.delete(RefusalCount).where(RefusalCount.ends_at <= now).returning(RefusalCount)
        repeated = [
            counted
            for counted in session.scalars(over)
            if counted.count > 1 and counted.action.startswith(_REFUSED)
        ]
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
