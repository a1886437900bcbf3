"""Help texts: the Markdown of guides, as pages show it and as the check reads it.

CommonMark with tables, as markdown-it-py reads it; without HTML, pictures and code, which have no
place in a guide. What would stand on the page as marks instead of what was meant is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.token import Token

_LEFT_OUT = (
    "code",
    "fence",
    "backticks",
    "image",
    "html_block",
    "html_inline",
    "entity",
    "lheading",
)
_CLASSES = {
    "h1": "govuk-heading-l",
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "blockquote": "govuk-inset-text govuk-!-margin-left-0",
    "hr": "govuk-section-break govuk-section-break--m govuk-section-break--visible",
    "table": "govuk-table",
    "th": "govuk-table__header",
    "td": "govuk-table__cell",
    "a": "govuk-link",
}
_DEEPEST = "h3"
_NEAR = 8  #: marks that may stand between two words, one in the other
_MARKS = re.compile(r"\*\*|__|~~")
_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&[a-z]+;")
#: What is read off the source where marks would stand between a figure and its unit.
_UNREAD = re.compile(r"\*\*|__|(?<=\])\([^()\s]*\)")


class HelpText(NamedTuple):
    """A help text as its page shows it: plain title, and the rest as HTML."""

    title: str
    body: str  #: HTML of nothing but what markdown-it writes: HTML in the source is text


class Fault(NamedTuple):
    """What a help text would show otherwise than it was meant."""

    line: int  #: from 1
    problem: str
    remedy: str


def read(text: str) -> HelpText:
    r"""Read a help text; its first heading is the title, without one the first block.

    >>> print(read("# 说明\n\n**先**签名，\n再盖章").body)
    <p class="govuk-body"><strong>先</strong>签名，再盖章</p>
    <BLANKLINE>
    """
    tokens = _PARSER.parse(text)
    end = next((place + 1 for place, token in enumerate(tokens) if _closes(token)), 0)
    title = "".join(_plain(token.children or ()) for token in tokens[:end])
    return HelpText(title, _PARSER.renderer.render(tokens[end:], _PARSER.options, {}))


def plain(text: str) -> str:
    """Give the source without the marks that may stand between a figure and its unit.

    >>> plain("**30**日内，见[说明](/guide/initial)")
    '30日内，见[说明]'
    """
    return _UNREAD.sub("", text)


def faults(text: str) -> Iterator[Fault]:
    """Yield what would stand on the page as marks, or not at all."""
    tokens = _PARSER.parse(text)
    titles = [token for token in tokens if token.type == "heading_open" and token.tag == "h1"]
    if not tokens or tokens[0] not in titles:
        yield Fault(1, "说明没有标题，第一段会被当作标题", "请在第一行写“# 标题”")
    for token in titles[1:]:
        remedy = "一份说明只有一个标题，请改用“## 小标题”"
        yield Fault(_line(token), "一份说明中有两个“# 标题”", remedy)
    for token in tokens:
        if token.type == "heading_open" and token.tag > _DEEPEST:
            yield Fault(_line(token), f"{token.markup} 层次太深", "小标题请用“##”或者“###”")
        elif token.type == "inline":
            for problem, remedy in _of_line(token.children or []):
                yield Fault(_line(token), problem, remedy)


def _of_line(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    written = _plain(tokens)
    if any(_multiplies(tokens, place) for place in range(len(tokens))):
        yield "数字之间的“*”成了强调的标记，不会显示", "乘号请写“×”"
    if found := _MARKS.search(written):
        yield (
            f"“{found[0].strip()}”没有成对地起作用，会原样显示",
            "加粗的文字请前后各写两个 *，里面不要以空格开头或者结尾；不需要加粗的删除",
        )
    if "`" in written:
        yield "“`”会原样显示，说明中没有代码", "请删除“`”"
    if any(_pictures(tokens, place) for place in range(len(tokens))):
        yield "说明中不能放图片，会显示成链接", "请用文字写明，或者去掉“!”"
    elif "](" in written:
        yield "链接没有起作用，会原样显示", "请写“[文字](https://…)”，地址中不要有空格"
    if found := _HTML.search(written):
        yield (
            f"说明中不能写 HTML，“{found[0]}”会原样显示",
            "请改用 Markdown：**加粗**、- 列表、| 表格 |",
        )


def _multiplies(tokens: list[Token], place: int) -> bool:
    """Tell whether a mark of emphasis stands between two digits."""
    before, after = _beside(tokens, place)
    return tokens[place].markup == "*" and before.isdigit() and after.isdigit()


def _beside(tokens: list[Token], place: int) -> tuple[str, str]:
    """Give the nearest sign before and after a mark; it looks no further than to the next words."""
    before = (token.content for token in reversed(tokens[max(0, place - _NEAR) : place]))
    after = (token.content for token in tokens[place + 1 : place + 1 + _NEAR])
    return next(filter(None, before), "")[-1:], next(filter(None, after), "")[:1]


def _pictures(tokens: list[Token], place: int) -> bool:
    """Tell whether a link begins behind an exclamation mark, as pictures are written."""
    link = place > 0 and tokens[place].type == "link_open"
    return link and tokens[place - 1].content.endswith("!")


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in {"text", "text_special"})


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _closes(token: Token) -> bool:
    return token.nesting <= 0 and token.level == 0


def _dress(state: StateCore) -> None:
    """Give elements the classes of the pages, and join lines as Chinese is written."""
    for token in state.tokens:
        if token.nesting >= 0 and token.tag in _CLASSES:
            aligned = str(token.attrs.pop("style", ""))  # pages allow no style of an element's own
            numeric = f" {_CLASSES[token.tag]}--numeric" if aligned.endswith(":right") else ""
            token.attrSet("class", _CLASSES[token.tag] + numeric)
        children = token.children or []
        for place, child in enumerate(children):
            if child.tag == "a" and child.nesting == 1:
                child.attrSet("class", _CLASSES["a"])
            elif child.type == "softbreak" and _joined(children, place):
                child.type, child.content = "text", ""


def _joined(children: list[Token], place: int) -> bool:
    """Tell whether a line ends, or the next begins, with a wide character: no space between."""
    return any(_wide(sign) for sign in _beside(children, place))


def _wide(sign: str) -> bool:
    return bool(sign) and unicodedata.east_asian_width(sign) in "WF"


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Read `*` as CommonMark does, and beside wide characters also at a punctuation mark.

    CommonMark asks for a blank between `**注意：**` and what follows (0.31.2, 6.2), where Chinese
    has none (findings/markdown-bold-before-chinese.sh).
    """
    start, known = state.pos, len(state.delimiters)
    if not emphasis.tokenize(state, silent):
        return False
    before, after = state.src[:start][-1:], state.src[state.pos : state.pos + 1]
    if state.src[start] == "*":
        for delimiter in state.delimiters[known:]:
            delimiter.open |= _wide(before) and bool(after.strip())
            delimiter.close |= _wide(after) and bool(before.strip())
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(_LEFT_OUT)
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.core.ruler.push("dress", _dress)
    return parser


_PARSER = _parser()
