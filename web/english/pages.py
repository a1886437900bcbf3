"""A finished page turned into English: its texts and the attributes that people read or hear.

What the catalogue does not know stays Chinese and says so (`lang="zh-CN"`), so that names are
spoken as names. What people typed stands in values and text areas, and is never touched; nor is
what says of itself `translate="no"` or which language it is.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from html import escape, unescape

from web.english.catalogue import HAN, Catalogue, Parts, spaced

#: A tag, or what has no texts to turn.
TOKEN = re.compile(
    r"<!--.*?-->|<!doctype[^>]*>"
    r"|<(?P<raw>script|style|textarea|pre)\b[^>]*>.*?</(?P=raw)\s*>"
    r"|<(?P<end>/?)(?P<tag>[a-zA-Z][\w:-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL | re.IGNORECASE,
)
#: Chinese, or marks of its script.
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff01-\uff5e“”]")
#: An attribute that people read or hear.
SPOKEN = re.compile(
    r"\b(?P<name>aria-label|aria-description|title|alt|placeholder|label|data-[\w.-]+)"
    r"=\"(?P<text>[^\"]*)\""
)
_OWN_LANGUAGE = re.compile(r"\s(?:lang=\"|translate=\"no\")")
#: Tags that stand within a sentence.
WITHIN = frozenset(
    "a abbr b bdi br code em i kbd mark small span strong sub sup time u wbr".split(" ")  # noqa: SIM905 (a list of words)
)
VOID = frozenset(("br", "wbr", "img", "input", "link", "meta", "hr", "area", "source", "col"))
_NO_TAGS_INSIDE = frozenset(("option", "title", "desc"))
_MARK = re.compile(r"<(/?)(\d+)(/?)>")
_OPEN_END = re.compile(r"[\w.:;,)?!]$")
_BEGINS = re.compile(r"[\w(<]")
_BLANKS = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)


def turned(page: str, catalogue: Catalogue) -> str:
    """Give a page, or a part of one, in English."""
    return _Page(catalogue).turn(page)


@dataclass
class _Page:
    catalogue: Catalogue
    out: list[str] = field(default_factory=list)
    sentence: list[tuple[str, str]] = field(default_factory=list)  #: tag or "", as written
    is_drawing: bool = False
    opened: str = ""  #: the tag that was opened last

    def turn(self, page: str) -> str:
        at, skipped, depth = 0, "", 0
        for token in TOKEN.finditer(page):
            if skipped:  # until the end of what has its own language
                if (token["tag"] or "").lower() == skipped:
                    depth += -1 if token["end"] else 1
                if depth:
                    continue
                self._end_sentence()
                self.out.append(page[at : token.end()])
                at, skipped = token.end(), ""
                continue
            if token.start() > at:
                self.sentence.append(("", page[at : token.start()]))
            at = token.end()
            name, tag = (token["tag"] or "").lower(), token[0]
            may_skip = name and not token["end"] and name not in VOID and name != "html"
            if may_skip and _OWN_LANGUAGE.search(tag):
                skipped, depth, at = name, 1, token.start()
                continue
            self._tag(name, tag, is_end=bool(token["end"]))
        self.sentence.append(("", page[at:]))
        self._end_sentence()
        return "".join(self.out)

    def _tag(self, name: str, tag: str, *, is_end: bool) -> None:
        written = self._spoken(tag) if _CHINESE.search(tag) else tag
        if name in WITHIN and not self.is_drawing:
            self.sentence.append((name, written))
            return
        self._end_sentence()
        if name == "html":
            written = written.replace('lang="zh-CN"', 'lang="en"', 1)
        if name == "svg":
            self.is_drawing = not is_end
        if name:
            self.opened = "" if is_end else name
        self.out.append(written)

    def _spoken(self, tag: str) -> str:
        """Turn the attributes of a tag that people read or hear."""
        head = tag[: tag.index(">", tag.rindex('"') if '"' in tag else 0) + 1]
        if tag.startswith(("<script", "<style", "<textarea", "<pre")):
            head = re.match(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", tag)[0]  # type: ignore[index]  # it is a tag

        def turn(match: re.Match[str]) -> str:
            text = unescape(match["text"])
            parts = self.catalogue.turned(spaced(text)) if _CHINESE.search(text) else None
            said = "".join(part.text for part in parts) if parts else text
            return f'{match["name"]}="{escape(said)}"' if parts else match[0]

        return SPOKEN.sub(turn, head) + tag[len(head) :]

    def _end_sentence(self) -> None:
        items, self.sentence = self.sentence, []
        if not any(not tag and _CHINESE.search(text) for tag, text in items):
            self.out += [text for _, text in items]
            return
        core = _core(items)
        if core is not None:
            first, last = core
            said = self._with_tags(items[first : last + 1])
            if said is not None:
                self.out += [text for _, text in items[:first]]
                self.out.append(said)
                self.out += [text for _, text in items[last + 1 :]]
                return
        self.out += _apart(items, [text if tag else self._text(text) for tag, text in items])

    def _with_tags(self, items: list[tuple[str, str]]) -> str | None:
        """Turn a sentence with tags in it; None when no message is like it."""
        key, marks, under_way = [], dict[str, str](), list[str]()
        for tag, text in items:
            if not tag:
                key.append(unescape(text).replace("<", "\x00"))
                continue
            if text.startswith("</"):
                mark = f"</{under_way.pop()}>"
            elif tag in VOID:
                mark = f"<{len(marks) + 1}/>"
            else:
                under_way.append(str(sum("/" not in known for known in marks) + 1))
                mark = f"<{under_way[-1]}>"
            marks[mark] = text
            key.append(mark)
        if not marks:
            return None
        before, sentence, after = _BLANKS.match("".join(key)).groups()  # type: ignore[union-attr]  # it matches anything
        parts = self.catalogue.whole(spaced(sentence))
        if parts is None:
            return None
        said = "".join(
            self._kept(part.text)
            if part.is_chinese
            else "".join(
                marks.get(piece, "") if _MARK.fullmatch(piece) else escape(piece, quote=False)
                for piece in re.split(r"(</?\d+/?>)", part.text)
            )
            for part in parts
        )
        return f"{before}{said}{after}"

    def _text(self, text: str) -> str:
        if not _CHINESE.search(text):
            return text
        before, words, after = _BLANKS.match(text).groups()  # type: ignore[union-attr]  # it matches anything
        parts = self.catalogue.turned(spaced(unescape(words)))
        if parts is None:
            return f"{before}{self._kept(unescape(words))}{after}"
        return f"{before}{self._written(parts)}{after}"

    def _written(self, parts: Parts) -> str:
        return "".join(
            self._kept(part.text) if part.is_chinese else escape(part.text, quote=False)
            for part in parts
        )

    def _kept(self, text: str) -> str:
        """Write what stays Chinese."""
        written = escape(text, quote=False)
        if not HAN.search(text) or self.opened in _NO_TAGS_INSIDE:
            return written
        tag = "tspan" if self.is_drawing else "span"
        return f'<{tag} lang="zh-CN">{written}</{tag}>'


def _apart(items: list[tuple[str, str]], turned: list[str]) -> list[str]:
    """Put a blank between texts that English writes apart and Chinese did not."""
    texts = [at for at, (tag, text) in enumerate(items) if not tag and text]
    for before, after in itertools.pairwise(texts):
        is_turned = any(_CHINESE.search(items[at][1]) for at in (before, after))
        if is_turned and _OPEN_END.search(turned[before]) and _BEGINS.match(turned[after]):
            turned[before] += " "
    return turned


def _core(items: list[tuple[str, str]]) -> tuple[int, int] | None:
    """Give where a sentence begins and ends, its tags in pairs; None when they are not."""
    texts = [at for at, (tag, text) in enumerate(items) if not tag and text.strip()]
    for first, last in ((texts[0], texts[-1]), (0, len(items) - 1)):
        depth = 0
        for tag, text in items[first : last + 1]:
            if tag and tag not in VOID:
                depth += -1 if text.startswith("</") else 1
            if depth < 0:
                break
        if depth == 0:
            return first, last
    return None
