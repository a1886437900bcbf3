"""Each mistake is told once: what is told only because of another mistake is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import PurePath

from engine.lint.linter import Problem
from professions.manifests import CLOCKS, MANIFEST, RegistrationType
from professions.tasks import ACTS
from refusals import rules
from registry.applications.statuses import Matter

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


def alike(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what is told at several places because of one of them once, with how many more.

    A condition that was turned round is wrong on both sides of its gateway, an act that is no
    longer done lacks on every way to it, a bound contradicts each message that names it.
    """
    places: dict[Hashable, list[Problem]] = {}
    said: dict[tuple[str, str], set[str]] = {}
    for problem in problems:
        said.setdefault((problem.file, problem.element), set()).add(problem.code)
    causes = [problem for problem in problems if problem.code in _CAUSES][:_MOST_CAUSES]
    for problem in problems:
        beside = said[problem.file, problem.element]
        is_told = any(problem.code in _BEFORE.get(code, ()) for code in beside)
        if not is_told and not any(_only_follows(problem, other) for other in causes):
            places.setdefault(_place(problem), []).append(problem)
    for first, *others in places.values():
        more = f"（另有 {len(others)} 处与此有关）" if others else ""
        yield replace(first, remedy=f"{first.remedy}{more}")


_UNDONE = re.compile("没有办理.*")
_LACKING_WORD = re.compile("没有规则给出“.*?” (.+)")
_NEVER_IS = re.compile("不会是“(.+?)”")
_ENDS_BEFORE = re.compile("不早于“([A-Z_]+)”届满")
_ERRORS = re.compile("此处可能出现的错误：.*")
_PERIODS = re.compile("[A-Z][A-Z_0-9]+")
_RESTS_ON = re.compile("应为 ([A-Z_0-9]+)")
#: Of one element, what the first code tells is why the others are told.
_BEFORE: Mapping[str, frozenset[str]] = {
    "E_FIELD_BOUNDS": frozenset({"E_FIELD_MESSAGE", "E_HOUSE_FIELD", "E_FIELD_CHOICES"}),
    "E_FIELD_MESSAGE": frozenset({"E_FIGURE_CONTRADICTED"}),
    "E_EVENT": frozenset({"E_DONE_TWICE"}),
    "E_PROPERTY": frozenset({"E_TASK"}),
}


#: Because of what others may be told, at other places.
_CAUSES = frozenset(
    {"E_TABLE", "E_OUTPUT_LACKS", "E_OUTPUT_WORD", "E_LEGAL_PERIOD", "E_PERIOD", "E_PERIOD_SUM"}
) | {"E_FIELD_BOUNDS", "E_FIELD_MESSAGE"}
_MOST_CAUSES = 100  #: of thousands of mistakes, none is the cause of the others


def _place(problem: Problem) -> Hashable:
    """Return what is the same of problems that have one cause; else the problem itself."""
    code = problem.code
    if code == "E_BRANCH":
        undone = _UNDONE.search(problem.text)
        is_turned = "成立时" in problem.text and "条件“" not in problem.text
        return (
            (code, undone[0]) if undone and not is_turned else (code, problem.file, problem.element)
        )
    if code == "E_UNREACHED":
        return code, problem.file, problem.text
    if code == "E_NO_WAY_OUT":
        return code, problem.file, problem.text.partition("时，")[2]
    if code == "E_ERROR_CODE":
        return code, problem.file, "".join(_ERRORS.findall(str(problem)))
    if code == "E_OUTPUT_LACKS":
        return code, problem.file
    if code == "E_CITED":
        return code, problem.file
    if code == "E_PERIOD" and (ended := _ENDS_BEFORE.search(problem.text)):
        return code, problem.file, ended[1]
    if code in ("E_FIELD_MESSAGE", "E_PERIOD"):
        return code, problem.file, problem.element
    return problem


def _only_follows(problem: Problem, other: Problem) -> bool:
    """Tell whether a problem is told only because another one is."""
    if (problem.file, problem.element) == (other.file, other.element):
        return False  # told by `_BEFORE`
    if problem.code == "E_NO_PERIOD":
        return other.code == "E_TABLE" and other.file == CLOCKS
    if problem.code == "E_CONDITION" and other.code in ("E_OUTPUT_LACKS", "E_OUTPUT_WORD"):
        lost, never = _LACKING_WORD.match(other.text), _NEVER_IS.search(problem.text)
        is_lost = bool(lost and never and never[1] in lost[1].split("、"))
        return is_lost or bool(never and f"是不是 {never[1]}？" in other.remedy)
    if problem.code == "E_PERIOD_SUM" and other.code in ("E_LEGAL_PERIOD", "E_PERIOD_SUM"):
        rests = _RESTS_ON.search(problem.text)
        return bool(rests) and other.element in _PERIODS.findall(problem.text)[1:]
    if problem.code == "E_FIGURE_CONTRADICTED" and "表单没有这样的字段" in problem.text:
        is_of_form = other.code in ("E_FIELD_BOUNDS", "E_FIELD_MESSAGE")
        return is_of_form and PurePath(other.file).name.split(".")[0] in problem.file
    if problem.code == "E_PERIOD" and (ended := _ENDS_BEFORE.search(problem.text)):
        return other.code == "E_PERIOD" and other.element == ended[1]
    is_of_table = other.code == "E_PERIOD_SUM" or bool(_ENDS_BEFORE.search(other.text))
    return problem.code == "E_TIMER_LATE" and is_of_table


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


