"""Definition versions: closed sets of files, named by the hash of their content.

A version is diagram + called diagrams + decision tables + forms + document templates. Changing a
shared part makes a new version of every definition that has it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.errors import DefinitionRefused, NoSuchDefinition
from engine.language import decisions, parsing
from engine.lint import linter
from engine.tables import NEVER, DefinitionFile, DefinitionVersion
from storage.connections import note, once, read_again
from storage.database import to_json
from storage.literals import ONE

KEPT = 64  #: versions held ready in memory
OFFERED_S = 5.0  #: how long this process may not know what another one deployed
_ASKED = "definitions offered"  #: what a request has asked, and goes on with

Check = Callable[[Mapping[str, bytes]], Iterable[object]]


def manifest_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return path → sha256 of the content."""
    return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}


def hash_of(key: str, files: Mapping[str, bytes]) -> str:
    """Return the name of the version: the hash of its key and its files."""
    return hashlib.sha256(to_json([key, manifest_of(files)]).encode()).hexdigest()


class Definition:
    """A version in memory; diagrams and tables are read on first use and shared by all threads."""

    def __init__(self, key: str, files: Mapping[str, bytes], hash: str | None = None) -> None:
        self.key = key
        self.files = dict(files)
        self.hash = hash or hash_of(key, files)
        self._processes: dict[str, parsing.Process] = {}
        self._lock = Lock()

    @cached_property
    def sources(self) -> parsing.Sources:
        """The readable XML of the version."""
        return parsing.read_sources(self.files)

    def process(self, process_id: str) -> parsing.Process:
        """Return a process ready to run; raise NoSuchDefinition."""
        if process_id not in self.sources.processes:
            raise NoSuchDefinition(what=f"流程 {process_id}")
        with self._lock:
            if process_id not in self._processes:
                self._processes[process_id] = parsing.parse(self.sources, process_id)
            return self._processes[process_id]

    def decide(self, table: str, facts: Mapping[str, object]) -> object:
        """Return what a decision table of the version says; raise NoSuchDefinition, DecisionFailed.

        For the shape of the answer see `engine.language.decisions`.
        """
        return self.table(table).decide(facts)

    def table(self, table: str) -> decisions.Table:
        """Return a decision table of the version; raise NoSuchDefinition."""
        if table not in self.sources.tables:
            raise NoSuchDefinition(what=f"决策表 {table}")
        return self.sources.tables[table]

    def diagram(self, process_id: str) -> bytes:
        """Return the file in which a process is drawn; raise NoSuchDefinition."""
        if process_id not in self.sources.processes:
            raise NoSuchDefinition(what=f"流程 {process_id}")
        return self.files[self.sources.processes[process_id]]


def deploy(
    session: Session,
    key: str,
    files: Mapping[str, bytes],
    author: str,
    now: datetime,
    check: Check | None = None,
    *,
    offered_from: datetime | None = None,
) -> str:
    """Store `files` as the newest version of `key` and return its hash.

    With `offered_from` it is the newest from that moment on. Files that are the newest version
    already change nothing. A version that was deployed before becomes the newest again; one that
    was withdrawn is offered again. Raises DefinitionRefused with `facts["problems"]` when the
    engine's lint, or `check` (the rules of a registration type), finds any.
    """
    name = hash_of(key, files)
    newest = session.scalar(
        select(func.max(DefinitionVersion.number)).where(DefinitionVersion.key == key)
    )
    known = session.get(DefinitionVersion, name)
    if known is not None:
        if known.number != newest:
            known.number = (newest or 0) + 1
            known.offered_from = offered_from
        elif known.offered_from is not None:  # it waited for its day
            known.offered_from = offered_from
        known.withdrawn_at = None
        return name
    linter.insist(files)
    problems = list(check(files)) if check is not None else []
    if problems:
        raise DefinitionRefused(
            summary=f"共 {len(problems)} 处：{'；'.join(map(str, problems[:3]))}", problems=problems
        )
    manifest = manifest_of(files)
    stored = set(
        session.scalars(
            select(DefinitionFile.sha256).where(DefinitionFile.sha256.in_(manifest.values()))
        )
    )
    for path, digest in manifest.items():
        if digest not in stored:
            session.add(DefinitionFile(sha256=digest, content=files[path]))
            stored.add(digest)
    session.add(
        DefinitionVersion(
            hash=name,
            key=key,
            number=(newest or 0) + 1,
            manifest=manifest,
            author=author,
            deployed_at=now,
            offered_from=offered_from,
        )
    )
    session.flush()
    return name


def never_offer(session: Session, hash: str) -> None:
    """Take back what was to be offered from a day that has not come."""
    session.execute(
        update(DefinitionVersion).where(DefinitionVersion.hash == hash).values(offered_from=NEVER)
    )


#: Whether the first day of a version has come.
_has_come = or_(
    DefinitionVersion.offered_from.is_(None), DefinitionVersion.offered_from <= bindparam("b_at")
)
_LATEST = (
    select(DefinitionVersion.hash)
    .where(DefinitionVersion.key == bindparam("b_key"), _has_come)
    .order_by(DefinitionVersion.number.desc())
    .limit(ONE)
)


