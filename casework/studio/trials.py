"""Trying a draft: its scenarios told on the real engine, with twins and a clock of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
from registry.packages.drafts import DraftTrial, TrialState
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
    def differs(self) -> list[str]:
        """What came differently, in words."""
        return list(self._part("differs"))

    @property
    def untold(self) -> list[Mapping[str, str]]:
        """The places that no scenario reaches: file, kind, element, title."""
        return list(self._part("untold"))

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
        row = session.get(DraftTrial, draft_id)
        if row is None:
            row = DraftTrial(draft_id=draft_id)
            session.add(row)
        elif row.state == TrialState.RUNNING and row.content == draft.mark:
            return
        row.content, row.state = draft.mark, TrialState.RUNNING
        row.told, row.count, row.came = 0, 0, {}
        row.asked_by, row.at = actor.id, now
        session.flush()
        params = {"draft_id": draft_id, "content": draft.mark}
        key = f"studio/try/{draft_id}/{int(now.timestamp() * 1000)}"
        queue.add(session, "studio/try", params, key, now)


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
            _write(session, draft_id, content, told=told, count=count)

    own = sorted(path for path in draft.package if path in draft.own or _is_ours(draft, path))
    try:
        came = confined.try_(draft.row.type_key, draft.package, draft.scenarios, own, watch)
    except confined.DraftTooMuch as refusal:
        return _came(office, draft_id, content, TrialState.FAILED, {"why": str(refusal)})
    for name in ("differs", "untold"):
        came[name] = came[name][:MOST_TOLD]
    return _came(office, draft_id, content, TrialState.DONE, came)


def _is_ours(draft: Draft, path: str) -> bool:
    """Tell whether a file was added or changed in the draft."""
    return draft.before.get(path) != draft.files[path].content


def _came(
    office: Office, draft_id: str, content: str, state: TrialState, came: Mapping[str, Any]
) -> Outcome:
    count = int(came.get("count", 0))

    def commit(session: Session) -> None:
        about = {"told": count, "count": count, "state": state, "came": dict(came)}
        _write(session, draft_id, content, **about)

    return Outcome(commit=commit)


def _write(session: Session, draft_id: str, content: str, **values: Any) -> None:
    """Write of a trial what came; one that was asked for anew is not touched."""
    session.execute(
        update(DraftTrial)
        .where(DraftTrial.draft_id == draft_id, DraftTrial.content == content)
        .values(**values)
    )
