"""Texts line by line, manifests by key, scenarios by what they tell."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import partial
from typing import Any

from casework.studio.comparing import words
from casework.studio.comparing.difference import (
    Part,
    Told,
    arrow,
    brief,
    leaves,
    told,
    worded,
)
from registry.law.figures import SPECS

MOST_LINES = 1000  #: that are held against each other; more than that is told as a whole


def lines(before: str, after: str) -> Iterator[Told]:
    """Yield what differs between two texts, by the lines of the later one."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(old), len(new)) > MOST_LINES:
        yield Told(f"第{start + 1}行起", "", f"文件已变更（{len(old)}行 → {len(new)}行）")
        return
    matcher = SequenceMatcher(a=old, b=new, autojunk=True)
    for act, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if act == "equal":
            continue
        gone, come = old[old_from:old_to], new[new_from:new_to]
        both = min(len(gone), len(come))
        for number in range(both):
            place = f"第{start + new_from + number + 1}行"
            yield Told(place, "", _line(gone[number], come[number]))
        for number, line in enumerate(come[both:], new_from + both):
            yield Told(f"第{start + number + 1}行", "", _whole("新增", line))
        for number, line in enumerate(gone[both:], old_from + both):
            yield Told(f"原第{start + number + 1}行", "", _whole("已删除", line))


def _whole(what: str, line: str) -> str:
    return f"{what}“{brief(line)}”" if line.strip() else f"{what}空行"


def _line(gone: str, come: str) -> str:
    if gone.split() == come.split():
        return "只有空白不同"
    return arrow(gone.strip() or gone, come.strip() or come)


def manifest(before: bytes, after: bytes) -> Iterator[Told]:
    """Yield what differs between two manifests, key by key. Raises ValueError."""
    yield from told(_sheet(before), _sheet(after))


def _toml(data: bytes) -> dict[str, Any]:
    return tomllib.loads(data.decode("utf-8-sig"))


def _sheet(data: bytes) -> dict[str, Part]:
    whole = Part(name="清单")
    found = {"": whole}
    matters: dict[str, str] = {}
    for key, value in _toml(data).items():
        called = words.MANIFEST.get(key, key)
        if key == "matter" and isinstance(value, list):
            for number, matter in enumerate(value, 1):
                code = str(matter.get("code", number))
                part = found[f"matter {code}"] = Part(name=f"事项“{matter.get('title', code)}”")
                matters[code] = str(matter.get("title", code))
                _say(part, matter)
        elif isinstance(value, dict):
            part = found[key] = Part(name=called)
            _say(part, value)
        else:
            whole.say(key, called, value)
    whole.keep_order("matters", "事项次序", matters)
    return found


def _say(part: Part, value: object) -> None:
    for place, leaf in leaves(value):
        steps = place.split("/")
        if steps[-1] in SPECS:
            label = SPECS[steps[-1]].label
        else:
            label = "的".join(words.MANIFEST.get(step, step) for step in steps)
        part.say(place, label, leaf)


_TOLD = {
    "title": "名称",
    "given": "起始变量",
    "tasks": "办理内容",
    "answers": "操作结果",
    "by": "办理人",
    "people": "人员",
    "story": "经过",
    "steps": "经过",
    "usual": "平常的值",
    "examples": "例子",
    "table": "决策表",
    "shows": "所示的要求",
    "matter": "事项",
    "ends": "结束于",
    "status": "结束时的状态",
    "statuses": "经过的状态",
    "letters": "出具的文书",
    "told": "发出的通知",
    "voided": "文件失效的原因",
    "registration_ends_in": "注册届满前的天数",
    "born": "出生",
    "numbers": "编号",
    "filled": "填写的内容",
    "when": "条件",
    "says": "结论",
    "everybody": "所有人",
    "enterprise": "企业",
    "holder": "持有人",
    "paper": "持纸质证书的人",
}
#: What stands for itself in a code, and who writes it out.
_WORDED: Mapping[str, Callable[[str], str]] = {
    "status": words.status,
    "statuses": words.status,
    "letters": partial(words.called, "document/issue_notice"),
    "told": partial(words.called, "notice/send"),
}


def scenario(path: str, before: bytes, after: bytes) -> Iterator[Told]:
    """Yield what differs between two scenarios, by their names. Raises ValueError."""
    yield from told(_story(path, before), _story(path, after))


def _coded(key: str, value: object) -> str | None:
    """Write codes as people read them; None: they are no codes."""
    codes = value if isinstance(value, list) else [value]
    written = (
        [_WORDED[key](code) for code in codes if isinstance(code, str)] if key in _WORDED else []
    )
    return worded(written) if written and len(written) == len(codes) else None


def _story(path: str, data: bytes) -> dict[str, Part]:
    read: Any = _toml(data) if path.endswith(".toml") else json.loads(data.decode("utf-8-sig"))
    title = read.get("title") if isinstance(read, dict) else None
    part = Part(name=f"情景“{title}”" if title else "")
    for place, value in leaves(read):
        first, _, rest = place.partition("/")
        key, bracket, number = first.partition("[")
        label = _TOLD.get(key, key) + (f"第{number.rstrip(']')}项" if bracket else "")
        first, slash, more = rest.partition("/")
        if slash and first in _TOLD:  # of an example of a table: what is asked, what is answered
            label, rest = f"{label}的{_TOLD[first]}", more
        part.say(place, f"{label}“{rest}”" if rest else label, value, _coded(key, value))
    return {"": part}
