"""Tell a story of `examples/`: people act, services answer, time passes, until the case ends.

A story names its matter (INITIAL when it names none) and says only what differs from `usual.json`
and, in a folder of its own, from the `usual.json` there. Steps: a node (its task is done as
usual), `{"task": node, "with": values}`, `{"message": name}`, `{"until": node}`: time passes to
that timer. Of what is `given` a case takes what the manifest names for its matter.
`registration_ends_in` is the number of days to the end of the present registration, `born` the
applicant's birthday. What is usual in a type that another is based on is usual there too.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import actors, queries
from engine.actors import Actor
from engine.definitions import Definitions
from engine.operations import BpmnError, Call, Operations, Outcome
from engine.running.runner import open_runner
from engine.running.store import Entered
from engine.tables import Job, JobKind
from professions.manifests import Clock, RegistrationType
from tests.professions.folders import BPMN
from tests.professions.judging import form_faults

EXAMPLES = BPMN / "structural-engineer-2" / "examples"
USUAL_FILE = "usual.json"  #: what the stories of its folder and of the folders below share
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
FAR = 400  #: days to the end of a registration, when a story does not tell of it
INLINE = (
    *("application/check_form", "application/check_idle", "application/accept"),
    *("application/judge_filing", "decision/deem"),
    *("application/void_files", "application/close", "signing/check_readiness"),
    *("enterprise/check", "notice/send", "decision/extend"),
    *("certificate/reserve", "certificate/claim", "certificate/lapse"),
    *("rename/compute", "rename/cancel", "rename/begin", "rename/check_result", "rename/tell"),
    *("certificate/check_exchange", "certificate/exchange"),
    *(
        "ex_officio/open_hearing",
        "ex_officio/end_registration",
        "identity/correct",
        "reopening/reopen",
    ),
    *("registration/cancel", "cancellation/note_silence"),
)
JOBS = (
    *("document/render_application", "document/issue_notice", "signing/send_code"),
    *("signing/check_certificate", "signing/sign_application", "signing/seal_application"),
    *("signing/seal_request", "certificate/issue", "rename/print_list", "rename/seal_list"),
    "identity/reissue",
)
PARAMETERS: Mapping[str, Mapping[str, type]] = {
    "application/accept": {"deemed": bool},
    "application/void_files": {"reason": str},
    "application/close": {"status": str},
    "signing/check_certificate": {"role": str, "subject": str},
    "notice/send": {"kind": str},
    "document/issue_notice": {"kind": str},
}
PEOPLE: Mapping[str, Actor] = {
    "role:acceptor": actors.officer("sun", "acceptor"),
    "role:reviewer": actors.officer("li", "reviewer", "approver"),
    "role:approver": actors.officer("wang", "reviewer", "approver"),
}


def stories(examples: Path = EXAMPLES) -> list[Path]:
    """Return the files of the stories of a type."""
    return [path for path in sorted(examples.rglob("*.json")) if path.name != USUAL_FILE]


def examples_of(path: Path) -> Path:
    """Return the folder `examples` of the type that a story is of."""
    return next(folder for folder in (path, *path.parents) if folder.name == EXAMPLES.name)


def name_of(path: Path) -> str:
    """Return the name of a story, unique in its type: its path without the ending."""
    return path.relative_to(examples_of(path)).with_suffix("").as_posix()


def usual_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the stories of a folder share: given, tasks, answers, and the form as filled."""
    shared: dict[str, dict[str, Any]] = {"given": {}, "tasks": {}, "answers": {}, "filled": {}}
    own = examples_of(folder)
    steps = folder.relative_to(own).parts
    below = [Path(*steps[:number]) for number in range(len(steps) + 1)]
    manifest = tomllib.loads((own.parent / "type.toml").read_text("utf-8"))
    base = own.parent.with_name(manifest.get("based_on", own.parent.name)) / own.name
    for above in dict.fromkeys(root / step for root in (base, own) for step in below):
        if (path := above / USUAL_FILE).is_file():
            said = json.loads(path.read_text("utf-8"))
            shared = {part: kept | said.get(part, {}) for part, kept in shared.items()}
    return shared


def matter_of(path: Path) -> str:
    """Return the code of the matter that a story tells of."""
    return str(json.loads(path.read_text("utf-8")).get("matter", "INITIAL"))


@dataclass
class Told:
    """What came of a story."""

    passed: set[str] = field(default_factory=set)  #: nodes of all diagrams
    statuses: list[str] = field(default_factory=list)  #: as tasks were entered
    ended: str | None = None  #: the status the case was closed with
    letters: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)


