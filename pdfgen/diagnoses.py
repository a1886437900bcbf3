"""What Typst says about a template, with file and line and, where it is usual, in Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"┌─ (?:.*[/\\])?([^/\\\s:]+):(\d+):(\d+)")
_KEY = re.compile(r'dictionary does not contain key "([^"]*)"')
#: Typst's usual complaints; what is not here is told in its own words
_CHINESE = (
    (r"unknown font family: (.*)", "没有字体“{0}”，可用 song、hei、kai"),
    (r"unknown variable: (.*)", "没有名称“{0}”（既不是值，也不是组件）"),
    (r"file not found.*", "没有引用的文件"),
    (r"unclosed delimiter", "括号没有配对：缺少后一半"),
    (r"unclosed string", "引号没有配对"),
    (r"unexpected (?:closing|end).*", "括号没有配对"),
    (r"expected ([\w ,]+), found (.*)", "此处应为 {0}，实际是 {1}"),
    (r"unexpected argument: (.*)", "没有参数“{0}”"),
    (r"missing argument: (.*)", "缺少参数“{0}”"),
    (r'.*the text `?"(.*)"`? could not be displayed.*', "字体中没有“{0}”"),
    (r"invalid number suffix: `?(\w+)`?", "没有单位“{0}”"),
    (r".*missing document title.*", "没有文档标题：请写 #set document(title: …)"),
    (r".*missing alt text.*", "图片缺少替代文字 alt"),
)


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One complaint: where, and what."""

    file: str  #: name of the file, such as `gov.typ`
    line: int  #: from 1; 0 when Typst does not say
    words: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行：{self.words}" if self.line else self.words


def read(message: str, diagnostic: str, *, main: str) -> Diagnosis:
    """Return a complaint of Typst; `main` is the file that Typst knows as main.typ.

    >>> str(read("unknown variable: nope", "  ┌─ main.typ:12:5", main="receipt.typ"))
    'receipt.typ 第 12 行：没有名称“nope”（既不是值，也不是组件）（unknown variable: nope）'
    """
    place = _PLACE.search(diagnostic)
    file, line = (place[1], int(place[2])) if place else (main, 0)
    return Diagnosis(file=main if file == "main.typ" else file, line=line, words=_words(message))


def missing_key(message: str) -> str | None:
    """Return the name that a template asked for and the data lack, if that is the complaint."""
    match = _KEY.match(message)
    return match[1] if match else None


def _words(message: str) -> str:
    for pattern, chinese in _CHINESE:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return f"{chinese.format(*match.groups())}（{message}）"
    return message
