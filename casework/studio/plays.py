"""Playing a draft step by step: a scenario without an end, told anew for each step.

What was played is kept as a scenario says it, so that a play survives whatever happens to a page, a
session or a process, and becomes a scenario of the draft as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

from casework.office import Office
from casework.studio import confined, drafts
from casework.studio.drafts import Draft
from casework.studio.refusals import (
    NoSuchPlay,
    PlayNotEnded,
    PlayStepRefused,
    PlayTooLong,
    PlayWentOn,
    ScenarioNameRefused,
    TitleMissing,
)
from engine.actors import Actor
from professions.folders import EXAMPLES
from registry.packages import drafts as saved
from registry.packages.drafts import DraftPlay
from registry.trail import audit
from storage.database import in_turn, writing

MOST_STEPS = 200
USUAL, TABLES = "usual.json", "tables"
#: What a scenario says of its circumstances: a play that begins from it says the same.
_KEPT = ("matter", "given", "tasks", "answers", "filled", "by", "people", "born")
_KEPT_TOO = "registration_ends_in"
_EXPECTED = ("statuses", "letters", "told", "voided")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FIRST = "2026-03-02"  #: the day on which every scenario begins
_REMEMBERED = 64
_stood: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario of a draft, as far as it can be read."""

    name: str  #: its path below `examples/` without the ending
    title: str
    matter: str
    steps: int
    said: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """The folder below `examples/` whose usual it is told over."""
        return self.name.rpartition("/")[0]


def scenarios(draft: Draft) -> list[Scenario]:
    """Return the scenarios of a draft that can be read, by matter and name."""
    found = []
    for path, content in draft.scenarios.items():
        name = path.removeprefix(f"{EXAMPLES}/")
        if not name.endswith(".json") or name.startswith(f"{TABLES}/") or name.endswith(USUAL):
            continue
        try:
            said = json.loads(content)
        except (ValueError, RecursionError):  # told by the check
            continue
        if isinstance(said, dict) and isinstance(said.get("steps"), list):
            found.append(
                Scenario(
                    name=name.removesuffix(".json"),
                    title=str(said.get("title", "")),
                    matter=str(said.get("matter", "INITIAL")),
                    steps=len(said["steps"]),
                    said=said,
                )
            )
    return sorted(found, key=lambda scenario: (scenario.matter, scenario.name))


def begin(
    office: Office,
    draft_id: str,
    actor: Actor,
    *,
    title: str,
    scenario: str = "",
    matter: str = "INITIAL",
    steps: int = 0,
    node: str = "",
) -> str:
    """Begin to play a draft; return the id of the play.

    It goes the first `steps` of a scenario, or as far as a `node` of its diagrams; without a
    scenario it begins with nothing. A second press gives the play of the press before.
    Raises TitleMissing, NoSuchDraft, DraftTooMuch.
    """
    if not 2 <= len(title.strip()) <= 100:
        raise TitleMissing("title")
    draft = drafts.open_(office, draft_id)
    told = next((known for known in scenarios(draft) if known.name == scenario), None)
    said: dict[str, Any] = {"title": title.strip(), "matter": matter, "steps": []}
    if told is not None:
        said |= {part: told.said[part] for part in (*_KEPT, _KEPT_TOO) if part in told.said}
        said["steps"] = list(told.said["steps"])
    row = DraftPlay(
        draft_id=draft_id,
        title=title.strip(),
        folder=told.folder if told else "",
        said=said,
        number=0,
        begun_by=actor.id,
        at=office.now(),
    )
    if told is not None:
        taken = _leading_to(draft, row, node) if node else steps
        row.said = {**said, "steps": said["steps"][:taken]}
    with writing(office.sessions) as session:
        in_turn(session, f"draft {draft_id}")
        drafts.read(office, session, draft_id)
        if (begun := saved.begun(session, row, since=row.at - audit.SECOND_PRESS)) is not None:
            return begun
        session.add(row)
        session.flush()
        return row.id


def _leading_to(draft: Draft, row: DraftPlay, node: str) -> int:
    return int(_asked(draft, row, row.said, node=node))


