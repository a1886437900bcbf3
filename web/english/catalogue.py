"""Texts of pages in Chinese and what they are in English: gettext catalogues, asked backwards.

A page is turned when it is finished, so that a text is asked for as people would have read it:
with its names and figures filled in. What a message says between them finds it again. Chinese is
the source and the id of a message; a placeholder is `{name}` in both. Of the names, `{n}`,
`{day}`, `{month}`, `{time}` and `{title}` (a name of no sentence), also with figures: `{n2}`, take
only what they say; a number that asks for a plural is the first `{n}`. Parts of a sentence that
stand in tags within it are `<1>…</1>`, by their order in Chinese.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from babel.messages.pofile import PoFileError, read_po

from web.english import values

HAN = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FULL = str.maketrans("：；，。（）、！？“”～％－", ':;,.(),!?""~%-')
_ANY = r"[^<>]+?"
_SPACES = re.compile(r"\s+")
_MOST_KEPT = 20_000  #: texts whose English is remembered
_DEPTH = 4  #: how deep texts may stand in one another


@dataclass(frozen=True)
class Part:
    """A piece of a text: English, or what stays Chinese."""

    text: str
    is_chinese: bool = False


Parts = tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A text of pages in Chinese, and in English for one and for several."""

    chinese: str
    english: tuple[str, ...]

    def said_of(self, number: str | None) -> str:
        """Give the English for this number of things."""
        return self.english[0 if number == "1" else -1]


def read(content: bytes) -> list[Message]:
    """Read a catalogue; a message without English, or with a doubtful one, is none.

    Raises: ValueError, when it is no catalogue.
    """
    try:
        entries = read_po(BytesIO(content), locale="en", abort_invalid=True)
    except PoFileError as error:
        raise ValueError(str(error)) from error
    messages = []
    for entry in entries:
        chinese = entry.id if isinstance(entry.id, str) else entry.id[0]
        said = entry.string or ""
        english = (said,) if isinstance(said, str) else tuple(said)
        if chinese and all(english) and not entry.fuzzy:
            messages.append(Message(chinese=chinese, english=english))
    return messages


