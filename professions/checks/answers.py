"""What the tables of the house answer, whatever else they say: `professions/answers.toml`.

A flag that was turned round, a bound that excludes its own figure, a row that was moved: the table
is well formed and says something else. A few facts of each, with the answer that law or the manual
gives, are put to whatever table a type has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import DecisionFailed, ExpressionFailed
from engine.language.decisions import Table
from engine.language.parsing import Sources
from refusals.rules import insists

Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_DATA = Path(__file__).parents[1] / "answers.toml"
ANSWERS: Mapping[str, Mapping[str, Any]] = tomllib.loads(_DATA.read_text("utf-8"))


@insists("E_ANSWER")
def faults(name: str, sources: Sources) -> Iterator[Placed]:
    """Yield the first thing that a table answers otherwise than it must."""
    told, table = ANSWERS.get(name, {}), sources.tables[name]
    for case in told.get("must", ()):
        facts = {**told.get("usual", {}), **case.get("with", {})}
        if text := _wrong(table, facts, case):
            differs = case.get("with") or facts
            asked = "，".join(f"{key} 为 {_shown(value)}" for key, value in differs.items())
            said = f"{asked}时，{text}（{case['why']}）"
            yield sources.table_files[name], name, said, "请改正规则的条件、结果或者次序"
            return


def _wrong(table: Table, facts: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    """Say what an answer lacks, empty when it is as it must be."""
    try:
        answer = table.decide(_nested(facts))
    except (DecisionFailed, ExpressionFailed):  # columns of its own, or told as a gap
        return ""
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        lacking = [word for word in case.get("has", ()) if word not in answer]
        also = [word for word in case.get("lacks", ()) if word in answer]
        also += [word for word in answer if word not in case.get("only", answer)]
        lacking += [word for word in case.get("only", ()) if word not in answer]
        if lacking:
            return f"没有得出“{lacking[0]}”"
        return f"不应得出“{also[0]}”" if also else ""
    said = answer if isinstance(answer, Mapping) else {table.outputs[0]: answer}
    for output, wanted in case.get("is", {}).items():
        if output in said and said[output] != wanted:
            return f"{output} 应当是 {_shown(wanted)}，得出的是 {_shown(said[output])}"
    for output, never in case.get("not", {}).items():
        if said.get(output) == never:
            return f"{output} 不应是 {_shown(never)}"
    return ""


def _nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Make records of names with a stop.

    >>> _nested({"form.db_hit": True, "matter": "INITIAL"})
    {'form': {'db_hit': True}, 'matter': 'INITIAL'}
    """
    nested: dict[str, Any] = {}
    for name, value in facts.items():
        record, _, key = name.rpartition(".")
        (nested.setdefault(record, {}) if record else nested)[key] = value
    return nested


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"“{value}”" if isinstance(value, str) else str(value)
