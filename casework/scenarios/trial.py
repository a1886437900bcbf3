"""Trying a type: every story told, every table asked, and what none of them reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from casework.scenarios import coverage, stories, table_examples
from casework.scenarios.contrasts import Difference
from casework.scenarios.coverage import Place, Reached
from casework.scenarios.stage import Stage, Version, open_stage
from casework.scenarios.stories import Story
from casework.scenarios.storyteller import StoryDiffers, Storyteller, Told
from casework.scenarios.table_examples import AnswerDiffers, TableExample
from professions import manifests
from refusals.refusal import Refusal


@dataclass(kw_only=True)
class Trial:
    """What came of trying a type."""

    key: str
    told: dict[str, Told] = field(default_factory=dict)  #: by the name of the story
    asked: int = 0  #: examples of tables
    differs: list[Difference] = field(default_factory=list)  #: each story or example once
    red: list[str] = field(default_factory=list)  #: the names of those that differ
    reached: Reached = field(default_factory=lambda: together([]))
    untold: list[Place] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether everything came as the stories say."""
        return not self.differs


@dataclass(frozen=True, kw_only=True)
class Example:
    """A story, or a question to a table."""

    name: str
    said: Story | TableExample

    def tell(self, stage: Stage, version: Version) -> Told:
        """Tell it on a version; raise StoryDiffers or AnswerDiffers."""
        if isinstance(self.said, Story):
            return Storyteller(stage, version, self.said).tell()
        return Told(rows=self.said.ask(version))


def examples_of(folder: Path) -> list[Example]:
    """Return the examples of a type, tables first; raise StoryUnreadable."""
    asked = [
        Example(name=f"{example.file}#{example.number}", said=example)
        for example in table_examples.read_all(folder)
    ]
    told = [Example(name=story.name, said=story) for story in stories.read_all(folder)]
    return asked + told


def try_folder(folder: Path) -> Iterator[Example | Trial]:
    """Tell every example of the type in `folder`; yield each as it is told, the trial at last.

    Raises StoryUnreadable, and what reading the type raises.
    """
    files, own = manifests.load(folder).files, coverage.own_files(folder)
    yield from try_files(folder.name, files, examples_of(folder), own)


def try_files(
    key: str, files: Mapping[str, bytes], examples: Sequence[Example], own: Collection[str]
) -> Iterator[Example | Trial]:
    """Tell examples on the files of a type; yield each as it is told, the trial at last.

    `own` are the files whose nodes and rows the examples answer for. Raises what reading the type
    raises.
    """
    with open_stage() as stage:
        version = stage.version(files)
        trial = Trial(key=key)
        reached: list[Told] = []
        for example in examples:
            try:
                told = example.tell(stage, version)
            except Refusal as refusal:
                trial.differs.append(_difference(refusal))
                trial.red.append(example.name)
            else:
                reached.append(told)
                if isinstance(example.said, Story):
                    trial.told[example.name] = told
                else:
                    trial.asked += 1
            yield example
        trial.reached = together(reached)
        trial.untold = coverage.untold(version.definition.sources, own, trial.reached)
        yield trial


def _difference(refusal: Refusal) -> Difference:
    if not isinstance(refusal, AnswerDiffers | StoryDiffers):
        return Difference(text=str(refusal))
    return Difference(text=str(refusal), about=refusal.about, contrasts=refusal.contrasts)


def together(told: Sequence[Told]) -> Reached:
    """Return what stories reached together."""
    return Reached(
        nodes=frozenset().union(*(story.nodes for story in told)),
        steps=frozenset().union(*(story.steps for story in told)),
        rows=frozenset().union(*(story.rows for story in told)),
    )