def at_the_manifest(problems: Sequence[Problem], kind: RegistrationType) -> Iterator[Problem]:
    """Yield what several files contradict alike once, at the entry that alone says otherwise.

    An entry with which some file agrees is right: then whoever contradicts it is told. Of a matter
    whose code nobody knows, nothing is told but that.
    """
    strange = {matter.diagram for matter in kind.matters if matter.code not in Matter.__members__}
    blamed = _blamed(problems, kind)
    told = set[str]()
    for problem in problems:
        if problem.file in strange:
            continue
        entry, said = _contradicted(problem)
        if entry not in blamed:
            yield problem
        elif (merged := blamed[entry]) is not None and entry not in told:
            told.add(entry)
            whole = merged.text.replace(_SAID, said)
            yield replace(merged, text=rules.said(merged.code, whole))


_SAID = "{said}"
_ENTRY = re.compile(
    "(?:写的是|裁剪为|印成) ?([0-9×x .]+(?:毫米|像素|周岁)?)，type[.]toml 的 ([a-z_]+) (?:是 )?(.+)"
)
_OTHER_TITLE = re.compile("(?:证书的标题“.*”里|标题“.*”)没有(?:写)?“")
_UNSAID_AGE = re.compile("没有写明 type[.]toml 所限的 ([0-9]+) 周岁")
_STRANGE_LAW = re.compile("引用的“(.+)”不是已知的法律，也不是 type[.]toml 的 law[.]rule（(.+)）")
_SECTIONS = {"photo": "applicant", "minimum_age": "applicant", "maximum_age": "applicant"}


def _contradicted(problem: Problem) -> tuple[str, str]:
    """Return which entry of the manifest a file contradicts, and by what; none: two empty texts."""
    if found := _ENTRY.search(problem.text):
        return found[2], found[1]
    if found := _STRANGE_LAW.search(problem.text):
        return f"law.rule {found[1]}", found[1]
    if _OTHER_TITLE.match(problem.text):
        return "title", ""
    if found := _UNSAID_AGE.search(problem.text):
        return f"age {found[1]}", ""
    return "", ""


def _blamed(problems: Sequence[Problem], kind: RegistrationType) -> dict[str, Problem | None]:
    """Return the entries that are wrong themselves, with what is told of each: None, it is told."""
    fixed = {
        told.element.rpartition(".")[2]
        for told in problems
        if told.code == "E_RULE_FIXES" and told.file == MANIFEST
    }
    by_entry: dict[str, list[Problem]] = {}
    for problem in problems:
        by_entry.setdefault(_contradicted(problem)[0], []).append(problem)
    blamed: dict[str, Problem | None] = {}
    for entry, told in by_entry.items():
        files = sorted({problem.file for problem in told})
        if entry in fixed:
            blamed[entry] = None
        elif entry.startswith("law.rule "):
            name = entry.removeprefix("law.rule ")
            if len(told) > 1 and get_close_matches(name, [kind.law.rule.strip("《》")], cutoff=0.8):
                blamed[entry] = _entry("law.rule", kind.law.rule, files, told[0], "名称")
        elif entry == "title":
            if len(told) > 1 and any(one.code == "E_CERTIFICATE_FACE" for one in told):
                text = f"title 是 {kind.title}，证书的标题和 {len(told) - 1} 个表单写的是别的名称"
                remedy = "请核对后改成同一名称：这一项写错了改这一项，否则改那些文件"
                said = rules.said("E_MATTER_MIXED", text)
                blamed[entry] = Problem(file=MANIFEST, element="title", text=said, remedy=remedy)
        elif entry in _SECTIONS and len(files) > 1 and not _agreed(entry, kind):
            value = getattr(kind, entry)
            has = "×".join(map(str, value)) if entry == "photo" else str(value)
            name = f"{_SECTIONS[entry]}.{entry}"
            blamed[entry] = _entry(name, has, files, told[0], "数值")
    for entry, age in (("minimum_age", kind.minimum_age), ("maximum_age", kind.maximum_age)):
        if entry in by_entry:
            blamed[f"age {age}"] = None
    return blamed


def _entry(name: str, has: str, files: Sequence[str], first: Problem, what: str) -> Problem:
    others = [file for file in files if file != MANIFEST]
    more = f"等 {len(others)} 个文件" if len(others) > _NAMED else ""
    text = f"{name} 是 {has}，{'、'.join(others[:_NAMED])} {more}写的是 {_SAID}".replace("  ", " ")
    remedy = f"请核对后改成同一{what}：这一项写错了改这一项，否则改那些文件"
    said = rules.said(first.code, text)
    return replace(first, file=MANIFEST, element=name, text=said, remedy=remedy)


_NAMED = 3  #: files that are told by name


def _agreed(entry: str, kind: RegistrationType) -> bool:
    """Tell whether some text or form says what an entry says."""
    if entry == "photo":
        pattern = rf"{kind.photo[0]} ?[x×] ?{kind.photo[1]}(?![0-9])"
    else:
        pattern = rf"(?<![0-9]){getattr(kind, entry)} ?周?岁"
    return any(
        re.search(pattern, content.decode("utf-8-sig", "replace"))
        for path, content in kind.files.items()
        if path.startswith(("help/", "forms/"))
    )


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