def _newest_of(*own: ColumnElement[bool]) -> Select[str, str]:
    newest = select(DefinitionVersion.key, func.max(DefinitionVersion.number).label("number"))
    last = newest.where(_has_come, *own).group_by(DefinitionVersion.key).subquery()
    return select(DefinitionVersion.key, DefinitionVersion.hash).where(
        DefinitionVersion.key == last.c.key,
        DefinitionVersion.number == last.c.number,
        DefinitionVersion.withdrawn_at.is_(None),
    )


_NEWEST = _newest_of()


def keys(
    session: Session, *, author: str | None = None, at: datetime | None = None
) -> dict[str, str]:
    """Return key → newest version of everything that is offered at a moment, by default now.

    With `author`, only what that author deployed at some time.
    """
    rows = _NEWEST
    if author is not None:
        own = select(DefinitionVersion.key).where(DefinitionVersion.author == author)
        rows = _newest_of(DefinitionVersion.key.in_(own))
    return {row.key: row.hash for row in session.execute(rows, {"b_at": at or datetime.now(UTC)})}


def versions(session: Session, key: str | None = None) -> list[DefinitionVersion]:
    """Return every version there is, of one key or of all, by key, the newest first."""
    query = select(DefinitionVersion).order_by(
        DefinitionVersion.key, DefinitionVersion.number.desc()
    )
    if key is not None:
        query = query.where(DefinitionVersion.key == key)
    return list(session.scalars(query))


def withdraw(session: Session, key: str, now: datetime) -> None:
    """Offer `key` no more: nothing new starts on it, what runs goes on with its version."""
    session.execute(
        update(DefinitionVersion)
        .where(DefinitionVersion.key == key, DefinitionVersion.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Definitions:
    """The versions of the database, the last used ones held in memory."""

    def __init__(
        self, sessions: sessionmaker[Session], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._sessions = sessions
        self._clock = clock or _utc_now
        self._held: OrderedDict[str, Definition] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._deployed: dict[str, datetime] = {}
        self._offered: tuple[float, dict[str, str]] | None = None
        self._lock = Lock()

    def get(self, hash: str) -> Definition:
        """Return a version; raise NoSuchDefinition."""
        with self._lock:
            if hash in self._held:
                self._held.move_to_end(hash)
                return self._held[hash]
        definition = self._read(hash)
        with self._lock:
            held = self._held.setdefault(hash, definition)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return held

    def offered(self) -> dict[str, str]:
        """Return key → newest version of everything on which something new may start.

        Every page asks, so that an answer is kept for some seconds, or until `forget`.
        """
        kept = self._offered
        if kept is not None and time.monotonic() - kept[0] < OFFERED_S:
            return kept[1]
        with self._sessions() as session:
            newest = keys(session, at=self._clock())
        self._offered = (time.monotonic(), newest)
        return newest

    def offered_now(self) -> dict[str, str]:
        """Return as `offered` what is so at this moment; the request that asks goes on with it."""
        with self._sessions() as session:
            newest = keys(session, at=self._clock())
        note(_ASKED, newest)
        return newest

    def forget(self) -> None:
        """Ask the database again what is offered: something was deployed or withdrawn."""
        self._offered = None
        read_again(_ASKED)

    def latest(self, key: str) -> Definition:
        """Return the newest version of `key` whose day has come; raise NoSuchDefinition."""
        asked: dict[str, str] = once(_ASKED, dict)
        if key in asked:
            return self.get(asked[key])
        with self._sessions() as session:
            name = session.scalar(_LATEST, {"b_key": key, "b_at": self._clock()})
        if name is None:
            raise NoSuchDefinition(what=key)
        return self.get(name)

    def number(self, hash: str) -> int:
        """Return the number of a version in its type; raise NoSuchDefinition."""
        if hash not in self._numbers:  # it never changes
            with self._sessions() as session:
                version = session.get(DefinitionVersion, hash)
            if version is None:
                raise NoSuchDefinition(what=hash[:12])
            self._numbers[hash] = version.number
        return self._numbers[hash]

    def deployed_at(self, hash: str) -> datetime:
        """Return when a version was deployed first; raise NoSuchDefinition."""
        if hash not in self._deployed:  # it never changes
            with self._sessions() as session:
                version = session.get(DefinitionVersion, hash)
            if version is None:
                raise NoSuchDefinition(what=hash[:12])
            self._deployed[hash] = version.deployed_at
        return self._deployed[hash]

    def _read(self, hash: str) -> Definition:
        with self._sessions() as session:
            version = session.get(DefinitionVersion, hash)
            if version is None:
                raise NoSuchDefinition(what=hash[:12])
            digests = version.manifest.values()
            rows = session.execute(
                select(DefinitionFile.sha256, DefinitionFile.content).where(
                    DefinitionFile.sha256.in_(digests)
                )
            )
            contents = {digest: bytes(content) for digest, content in rows}
            files = {path: contents[digest] for path, digest in version.manifest.items()}
            return Definition(version.key, files, hash)
