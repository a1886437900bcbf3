"""Try all templates of a type before it is deployed: its author finds a mistake, not a case.

First each file is read: every name that it asks for, in whichever branch, must be among those that
its document is given (`given.toml`). Then each document is set with sample values, once with
everything there is and once with the least, for every choice that it makes; a warning of Typst is
a fault. Setting happens in a process of its own, so that an endless loop in a template costs only
time, and the process that asks may still fork. What was set well is not set again while all its
files are the same.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pdfgen import given, source
from pdfgen.templates import SUFFIX, Templates, faults, sources
from refusals.refusal import Refusal

TIMEOUT_S = 60
#: documents with the kind of data that they are given
Kinds = Sequence[tuple[str, str]]
_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, order=True)
class RehearsalFault:
    """What is wrong with a template, in words for its author."""

    file: str  #: its name, such as `receipt.typ`; empty where no file is at fault
    line: int  #: from 1; 0 where no line is
    text: str


def check(
    files: Mapping[str, bytes], *, fonts: Path, given_to: Iterable[tuple[str, str]] = ()
) -> list[RehearsalFault]:
    """Return what is wrong with the templates among `files`; none means that all can be set.

    `given_to` tells what the documents are given that a type names itself: name of the document
    and kind of data. Those of the house are known.
    """
    wanted = {path: text for path, text in files.items() if _is_document(path)}
    kinds = sorted({*given.kinds(), *given_to})
    return list(_checked(tuple(sorted(wanted.items())), tuple(kinds), fonts.resolve()))


def _is_document(path: str) -> bool:
    return path.endswith(SUFFIX) or "documents" in PurePosixPath(path).parts[:-1]


@lru_cache(maxsize=8)
def _checked(
    files: tuple[tuple[str, bytes], ...], kinds: tuple[tuple[str, str], ...], fonts: Path
) -> tuple[RehearsalFault, ...]:
    try:
        shelf = _shelf(files)
        told = tuple(sorted({*_read(shelf, kinds)}))
    except UnicodeDecodeError:  # told with the other texts of the folder
        return ()
    except _Wrong as wrong:
        return (wrong.fault,)
    return told or _set(shelf, kinds, fonts)


class _Wrong(Exception):
    """Nothing more can be said before this is mended."""

    def __init__(self, file: str, text: str) -> None:
        super().__init__(text)
        self.fault = RehearsalFault(file, 0, text)


def _shelf(files: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    """Return the templates by file name: folders of a type and shared ones are one shelf."""
    shelf: dict[str, bytes] = {}
    for path, content in files:
        name = PurePosixPath(path).name
        if not name.endswith(SUFFIX):
            raise _Wrong(name, "不是文书模板：documents 中只放 Typst 文件（.typ）")
        if name in shelf:
            raise _Wrong(name, f"同名文件出现两次：{path}")
        shelf[name] = content
    return shelf


def _read(shelf: Mapping[str, bytes], kinds: Kinds) -> Iterator[RehearsalFault]:
    """Yield what can be seen without setting anything."""
    read = sources(shelf)
    for name, told in read.items():
        yield from (RehearsalFault(name, line, text) for line, text in faults(told, shelf))
    used = {file for source in read.values() for _, file in source.imports}
    used |= {document + SUFFIX for document, _ in kinds}
    for name in shelf.keys() - used:
        text = "没有事项或者操作使用这个文书，也没有文书引用它，请改正文件名或者删除"
        yield RehearsalFault(name, 0, text)
    for document, kind in kinds:
        for file in source.closure(document + SUFFIX, read):
            for asked in read[file].asked:
                if refusal := given.refusal(kind, asked):
                    yield RehearsalFault(file, asked.line, refusal)


#: Documents that were set without a fault, by all that they are made of: types share many.
_SET_WELL: set[bytes] = set()


def _set(shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path) -> tuple[RehearsalFault, ...]:
    """Set each document that was not set well before, in a process of its own."""
    marks = _marks(shelf, kinds, fonts)
    if new := [pair for pair, mark in marks.items() if mark not in _SET_WELL]:
        if told := _set_apart(shelf, new, fonts):
            return told
        _SET_WELL.update(marks.values())
    return ()


def _marks(shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path) -> dict[tuple[str, str], bytes]:
    """Return a digest of all that each document is made of: its files, its data, the fonts."""
    read, marks = sources(shelf), {}
    for document, kind in kinds:
        files = sorted(source.closure(document + SUFFIX, read))
        contents = (sha256(shelf[file]).hexdigest() for file in files)
        parts = [str(fonts), document, kind, *files, *contents]
        marks[document, kind] = sha256("\0".join(parts).encode()).digest()
    return marks


def _set_apart(shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path) -> tuple[RehearsalFault, ...]:
    """Set documents in a process of its own."""
    question = {
        "files": {name: base64.b64encode(content).decode() for name, content in shelf.items()},
        "kinds": kinds,
    }
    program = [sys.executable, "-m", "pdfgen.rehearsal", str(fonts)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            program,
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            cwd=Path(__file__).parents[1],
        )
        if done.returncode:
            text = f"模板无法试排：{done.stderr.decode(errors='replace')[-400:]}"
            return (RehearsalFault("", 0, text),)
        return tuple(RehearsalFault(**fault) for fault in json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return (RehearsalFault("", 0, f"模板在 {TIMEOUT_S} 秒内没有生成完毕，请检查其中的循环"),)


def rehearse(shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path) -> Iterator[RehearsalFault]:
    """Yield the first fault of each document; components are tried through documents."""
    templates = Templates(shelf, fonts)
    read = sources(shelf)
    for document, kind in kinds:
        name = document + SUFFIX
        files = source.closure(name, read)
        asked = {reference.path[0] for file in files for reference in read[file].asked}
        for data in given.samples(kind, asked) if files else ():
            try:
                templates.render(document, data, at=_AT)
            except Refusal as error:
                yield _fault(name, error)
                break


def _fault(name: str, error: Refusal) -> RehearsalFault:
    told = error.facts.get("diagnosis")
    if told is None:
        return RehearsalFault(name, 0, str(error))
    return RehearsalFault(told.file, told.line, told.words)  # type: ignore[attr-defined]  # a Diagnosis


if __name__ == "__main__":
    asked_for = json.load(sys.stdin)
    given_files = {name: base64.b64decode(text) for name, text in asked_for["files"].items()}
    given_kinds = [(document, kind) for document, kind in asked_for["kinds"]]
    told = dict.fromkeys(rehearse(given_files, given_kinds, Path(sys.argv[1])))
    json.dump([asdict(fault) for fault in told], sys.stdout)
