"""What a new profession still says as the one it was begun from, sentence by sentence.

A sentence is asked for where it names what is different now: the rule, the qualification of the
enterprise, ages, hours. What comes of its old words is proposed; an analyst reads and mends it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, unescape

from casework.studio.drafts import Draft
from casework.studio.new_types import english, hours
from professions import forms, manifests
from professions.folders import EXAMPLES, MANIFEST
from professions.forms import ASKED_BY_HOUSE
from professions.manifests import RegistrationType, RegistrationTypeRefused

_FIELD = "字段"
_JSON = re.compile(r'"((?:[^"\\]|\\.)*)"')
_XML = re.compile(r'>([^<>]+)<|(?:name|label)="([^"]*)"')
_LISTED = re.compile(r"^(?:#{1,6} |[-*] |\d+\. |#+ ?|// ?)")
_ARTICLES = r"(?:第[一二三四五六七八九十百〇零、和至0-9]+条(?:第[一二三四五六七八九十0-9]+款)?)?"
_END = re.compile(r"(?<=[。；])")


@dataclass(frozen=True, kw_only=True)
class _Word:
    """Something that was said of the old profession, and what becomes of it."""

    why: str
    old: re.Pattern[str]
    new: str | None  #: None: the clause goes


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One text that speaks of the old profession."""

    text: str
    proposed: str  #: empty: it may go
    why: tuple[str, ...]
    paths: tuple[str, ...]
    english: Mapping[str, str]  #: messages in which it stands → their English


def sentences(draft: Draft) -> list[Sentence]:
    """Return what still speaks of the old profession, each text once, by the files."""
    found: dict[str, list[str]] = {}
    words = _words(draft)
    shared = _shared(draft.package) if words else ()
    for path, file in draft.files.items():
        if path.startswith(f"{EXAMPLES}/") or not words:
            continue
        # What all professions share names no field that one of them asks for.
        is_shared = path.partition("/")[0] in shared
        spoken = [word for word in words if not (is_shared and word.why == _FIELD)]
        for text in dict.fromkeys(_texts(path, file.content.decode("utf-8", "replace"))):
            if any(word.old.search(text) for word in spoken):
                found.setdefault(text, []).append(path)
    files = {path: file.content for path, file in draft.files.items()}
    return [
        Sentence(
            text=text,
            proposed=_proposed(text, words),
            why=tuple(dict.fromkeys(word.why for word in words if word.old.search(text))),
            paths=tuple(paths),
            english=english.containing(files, text),
        )
        for text, paths in found.items()
    ]


