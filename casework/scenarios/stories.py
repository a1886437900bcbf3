"""What a story of `examples/` says: who acts, on which day, with which words, and what comes of it.

A story is read over what is usual in its folder, and in the type that its type is based on; what
it says in a way that nobody understands is refused with file, place and the nearest word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from engine.actors import ROLES
from professions import folders, positions
from professions.folders import EXAMPLES
from refusals.days import SHANGHAI
from refusals.refusal import Refusal

USUAL_FILE = "usual.json"  #: what the stories of its folder and of the folders below share
TABLES = "tables"  #: the folder below `examples/` in which tables are asked on their own
_SHARED = ("given", "tasks", "answers", "filled", "by", "people")
_STORY = {
    *("title", "shows", "matter", "given", "tasks", "answers", "filled", "by", "people", "steps"),
    *("ends", "status", "statuses", "letters", "told", "voided", "numbers"),
    *("born", "registration_ends_in"),
}
_STEP = {"task", "message", "until", "happens", "with", "typed", "refused", "by", "on"}
_KINDS = ("task", "message", "until", "happens")
_DAYS = 400  #: to the end of a registration, when a story does not tell of it
_BORN = "1990-03-12"


class StoryUnreadable(Refusal):
    """示例 {story} 写得不对：{reason}。请按 docs/add-a-registration-type.md 的“示例”一节改正。"""

    code = "E_STORY_UNREADABLE"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: somebody acts, a message comes, or time passes until a timer."""

    number: int  #: as people count, from 1
    task: str | None = None
    message: str | None = None
    until: str | None = None  #: the timer that is waited for
    happens: str | None = None  #: what periods count from and no diagram tells: last_saved_at
    values: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, Any] | None = None  #: what was typed into the form, to be judged
    faults: Mapping[str, str] = field(default_factory=dict)  #: field → what the form refuses it for
    refused: str | None = None  #: the code with which the act is refused
    by: str | None = None  #: who acts, where that is not who usually does
    on: date | datetime | None = None  #: of the act; of a timer, its last day, or its moment there

    @property
    def words(self) -> str:
        """Say the step as people would, for messages."""
        what = f"等到 {self.until}" if self.until else self.task or self.message or self.happens
        return f"第 {self.number} 步（{what}）"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One case from start to end."""

    name: str  #: its path below `examples/` without the ending
    file: str  #: as messages name it: type/examples/…
    title: str
    shows: Sequence[str]
    matter: str
    steps: Sequence[Step]
    ends: str  #: the end event
    status: str | None  #: with which the case is closed
    given: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, Any]]  #: node → what its act usually hands over
    answers: Mapping[str, Sequence[Mapping[str, Any]]]  #: operation → its first answers
    usual_answers: Mapping[str, Mapping[str, Any]]
    filled: Mapping[str, Any]  #: the form as it is usually filled in
    by: Mapping[str, str]  #: node → who acts
    people: Mapping[str, Sequence[str]]  #: who → roles
    #: What must come of it, as far as it is told: statuses, letters, told, voided, numbers.
    expects: Mapping[str, Any]
    born: date
    registration_ends_in: int  #: days from the first day of the story


def stories_of(folder: Path) -> list[Path]:
    """Return the files of the stories of a type, given by its folder."""
    examples = folder / EXAMPLES
    return [
        path
        for path in sorted(examples.rglob("*.json"))
        if path.name != USUAL_FILE and path.relative_to(examples).parts[0] != TABLES
    ]


def read_all(folder: Path) -> list[Story]:
    """Read the stories of a type; raise StoryUnreadable at the first that is not understood."""
    return [read(folder, path) for path in stories_of(folder)]


def read(folder: Path, path: Path) -> Story:
    """Read one story of the type in `folder`; raise StoryUnreadable."""
    file = path.relative_to(folder.parent).as_posix()
    said = said_in(path, file)
    insist_known(said, _STORY, file, "")
    usual = _usual(folder, path.parent)
    answers = {name: list(queue) for name, queue in said.get("answers", {}).items()}
    merged = {part: {**usual[part], **said.get(part, {})} for part in _SHARED if part != "answers"}
    story = Story(
        name=path.relative_to(folder / EXAMPLES).with_suffix("").as_posix(),
        file=file,
        title=_need(said, "title", file),
        shows=said.get("shows", []),
        matter=said.get("matter", "INITIAL"),
        steps=[_step(file, number, step) for number, step in enumerate(said.get("steps", []), 1)],
        ends=_need(said, "ends", file),
        status=said.get("status"),
        answers=answers,
        usual_answers=usual["answers"],
        expects={
            part: said[part]
            for part in ("statuses", "letters", "told", "voided", "numbers")
            if part in said
        },
        born=_day(said.get("born", _BORN), file, "born"),
        registration_ends_in=int(said.get("registration_ends_in", _DAYS)),
        people={who: str(roles).split() for who, roles in merged.pop("people").items()},
        **merged,
    )
    _check_people(story)
    return story


def said_in(path: Path, file: str) -> dict[str, Any]:
    """Return the JSON object of a file; raise StoryUnreadable."""
    try:
        said = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoryUnreadable(file, story=file, reason=positions.of_json(error)) from error
    if not isinstance(said, dict):
        raise StoryUnreadable(file, story=file, reason="内容应为一个 JSON 对象")
    return said


def _usual(folder: Path, below: Path) -> dict[str, dict[str, Any]]:
    """Return what the stories of a folder share, that of the type it is based on first."""
    shared: dict[str, dict[str, Any]] = {part: {} for part in _SHARED}
    inside = below.relative_to(folder / EXAMPLES).parts
    steps = [Path(*inside[:number]) for number in range(len(inside) + 1)]
    roots = [folder.with_name(name) for name in folders.bases(folder)] + [folder]
    for place in (root / EXAMPLES / step for root in roots for step in steps):
        if (path := place / USUAL_FILE).is_file():
            file = path.relative_to(folder.parent).as_posix()
            said = said_in(path, file)
            insist_known(said, {"title", *_SHARED}, file, "")
            shared = {part: kept | said.get(part, {}) for part, kept in shared.items()}
    return shared


def _step(file: str, number: int, step: object) -> Step:
    if isinstance(step, str):
        return Step(number=number, task=step)
    place = f"第 {number} 步"
    if not isinstance(step, dict):
        raise StoryUnreadable(file, story=file, reason=f"{place}应为任务的标识或者一个对象")
    insist_known(step, _STEP, file, place)
    if len(step.keys() & set(_KINDS)) != 1:
        reason = f"{place}须写明 {'、'.join(_KINDS)} 其中之一"
        raise StoryUnreadable(file, story=file, reason=reason)
    refused = step.get("refused", {})
    return Step(
        number=number,
        task=step.get("task"),
        message=step.get("message"),
        until=step.get("until"),
        happens=step.get("happens"),
        values=step.get("with", {}),
        typed=step.get("typed"),
        faults=refused if isinstance(refused, dict) else {},
        refused=refused if isinstance(refused, str) else None,
        by=step.get("by"),
        on=_moment(step["on"], file, place) if "on" in step else None,
    )


def _check_people(story: Story) -> None:
    for who, roles in story.people.items():
        for role in roles:
            if role not in ROLES:
                reason = f"people 中“{who}”的身份 {role} 不存在{_nearest(role, ROLES)}"
                raise StoryUnreadable(story.file, story=story.file, reason=reason)
    for place, who in _named(story):
        if who not in story.people:
            reason = f"{place}的“{who}”不在 people 中{_nearest(who, story.people)}"
            raise StoryUnreadable(story.file, story=story.file, reason=reason)


def _named(story: Story) -> Iterator[tuple[str, str]]:
    yield from ((f"by.{node}", who) for node, who in story.by.items())
    yield from ((step.words, step.by) for step in story.steps if step.by is not None)


def _need(said: Mapping[str, Any], name: str, file: str) -> str:
    if not isinstance(said.get(name), str):
        raise StoryUnreadable(file, story=file, reason=f"没有写 {name}")
    return str(said[name])


def _day(text: object, file: str, place: str) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        reason = f"{place}的日期“{text}”不是 2026-03-31 这样的日期"
        raise StoryUnreadable(file, story=file, reason=reason) from error


def _moment(text: object, file: str, place: str) -> date | datetime:
    """Read a day, or a moment of Shanghai: 2026-03-02T10:30."""
    if "T" not in str(text):
        return _day(text, file, place)
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=SHANGHAI)
    except ValueError as error:
        reason = f"{place}的时间“{text}”不是 2026-03-31T10:30 这样的时间"
        raise StoryUnreadable(file, story=file, reason=reason) from error


def insist_known(said: Mapping[str, Any], known: set[str], file: str, place: str) -> None:
    """Refuse a name that no story has, with the nearest; raise StoryUnreadable."""
    for name in sorted(said.keys() - known):
        reason = f"{place}不认识“{name}”{_nearest(name, known)}"
        raise StoryUnreadable(file, story=file, reason=reason)


def _nearest(
    word: str, known: Iterator[str] | Mapping[str, Any] | set[str] | frozenset[str]
) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f"，是不是 {close[0]}？" if close else f"，可用：{'、'.join(sorted(known))}"
