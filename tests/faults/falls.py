"""Places where something can fail under an act, counted, and a fall at the one that is chosen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from adapters.file_store import ContentStore
from registry.errors import Unavailable
from tests.offices import Town, World
from tests.walks import Killed


class Fall(StrEnum):
    """What happens at the chosen place."""

    FAILS = "fails"  #: this one statement, file or call fails; the process goes on
    DIES = "dies"  #: the process is killed: nothing of it reaches anything from there on


class Place(StrEnum):
    """What can fail."""

    STATEMENT = "statement"
    COMMIT = "commit"
    FILE = "file"
    KEPT = "file kept"  #: after the file is there
    CALL = "call"
    ANSWERED = "call answered"  #: after the outside system did what it was asked


@dataclass
class Falls:
    """Counts the places that an act passes; lets the `at`-th fall."""

    places: list[Place] = field(default_factory=list)
    at: int | None = None
    how: Fall = Fall.FAILS
    _thread: int = field(default_factory=threading.get_ident)
    _off: bool = True

    @contextmanager
    def under(self, at: int | None, how: Fall = Fall.FAILS) -> Iterator[None]:
        """Let the `at`-th place of what is done inside fall; nothing for a look at the places."""
        self.places, self.at, self.how, self._off = [], at, how, False
        try:
            yield
        finally:
            self._off = True

    def passes(self, place: Place) -> None:
        """Pass a place, or fall there."""
        if self._off or threading.get_ident() != self._thread:
            return
        number = len(self.places)
        self.places.append(place)
        if self.at is None or number < self.at:
            return
        if self.how is Fall.DIES:
            raise Killed(place)
        if number == self.at:
            raise _failure(place)


def _failure(place: Place) -> Exception:
    if place in (Place.STATEMENT, Place.COMMIT):
        return OperationalError(place, {}, Exception("it fails here"))
    if place in (Place.CALL, Place.ANSWERED):
        return Unavailable(system="sms")
    return OSError("no space left on device")


def watch(town: Town, patch: pytest.MonkeyPatch) -> Falls:
    """Watch every place of a town: register, keys, files, the world outside."""
    falls = Falls()
    engines: tuple[Engine, ...] = (
        town.office.sessions.kw["bind"],
        town.office.signatures._sessions.kw["bind"],
    )
    for engine in engines:
        event.listen(engine, "before_cursor_execute", lambda *_: falls.passes(Place.STATEMENT))
        event.listen(engine, "commit", lambda _: falls.passes(Place.COMMIT))
    put = ContentStore.put

    def kept(self: ContentStore, content: bytes) -> str:
        falls.passes(Place.FILE)
        name = put(self, content)
        falls.passes(Place.KEPT)
        return name

    patch.setattr(ContentStore, "put", kept)
    for name in ("send", "publish", "update_state", "by_name", "by_uscc", "find", "check", "of"):
        patch.setattr(World, name, _called(falls, getattr(World, name)))
    return falls


def _called(falls: Falls, ask: Any) -> Any:
    def call(self: World, *words: Any, **more: Any) -> Any:
        falls.passes(Place.CALL)
        answer = ask(self, *words, **more)
        falls.passes(Place.ANSWERED)
        return answer

    return call