class Storyteller:
    """A runner whose services answer what the story says."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        shelf: Definitions,
        type_: RegistrationType,
        path: Path,
    ) -> None:
        self.sessions, self.version = sessions, shelf.latest(type_.key).hash
        self.case = name_of(path).replace("/", "-")
        self.story = json.loads(path.read_text("utf-8"))
        self.usual = usual_of(path.parent)
        self.type, matter = type_, type_.matter(matter_of(path))
        self.matter = matter
        self.process, self.given = matter.process, matter.given
        self.now = NOW
        self.told = Told()
        self.answers = {name: list(queue) for name, queue in self.story.get("answers", {}).items()}
        self.operations = Operations()
        for name in (*INLINE, *JOBS):
            self._offer(name)
        functions = {
            "deadline": lambda _, name: self._period(type_.clocks[name]),
            "workdays": lambda _, number: timedelta(days=number),
        }
        self.runner = open_runner(
            sessions,
            shelf,
            self.operations,
            self,
            lambda: self.now,
            functions,
            self._entered,
        )

    def _period(self, clock: Clock) -> timedelta:
        """Give how long a period of the table lasts, every day being a working day here."""
        if clock.starts_on == "registration_valid_to":
            return timedelta(days=self.story.get("registration_ends_in", FAR))
        return timedelta(days=clock.days)

    def _offer(self, name: str) -> None:
        @self.operations.add(name, inline=name in INLINE, schema=PARAMETERS.get(name))
        def handler(_: object, __: Call, **params: Any) -> Outcome:
            return self._answer(name, params)

    def _answer(self, name: str, params: Mapping[str, Any]) -> Outcome:
        queue = self.answers.get(name)
        answer = queue.pop(0) if queue else self.usual["answers"].get(name, {})
        if "error" in answer:
            raise BpmnError(answer["error"])

        def note(_: Session) -> None:
            if name == "application/close":
                self.told.ended = params["status"]
            elif name == "application/void_files":
                self.told.voided.append(params["reason"])
            elif name == "document/issue_notice":
                self.told.letters.append(params["kind"])
            elif name == "notice/send":
                self.told.notices.append(params["kind"])

        return Outcome(values=dict(answer), commit=note)

    def _entered(self, _: Session, node: Entered) -> None:
        self.told.statuses.append(node.properties["status"])

    def tell(self) -> Told:
        """Tell it to the end."""
        usual = self.usual["given"] | self.story.get("given", {})
        data = {name: usual[name] for name in self.given}
        zhang = actors.person(usual["person_id"])
        self.runner.start(self.version, self.process, self.case, data, zhang)
        for step in self.story["steps"]:
            self._step({"task": step} if isinstance(step, str) else step)
        with self.sessions() as session:
            assert queries.instance_of(session, self.case).status == "ENDED", self._open()
            self.told.passed = set(queries.status_of(session, self.case).done)
        assert not any(self.answers.values()), f"answers nobody asked for: {self.answers}"
        return self.told

    def _step(self, step: Mapping[str, Any]) -> None:
        if "typed" in step:
            self._judge(step)
        if "message" in step:
            self.runner.message(step["message"], self.case, {}, actors.SYSTEM)
        elif "until" in step:
            self._wait(step["until"])
        else:
            self._do(step["task"], step.get("with", {}))

    def _judge(self, step: Mapping[str, Any]) -> None:
        """Judge what was typed; the diagram hears whether the form passes."""
        wanted = step.get("refused", {})
        usual = self.usual["tasks"][step["task"]] | step.get("with", {})
        faults = form_faults(
            self.type,
            self.matter,
            self.usual["filled"] | step["typed"],
            facts=usual["form"],
            born=date.fromisoformat(self.story.get("born", "1990-03-12")),
            today=self.now.date(),
        )
        assert faults.keys() == wanted.keys(), faults
        assert all(text in faults[name] for name, text in wanted.items()), faults
        self.answers.setdefault("application/check_form", []).insert(0, {"ok": not faults})

    def _do(self, node: str, values: Mapping[str, Any]) -> None:
        with self.sessions() as session:
            task = queries.task_for(session, self.case, node)
        assert task is not None, f"{node} is not open, but {self._open()}"
        kind, _, subject = task.inbox.partition(":")
        actor = PEOPLE.get(task.inbox) or (
            actors.person(subject) if kind == "person" else actors.operator("clerk", subject)
        )
        self.runner.complete(task.id, actor, self.usual["tasks"][node] | values)

    def _wait(self, node: str) -> None:
        timers = select(Job.due_at).where(
            Job.kind == JobKind.TIMER, Job.node == node, Job.business_key == self.case
        )
        with self.sessions() as session:
            due = session.scalar(timers)
        assert due is not None, f"{node} is not armed"
        self.now = max(due, self.now)
        self.runner.run_due()

    def _open(self) -> list[str]:
        with self.sessions() as session:
            return [task.node for task in queries.tasks_of(session, self.case)]