def changes(draft: Draft, written: Mapping[str, str], said: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files with other texts: old → new, and message → its English.

    An empty text takes its line out of a guide; in a form or a table it is left empty.
    """
    files = {path: file.content for path, file in draft.files.items()}
    known = {sentence.text: sentence for sentence in sentences(draft)}
    messages: dict[str, tuple[str, str, str]] = {}
    changed = dict(files)
    for old, typed in written.items():
        new = " ".join(typed.split())
        if old not in known or new == old:
            continue
        for path in known[old].paths:
            text = changed[path].decode("utf-8", "replace")
            changed[path] = _replaced(path, text, old, new).encode()
        for message, usual in known[old].english.items():
            english_now = " ".join(said.get(message, usual).split())
            messages[message] = (old, new, english_now)
    changed |= english.changed(changed, messages)
    return {path: text for path, text in changed.items() if text != files[path]}


def own_fields(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield what no other profession asks: form and title of each such field."""
    kind = manifests.read(files)
    for key in dict.fromkeys(matter.form for matter in kind.matters if matter.form):
        try:
            form = forms.read(files, key)
        except forms.FormUnusable:
            continue
        for field in form.fields_by_name():
            is_asked = not field.read_only and not field.is_file and not field.hidden
            if is_asked and field.name not in ASKED_BY_HOUSE:
                yield key, field.title


def _words(draft: Draft) -> list[_Word]:
    """Say what is different now from what the profession was begun from."""
    try:
        before, now = manifests.read(draft.before), manifests.read(draft.package)
    except RegistrationTypeRefused:
        return []
    fields = list(_fields(draft.before, draft.package))
    return [*_names(before, now), *_ages(before, now), *_hours(draft), *fields]


def _shared(files: Mapping[str, bytes]) -> tuple[str, ...]:
    manifest = tomllib.loads(files[MANIFEST].decode("utf-8-sig"))
    return tuple(str(name) for name in manifest.get("shared", ()))


def _fields(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[_Word]:
    """Say which fields are asked no more."""
    asked = {title for _, title in own_fields(now)}
    for title in {title for _, title in own_fields(before)} - asked:
        yield _Word(why=_FIELD, old=re.compile(rf"[和、]?{re.escape(title)}"), new=None)


def _names(before: RegistrationType, now: RegistrationType) -> Iterator[_Word]:
    pairs = (
        ("名称", before.title, now.title, ""),
        ("规定", before.law.rule.strip("《》"), now.law.rule.strip("《》"), _ARTICLES),
        ("企业资质", before.qualification, now.qualification, ""),
        ("机关", before.authority, now.authority, ""),
    )
    for why, old, new, more in pairs:
        if old and old not in new:
            yield _Word(why=why, old=re.compile(re.escape(old) + more), new=new)


def _ages(before: RegistrationType, now: RegistrationType) -> Iterator[_Word]:
    for old, new in (
        (before.minimum_age, now.minimum_age),
        (before.maximum_age, now.maximum_age),
    ):
        if old is not None and old != new:
            pattern = re.compile(rf"(?<![0-9]){old}(?=\s?周岁)")
            yield _Word(why="年龄", old=pattern, new=None if new is None else str(new))


def _hours(draft: Draft) -> Iterator[_Word]:
    """Say which hours are others now, where they are the same in every rule."""
    if hours.PATH not in draft.before or hours.PATH not in draft.files:
        return
    now = {cell.id: cell.value for cell in hours.of(draft.files[hours.PATH].content)}
    becomes: dict[tuple[str, int], set[int]] = {}
    for cell in hours.of(draft.before[hours.PATH]):
        becomes.setdefault((cell.kind, cell.value), set()).add(now.get(cell.id, 0))
    for (kind, old), new in becomes.items():
        if new != {old} and kind:
            pattern = re.compile(rf"(?<={re.escape(kind)})([^0-9。；，、,;]{{0,8}}){old}(?![0-9])")
            yield _Word(why="学时", old=pattern, new=rf"\g<1>{max(new)}")


def _proposed(text: str, words: list[_Word]) -> str:
    for word in words:
        if word.new is None and word.why == _FIELD:
            text = "" if word.old.match(text) else word.old.sub("", text)
        elif word.new is None:
            text = _without(text, word.old)
        else:
            new = word.new if word.why == "学时" else word.new.replace("\\", r"\\")
            text = word.old.sub(new, text)
    return text


def _without(text: str, age: re.Pattern[str]) -> str:
    """Leave out what names an age that is no limit any more: the clause, else the sentence."""
    clause = re.sub(rf"且?(?:未满|不满|不超过)\s?{age.pattern}\s?周岁", "", text)
    kept = [part for part in _END.split(clause) if not age.search(part)]
    return "".join(kept).rstrip()


def _texts(path: str, content: str) -> Iterator[str]:
    """Yield the texts of a file as people read them."""
    if path.endswith(".json"):
        for found in _JSON.finditer(content):
            yield str(json.loads(found[0]))
    elif path.endswith((".dmn", ".bpmn")):
        for found in _XML.finditer(content):
            yield unescape((found[1] or found[2] or "").strip(), {"&quot;": '"'})
    elif path.endswith((".md", ".typ", ".toml")):
        for line in content.splitlines():
            yield _LISTED.sub("", line.strip(), count=1)


def _replaced(path: str, content: str, old: str, new: str) -> str:
    """Write a text anew wherever a file says it."""
    if path.endswith(".json"):
        was, becomes = (json.dumps(text, ensure_ascii=False) for text in (old, new))
        return content.replace(was, becomes)
    if path.endswith((".dmn", ".bpmn")):
        was, becomes = (escape(text, {'"': "&quot;"}) for text in (old, new))
        return content.replace(was, becomes).replace(escape(old), escape(new))
    lines = content.splitlines(keepends=True)
    if new:
        return "".join(line.replace(old, new) if old in line else line for line in lines)
    return "".join(line for line in lines if _LISTED.sub("", line.strip(), count=1) != old)
