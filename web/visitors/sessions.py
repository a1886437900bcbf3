"""Server-side sessions: the cookie is a random name, everything else is a row that can be ended.

But for what one page leaves to be told on the next: that is signed for this one session, and kept
by the browser, so that a word costs no write before the page and none after it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Request, Response, request
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker
from werkzeug.datastructures import CallbackDict

from registry.enterprises.enterprises import Enterprise, Operator
from registry.law import parameters
from registry.people.officers import Officer
from registry.people.persons import Person
from registry.trail import notices
from storage.database import Base, Encrypted, UtcDateTime, insert_of, writing
from web import tokens

IDLE = timedelta(minutes=30)  #: a session nobody uses ends
LONGEST = timedelta(hours=8)  #: a session in use ends too
REMEMBERED = timedelta(hours=12)  #: how long it is known whose an ended one was
_MOST_COOKIES = 4  #: of one name that are looked at
_TOUCH = timedelta(minutes=1)  #: how exactly "used last" is kept
_SERIALIZER = TaggedJSONSerializer()
_FLASHES = "_flashes"  #: where Flask keeps what is to be told
_MOST_TOLD = 3000  #: characters that a browser keeps; more goes into the row
_LOG = structlog.get_logger(__name__)


class WebSession(Base):
    """One browser session; the cookie itself is not stored."""

    __tablename__ = "web_session"

    id_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    visitor: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    data: Mapped[str] = mapped_column(Encrypted("web_session.data"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def _is_of(kind: str, key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Join the table of one kind of visitor by the key that `kind:key` names."""
    visitor = WebSession.visitor
    pattern = sa.literal_column(f"'{kind}:%'", sa.String())  # see `storage.literals`
    return sa.and_(visitor.like(pattern), key == sa.func.substr(visitor, len(kind) + 2))


_PERSON = (Person, _is_of("person", Person.id.expression))
_OFFICER = (Officer, _is_of("officer", Officer.id.expression))
_OPERATOR = (Operator, _is_of("operator", Operator.id.expression))
_ENTERPRISE = (Enterprise, Enterprise.uscc == Operator.uscc)
_Joined = tuple[type[Base], sa.ColumnElement[bool]]


def _with(*joined: _Joined, counts: bool = False) -> Any:
    """Read a session with who its visitor is, and whether parameters changed.

    `counts`: of a visitor with one inbox, which has his name, how much of it is unread.
    """
    unread = notices.unread_in(WebSession.__table__.c.visitor) if counts else sa.null()
    tables = (table for table, _ in joined)
    query: Any = sa.select(WebSession, *tables, unread.label("unread"), parameters.STATE)
    query = query.select_from(WebSession)
    for table, is_its in joined:
        query = query.outerjoin(table, is_its)
    return query.where(WebSession.id_hash == sa.bindparam("b_id"))


_WITH_ANYBODY = _with(_PERSON, _OFFICER, _OPERATOR, _ENTERPRISE)
#: By the kind that a session was seen to be of; each reads a third of the columns of all.
_WITH_VISITOR = {
    "person": _with(_PERSON, counts=True),
    "officer": _with(_OFFICER),
    "operator": _with(_OPERATOR, _ENTERPRISE),
}
_KNOWN_KINDS = 10_000


class StoredSession(CallbackDict[str, Any], SessionMixin):
    """The session as views see it."""

    def __init__(self, data: dict[str, Any] | None = None, token: str | None = None) -> None:
        super().__init__(data, StoredSession._changed)
        self.token = token  #: None: no row yet
        self.retired: str | None = None  #: a token whose row must go
        self.created_at: datetime | None = None
        self.seen_at: datetime | None = None
        self.new = token is None
        self.modified = False
        self.kept: dict[str, Any] = {}  #: what its row has
        self.told: list[Any] = []  #: what the page before has left to be told
        self.rows: dict[type[Base], Base] = {}  #: who its visitor is, as read with it
        self.is_lost = False  #: the database could not be asked; not the same as signed out
        self.ended: dict[str, Any] | None = None  #: what the one held whose cookie came too late

    def _changed(self) -> None:
        self.modified = True

    def renew(self) -> None:
        """Forget everything and take a new name: at sign-in and sign-out, against fixation."""
        self.retired, self.token, self.created_at = self.token or self.retired, None, None
        self.clear()
        self.modified = True


