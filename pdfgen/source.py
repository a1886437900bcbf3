"""Read the source of a template: which files it imports, which values it asks for.

Typst's parser is not offered to Python. This reader knows as much as its question needs: where
source is text and where it is code, strings, comments, raw text, brackets and loops. Values are
asked for as `data.name` and in no other way, so that every name is found whichever branch it
stands in; what would hide a name, or make source of a value, is a fault.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

#: the one place where values come in; the component that holds it is imported by every template
DEFINITION = "data = json(bytes(sys.inputs.data))"
SUFFIX = ".typ"
ELEMENT = "[]"  #: stands in a path for any element of a list
_NAME = r"[^\W\d][\w-]*"
_IDENTIFIER = re.compile(_NAME)
_PART = re.compile(rf"\.({_NAME})")
_FURTHER = re.compile(rf"\s*\.({_NAME})")  #: a chain may go on in the next line inside brackets
_LOOP = re.compile(rf"\s*(?:\(\s*({_NAME})\s*,\s*({_NAME})\s*\)|({_NAME}))\s+in\s+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_FILE = re.compile(r'\s*"([^"\\]*)"')
#: Typst takes an address as one word, its `#` too; a Chinese stop ends it
_ADDRESS = re.compile(r"https?://[\w!#$%&*+,\-./:;=?@'~]*", re.ASCII)
_IS_NONE = re.compile(r"\s*[!=]=\s*none\b")
_COMPARED = re.compile(r'\s*[!=]=\s*"([^"\\]*)"')
#: what would evaluate text, or reach names in ways that this reader cannot follow
FORBIDDEN = frozenset({"eval", "plugin", "std", "sys"})
_STATEMENTS = frozenset({"let", "set", "show", "return", "context"})


@dataclass(frozen=True, kw_only=True)
class AskedValue:
    """A value that a template asks for."""

    line: int  #: from 1
    path: tuple[str, ...]  #: names below `data`, `ELEMENT` for any element of a list
    is_called: bool = False  #: the last name is called, as in `data.items.len()`
    is_tested: bool = False  #: only whether there is any: `has(data.copy)`, `data.copy == none`
    is_looped: bool = False  #: `for item in data.items`
    beside: frozenset[str] = frozenset()  #: first names in the conditions around it, and in its own
    compared: str | None = None  #: the text that it is held against: `data.signed_by == "BOTH"`
    flows: bool = False  #: handed on, or bound by `let`: it may decide elsewhere


@dataclass(frozen=True, kw_only=True)
class TemplateSource:
    """What stands in one file, as far as it matters here."""

    imports: tuple[tuple[int, str], ...]  #: line and name of each file
    asked: tuple[AskedValue, ...]
    faults: tuple[tuple[int, str], ...]  #: line and what is wrong, in Chinese


def read(text: str) -> TemplateSource:
    """Read a file of Typst source.

    >>> read('#for row in data.rows [#row.name;号 `data.raw` #has(data.end)]').asked[1].path
    ('rows', '[]', 'name')
    """
    reader = _Reader(text)
    try:
        reader.markup(closing="")
    except RecursionError:
        reader.faults.append((1, "括号嵌套过深，请拆成几个定义"))
    return TemplateSource(
        imports=tuple(reader.imports), asked=tuple(reader.asked), faults=tuple(reader.faults)
    )


@dataclass
class _Reader:
    """Goes through the text once; `at` is the place of the next character."""

    text: str
    at: int = 0
    bound: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: names of loops to paths
    around: frozenset[str] = frozenset()  #: first names in the conditions around this place
    binds: bool = False  #: inside a `let`
    imports: list[tuple[int, str]] = field(default_factory=list)
    asked: list[AskedValue] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = [match.start() for match in re.finditer("\n", self.text)]

    def markup(self, closing: str) -> None:
        """Read text up to the bracket that closes it."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == closing:
                self.at += 1
                return
            if self._skipped_in_markup():
                continue
            self.at += 1
            if character == "[":
                self.markup(closing="]")
            elif character == "#":
                self._embedded()
            elif character == "$":
                self._fault("文书中不能使用公式（“$”），要印出“$”请写“\\$”")

    def _skipped_in_markup(self) -> bool:
        if self.text[self.at] == "\\":
            self.at += 2
            return True
        if address := _ADDRESS.match(self.text, self.at):
            self.at = address.end()
            return True
        return self._skipped()

    def _skipped(self) -> bool:
        """Go over a comment or raw text, if one begins here."""
        two = self.text[self.at : self.at + 2]
        if two == "//":
            self.at = self._find("\n", self.at)
        elif two == "/*":
            self._comment()
        elif two[:1] == "`":
            self._raw()
        else:
            return False
        return True

    def _comment(self) -> None:
        depth = 0
        for mark in re.compile(r"/\*|\*/").finditer(self.text, self.at):
            depth += 1 if mark[0] == "/*" else -1
            if depth == 0:
                self.at = mark.end()
                return
        self.at = len(self.text)

    def _raw(self) -> None:
        fence = re.compile("`+").match(self.text, self.at)[0]  # type: ignore[index]  # one stands here
        after = self.at + len(fence)
        self.at = after if len(fence) == 2 else self._find(fence, after) + len(fence)

    def _embedded(self) -> None:
        """Read the code behind a `#` in text: one expression or one statement."""
        word = _IDENTIFIER.match(self.text, self.at)
        if word and word[0] in _STATEMENTS | {"import", "include"}:
            was_bound, self.binds = self.binds, self.binds or word[0] == "let"
            self._code(ends="\n;")
            self.binds = was_bound
            return
        if word and word[0] in ("if", "while", "for"):
            self._control(word[0], word.end())
        elif word:
            self._name(word, further=_PART)
            self._attached()
        elif self.text[self.at : self.at + 1] in tuple('([{"'):
            self._bracket_or_string()
            self._attached()
        if self.text[self.at : self.at + 1] == ";":
            self.at += 1

    def _attached(self) -> None:
        """Read arguments and methods that follow without a blank."""
        while self.at < len(self.text):
            if self.text[self.at] in "([":
                self._bracket_or_string()
            elif part := _PART.match(self.text, self.at):
                self.at = part.end()
            else:
                return

    def _control(self, word: str, after: int) -> None:
        """Read `if`, `while` or `for` with its blocks."""
        self.at = after
        kept, around = dict(self.bound), self.around
        loop = _LOOP.match(self.text, self.at) if word == "for" else None
        first = len(self.asked)
        if loop:
            self.at = loop.end()
        over = _IDENTIFIER.match(self.text, self.at)
        self._code(ends="", block=True)
        self.around |= {asked.path[0] for asked in self.asked[first:]}
        for place in range(first, len(self.asked)):
            self.asked[place] = replace(
                self.asked[place], beside=self.around, flows=self.binds and word == "if"
            )
        if loop and over and (over[0] == "data" or over[0] in self.bound) and self.asked[first:]:
            path = self.asked[first].path
            path = path[:-1] if self.asked[first].is_called else path
            line, beside = self.asked[first].line, self.around
            self.asked[first] = AskedValue(line=line, path=path, is_looped=True, beside=beside)
            self.bound[loop[2] or loop[3]] = (*path, ELEMENT)
        self._bracket_or_string()
        self.bound = kept
        if word == "if" and (other := re.compile(r"\s*else\b\s*").match(self.text, self.at)):
            self.at = other.end()
            if again := re.compile(r"if\b").match(self.text, self.at):
                self._control("if", again.end())
            else:
                self._bracket_or_string()
        self.around = around

    def _bracket_or_string(self) -> None:
        character = self.text[self.at : self.at + 1]
        if character == '"':
            string = _STRING.match(self.text, self.at)
            self.at = string.end() if string else len(self.text)
            return
        self.at += 1
        if character == "[":
            self.markup(closing="]")
        elif character in ("(", "{"):
            was_bound = self.binds
            self._code(ends=")" if character == "(" else "}")
            self.binds = was_bound
            self.at += 1

    def _code(self, ends: str, *, block: bool = False) -> None:
        """Read code up to one of `ends`, or a closing bracket; with `block`, up to a block."""
        inside = ends != "\n;"
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in ends or character in ")]}":
                return
            if block and (character == "{" or (character == "[" and self._follows_blank())):
                return
            if self._skipped():
                continue
            word = _IDENTIFIER.match(self.text, self.at)
            if character in '([{"':
                self._bracket_or_string()
            elif character == "$":
                self.at += 1
                self._fault("文书中不能使用公式（“$”）")
            elif word and word[0] in ("if", "while", "for"):
                self._control(word[0], word.end())
            elif word and word[0] in ("import", "include"):
                self._import(word)
            elif word:
                self.binds = self.binds or word[0] == "let"
                self._name(word, further=_FURTHER if inside else _PART)
            else:
                number = re.compile(r"[\d.]+\w*").match(self.text, self.at)
                self.at = number.end() if number and character.isdigit() else self.at + 1

    def _follows_blank(self) -> bool:
        return self.text[self.at - 1].isspace()

    def _import(self, word: re.Match[str]) -> None:
        self.at = word.end()
        file = _FILE.match(self.text, self.at)
        if file is None:
            self._fault(f'{word[0]} 之后请直接写文件名，如 #import "gov.typ": *')
            return
        self.imports.append((self._line(), file[1]))
        self.at = file.end()

    def _name(self, word: re.Match[str], further: re.Pattern[str]) -> None:
        """Read a name with the names that follow it by dots."""
        before = self.text[word.start() - 1 : word.start()]
        if word[0] == "let" and self.text[word.end() :].lstrip(" ").startswith(DEFINITION):
            self.at = self.text.index(DEFINITION, word.end()) + len(DEFINITION)
            return
        self.at = word.end()
        if before == "." and self.text[word.start() - 2 : word.start() - 1] != ".":
            return  # a method or a part of something else; `..data.items` spreads
        if word[0] in FORBIDDEN:
            self._fault(f"文书模板不能使用 {word[0]}：填写的内容不得成为代码")
            return
        if word[0] != "data" and word[0] not in self.bound:
            return
        line = self._line()
        path = self.bound.get(word[0], ())
        while part := further.match(self.text, self.at):
            path, self.at = (*path, part[1]), part.end()
        if not path:
            self._fault("data 之后请直接写值的名称，如 #data.title")
            return
        is_tested = re.search(r"\bhas\(\s*$", self.text[max(0, word.start() - 9) : word.start()])
        compared = _COMPARED.match(self.text, self.at)
        self.asked.append(
            AskedValue(
                line=line,
                path=path,
                is_called=self.text[self.at : self.at + 1] == "(",
                is_tested=bool(is_tested or _IS_NONE.match(self.text, self.at)),
                compared=compared[1] if compared else None,
                beside=self.around,
                flows=True,
            )
        )

    def _fault(self, words: str) -> None:
        self.faults.append((self._line(), words))

    def _line(self) -> int:
        return bisect_right(self._lines, self.at - 1) + 1

    def _find(self, what: str, start: int) -> int:
        place = self.text.find(what, start)
        return len(self.text) if place < 0 else place


def closure(name: str, shelf: Mapping[str, TemplateSource]) -> list[str]:
    """Return a file and, in order, all that it imports, also through others."""
    names, ahead = [], [name]
    while ahead:
        file = ahead.pop(0)
        if file not in names and file in shelf:
            names.append(file)
            ahead += [imported for _, imported in shelf[file].imports]
    return names


@lru_cache(maxsize=256)
def _read_source(content: bytes) -> TemplateSource:
    return read(content.decode("utf-8-sig"))


def sources(shelf: Mapping[str, bytes]) -> dict[str, TemplateSource]:
    """Return what is asked and imported in each file; a file is read once, whoever holds it."""
    return {name: _read_source(content) for name, content in shelf.items()}


GONE = "没有文件"  #: how the text begins that tells of a file which is imported and not there


def faults(source: TemplateSource, shelf: Mapping[str, bytes]) -> list[tuple[int, str]]:
    """Return what a file may not do, with its line; nothing comes from the network."""
    gone = [
        (line, f"{GONE}“{file}”，文书只能引用 documents 中的文件")
        for line, file in source.imports
        if file not in shelf
    ]
    return sorted([*source.faults, *gone])