def all_of(office: Office, draft_id: str) -> Sequence[DraftPlay]:
    """Return the plays of a draft, the newest first."""
    with office.sessions() as session:
        return saved.plays(session, draft_id)


def open_(office: Office, draft_id: str, play_id: str) -> DraftPlay:
    """Give a play of a draft; raises NoSuchPlay."""
    with office.sessions() as session:
        row = saved.play(session, draft_id, play_id)
    if row is None:
        raise NoSuchPlay
    return row


def stands(draft: Draft, row: DraftPlay) -> Mapping[str, Any]:
    """Say where a play stands, as `casework.scenarios.playing.Standing`. Raises DraftTooMuch."""
    return _stands(draft, row, row.said, row.today)


# Steps ------------------------------------------------------------------------------------------


def take(
    office: Office, draft_id: str, play_id: str, step: Mapping[str, Any], *, seen: int
) -> None:
    """Go one step of a scenario: an act or a message, on the day to which the clock was turned.

    Raises PlayStepRefused, PlayWentOn, PlayTooLong, NoSuchPlay, NoSuchDraft, DraftTooMuch.
    """
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    if row.today is not None and "until" not in step:
        step = {**step, "on": row.today.isoformat()}
    _go_on(office, draft, row, {**row.said, "steps": [*row.said["steps"], dict(step)]}, seen=seen)


def turn(office: Office, draft_id: str, play_id: str, day: date, *, seen: int) -> None:
    """Turn the clock to a day; the timers that end before fire on the way, one after the other.

    Raises as `take`.
    """
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    came = _stands(draft, row, row.said, day)
    if came["differs"]:
        raise PlayStepRefused("day", why=str(came["differs"]).rstrip("。"))
    if datetime.fromisoformat(came["now"]).date() != day:
        raise PlayStepRefused("day", why="时钟只能向后拨")
    waits = [{"until": node} for node in came["waited"]]
    said = {**row.said, "steps": [*row.said["steps"], *waits]}
    _go_on(office, draft, row, said, today=day, seen=seen)


def answer(
    office: Office,
    draft_id: str,
    play_id: str,
    operation: str,
    said: Mapping[str, Any],
    *,
    seen: int,
) -> None:
    """Let the twin of an outside system answer so when it is asked next. Raises as `take`."""
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    asked = stands(draft, row)["services"]
    before = [_as_answered(call) for call in asked if call["operation"] == operation]
    answers = {**row.said.get("answers", {}), operation: [*before, dict(said)]}
    _go_on(office, draft, row, {**row.said, "answers": answers}, today=row.today, seen=seen)


def give(office: Office, draft_id: str, play_id: str, given: Mapping[str, Any], seen: int) -> None:
    """Begin with other circumstances: what was done is forgotten. Raises as `take`."""
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    said = {**row.said, "given": {**row.said.get("given", {}), **given}, "steps": []}
    _go_on(office, draft, row, said, seen=seen)


def back(office: Office, draft_id: str, play_id: str, *, seen: int) -> None:
    """Take back the last step, or the turn of the clock after it. Raises PlayWentOn."""
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    steps = row.said["steps"] if row.today is not None else row.said["steps"][:-1]
    _write(office, draft, row, {**row.said, "steps": steps}, None, seen=seen)


def delete(office: Office, draft_id: str, play_id: str) -> None:
    """Delete a play; the scenario that it became stays. Raises NoSuchPlay."""
    with writing(office.sessions) as session:
        row = saved.play(session, draft_id, play_id)
        if row is None:
            raise NoSuchPlay
        session.delete(row)


