"""Which small changes of a type neither the check nor an example notices."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from casework.scenarios import changes, coverage
from casework.scenarios.changes import Change
from casework.scenarios.nearby import Nearby
from casework.scenarios.stage import Stage, open_stage
from casework.scenarios.stories import Story
from casework.scenarios.storyteller import Told
from casework.scenarios.table_examples import TableExample
from casework.scenarios.trial import Example, examples_of
from engine.language import parsing
from professions import manifests
from professions.checks import checker
from professions.checks.checker import Problem
from professions.operations import DECLARED
from refusals.refusal import Refusal
from storage.scratch import scratch

CHECK = "check"  #: who noticed a change that `zhuce check` refuses
ENOUGH = 0.95  #: the share of small changes that a shipped type notices


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A change, and who noticed it: the name of an example, CHECK, or nobody."""

    change: Change
    by: str | None


class Judge:
    """Tries changes of one type on a stage of this process."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        examples: Sequence[Example],
        own: frozenset[str],
        stage: Stage,
    ) -> None:
        self.stage, self.files, self.own = stage, files, own
        self.examples = list(examples)
        self.reached: dict[str, Told] = {}
        self._nearby: Nearby | None = None
        #: what the check refuses already
        self.refused = frozenset(map(_said, checker.check(files, DECLARED)))

    @classmethod
    def of(cls, folder: Path, stage: Stage) -> Judge:
        """Open a judge of the type in a folder."""
        files, own = manifests.load(folder).files, coverage.own_files(folder)
        return cls(files, examples_of(folder), frozenset(own), stage)

    def tell_all(self) -> None:
        """Tell every example as the type is; raises what differs."""
        version = self.stage.version(self.files)
        self.reached = {
            example.name: example.tell(self.stage, version) for example in self.examples
        }

    def changes(self) -> list[Change]:
        """Return the small changes of the files that the type answers for."""
        return changes.changes_of(self.files, parsing.read_sources(self.files), self.own)

    def changed_since(self, before: Mapping[str, bytes]) -> list[Change]:
        """Return the small changes of what differs from other files, those of new elements too."""
        known = parsing.read_sources(before)
        there = {_place(change) for change in changes.changes_of(before, known, self.own)}
        return [change for change in self.changes() if _place(change) not in there]

    def nearest(self, change: Change) -> dict[str, str] | None:
        """Name the story that comes nearest to a change, and the node there; None: none does."""
        if self._nearby is None:
            told = {
                example.name: self.reached[example.name]
                for example in self.examples
                if isinstance(example.said, Story)
            }
            self._nearby = Nearby(parsing.read_sources(self.files), told)
        return self._nearby.to(change.node, change.element)

    def judge(self, change: Change) -> Judged:
        """Tell what may notice a change until something does; then ask the check."""
        files = {**self.files, change.file: change.made(self.files[change.file])}
        try:
            version = self.stage.version(files)
            for example in self._concerned(change):
                try:
                    example.tell(self.stage, version)
                except Refusal:
                    return Judged(change=change, by=example.name)
        except Refusal:
            return Judged(change=change, by=CHECK)
        refused = set(map(_said, checker.check(files, DECLARED)))
        return Judged(change=change, by=CHECK if refused - self.refused else None)

    def _concerned(self, change: Change) -> Sequence[Example]:
        """Return the examples that come by the place of the change, the shortest first."""
        table = change.element.rpartition("#")[0] if not change.node else ""
        concerned = [
            example
            for example in self.examples
            if (
                isinstance(example.said, TableExample) and example.said.table == table
                if not isinstance(example.said, Story)
                else self._comes_by(self.reached[example.name], change, table)
            )
        ]
        return sorted(concerned, key=_length)

    def _comes_by(self, told: Told, change: Change, table: str) -> bool:
        if table:
            return any(asked == table for asked, _ in told.rows)
        return change.node in told.nodes


def _said(problem: Problem) -> tuple[str | None, str, str]:
    return problem.code, problem.file, problem.element


def _place(change: Change) -> tuple[str, ...]:
    return change.kind, change.file, change.element, change.before, change.after


def _length(example: Example) -> int:
    return len(example.said.steps) if isinstance(example.said, Story) else 0


@dataclass(frozen=True, kw_only=True)
class Noticing:
    """The small changes of a type, and where its examples come by."""

    folder: Path
    changes: Sequence[Change]
    reached: Mapping[str, Told]

    def judged(self, *, processes: int | None = None) -> Iterator[Judged]:
        """Yield each change with who noticed it, in order; work is shared between processes."""
        with scratch("stage") as stages:
            pool = ProcessPoolExecutor(
                processes or os.cpu_count(),
                mp_context=get_context("fork"),
                initializer=_begin,
                initargs=(self.folder, self.reached, stages),
            )
            with pool:
                yield from pool.map(_judge, self.changes, chunksize=4)


def noticing_of(folder: Path) -> Noticing:
    """Tell every example of a type as it is, and list its small changes.

    Raises StoryDiffers or AnswerDiffers when the type is not as its examples say to begin with.
    """
    with open_stage() as stage:
        judge = Judge.of(folder, stage)
        judge.tell_all()
        return Noticing(folder=folder, changes=judge.changes(), reached=judge.reached)


_OURS: list[Judge] = []  #: the judge of this process


def _begin(folder: Path, reached: Mapping[str, Told], stages: Path) -> None:
    own = stages / str(os.getpid())
    own.mkdir()
    judge = Judge.of(folder, Stage(own))
    judge.reached = dict(reached)
    _OURS[:] = [judge]


def _judge(change: Change) -> Judged:
    return _OURS[0].judge(change)
