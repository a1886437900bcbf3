"""Where stories are told: a database that lasts as long as they do, and versions in memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event
from sqlalchemy.orm import Session, sessionmaker

from engine.definitions import Definition, Definitions
from engine.language.decisions import Table
from engine.language.parsing import bpmn
from engine.tables import DefinitionVersion, Job
from professions import manifests
from professions.manifests import CLOCKS, RegistrationType
from registry.law import calendars
from registry.law.calendars import WorkCalendar
from storage import vault
from storage.database import Base, open_database, sessions_of, writing
from storage.scratch import scratch

_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  #: when versions are deployed, before every story
_NOTED_LATE = tuple(map(bpmn, ("callActivity", "subProcess", "intermediateCatchEvent")))
DEADLINE = CLOCKS.removesuffix(".dmn")  #: the table of periods


class _Shelf(Definitions):
    """The one version that is being tried."""

    def __init__(self, sessions: sessionmaker[Session], definition: Definition) -> None:
        super().__init__(sessions)
        self.definition = definition

    def get(self, hash: str) -> Definition:
        """Return the version; there is no other."""
        return self.definition


class Stage:
    """A database of its own, in a folder that goes away with it."""

    def __init__(self, folder: Path) -> None:
        if not vault.is_configured():
            vault.configure(vault.Vault(secrets.token_bytes(32)))
        self.engine = open_database(f"sqlite:///{folder}/stage.db")
        event.listen(self.engine, "connect", _nothing_to_keep)
        with self.engine.connect().execution_options(writes=True) as opened, opened.begin():
            Base.metadata.create_all(opened)
        self.sessions = sessions_of(self.engine)
        self.calendar: WorkCalendar = calendars.shipped()

    def version(self, files: Mapping[str, bytes]) -> Version:
        """Put the files of a type on the stage; raise what reading its manifest raises."""
        return Version(self.sessions, manifests.read(files))

    def clear(self) -> None:
        """Forget what still waits, so that the time of the next story wakes nothing of this one."""
        with writing(self.sessions) as session:
            session.execute(delete(Job))


class Version:
    """A type as it is told: its definition, kept in memory, beside its manifest."""

    def __init__(self, sessions: sessionmaker[Session], kind: RegistrationType) -> None:
        self.type = kind
        self.definition = Definition(kind.key, kind.files)
        self.hash = self.definition.hash
        self.shelf: Definitions = _Shelf(sessions, self.definition)
        with writing(sessions) as session:
            if session.get(DefinitionVersion, self.hash) is None:
                session.add(_row(kind.key, self.hash))

    def decide(self, table: str, facts: Mapping[str, Any]) -> object:
        """Ask a table of this version; shapes as `engine.language.decisions`."""
        return self.definition.decide(table, facts)

    def table(self, name: str) -> Table:
        """Give a table of this version. Raises KeyError."""
        return self.definition.sources.tables[name]

    @cached_property
    def clock_rows(self) -> Mapping[str, tuple[str, int]]:
        """The row of the table of periods in which each period stands."""
        table = self.definition.sources.tables[DEADLINE]
        return {row.cells[0].strip().strip('"'): (DEADLINE, row.number) for row in table.rules}

    @cached_property
    def noted_late(self) -> frozenset[str]:
        """The ids of what the history notes when it is left, not when it is entered."""
        return frozenset(
            node.get("id") or ""
            for root in self.definition.sources.diagrams.values()
            for node in root.iter(*_NOTED_LATE)
        )


def _row(key: str, name: str) -> DefinitionVersion:
    number = int(name[:7], 16)  # any that no other version of this stage has
    return DefinitionVersion(
        hash=name, key=key, number=number, manifest={}, author="stage", deployed_at=_BEFORE
    )


def _nothing_to_keep(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Open a stage; everything on it is forgotten afterwards."""
    with scratch("stage") as folder:
        stage = Stage(folder)
        try:
            yield stage
        finally:
            stage.engine.dispose()