class Catalogue:
    """All messages of an installation."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._exact: dict[str, Message] = {}
        self._starting: dict[str, list[_Pattern]] = defaultdict(list)
        self._ending: dict[str, list[_Pattern]] = defaultdict(list)
        self._open: list[_Pattern] = []
        for message in messages:
            if not PLACEHOLDER.search(message.chinese):
                self._add(spaced(message.chinese), message)
                continue
            pattern = _Pattern(message)
            if pattern.first:
                self._starting[pattern.first].append(pattern)
            elif pattern.last:
                self._ending[pattern.last].append(pattern)
            else:
                self._open.append(pattern)
        self.turned = lru_cache(_MOST_KEPT)(self._turned)

    def _add(self, chinese: str, message: Message) -> None:
        """Know a text, and a sentence also where its full stop is left out."""
        self._exact.setdefault(chinese, message)
        if chinese.endswith("。"):
            english = tuple(said.removesuffix(".") for said in message.english)
            self._exact.setdefault(chinese[:-1], Message(chinese=chinese[:-1], english=english))

    def whole(self, text: str, depth: int = 0) -> Parts | None:
        """Give the English of a text that is one message; None when it is none."""
        if message := self._exact.get(text):
            return (Part(message.said_of(None)),)
        if written := values.turned(text):
            return (Part(written),)
        near = (*self._starting[text[:1]], *self._ending[text[-1:]], *self._open)
        for pattern in sorted(near, key=_Pattern.place):
            if match := pattern.regex.fullmatch(text):
                return self._filled(pattern, match, depth)
        return None

    def _filled(self, pattern: _Pattern, match: re.Match[str], depth: int) -> Parts:
        said = match.groupdict()
        number = next((said[name] for name in pattern.names if _kind(name) == "n"), None)
        parts: list[Part] = []
        for index, piece in enumerate(PLACEHOLDER.split(pattern.message.said_of(number))):
            if index % 2 == 0:
                parts.append(Part(piece))
            else:
                parts += self._turned(said[piece], depth + 1) or _kept(said[piece])
        return tuple(part for part in parts if part.text)

    def _turned(self, text: str, depth: int = 0) -> Parts | None:
        """Give the English of a text, or of what it is put together from; None for a strange one.

        `text` has no blanks around it; each run of blanks in it counts as one.
        """
        text = spaced(text)
        if not HAN.search(text):
            return (Part(text.translate(_FULL)),)
        whole = self.whole(text, depth)
        if depth > _DEPTH:
            return whole
        if whole is None:
            return self._divided(text, depth, _WAYS)
        return (self._divided(text, depth, (_sentences,)) if _swallows(whole) else None) or whole

    def _divided(self, text: str, depth: int, ways: Sequence[_Way]) -> Parts | None:
        """Give the English of what a text is put together from, in the first way that works."""
        for divide in ways:
            pieces = divide(text)
            if pieces is None:
                continue
            turned = [(self._turned(piece, depth + 1), piece, mark) for piece, mark in pieces]
            if not any(parts and HAN.search(piece) for parts, piece, _ in turned):
                continue
            strange = [at for at, (parts, *_) in enumerate(turned) if not parts]
            if strange and not (divide in _WITH_NAMES and strange == [1]):
                continue
            return tuple(
                part
                for parts, piece, mark in turned
                for part in (*(parts or _kept(piece)), Part(mark))
                if part.text
            )
        return None


def _swallows(parts: Parts) -> bool:
    """Tell whether what a message took for a name holds a whole sentence."""
    return any(part.is_chinese and _SENTENCES.search(part.text[:-1]) for part in parts)


def spaced(text: str) -> str:
    """Write each run of blanks as one."""
    return _SPACES.sub(" ", text.strip())


def _kept(text: str) -> Parts:
    return (Part(text, is_chinese=HAN.search(text) is not None),)


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


class _Pattern:
    """A message with placeholders, as it is found in a finished text."""

    def __init__(self, message: Message) -> None:
        pieces = PLACEHOLDER.split(spaced(message.chinese))
        self.message = message
        self.names = pieces[1::2]
        self.literal = sum(map(len, pieces[::2]))  #: characters that must be there as they are
        self.first, self.last = pieces[0][:1], pieces[-1][-1:]
        seen: set[str] = set()
        written = []
        for index, piece in enumerate(pieces):
            if index % 2 == 0:
                written.append(re.escape(piece))
            elif piece in seen:
                written.append(f"(?P={piece})")
            else:
                written.append(f"(?P<{piece}>{values.KINDS.get(_kind(piece), _ANY)})")
                seen.add(piece)
        self.regex = re.compile("".join(written))

    def place(self) -> tuple[bool, int]:
        """Tell how early it is tried: sure is what it begins with, surer what says more."""
        return not self.first, -self.literal


_Pieces = Sequence[tuple[str, str]]  #: each with the mark that follows it in English
_Way = Callable[[str], _Pieces | None]
_END = re.compile(r"(?s)(.+?)([。！？；：，、…:;,.]+)$")
_SENTENCES = re.compile(r"(?<=[。！？；])")
_BRACKETS = re.compile(r"(?s)(.*?)（([^（）]+)）(.*)")
_STATED = re.compile(r"(?s)(.+?)为(.+)")
_LED = re.compile(r"(?s)([：，、；])(.+)")
_LABELLED = re.compile(r"(?s)([^：:，。；（]{1,30})(?:：|: )(.+)")
_LISTS = (("、", ", "), ("；", "; "), ("，", ", "), (" · ", " · "), (" / ", " / "), (" ", " "))


def _ended(text: str) -> _Pieces | None:
    match = _END.fullmatch(text)
    return match and [(match[1], match[2].translate(_FULL))]


def _sentences(text: str) -> _Pieces | None:
    pieces = [piece.strip() for piece in _SENTENCES.split(text) if piece.strip()]
    if len(pieces) < 2:
        return None
    return [(piece, " " if number < len(pieces) else "") for number, piece in enumerate(pieces, 1)]


def _bracketed(text: str) -> _Pieces | None:
    match = _BRACKETS.fullmatch(text)
    if not match:
        return None
    before, within, after = match[1].strip(), match[2], match[3].strip()
    pieces = [(before, " (")] if before else [("", "(")]
    pieces.append((within, ") " if HAN.search(after) else ")"))
    return [*pieces, (after, "")] if after else pieces


def _labelled(text: str) -> _Pieces | None:
    match = _LABELLED.fullmatch(text)
    return match and [(match[1], ": "), (match[2], "")]


def _led(text: str) -> _Pieces | None:
    match = _LED.fullmatch(text)
    return match and [("", match[1].translate(_FULL) + " "), (match[2], "")]


def _stated(text: str) -> _Pieces | None:
    match = _STATED.fullmatch(text)
    return match and [(match[1], ": "), (match[2], "")]


def _listed(text: str) -> _Pieces | None:
    for mark, english in _LISTS:
        pieces = text.split(mark)
        if len(pieces) > 1:
            last = len(pieces)
            return [(piece, english if at < last else "") for at, piece in enumerate(pieces, 1)]
    return None


#: How a text that is no message is taken apart, in this order.
_WAYS = (_ended, _led, _sentences, _labelled, _bracketed, _listed, _stated)
#: What stands second in these may be a name that nobody knows.
_WITH_NAMES = (_bracketed, _labelled)
