"""Each mistake is told once: what is told only because of another mistake is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.lint.linter import Problem
from professions.manifests import CLOCKS
from professions.tasks import ACTS

_GIVES = re.compile("办理“(.+?)”(?:给出的|不给出变量)")
_LACKS_SOURCE = re.compile("变量“(.+?)”没有来源")
_LACKS_OUTPUT = re.compile("决策表没有输出列 (.+)")
_OF_TYPE = re.compile("(“.+”列：)类型是 ")
_LACKS = re.compile(
    "没有(流程|决策表|表单|文书模板|申请表模板)“|期限表中没有“|消息事件没有消息名称，没有消息“"
)


def once(problems: Iterable[Problem], files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield what several places miss once: at the file that is not there, or at the first place."""
    lacks: dict[str, list[Problem]] = {}
    for problem in problems:
        key = problem.text if _LACKS.match(problem.text) else str(problem)
        lacks.setdefault(key, []).append(problem)
    for same in lacks.values():
        first = next((problem for problem in same if problem.file not in files), same[0])
        more = f"（另有 {len(same) - 1} 处要用到它）" if len(same) > 1 else ""
        yield replace(first, remedy=f"{first.remedy}{more}")


def not_endless(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what repeats: of one rule in one file the first ten are told, with their number."""
    problems = list(problems)
    count = Counter((problem.file, problem.code) for problem in problems)
    told: Counter[tuple[str, str]] = Counter()
    kept = []
    for problem in problems:
        kind = (problem.file, problem.code)
        told[kind] += 1
        if told[kind] == _MOST_ALIKE < count[kind]:
            more = f"（另有 {count[kind] - _MOST_ALIKE} 处同类错误）"
            problem = replace(problem, remedy=f"{problem.remedy}{more}")
        if told[kind] <= _MOST_ALIKE:
            kept.append(problem)
    return kept


_MOST_ALIKE = 10


def causes(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what is not told because of a lost row of periods or of a task that gives less."""
    is_lost = any(told.file == CLOCKS and "可能同时适用" in told.text for told in problems)
    for problem in problems:
        if not (is_lost and _is_lost_row(problem)) and not _is_given(problem, problems):
            yield problem


def _is_given(problem: Problem, told: Iterable[Problem]) -> bool:
    """Tell whether a variable lacks because a task does not say that its act gives it."""
    lacking = _LACKS_SOURCE.match(problem.text)
    if lacking is None:
        return False
    acts = [ACTS[gives[1]] for other in told if (gives := _GIVES.match(other.text))]
    return any(lacking[1] in act.gives for act in acts)


def _is_lost_row(problem: Problem) -> bool:
    """Tell whether a period is missing because another row bears its name."""
    return problem.file == CLOCKS and problem.text.startswith("期限表中没有“")


def with_tables(told: Sequence[Problem], of_tables: Iterable[Problem]) -> list[Problem]:
    """Add where tables are not as they are asked, and leave out what only follows from that."""
    said = {(problem.file, problem.text.partition("（")[0]) for problem in told}
    findings = [
        finding
        for finding in of_tables
        if (finding.file, finding.text.partition("（")[0]) not in said
    ]
    follows = [follow for finding in findings for follow in _following(finding)]
    lost = {lacking[1] for finding in findings if (lacking := _LACKS_SOURCE.match(finding.text))}
    told = [
        problem
        for problem in told
        if not ((lacking := _LACKS_SOURCE.match(problem.text)) and lacking[1] in lost)
    ]
    return [
        problem
        for problem in (*told, *findings)
        if not any(
            (file is None or problem.file == file) and start in problem.text and end in problem.text
            for file, start, end in follows
        )
    ]


def _following(finding: Problem) -> Iterator[tuple[str | None, str, str]]:
    """Yield what else is told because of one mistake: file, and two parts of the text."""
    if "命中策略" in finding.text:
        yield finding.file, "可能同时适用", ""
        yield finding.file, "永远不会用到", ""
        yield finding.file, "有的输入没有规则适用", ""
    if lacks := _LACKS_OUTPUT.match(finding.text):
        for output in lacks[1].split("、"):
            yield None, f"{finding.element} 中没有“{output}”", ""
    if column := _OF_TYPE.match(finding.text):
        yield finding.file, column[1], "不是"


def says(told: Problem, other: Problem) -> bool:
    """Tell whether the problem of a form says already what another one says of the same form."""
    same_form = told.file.split(".")[0] == other.file.split(".")[0]
    is_said = other.element == told.element or other.element in told.text
    return same_form and bool(other.element) and is_said
