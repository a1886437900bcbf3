"""Tables asked on their own: `examples/tables/*.json` say what a table answers to which facts.

Each file names one `table`, what is `usual`, and `examples` of `when` (what differs) and `says`
(the answer, in the shape of `engine.language.decisions`). Tables that no diagram asks, and rows
that only other facts reach than those of a case, are told of here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casework.scenarios import stories
from casework.scenarios.stage import Version
from casework.scenarios.stories import StoryUnreadable
from engine.language import decisions
from professions.folders import EXAMPLES
from refusals.refusal import Refusal


class AnswerDiffers(Refusal):
    """{story} 第 {number} 例：{table}（{facts}）得出 {came}，应为 {says}。请改正表或者示例。"""

    code = "E_TABLE_EXAMPLE_DIFFERS"


@dataclass(frozen=True, kw_only=True)
class TableExample:
    """One question to a table, and its answer."""

    file: str  #: as messages name it
    number: int  #: in its file, from 1
    table: str
    when: Mapping[str, Any]  #: what differs from the usual, for messages
    facts: Mapping[str, Any]
    says: object

    def ask(self, version: Version) -> set[tuple[str, int]]:
        """Ask the table; return the rows that applied. Raises AnswerDiffers."""
        rows: set[tuple[str, int]] = set()
        noting = decisions.applied.set(lambda table, row: rows.add((table, row)))
        try:
            came: object = version.decide(self.table, self.facts)
        except Refusal as refusal:
            raise self._differs(f"“{refusal}”") from refusal
        finally:
            decisions.applied.reset(noting)
        if not _same(came, self.says):
            raise self._differs(came)
        return rows

    def _differs(self, came: object) -> AnswerDiffers:
        facts = "、".join(f"{name}={value}" for name, value in self.when.items()) or "通常的情形"
        return AnswerDiffers(
            story=self.file,
            number=self.number,
            table=self.table,
            facts=facts,
            came=came,
            says=self.says,
        )


def _same(came: object, said: object) -> bool:
    """Compare as JSON does, but never take true for 1."""
    if isinstance(came, dict) and isinstance(said, dict):
        return came.keys() == said.keys() and all(_same(came[name], said[name]) for name in came)
    if isinstance(came, list) and isinstance(said, list):
        return len(came) == len(said) and all(map(_same, came, said))
    return isinstance(came, bool) == isinstance(said, bool) and came == said


def read_all(folder: Path) -> list[TableExample]:
    """Read the examples of the tables of a type; raise StoryUnreadable."""
    files = sorted((folder / EXAMPLES / stories.TABLES).glob("*.json"))
    return [example for path in files for example in _read(path, folder)]


def _read(path: Path, folder: Path) -> list[TableExample]:
    file = path.relative_to(folder.parent).as_posix()
    said = stories.said_in(path, file)
    stories.insist_known(said, {"title", "table", "usual", "examples"}, file, "")
    table, usual = str(said.get("table") or path.stem), said.get("usual", {})
    examples = []
    for number, example in enumerate(said.get("examples", []), 1):
        if not isinstance(example, dict) or "says" not in example:
            reason = f"第 {number} 例没有写 says"
            raise StoryUnreadable(file, story=file, reason=reason)
        stories.insist_known(example, {"when", "says"}, file, f"第 {number} 例")
        when = example.get("when", {})
        examples.append(
            TableExample(
                file=file,
                number=number,
                table=table,
                when=when,
                facts={**usual, **when},
                says=example["says"],
            )
        )
    return examples
