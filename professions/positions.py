"""Where in a text file a mistake is, in words for its author."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass

from engine.errors import XmlRefused
from engine.language import malformed
from engine.language.xml import read_xml

#: What Python's readers say → what to say.
_WORDS = {
    "Expecting property name enclosed in double quotes": "此处应为加双引号的名称，或者多了一个逗号",
    "Illegal trailing comma": "多了一个逗号",
    "Expecting value": "此处缺少值：多了逗号，少了双引号，或者真假没有写成 true、false",
    "Expecting ',' delimiter": "缺少逗号，或者括号没有成对",
    "Expecting ':' delimiter": "名称之后缺少冒号",
    "Unterminated string": "引号没有成对",
    "Extra data": "末尾有多余的内容",
    "Invalid control character": "引号中不能换行",
    "Invalid \\escape": "反斜线要写成两个",
    "Invalid value": "值不能这样写：文字要加英文双引号，真假写 true、false",
    "Expected '=' after a key": "名称之后缺少等号",
    "Invalid initial character for a key part": "名称只能用字母、数字、下划线和短横",
    "Invalid statement": "不是“名称 = 值”或者 [节] 的写法",
    "Unclosed array": "方括号没有成对",
    "Unclosed inline table": "花括号没有成对",
    "Cannot overwrite a value": "这一项写了两次",
    "Cannot declare": "这一节写了两次",
    "Cannot mutate immutable": "这一项写了两次",
    "Expected newline or end of document": "一行只能写一项，文字中的引号要成对",
    "Expected ']'": "节的名称没有以方括号结束",
    "Illegal character": "引号没有成对，或者引号中有换行",
    "Unescaped '\\' in a string": "反斜线要写成两个",
    "Invalid date or datetime": "不是日期",
}


def _told(message: str) -> str:
    return next((text for start, text in _WORDS.items() if message.startswith(start)), message)


_TOML = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def of_bytes(data: bytes) -> tuple[str, str]:
    """Say what a file is that holds no text in UTF-8, and what to do.

    >>> of_bytes(b"%PDF-1.7")[0], of_bytes("办".encode("gbk"))[0]
    ('不是文字，是 PDF 文件', '不是 UTF-8 编码的文字')
    """
    kind = malformed.kind_of(data)
    if kind and not data.startswith(b"{"):
        return f"不是文字，是 {kind}", "请打开它，把内容以 UTF-8 编码存成文本文件"
    return "不是 UTF-8 编码的文字", "请在编辑器中以 UTF-8 编码另存"


def of_json(error: Exception) -> str:
    """Say where a JSON text goes wrong.

    >>> try: json.loads('{"a": 1,}')
    ... except ValueError as error: print(of_json(error))
    第 1 行第 9 列不是 JSON（此处应为加双引号的名称，或者多了一个逗号）
    """
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 编码的文字"
    if isinstance(error, RecursionError):
        return "不是 JSON（嵌套过深）"
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.lineno} 行第 {error.colno} 列不是 JSON（{_told(error.msg)}）"
    return f"不是 JSON（{error}）"


def slip_in_json(data: bytes) -> str | None:
    """Say what readers of JSON let pass and nobody means: a name written twice, NaN.

    None also for what is no JSON at all: who reads it says so.

    >>> slip_in_json(b'{"a": 1, "b": 2, "a": 3}')
    '“a”写了两次，只有最后一次有效'
    """
    slips: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        slips.extend(f"“{name}”写了两次，只有最后一次有效" for name in twice)
        return dict(pairs)

    def constant(word: str) -> None:
        slips.append(f"{word} 不是 JSON 的数")

    with suppress(ValueError, RecursionError):
        json.loads(data, object_pairs_hook=once, parse_constant=constant)
    return slips[0] if slips else None


def of_toml(error: Exception) -> str:
    """Say where a TOML text goes wrong."""
    told = _TOML.fullmatch(str(error))
    if told is None:
        return str(error)
    place = f"第 {told[2]} 行第 {told[3]} 列" if told[2] else "文件末尾"
    return f"{place}不是 TOML（{_told(told[1])}）"


@dataclass(frozen=True)
class Position:
    """Where in a file something stands, both from 1; None where it cannot be told."""

    row: int | None = None
    column: int | None = None


_PLACED = re.compile(r"第 (\d+) 行(?:第 (\d+) 列)?")
_RULE = re.compile(r"第 (\d+) 条规则")


def of(path: str, data: bytes, element: str, text: str) -> Position:
    r"""Find what a problem of a file speaks of: by its own words, else by the element's name.

    >>> of("type.toml", b'key = "a"\ntitle = "b"', "title", "名称相同")
    Position(row=2, column=None)
    """
    if placed := _PLACED.match(element) or _PLACED.search(text):
        return Position(int(placed[1]), int(placed[2]) if placed[2] else None)
    if path.endswith((".bpmn", ".dmn")):
        return Position(_row_in_xml(data, element, _RULE.search(text)))
    name = re.escape(element.rpartition(".")[2])
    lines = data.decode("utf-8-sig", "replace").splitlines() if name else []
    named = re.compile(rf'"{name}"|(?<![\w.-]){name}\s*=')
    return Position(next((row for row, line in enumerate(lines, 1) if named.search(line)), None))


def _row_in_xml(data: bytes, element: str, rule: re.Match[str] | None) -> int | None:
    """Return the line of an element, or of the rule of a table that is spoken of."""
    try:
        named = [node for node in read_xml(data).iter("*") if node.get("id") == element]
    except XmlRefused:
        return None
    rules = [row for node in named for row in node.iter("{*}rule")] if rule else []
    if rule and int(rule[1]) <= len(rules):
        named = [rules[int(rule[1]) - 1]]
    return named[0].sourceline if element and named else None