def record(office: Office, draft_id: str, play_id: str, name: str, title: str, actor: Actor) -> str:
    """Keep a play that came to its end as a scenario of the draft; return its path.

    What came of it is what the scenario expects from now on. Raises PlayNotEnded,
    ScenarioNameRefused, TitleMissing and what `drafts.save` raises.
    """
    draft, row = drafts.open_(office, draft_id), open_(office, draft_id, play_id)
    if not 2 <= len(title.strip()) <= 100:
        raise TitleMissing("title")
    came = stands(draft, row)
    if came["differs"] or not came["ended"]:
        raise PlayNotEnded(why=str(came["differs"] or "还有待办的事项").rstrip("。"))
    name = name.strip()
    path = _path(row.folder, name)
    if not _NAME.fullmatch(name) or f"{name}.json" == USUAL:
        raise ScenarioNameRefused("name", name=name[:60], why="只用小写字母、数字和连字符")
    if path in draft.files:
        raise ScenarioNameRefused("name", name=name, why="已有同名的情景")
    said = _as_scenario(row.said, title.strip(), came)
    content = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    drafts.save(office, draft_id, path, content.encode(), seen=draft.number(path), actor=actor)
    with writing(office.sessions) as session:
        saved.play_on(session, play_id, row.number, kept_as=path)
    return path


def _path(folder: str, name: str) -> str:
    return "/".join(part for part in (EXAMPLES, folder, f"{name}.json") if part)


def _as_scenario(said: Mapping[str, Any], title: str, came: Mapping[str, Any]) -> dict[str, Any]:
    """Write a play with what came of it; of the answers those that were asked for."""
    asked = Counter(call["operation"] for call in came["services"])
    answers = {name: queue[: asked[name]] for name, queue in said.get("answers", {}).items()}
    kept = {name: queue for name, queue in answers.items() if queue}
    scenario = {"title": title, **{part: said[part] for part in said if part != "title"}}
    scenario.pop("answers", None)
    if kept:
        scenario["answers"] = kept
    scenario["steps"] = [_short(step) for step in scenario.pop("steps")]
    scenario["ends"] = came["ends"]
    if came["came"]["status"] is not None:
        scenario["status"] = came["came"]["status"]
    return scenario | {part: came["came"][part] for part in _EXPECTED}


def _short(step: Any) -> Any:
    """Write a step that only names its task as that name."""
    return step["task"] if isinstance(step, dict) and step.keys() == {"task"} else step


def _as_answered(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": call["error"]} if call["error"] else dict(call["answer"] or {})


def _go_on(
    office: Office,
    draft: Draft,
    row: DraftPlay,
    said: Mapping[str, Any],
    *,
    seen: int,
    today: date | None = None,
) -> None:
    if len(said["steps"]) > MOST_STEPS:
        raise PlayTooLong(most=MOST_STEPS)
    came = _stands(draft, row, said, today)
    if came["differs"]:
        raise PlayStepRefused(why=str(came["differs"]).rstrip("。"))
    _write(office, draft, row, said, today, seen=seen)


def _write(
    office: Office,
    draft: Draft,
    row: DraftPlay,
    said: Mapping[str, Any],
    today: date | None,
    *,
    seen: int,
) -> None:
    with writing(office.sessions) as session:
        drafts.read(office, session, draft.row.id)
        if not saved.play_on(session, row.id, seen, said=dict(said), today=today):
            raise PlayWentOn


def _stands(
    draft: Draft, row: DraftPlay, said: Mapping[str, Any], today: date | None
) -> Mapping[str, Any]:
    """Ask where it stands; what was asked a moment ago is remembered."""
    until = None if today is None else today.isoformat()
    text = json.dumps([draft.mark, row.folder, said, until], sort_keys=True)
    mark = hashlib.sha256(text.encode()).hexdigest()
    with _lock:
        known = _stood.get(mark)
    if known is None:
        known = dict(_asked(draft, row, said, until=until))
        with _lock:
            _stood[mark] = known
            while len(_stood) > _REMEMBERED:
                _stood.popitem(last=False)
    return known


def _asked(draft: Draft, row: DraftPlay, said: Mapping[str, Any], **more: str | None) -> Any:
    usual = {
        path: content
        for path, content in draft.scenarios.items()
        if path.rpartition("/")[2] == USUAL
    }
    story = {**said, "ends": ""}
    path = _path(row.folder, f"play-{row.id or 'new'}")
    return confined.play(draft.row.type_key, draft.package, usual, path, story, **more)
