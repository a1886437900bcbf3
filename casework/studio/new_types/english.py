"""The English of a profession that was begun from another: catalogues follow the Chinese texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from professions.manifests import ENGLISH

_LINE = r'"(?:[^"\\\n]|\\.)*"'
_TEXT = rf"{_LINE}(?:\n{_LINE})*"  #: other editors break what is long into lines
_ENTRY = re.compile(
    rf"(?P<notes>(?:^#[^\n]*\n)*)^msgid (?P<id>{_TEXT})\nmsgstr (?P<said>{_TEXT})\n(?:\n|\Z)",
    re.MULTILINE,
)
_ESCAPED = re.compile(r"\\(.)")
Texts = Mapping[str, bytes | None]


def of(files: Texts, chinese: str) -> str:
    """Return what the catalogues of a package say for a text; empty: nothing."""
    for _, text in _catalogues(files):
        for entry in _ENTRY.finditer(text):
            if _plain(entry["id"]) == chinese:
                return _plain(entry["said"])
    return ""


def containing(files: Texts, chinese: str) -> dict[str, str]:
    """Return the messages in whose Chinese a text stands: Chinese → English."""
    return {
        _plain(entry["id"]): _plain(entry["said"])
        for _, text in _catalogues(files)
        for entry in _ENTRY.finditer(text)
        if chinese in _plain(entry["id"])
    }


def renamed(
    files: Texts, old_key: str, key: str, before: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, bytes | None]:
    """Return the catalogues with the new name in place of the old one, the own one under its key.

    Where no English name was given, what says the old one in English is left out: it is shown in
    Chinese and marked as such.
    """
    was, becomes = before["english_title"], now["english_title"]
    changes: dict[str, bytes | None] = {}
    for path, text in _catalogues(files):
        if was:
            text = _ENTRY.sub(_naming(was, becomes), text)
        place = path.removesuffix(f"{old_key}.po") + f"{key}.po" if _is_own(path, old_key) else path
        if place != path:
            changes[path] = None
        changes[place] = text.encode()
    own = f"english/{key}.po"
    if becomes and not of({**files, **changes}, now["title"]):
        held = changes.get(own) or _HEAD
        changes[own] = (
            held + f"\nmsgid {_quoted(now['title'])}\nmsgstr {_quoted(becomes)}\n".encode()
        )
    return changes


def changed(files: Texts, texts: Mapping[str, tuple[str, str, str]]) -> dict[str, bytes]:
    """Return the catalogues in which a Chinese text changed: message → (old, new, English)."""
    changes = {}
    for path, text in _catalogues(files):

        def put(entry: re.Match[str]) -> str:
            found = texts.get(_plain(entry["id"]))
            if found is None:
                return entry[0]
            old, new, said = found
            message = _plain(entry["id"]).replace(old, new).strip()
            if not message or not said:
                return ""
            return f"{entry['notes']}msgid {_quoted(message)}\nmsgstr {_quoted(said)}\n\n"

        after = _ENTRY.sub(put, text)
        if after != text:
            changes[path] = after.encode()
    return changes


def _naming(was: str, becomes: str) -> Callable[[re.Match[str]], str]:
    lower = (was[:1].lower() + was[1:], becomes[:1].lower() + becomes[1:])

    def put(entry: re.Match[str]) -> str:
        said = _plain(entry["said"])
        if was.lower() not in said.lower() or not _plain(entry["id"]):
            return entry[0]
        if not becomes:
            return ""
        after = said.replace(was, becomes).replace(*lower)
        return entry[0].replace(entry["said"], _quoted(after))

    return put


def _catalogues(files: Texts) -> list[tuple[str, str]]:
    found = []
    for path, content in sorted(files.items()):
        if ENGLISH.search(path) and content is not None:
            found.append((path, content.decode("utf-8", "replace")))
    return found


def _is_own(path: str, key: str) -> bool:
    return path == f"english/{key}.po"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _plain(quoted: str) -> str:
    whole = "".join(line[1:-1] for line in quoted.splitlines())
    return _ESCAPED.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], whole)


_HEAD = b"""# English of the pages of this profession. Chinese is the source and the id.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
