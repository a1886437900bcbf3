"""Tables asked on their own: `examples/tables/*.json` say what a table answers to which facts.

Each file names one `table`, what is `usual`, and `examples` of `when` (what differs) and `says`
(the answer, in the shape of `engine.language.decisions`). Tables that no diagram asks, and rows
that only other facts reach than those of a case, are told of here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casework import why
from casework.scenarios import stories
from casework.scenarios.contrasts import Contrast, told, value
from casework.scenarios.stage import Version
from casework.scenarios.stories import StoryUnreadable
from engine.language import decisions
from engine.language.decisions import Table
from professions.folders import EXAMPLES
from refusals.refusal import Refusal


class AnswerDiffers(Refusal):
    """{story} 第 {number} 例：{table}（{facts}），{what}。请改正表或者示例。"""

    code = "E_TABLE_EXAMPLE_DIFFERS"

    contrasts: tuple[Contrast, ...] = ()  #: each thing that came differently, where that is told

    @property
    def about(self) -> str:
        """Say which example it is."""
        return "{story} 第 {number} 例：{table}（{facts}）".format_map(self.facts)


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
            what = f"没有得出结论：“{str(refusal).rstrip('。')}”"
            raise self._differs(version, what) from refusal
        finally:
            decisions.applied.reset(noting)
        if not _same(came, self.says):
            contrasts = self._contrasts(version.table(self.table), came)
            raise self._differs(version, told(contrasts), contrasts)
        return rows

    def _contrasts(self, table: Table, came: object) -> list[Contrast]:
        """Hold the answer against what is said, column by column where both have columns."""
        if not isinstance(came, dict) or not isinstance(self.says, dict):
            title = table.said[0].heading if len(table.said) == 1 else "结论"
            wanted, answer = (value(why.named(table, said)) for said in (self.says, came))
            return [Contrast(title=title, wanted=wanted, came=answer)]
        headings = (column.heading for column in table.said)
        titles = dict(zip(table.outputs, headings, strict=True))
        return [
            Contrast(
                title=titles.get(name, name),
                wanted=value(self.says[name]) if name in self.says else "没有写",
                came=value(came[name]) if name in came else "表中没有这一列",
            )
            for name in dict.fromkeys((*came, *self.says))
            if name not in came or name not in self.says or not _same(came[name], self.says[name])
        ]

    def _differs(
        self, version: Version, what: str, contrasts: Sequence[Contrast] = ()
    ) -> AnswerDiffers:
        refusal = AnswerDiffers(
            story=self.file,
            number=self.number,
            table=self._title(version),
            facts=self._asked(version),
            what=what,
        )
        refusal.contrasts = tuple(contrasts)
        return refusal

    def _title(self, version: Version) -> str:
        table = version.definition.sources.tables.get(self.table)
        return self.table if table is None else table.name

    def _asked(self, version: Version) -> str:
        """Say what the columns read of the facts; else the facts as they are written."""
        try:
            table = version.table(self.table)
            read = [value(part) for part in table.inputs_of(self.facts)]
        except (Refusal, KeyError):
            written = (f"{name}={part}" for name, part in self.when.items())
            return "、".join(written) or "通常的情形"
        headings = (column.heading for column in table.read)
        return "，".join(f"{heading}：{part}" for heading, part in zip(headings, read, strict=True))


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
    listed, examples = said.get("examples"), []
    if not isinstance(listed, list) or not listed:
        raise StoryUnreadable(file, story=file, reason="没有写 examples，它什么都不证明")
    if not isinstance(usual, dict):
        raise StoryUnreadable(file, story=file, reason="usual 应为一个 JSON 对象")
    for number, example in enumerate(listed, 1):
        if not isinstance(example, dict) or "says" not in example:
            reason = f"第 {number} 例没有写 says"
            raise StoryUnreadable(file, story=file, reason=reason)
        stories.insist_known(example, {"when", "says"}, file, f"第 {number} 例")
        when = example.get("when", {})
        if not isinstance(when, dict):
            reason = f"第 {number} 例的 when 应为一个 JSON 对象"
            raise StoryUnreadable(file, story=file, reason=reason)
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
