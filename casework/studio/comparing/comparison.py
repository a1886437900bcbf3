"""Two packages held against each other: an ordered list of differences in Chinese words.

No change of any file is left out: what none of the readers has words for is told as 文件已变更.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from casework.studio.comparing import diagrams, forms, tables, texts
from casework.studio.comparing.difference import Difference, Told
from casework.studio.kinds import KINDS, kind_of
from engine.errors import XmlRefused
from engine.language.xml import read_xml
from professions.folders import EXAMPLES, MANIFEST
from professions.manifests import CLOCKS, RegistrationTypeRefused, read_clocks

CHANGED = "文件已变更"
_ONLY_WRITING = f"{CHANGED}：只有写法、次序、空白或者注释不同"
_NO_WORDS = (XmlRefused, ValueError, TypeError, AttributeError, KeyError, RecursionError)


def compare(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Difference]:
    """Return what differs between two packages, by kind of file, file, and place in it.

    Paths are those of a package (see `casework.studio.drafts`); scenarios stand under `examples/`.
    Empty where, and only where, all files are the same byte for byte.
    """
    order = {kind.title: place for place, kind in enumerate(KINDS)}
    moved = _renamed(old, new)
    found = [
        Difference(
            kind=kind_of(path).title,
            file=path,
            title=_title(path, new if path in new else old),
            place=change.place,
            element=change.element,
            text=change.text,
        )
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path) and path not in moved.values()
        for change in _of(path, old, new, moved)
    ]
    return sorted(found, key=lambda difference: order[difference.kind])


def _renamed(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files that only bear another name: path → the former one."""
    gone = {content: path for path, content in old.items() if path not in new}
    return {
        path: gone.pop(content)
        for path, content in new.items()
        if path not in old and content in gone
    }


def _of(
    path: str, old: Mapping[str, bytes], new: Mapping[str, bytes], moved: Mapping[str, str]
) -> Iterator[Told]:
    if path not in new:
        yield Told("", "", "已删除文件")
    elif path in moved:
        yield Told("", "", f"文件改名：{moved[path]} → {path}")
    elif path not in old:
        yield Told("", "", "新增文件")
    else:
        yield from _inside(path, old, new)


def _inside(path: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Told]:
    """Tell what differs inside a file: in its own words, else by its lines, else as a whole."""
    try:
        return list(_worded(path, old, new)) or [Told("", "", _ONLY_WRITING)]
    except _NO_WORDS:
        pass
    try:
        before, after = (files[path].decode("utf-8-sig") for files in (old, new))
    except UnicodeDecodeError:
        return [Told("", "", CHANGED)]
    return list(texts.lines(before, after)) or [Told("", "", _ONLY_WRITING)]


def _worded(path: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[Told]:
    before, after = old[path], new[path]
    if path == MANIFEST:
        yield from texts.manifest(before, after)
    elif path.startswith(f"{EXAMPLES}/") and path.endswith((".json", ".toml")):
        yield from texts.scenario(path, before, after)
    elif path.endswith(".bpmn"):
        periods = _periods(old, new)
        for change in diagrams.differences(before, after):
            yield change._replace(text=_PERIOD.sub(lambda said: periods(said[0]), change.text))
    elif path.endswith(".dmn"):
        yield from tables.differences(before, after)
    elif path.endswith((forms.SCHEMA, forms.SHOWN)):
        yield from forms.differences(path, old, new)
    else:
        yield from texts.lines(before.decode("utf-8-sig"), after.decode("utf-8-sig"))


_PERIOD = re.compile(r"(?<=期限表)[A-Z][A-Z_0-9]*")


def _periods(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Callable[[str], str]:
    """Give what writes a period of the table with its length, where both packages say the same."""
    tables = []
    for files in (old, new):
        try:
            tables.append(read_clocks(files.get(CLOCKS, b"")))
        except RegistrationTypeRefused:
            tables.append({})
    before, after = tables

    def written(name: str) -> str:
        clock = before.get(name)
        is_same = clock is not None and clock == after.get(name)
        return f"{name}（{clock.words}）" if clock is not None and is_same else name

    return written


def _title(path: str, files: Mapping[str, bytes]) -> str:
    """Say what a file is called; its path where it does not say."""
    form = path.removesuffix(forms.SHOWN) + forms.SCHEMA
    if path.endswith(forms.SHOWN) and form in files:
        return _title(form, files)
    content = files[path]
    try:
        text = content.decode("utf-8-sig")
        if path.endswith((".bpmn", ".dmn")):
            drawn = read_xml(content).iter("{*}process", "{*}decision")
            return "、".join(element.get("name") or "" for element in drawn) or path
        if path.endswith(".json"):
            return str(json.loads(text)["title"])
    except _NO_WORDS:
        return path
    pattern = _TITLES.get(path.rpartition(".")[2])
    found = re.search(pattern, text, re.MULTILINE) if pattern else None
    return found[1].strip() if found else path


_TITLES = {"md": r"^# *(.+)$", "typ": r'title: "([^"]+)"', "toml": r'^title = "([^"]+)"'}