class StoredSessions(SessionInterface):
    """Keeps `StoredSession` in the table `web_session`."""

    def __init__(self, sessions: sessionmaker[Session], clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._kinds: dict[str, str] = {}  #: of what kind the visitor of a session was last

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        """Find the session of the cookie; an unknown, idle or old one is a new session.

        Of several cookies of this name (another site's or path's, an empty one) one is ours.
        """
        tokens_sent = filter(None, request.cookies.getlist(self.get_cookie_name(app)))
        found, token = None, ""
        try:
            for token in list(dict.fromkeys(tokens_sent))[:_MOST_COOKIES]:
                with self._sessions() as session:
                    found = self._found(session, id_hash_of(token))
                    if found is not None:
                        parameters.know(session, found[-1])
                        break
        except OperationalError:
            lost = StoredSession()
            lost.is_lost = True
            return lost
        row = None if found is None else found[0]
        if found is None or row is None:
            return StoredSession()
        kept = _SERIALIZER.loads(row.data)
        if row.expires_at <= self._clock():
            late = StoredSession()
            late.ended = kept
            return late
        said = request.cookies.getlist(self._telling(app))
        told = next(filter(None, (self._told(app, token, text) for text in said)), {})
        opened = StoredSession(kept | told, token)
        opened.kept, opened.told = kept, told.get(_FLASHES, [])
        opened.created_at, opened.seen_at = row.created_at, row.seen_at
        opened.rows = {type(known): known for known in found[1:-2] if known is not None}
        if row.visitor is not None and found.unread is not None:
            notices.note_unread(row.visitor, found.unread)
        return opened

    def _found(self, session: Session, id_hash: str) -> Any:
        """Read a session with its visitor: of the kind that it had last, else of any."""
        kind = self._kinds.get(id_hash, "")
        query = _WITH_VISITOR.get(kind, _WITH_ANYBODY)
        found = session.execute(query, {"b_id": id_hash}).one_or_none()
        now = "" if found is None else str(found[0].visitor or "").partition(":")[0]
        if now == kind:
            return found
        if len(self._kinds) >= _KNOWN_KINDS:
            self._kinds.clear()
        self._kinds[id_hash] = now
        return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed, and once a minute that the session is in use.

        Nothing runs after this that could turn an error into a page: when the database is away the
        answer goes out as it is, for what it tells was committed before.
        """
        if not isinstance(session, StoredSession) or session.is_lost:
            return
        response.vary.add("Cookie")
        try:
            self._save(app, session, response)
        except DBAPIError as error:
            _LOG.warning("session_not_saved", error=type(error.orig).__name__)

    def _save(self, app: Flask, session: StoredSession, response: Response) -> None:
        name = self.get_cookie_name(app)
        if session.retired is not None:
            end(self._sessions, session.retired)
            if session.told:
                response.delete_cookie(self._telling(app), **self._cookie(app))
        if not session and session.token is None:
            if session.retired is not None:
                response.delete_cookie(name, **self._cookie(app))
            return
        now = self._clock()
        is_due = now - (session.seen_at or now) >= _TOUCH and not _is_poll()
        if not session.modified and not is_due:
            return
        token = session.token or secrets.token_urlsafe(32)
        left = session.get(_FLASHES, [])
        said = self._signer(app, token).dumps(left) if left else ""
        kept = {key: value for key, value in session.items() if key != _FLASHES}
        if len(said) > _MOST_TOLD:
            said, kept = "", dict(session)
        if session.token is None:
            self._add(session, token, kept, now)
            response.set_cookie(name, token, **self._cookie(app))
        elif (is_due or kept != session.kept) and not self._change(session, kept, now):
            response.delete_cookie(name, **self._cookie(app))
        if said and left != session.told:
            response.set_cookie(self._telling(app), said, **self._cookie(app))
        elif session.told and not said:
            response.delete_cookie(self._telling(app), **self._cookie(app))

    def _telling(self, app: Flask) -> str:
        """Give the name of the cookie with what is to be told."""
        return f"{self.get_cookie_name(app)}-told"

    def _signer(self, app: Flask, token: str) -> URLSafeSerializer:
        keys = [key.hex() for key in app.config[tokens.KEYS]]
        return URLSafeSerializer(keys, salt=f"told/{id_hash_of(token)}")

    def _told(self, app: Flask, token: str, said: str | None) -> dict[str, Any]:
        """Give what the page before has left to be told, as the session has it."""
        try:
            messages = self._signer(app, token).loads(said) if said else []
        except BadSignature:
            messages = []
        return {_FLASHES: [tuple(message) for message in messages]} if messages else {}

    def _add(self, session: StoredSession, token: str, kept: dict[str, Any], now: datetime) -> None:
        with writing(self._sessions) as database:
            database.add(WebSession(id_hash=id_hash_of(token), **_row(session, kept, now, now)))
        session.token, session.created_at = token, now

    def _change(self, session: StoredSession, kept: dict[str, Any], now: datetime) -> bool:
        """Write the row of a session; False when it was ended meanwhile, which stays so."""
        values = _row(session, kept, session.created_at or now, now)
        changed = (
            sa.update(WebSession)
            .where(WebSession.id_hash == id_hash_of(session.token or ""))
            .values(**values)
        )
        with writing(self._sessions) as database:
            return bool(database.execute(changed).rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a cursor result

    def _cookie(self, app: Flask) -> dict[str, Any]:
        return {
            "path": "/",
            "secure": self.get_cookie_secure(app),
            "httponly": True,
            "samesite": "Lax",
        }


def _is_poll() -> bool:
    """Tell whether the page asked by itself: the idle end counts what a person does."""
    by_itself = "HX-Request" in request.headers or request.args.get("by") == "page"
    return request.method == "GET" and by_itself


def _row(
    session: StoredSession, kept: dict[str, Any], created_at: datetime, now: datetime
) -> dict[str, Any]:
    if _is_poll():
        now = session.seen_at or now
    return {
        "visitor": session.get("visitor"),
        "data": _SERIALIZER.dumps(kept),
        "created_at": created_at,
        "seen_at": now,
        "expires_at": min(now + IDLE, created_at + LONGEST),
    }


def seconds_left(session: StoredSession, now: datetime, *, used: bool = False) -> int:
    """Tell for how long a session lasts yet; `used`: when this request counts as its use."""
    since = now if used or session.seen_at is None else session.seen_at
    ends = min(since + IDLE, (session.created_at or now) + LONGEST)
    return max(0, int((ends - now).total_seconds()))


def end(sessions: sessionmaker[Session], token: str) -> None:
    """End one session."""
    with writing(sessions) as database:
        database.execute(sa.delete(WebSession).where(WebSession.id_hash == id_hash_of(token)))


def end_all_of(sessions: sessionmaker[Session], visitor: str) -> int:
    """End every session of a visitor, e.g. `person:<id>`; tell how many there were."""
    drop_aside(sessions, visitor)
    with writing(sessions) as database:
        gone = database.execute(sa.delete(WebSession).where(WebSession.visitor == visitor))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A session as its owner sees it; the hash ends it but opens nothing."""

    id_hash: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime


def of_visitor(sessions: sessionmaker[Session], visitor: str, now: datetime) -> list[Listed]:
    """List the sessions of a visitor that are not over, the last used first."""
    query = sa.select(WebSession).where(WebSession.visitor == visitor)
    query = query.where(WebSession.expires_at > now).order_by(WebSession.seen_at.desc())
    listed = []
    with sessions() as database:
        for row in database.scalars(query):
            data = _SERIALIZER.loads(row.data)
            listed.append(
                Listed(
                    id_hash=row.id_hash,
                    address=str(data.get("address", "—")),
                    agent=str(data.get("agent", "")),
                    created_at=row.created_at,
                    seen_at=row.seen_at,
                )
            )
    return listed


def set_aside(
    sessions: sessionmaker[Session], visitor: str, data: dict[str, Any], now: datetime
) -> None:
    """Keep what is too large for a row that every page reads, for as long as an ended session.

    A visitor has one such row, which no browser has: what was put aside before is replaced.
    """
    values = {
        "visitor": None,
        "data": _SERIALIZER.dumps(data),
        "created_at": now,
        "seen_at": now,
        "expires_at": now,
    }
    with writing(sessions) as database:
        new = insert_of(database)(WebSession).values(id_hash=_aside_of(visitor), **values)
        database.execute(new.on_conflict_do_update(index_elements=["id_hash"], set_=values))


def aside(sessions: sessionmaker[Session], visitor: str) -> dict[str, Any] | None:
    """Give what was put aside for a visitor."""
    with sessions() as database:
        row = database.get(WebSession, _aside_of(visitor))
    return None if row is None else dict(_SERIALIZER.loads(row.data))


def drop_aside(sessions: sessionmaker[Session], visitor: str) -> None:
    """Drop what was put aside for a visitor."""
    with writing(sessions) as database:
        database.execute(sa.delete(WebSession).where(WebSession.id_hash == _aside_of(visitor)))


def _aside_of(visitor: str) -> str:
    """Name the row of what a visitor put aside; no cookie has such a hash."""
    return f"aside/{hashlib.sha256(visitor.encode()).hexdigest()[:58]}"


def end_of(sessions: sessionmaker[Session], visitor: str, id_hash: str) -> bool:
    """End one session of a visitor by its name in the table; False when it is not his."""
    own = sa.delete(WebSession).where(WebSession.visitor == visitor, WebSession.id_hash == id_hash)
    with writing(sessions) as database:
        return bool(database.execute(own).rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result


def stands(sessions: sessionmaker[Session], id_hash: str) -> bool:
    """Tell whether there is a session of this name, whoever it is of."""
    with sessions() as database:
        return database.get(WebSession, id_hash) is not None


def end_others_of(sessions: sessionmaker[Session], visitor: str, kept: str) -> int:
    """End every session of a visitor but `kept`; tell how many there were."""
    others = sa.delete(WebSession).where(WebSession.visitor == visitor, WebSession.id_hash != kept)
    with writing(sessions) as database:
        gone = database.execute(others)
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result


def sweep(sessions: sessionmaker[Session], now: datetime) -> int:
    """Remove the sessions that ended so long ago that no form comes after them; tell how many."""
    over = WebSession.expires_at <= now - REMEMBERED
    with writing(sessions) as database:
        gone = database.execute(sa.delete(WebSession).where(over))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result


def id_hash_of(token: str) -> str:
    """Give the name in the table of the session that a cookie names."""
    return hashlib.sha256(token.encode()).hexdigest()
