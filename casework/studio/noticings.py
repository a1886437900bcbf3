"""What no scenario would notice: small changes of a draft, judged one by one in a process apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from casework.office import Office
from casework.studio import confined, drafts, trials
from casework.studio.drafts import Draft
from casework.studio.refusals import NoSuchDraft
from engine import operations
from engine.actors import Actor
from engine.operations import Call, Outcome
from registry.packages.drafts import DraftNoticing, TrialState
from storage.database import writing

MOST_CHANGES = 200  #: that are judged for one draft: those of what it changed
_DRAWN = (".bpmn", ".dmn")


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What came of it."""

    row: DraftNoticing
    is_current: bool  #: nothing was changed since

    @property
    def unnoticed(self) -> list[Mapping[str, Any]]:
        """The changes that nobody notices: kind, file, element, node, before, after, near."""
        return list(self._part("unnoticed", []))

    @property
    def judged(self) -> int:
        """How many changes were judged."""
        return int(self._part("judged", 0))

    @property
    def made(self) -> int:
        """How many small changes there are of what the draft changed."""
        return int(self._part("made", 0))

    @property
    def why(self) -> str:
        """Why it could not be told to the end, in Chinese."""
        return str(self._part("why", ""))

    def _part(self, name: str, otherwise: Any) -> Any:
        return self.row.came.get(name, otherwise)


def is_concerned(draft: Draft) -> bool:
    """Tell whether a draft changes what small changes are made of: diagrams and tables."""
    return any(path.endswith(_DRAWN) for path in draft.changed)


def ask(office: Office, draft_id: str, actor: Actor) -> None:
    """Ask that the small changes of a draft be judged as it stands. Raises NoSuchDraft."""
    with writing(office.sessions) as session:
        draft = drafts.read(office, session, draft_id)
        trials.begin(session, DraftNoticing, "studio/notice", draft, actor.id, office.now())


def of(office: Office, draft: Draft) -> Noticed | None:
    """Give what came of it the last time; None: it was never asked for."""
    with office.sessions() as session:
        row = session.get(DraftNoticing, draft.row.id)
    return None if row is None else Noticed(row=row, is_current=row.content == draft.mark)


@operations.add("studio/notice", schema={"draft_id": str, "content": str})
def judge(office: Office, call: Call, draft_id: str, content: str) -> Outcome:
    """Judge the small changes of a draft in a process apart, and keep what nobody noticed."""
    try:
        draft = drafts.open_(office, draft_id)
    except NoSuchDraft:  # deleted meanwhile
        return Outcome()
    if draft.mark != content:
        return _came(draft_id, content, TrialState.FAILED, {"why": "草稿又有修改，请重新查找"})

    def watch(told: int, count: int) -> None:
        with writing(office.sessions) as session:
            trials.write(session, DraftNoticing, draft_id, content, told=told, count=count)

    own = [path for path in trials.owned(draft) if path in draft.changed]
    before = {path: data for path, data in draft.before.items() if path in draft.package}
    try:
        came = confined.notice(
            draft.row.type_key, draft.package, draft.scenarios, own, before, MOST_CHANGES, watch
        )
    except confined.DraftTooMuch as refusal:
        return _came(draft_id, content, TrialState.FAILED, {"why": str(refusal)})
    return _came(draft_id, content, TrialState.DONE, came)


def _came(draft_id: str, content: str, state: TrialState, came: Mapping[str, Any]) -> Outcome:
    count = int(came.get("count", 0))

    def commit(session: Session) -> None:
        about = {"told": count, "count": count, "state": state, "came": dict(came)}
        trials.write(session, DraftNoticing, draft_id, content, **about)

    return Outcome(commit=commit)
