"""The rows of the engine: definitions, instances, inboxes, jobs and history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Json, UtcDateTime, new_id

OF_OFFICERS = "inbox LIKE 'role:%'"  #: of a task, as SQL: an index has no others
NEVER = datetime(9999, 12, 31, tzinfo=UTC)  #: sorts a task without deadline behind all others


class InstanceStatus(StrEnum):
    """Where an instance stands."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class TaskStatus(StrEnum):
    """Where a user task stands."""

    OPEN = "OPEN"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class JobKind(StrEnum):
    """What a job row is for."""

    SERVICE = "SERVICE"  #: a service task waits for it
    TIMER = "TIMER"  #: a timer event waits for its moment
    EFFECT = "EFFECT"  #: nobody waits: messages to send, signatures to augment


#: What a timer at the border of a step is given: it watches, nothing waits for it.
AT_BORDER = {"boundary": True}


class JobState(StrEnum):
    """Where a job stands; a done job has no row."""

    READY = "READY"
    RUNNING = "RUNNING"
    DEAD = "DEAD"  #: an incident: an operator retries or skips it


class DefinitionFile(Base):
    """A file of definitions, kept once however many versions have it."""

    __tablename__ = "definition_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DefinitionVersion(Base):
    """A closed set of diagrams, tables, forms and templates; instances stay on theirs."""

    __tablename__ = "definition_version"
    __table_args__ = (UniqueConstraint("key", "number"),)

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    manifest: Mapped[Any] = mapped_column(Json)  #: path → sha256
    author: Mapped[str] = mapped_column(String(64))
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: from when new things start on it; None: from its deployment
    offered_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: from when nothing new starts on it; what runs goes on
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProcessInstance(Base):
    """One running or ended case of a process."""

    __tablename__ = "process_instance"
    __table_args__ = (
        Index(
            "uq_process_instance_active",
            "business_key",
            unique=True,
            sqlite_where=text("status = 'ACTIVE'"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index("ix_process_instance_running", "status", "definition", "process_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    business_key: Mapped[str] = mapped_column(String(64), index=True)
    definition: Mapped[str] = mapped_column(ForeignKey("definition_version.hash"))
    process_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]  #: raised with each action; a stale writer finds another
    state: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: by what its timers were last computed anew, as the host names it; None: not since they began
    timers_by: Mapped[str | None] = mapped_column(String(64))
    timers_version: Mapped[int | None]  #: the version that it had then


class UserTask(Base):
    """One piece of work in one inbox."""

    __tablename__ = "user_task"
    __table_args__ = (
        Index(
            "ix_user_task_inbox",
            "inbox",
            "due_by",
            "id",
            sqlite_where=text("status = 'OPEN'"),
            postgresql_where=text("status = 'OPEN'"),
        ),
        Index(
            "ix_user_task_newest",
            "inbox",
            "id",
            sqlite_where=text("status = 'OPEN'"),
            postgresql_where=text("status = 'OPEN'"),
        ),
        Index(
            "ix_user_task_held",
            "inbox",
            "claimed_by",
            "due_by",
            "id",
            sqlite_where=text("status = 'OPEN' AND claimed_by IS NOT NULL"),
            postgresql_where=text("status = 'OPEN' AND claimed_by IS NOT NULL"),
        ),
        Index(
            "ix_user_task_came",
            "inbox",
            "entered_at",
            sqlite_where=text(OF_OFFICERS),
            postgresql_where=text(OF_OFFICERS),
        ),
        Index("ix_user_task_closed", "closed_by", "closed_at", "id"),
        Index("ix_user_task_case", "business_key", "node", "inbox"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    task_id: Mapped[str] = mapped_column(String(32))  #: of the token inside the instance
    business_key: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(Text)  #: activities around it, outermost first, "/"
    name: Mapped[str] = mapped_column(String(200))
    inbox: Mapped[str] = mapped_column(String(80))
    form_key: Mapped[str | None] = mapped_column(String(64))
    different_from: Mapped[str | None] = mapped_column(String(64))  #: node done by another person
    due_by: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(9))
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def due_at(self) -> datetime | None:
        """Return the moment at which the process goes on without this task, if it will."""
        return None if self.due_by == NEVER else self.due_by


class Job(Base):
    """Something to be done outside the transaction that asked for it; written with it."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_next", "state", "due_at", "id"),  # with the id: a whole day's share a moment
        Index("ix_job_case", "business_key"),
        Index("ix_job_instance", "instance_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(7))
    operation: Mapped[str] = mapped_column(String(80))
    node: Mapped[str | None] = mapped_column(String(64))
    params: Mapped[Any] = mapped_column(Json)
    key: Mapped[str] = mapped_column(String(160), unique=True)  #: idempotency key
    instance_id: Mapped[str | None] = mapped_column(String(32))
    business_key: Mapped[str | None] = mapped_column(String(64))
    task_id: Mapped[str | None] = mapped_column(String(32), index=True)
    state: Mapped[str] = mapped_column(String(7))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[float | None] = mapped_column(Float(53))  #: seconds, database clock
    leased_by: Mapped[str | None] = mapped_column(String(120))  #: see `engine.jobs.leaseholders`
    error: Mapped[str | None] = mapped_column(Text)  #: of the last failure
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


CHANNEL = "zhuce_job_"  #: and the name of the schema: where PostgreSQL tells of jobs left
#: What it takes. A job that who wrote it runs at once, and a moment that is far, are nobody's news.
TELLS = (
    f"""CREATE OR REPLACE FUNCTION tell_of_job() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('{CHANNEL}' || TG_TABLE_SCHEMA, ''); RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER job_left AFTER INSERT ON job FOR EACH ROW
    WHEN (NEW.state = 'READY' AND NEW.due_at < NEW.created_at + interval '2 minutes')
    EXECUTE FUNCTION tell_of_job()""",
    """CREATE OR REPLACE TRIGGER job_left_again AFTER UPDATE OF state ON job FOR EACH ROW
    WHEN (NEW.state = 'READY') EXECUTE FUNCTION tell_of_job()""",
)


class InstanceEvent(Base):
    """What happened in an instance, for its history and the picture of where it stands."""

    __tablename__ = "instance_event"
    __table_args__ = (Index("ix_instance_event_case", "business_key", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    instance_id: Mapped[str] = mapped_column(String(32))
    business_key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))  #: STARTED TASK MESSAGE TIMER JOB REARMED …
    node: Mapped[str | None] = mapped_column(String(64))
    passed: Mapped[Any] = mapped_column(Json)  #: ids of the nodes the token went through


class TableAnswer(Base):
    """What a decision table said about a case: with its version it can be asked again."""

    __tablename__ = "table_answer"
    __table_args__ = (Index("ix_table_answer_case", "business_key", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    business_key: Mapped[str] = mapped_column(String(64))
    definition: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(80))  #: id of the table
    node: Mapped[str | None] = mapped_column(String(64))  #: of the diagram; None: an act asked
    inputs: Mapped[Any] = mapped_column(Json)  #: one a column
    rows: Mapped[Any] = mapped_column(Json)  #: that gave the answer, from 1; empty: the default
    value: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class NodeDay(Base):
    """How often the nodes of a version were passed on a day, and how long people's steps took."""

    __tablename__ = "node_day"

    definition: Mapped[str] = mapped_column(String(64), primary_key=True)
    process: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    node: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure: Mapped[int] = mapped_column(primary_key=True)  #: see `engine.flow`
    count: Mapped[int]


class FlowMark(Base):
    """Up to which event the rows of `node_day` count."""

    __tablename__ = "flow_mark"

    id: Mapped[int] = mapped_column(primary_key=True)  #: 1: there is one
    event: Mapped[str] = mapped_column(String(32))


def core(entity: type[Base]) -> Table:
    """Return the table of a class, for statements that are built once."""
    return cast("Table", entity.__table__)


@event.listens_for(core(Job), "after_create")
def _tell_on_postgresql(_table: Table, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "postgresql":
        for statement in TELLS:
            connection.execute(text(statement))
