"""Trying a draft: its scenarios told on the real engine, with twins and a clock of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework.office import Office
from casework.studio import confined, drafts
from casework.studio.drafts import Draft
from casework.studio.refusals import NoSuchDraft
from engine import operations
from engine.actors import Actor
from engine.jobs import queue
from engine.operations import Call, Outcome
from registry.packages.drafts import DraftNoticing, DraftTrial, TrialState
from storage.database import writing

MOST_TOLD = 400  #: places and differences that a result keeps


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of a trial."""

    row: DraftTrial
    is_current: bool  #: nothing was changed since

    @property
    def red(self) -> list[str]:
        """The scenarios that came differently."""
        return list(self._part("red"))

    @property
    def differs(self) -> list[Mapping[str, Any]]:
        """What came differently: text, about, contrasts of title, wanted and came."""
        told = self._part("differs")  # a trial before these were told apart has texts alone
        return [{"text": part} if isinstance(part, str) else part for part in told]

    @property
    def untold(self) -> list[Mapping[str, Any]]:
        """The places that no scenario reaches: file, kind, element, title, near."""
        return list(self._part("untold"))

    @property
    def reached(self) -> Mapping[str, frozenset[str]]:
        """What the scenarios reach: `nodes` of diagrams and `rows` of tables, "table#3"."""
        return {part: frozenset(self._part(part)) for part in ("nodes", "rows")}

    @property
    def why(self) -> str:
        """Why it could not be told to the end, in Chinese."""
        return str(self.row.came.get("why", ""))

    @property
    def is_green(self) -> bool:
        """Whether it was told to the end, as the scenarios say, on the draft as it stands."""
        done = self.row.state == TrialState.DONE
        return done and self.is_current and not self.red and self.row.count > 0

    def _part(self, name: str) -> Any:
        return self.row.came.get(name, [])


def ask(office: Office, draft_id: str, actor: Actor) -> None:
    """Ask that the scenarios of a draft be told as it stands. Raises NoSuchDraft."""
    now = office.now()
    with writing(office.sessions) as session:
        draft = drafts.read(office, session, draft_id)
        begin(session, DraftTrial, "studio/try", draft, actor.id, now)


def begin(
    session: Session,
    table: type[DraftTrial] | type[DraftNoticing],
    operation: str,
    draft: Draft,
    actor_id: str,
    now: datetime,
) -> None:
    """Ask for a job about a draft as it stands; one that is at it already goes on."""
    row = cast("DraftTrial | DraftNoticing | None", session.get(table, draft.row.id))
    if row is None:
        row = table(draft_id=draft.row.id)
        session.add(row)
    elif row.state == TrialState.RUNNING and row.content == draft.mark:
        return
    row.content, row.state = draft.mark, TrialState.RUNNING
    row.told, row.count, row.came = 0, 0, {}
    row.asked_by, row.at = actor_id, now
    session.flush()
    params = {"draft_id": draft.row.id, "content": draft.mark}
    key = f"{operation}/{draft.row.id}/{int(now.timestamp() * 1000)}"
    queue.add(session, operation, params, key, now)


def of(office: Office, draft: Draft) -> Came | None:
    """Give what came of the last trial of a draft; None: it was never tried."""
    with office.sessions() as session:
        row = session.get(DraftTrial, draft.row.id)
    return None if row is None else Came(row=row, is_current=row.content == draft.mark)


@operations.add("studio/try", schema={"draft_id": str, "content": str})
def tell(office: Office, call: Call, draft_id: str, content: str) -> Outcome:
    """Tell the scenarios of a draft in a process apart, and keep what came."""
    try:
        draft = drafts.open_(office, draft_id)
    except NoSuchDraft:  # deleted meanwhile
        return Outcome()
    if draft.mark != content:
        return _came(
            office, draft_id, content, TrialState.FAILED, {"why": "草稿又有修改，请重新试运行"}
        )

    def watch(told: int, count: int) -> None:
        with writing(office.sessions) as session:
            write(session, DraftTrial, draft_id, content, told=told, count=count)

    key, own = draft.row.type_key, owned(draft)
    try:
        came = confined.try_(key, draft.package, draft.scenarios, own, watch)
    except confined.DraftTooMuch as refusal:
        return _came(office, draft_id, content, TrialState.FAILED, {"why": str(refusal)})
    for name in ("differs", "untold"):
        came[name] = came[name][:MOST_TOLD]
    return _came(office, draft_id, content, TrialState.DONE, came)


def owned(draft: Draft) -> list[str]:
    """Return the files for which the scenarios of a draft answer: its own, added and changed."""
    changed = draft.changed
    return sorted(path for path in draft.package if path in draft.own or path in changed)


def _came(
    office: Office, draft_id: str, content: str, state: TrialState, came: Mapping[str, Any]
) -> Outcome:
    count = int(came.get("count", 0))

    def commit(session: Session) -> None:
        about = {"told": count, "count": count, "state": state, "came": dict(came)}
        write(session, DraftTrial, draft_id, content, **about)

    return Outcome(commit=commit)


def write(
    session: Session,
    table: type[DraftTrial] | type[DraftNoticing],
    draft_id: str,
    content: str,
    **values: Any,
) -> None:
    """Write what came about a draft; what was asked for anew meanwhile is not touched."""
    session.execute(
        update(table).where(table.draft_id == draft_id, table.content == content).values(**values)
    )
