"""Telling a story on the real engine: the diagrams run, the services answer what the story says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import opening as opening  # fills `operations.known`
from casework.scenarios import contrasts
from casework.scenarios.contrasts import Contrast, letter, notice, status
from casework.scenarios.judging import form_faults
from casework.scenarios.stage import Stage, Version
from casework.scenarios.stories import Step, Story
from casework.terms import clocks
from engine import actors, operations, queries
from engine.actors import Actor
from engine.language import decisions
from engine.operations import BpmnError, Call, Operations, Outcome
from engine.running.runner import Runner, open_runner
from engine.running.scenes import Host, Scene
from engine.running.store import Entered
from engine.tables import InstanceStatus, Job, JobKind, UserTask
from professions.tasks import Task
from refusals.days import SHANGHAI
from refusals.refusal import Refusal
from registry import numbering
from registry.law.calendars import shanghai_day
from storage.database import new_id, writing

BEGINS = datetime(2026, 3, 2, 2, tzinfo=UTC)  #: the first moment of every story, a Monday
_OFFICE_HOURS = time(10)  #: Shanghai time at which an act on a named day is done
_NATURALS = {"applicant", "enterprise"}
#: Which operation's run a period of the table counts from (its word `starts_on`).
_STARTS_BY_OPERATION: Mapping[str, Mapping[str, str]] = {
    "application/accept": {"": "accepted_on"},
    "signing/sign_application": {"": "applicant_signed_at"},
    "signing/seal_application": {"": "enterprise_sealed_at"},
    "signing/seal_request": {"": "enterprise_sealed_at"},
    "document/issue_notice": {
        "decision": "decision_delivered_on",
        "intended-decision": "intent_served_on",
        "correction-notice": "correction_notified_on",
    },
}
_STARTS_BY_TASK: Mapping[str, str] = {
    Task.FILL_FORM: "last_saved_at",
    Task.CORRECT_FORM: "last_saved_at",
    Task.DECIDE: "decided_on",
}


_CAME = ("statuses", "ended", "letters", "told", "voided")


class StoryDiffers(Refusal):
    """示例“{title}”（{story}）讲不下去：{what}。请改正流程图、决策表、表单，或者改写示例。"""

    code = "E_STORY_DIFFERS"

    contrasts: tuple[Contrast, ...] = ()  #: each thing that came differently, where that is told

    @property
    def about(self) -> str:
        """Say which story it is."""
        return "“{title}”（{story}）".format_map(self.facts)


@dataclass
class Told:
    """What came of a story."""

    nodes: set[str] = field(default_factory=set)  #: passed, of all diagrams
    steps: set[tuple[str, str]] = field(default_factory=set)  #: nodes passed one after the other
    rows: set[tuple[str, int]] = field(default_factory=set)  #: of tables: (table, row from 1)
    statuses: list[str] = field(default_factory=list)  #: as tasks were entered
    ended: str | None = None  #: the status the case was closed with
    letters: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  #: notices, by kind
    voided: list[str] = field(default_factory=list)  #: reasons for which signed files became void
    numbers: dict[str, str] = field(default_factory=dict)  #: the next of each kind
    days: dict[int, date | datetime] = field(
        default_factory=dict
    )  #: step → the last day or moment of its timer


class Storyteller:
    """Tells one story of one version; every answer of a service is the story's."""

    def __init__(self, stage: Stage, version: Version, story: Story) -> None:
        self.stage, self.version, self.story = stage, version, story
        self.type = version.type
        self.matter = self.type.matter(story.matter)
        self.now = BEGINS
        self.case = new_id()
        self.instance = ""
        self.told = Told()
        self.answers = {name: list(queue) for name, queue in story.answers.items()}
        self.happened: dict[str, date] = {"last_saved_at": shanghai_day(BEGINS)}
        self.runner = self._runner()

    def tell(self) -> Told:
        """Tell it to the end; raise StoryDiffers at the first thing that is not as it says."""
        try:
            with self._rows_noted():
                self._tell()
        finally:
            self.stage.clear()
        return self.told

    def _tell(self) -> None:
        self.begin()
        self.take(self.story.steps)
        self.end()

    def begin(self) -> None:
        """Start the case; raise StoryDiffers."""
        given = {name: self._given(name) for name in self.matter.given}
        with self._at("开始"):
            self.instance = self.runner.start(
                self.version.hash, self.matter.process, self.case, given, self._applicant()
            )

    def take(self, steps: Sequence[Step]) -> None:
        """Go through some steps; raise StoryDiffers."""
        for step in steps:
            with self._at(step.words):
                self._step(step)

    def end(self) -> None:
        """Compare what came with what the story says; raise StoryDiffers."""
        with self.stage.sessions() as session:
            instance = queries.instance_of(session, self.case)
            if instance is None or instance.status != InstanceStatus.ENDED:
                raise self._differs(f"讲完了，申请还没有结束，还有{self._open(session)}")
            self._note_path(session)
        self._compare()

    def kept(self, done: int) -> dict[str, Any]:
        """Return, as JSON, where the story stands after `done` steps, for `go_on`."""
        return {
            "story": self.story.name,
            "done": done,
            "case": self.case,
            "instance": self.instance,
            "now": self.now.isoformat(),
            "happened": {word: day.isoformat() for word, day in self.happened.items()},
            "answers": self.answers,
            "came": {name: getattr(self.told, name) for name in _CAME},
        }

    def go_on(self, kept: Mapping[str, Any]) -> None:
        """Tell the rest of a story that was kept, on the database in which its case waits."""
        self.case, self.instance = kept["case"], kept["instance"]
        self.now = datetime.fromisoformat(kept["now"])
        self.happened = {word: date.fromisoformat(day) for word, day in kept["happened"].items()}
        self.answers = {name: list(queue) for name, queue in kept["answers"].items()}
        for name in _CAME:
            setattr(self.told, name, kept["came"][name])
        self.take(self.story.steps[kept["done"] :])
        self.end()

    def _given(self, name: str) -> Any:
        if name not in self.story.given:
            raise self._differs(f"given 中没有“{name}”，{self.matter.title}以它开始")
        return self.story.given[name]

    # What comes of it ---------------------------------------------------------------------------

    def _compare(self) -> None:
        told, expects = self.told, self.story.expects
        if self.story.ends not in told.nodes:
            raise self._differs(f"没有走到 {self.story.ends}")
        differ = [
            Contrast(title=title, wanted=_listed(wanted, spell), came=_listed(came, spell))
            for name, title, came, spell in (
                ("status", "结束时的状态", told.ended, status),
                ("statuses", "经过的状态", told.statuses, status),
                ("letters", "出具的文书", told.letters, letter),
                ("told", "发出的通知", told.told, notice),
                ("voided", "文件失效的原因", told.voided, str),
            )
            if came
            != (wanted := self.story.status if name == "status" else expects.get(name, came))
        ]
        if differ:
            raise self._differs(contrasts.told(differ), differ)
        if unasked := [name for name, queue in self.answers.items() if queue]:
            raise self._differs(f"没有谁问起 answers 中的 {'、'.join(unasked)}")
        if "numbers" in expects:
            self._compare_numbers(expects["numbers"])

    def _compare_numbers(self, wanted: Mapping[str, str]) -> None:
        patterns, day = self.type.numbers, shanghai_day(BEGINS)
        with writing(self.stage.sessions) as session:
            self.told.numbers = {
                "application": numbering.application_no(
                    session, self.matter.code, day, patterns=patterns
                ),
                "registration": numbering.registration_no(session, day, patterns=patterns),
                "certificate": numbering.certificate_no(session, day, patterns=patterns),
            }
        for name, begins in wanted.items():
            if not self.told.numbers.get(name, "").startswith(begins):
                came = self.told.numbers.get(name, "没有这种号码")
                raise self._differs(f"号码 {name} 是 {came}，示例写的是 {begins}…")

    def _note_path(self, session: Session) -> None:
        before: list[str] = []
        for event in queries.history(session, self.case):
            path = [*([event.node] if event.node else []), *event.passed]
            self.told.nodes.update(path)
            for place, node in enumerate(path):
                self.told.steps.update((node, later) for later in path[place + 1 :])
            for late in self.version.noted_late.intersection(path):  # entered in an earlier action
                self.told.steps.update((node, late) for node in before)
            before += path

    @contextmanager
    def _rows_noted(self) -> Iterator[None]:
        noting = decisions.applied.set(lambda table, row: self.told.rows.add((table, row)))
        try:
            yield
        finally:
            decisions.applied.reset(noting)

    # Steps --------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        if step.until is not None:
            self._wait(step, step.until)
            return
        if step.on is not None:
            self._until(step.on)
        if step.happens is not None:
            self.happened[step.happens] = shanghai_day(self.now)
            return
        if step.message is not None:
            self._attempt(step, lambda: self._send(step, str(step.message)))
            return
        if step.typed is not None:
            self._judge(step, step.typed)
        self._attempt(step, lambda: self._do(step, str(step.task)))

    def _attempt(self, step: Step, act: Callable[[], None]) -> None:
        """Act; when the story says that it is refused, it must be, with that code."""
        try:
            act()
        except Refusal as refusal:
            if step.refused != refusal.code:
                raise
        else:
            if step.refused is not None:
                raise self._differs(f"{step.words}应当以 {step.refused} 拒绝，实际办成了")

    def _send(self, step: Step, message: str) -> None:
        actor = actors.SYSTEM if step.by is None else self._actor(step.by, "")
        self.runner.message(message, self.case, step.values, actor)

    def _do(self, step: Step, node: str) -> None:
        with self.stage.sessions() as session:
            task = queries.task_for(session, self.case, node)
            if task is None:
                raise self._differs(f"没有待办任务 {node}，{self._open(session)}")
        who = step.by or self.story.by.get(node)
        if who is None:
            raise self._differs(f"没有写明谁办理 {node}，请在 by 中写明")
        actor = self._actor(who, task.inbox)
        if not actor.may_open(task.inbox):
            roles = "、".join(self.story.people[who])
            raise self._differs(f"{node} 不由 {who}（{roles}）办理，它在 {task.inbox} 的待办中")
        self.runner.complete(task.id, actor, {**self._usually(node), **step.values})
        if (word := _STARTS_BY_TASK.get(node)) is not None:
            self.happened[word] = shanghai_day(self.now)

    def _usually(self, node: str) -> Mapping[str, Any]:
        if node not in self.story.tasks:
            raise self._differs(f"没有写明办理 {node} 时通常给出什么，请在 tasks 中写明")
        return self.story.tasks[node]

    def _judge(self, step: Step, typed: Mapping[str, Any]) -> None:
        """Judge what was typed; the diagram hears whether the form passes."""
        values = {**self._usually(str(step.task)), **step.values}
        faults = form_faults(
            self.version,
            self.matter,
            {**self.story.filled, **typed},
            facts=values["form"],
            born=self.story.born,
            today=shanghai_day(self.now),
        )
        if faults.keys() != step.faults.keys():
            came = "；".join(f"{name}：{text}" for name, text in faults.items()) or "没有"
            raise self._differs(f"表单拒绝的是 {came}，示例写的是 {_shown(sorted(step.faults))}")
        for name, text in step.faults.items():
            if text not in faults[name]:
                raise self._differs(f"{name} 的提示是“{faults[name]}”，其中没有“{text}”")
        self.answers.setdefault("application/check_form", []).insert(0, {"ok": not faults})

    # Time ---------------------------------------------------------------------------------------

    def _wait(self, step: Step, node: str) -> None:
        with self.stage.sessions() as session:
            due = session.scalar(
                select(Job.due_at).where(
                    Job.kind == JobKind.TIMER, Job.node == node, Job.business_key == self.case
                )
            )
            if due is None:
                raise self._differs(f"定时 {node} 没有开始，{self._open(session)}")
        ends = _end(due)
        self.told.days[step.number] = ends
        if step.on is not None and step.on != ends:
            raise self._differs(f"{node} 的期限到 {ends}，示例写的是 {step.on}")
        self.now = max(due, self.now)
        self.runner.run_due()

    def _until(self, day: date | datetime) -> None:
        """Let time pass; timers whose end lies before fire on their way."""
        at = day if isinstance(day, datetime) else datetime.combine(day, _OFFICE_HOURS, SHANGHAI)
        self.now = max(at.astimezone(UTC), self.now)
        self.runner.run_due()

    def _deadline(self, scene: Scene, name: str) -> datetime:
        """Give the end of a period of the table, on the shipped calendar."""
        clock = self.type.clocks[name]
        start = self._start(clock.starts_on, scene)
        self.told.rows.add(self.version.clock_rows[name])
        return clocks.due(self.stage.calendar, scene.definition, name, start).at

    def _start(self, word: str, scene: Scene) -> date:
        if word == "registration_valid_to":
            return shanghai_day(BEGINS) + timedelta(days=self.story.registration_ends_in)
        if word == "decision_due_on":
            return clocks.due(
                self.stage.calendar, scene.definition, "DECISION", self._start("accepted_on", scene)
            ).day
        return self.happened.get(word, shanghai_day(scene.now))

    # Who and what -------------------------------------------------------------------------------

    def _applicant(self) -> Actor:
        return actors.person(str(self.story.given.get("person_id", "applicant")))

    def _actor(self, who: str, inbox: str) -> Actor:
        """Give the person of the story; the clerk of an enterprise acts for the case's."""
        roles = self.story.people[who]
        if "applicant" in roles:
            return self._applicant()
        if "enterprise" in roles:
            uscc = inbox.partition(":")[2] if actors.is_enterprise(inbox) else None
            return actors.operator(who, str(uscc or self.story.given.get("uscc")))
        return actors.officer(who, *roles)

    def _runner(self) -> Runner:
        answering = Operations()
        for name in operations.known.names():
            self._offer(answering, name)
        calendar = self.stage.calendar
        return open_runner(
            self.stage.sessions,
            self.version.shelf,
            answering,
            self,
            lambda: self.now,
            Host(
                functions={
                    "deadline": self._deadline,
                    "workdays": lambda scene, number: (
                        calendar.add_workdays(shanghai_day(scene.now), number).at
                    ),
                },
                entered=self._entered,
            ),
        )

    def _offer(self, answering: Operations, name: str) -> None:
        known = operations.known.get(name)

        @answering.add(name, inline=known.inline, schema=known.schema)
        def handler(_: object, __: Call, **params: Any) -> Outcome:
            return self._answer(name, params)

    def _answer(self, name: str, params: Mapping[str, Any]) -> Outcome:
        queue = self.answers.get(name)
        answer = queue.pop(0) if queue else self.story.usual_answers.get(name, {})
        if "error" in answer:
            raise BpmnError(answer["error"])

        def note(_: Session) -> None:
            words = _STARTS_BY_OPERATION.get(name, {})
            if word := words.get(str(params.get("kind", ""))):
                self.happened[word] = shanghai_day(self.now)
            if name == "application/close":
                self.told.ended = params["status"]
            elif name == "application/void_files":
                self.told.voided.append(params["reason"])
            elif name == "document/issue_notice":
                self.told.letters.append(params["kind"])
            elif name == "notice/send":
                self.told.told.append(params["kind"])

        return Outcome(values=dict(answer), commit=note)

    def _entered(self, _: Session, node: Entered) -> None:
        self.told.statuses.append(node.properties["status"])

    # Messages -----------------------------------------------------------------------------------

    @contextmanager
    def _at(self, words: str) -> Iterator[None]:
        """Name the step in which something is refused that the story does not tell of."""
        try:
            yield
        except StoryDiffers as differs:
            if differs.facts["what"].startswith(("第", "开始")):  # type: ignore[attr-defined]  # a text
                raise
            raise self._differs(f"{words}：{differs.facts['what']}", differs.contrasts) from differs
        except Refusal as refusal:
            raise self._differs(f"{words}：{refusal}（{refusal.code}）") from refusal

    def _differs(self, what: str, differ: Sequence[Contrast] = ()) -> StoryDiffers:
        title, file = self.story.title, self.story.file
        refusal = StoryDiffers(title=title, story=file, what=what.rstrip("。"))
        refusal.contrasts = tuple(differ)
        return refusal

    def _open(self, session: Session) -> str:
        tasks: list[UserTask] = list(queries.tasks_of(session, self.case))
        if not tasks:
            return "没有待办任务"
        return f"待办任务是 {'、'.join(task.node for task in tasks)}"


def _end(due: datetime) -> date | datetime:
    """Say when a timer ends: its last day where it ends with a day, else the moment in Shanghai."""
    at = due.astimezone(SHANGHAI)
    return (at - timedelta(days=1)).date() if at.time() == time() else at.replace(microsecond=0)


def _listed(value: object, spell: Callable[[str], str]) -> str:
    """Write codes, each as it is spelled."""
    if isinstance(value, list):
        return "、".join(spell(str(part)) for part in value) or "没有"
    return "没有" if value is None else spell(str(value))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "没有"
    return str(value)
