"""Try all templates of a type before it is deployed: its author finds a mistake, not a case.

First each file is read: every name that it asks for, in whichever branch, must be among those that
its document is given (`given.toml`). Then each document is set with sample values, once with
everything there is and once with the least, for every choice that it makes; a warning of Typst is
a fault. Setting happens in a process of its own, so that an endless loop in a template costs only
time, and the process that asks may still fork. What was set well is not set again while all its
files are the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pdfgen import given, source
from pdfgen.source import SUFFIX, TemplateSource, faults, sources
from pdfgen.trial import stage, used
from refusals.refusal import Refusal

if TYPE_CHECKING:
    from pdfgen.trial.remembered import Remembered

TIMEOUT_S = 60
#: documents with the kind of data that they are given
Kinds = Sequence[tuple[str, str]]
SHOWN_S = 20  #: how long one document may take that somebody waits for
#: Looking for the best breaks of lines is a third of the work of setting, and finds no mistakes.
_PLAIN_BREAKS = '#set par(linebreaks: "simple");'
_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class SampleFailed(Refusal):
    """该文书没有在限定的时间和内存内生成，请检查模板中的循环。其他内容不受影响。"""

    code = "E_SAMPLE_FAILED"


@dataclass(frozen=True, order=True)
class RehearsalFault:
    """What is wrong with a template, in words for its author."""

    file: str  #: its name, such as `receipt.typ`; empty where no file is at fault
    line: int  #: from 1; 0 where no line is
    text: str
    misleads: bool = False  #: it can be set, and says what was not decided


def check(
    files: Mapping[str, bytes],
    *,
    fonts: Path,
    given_to: Iterable[tuple[str, str]] = (),
    remembered: Remembered | None = None,
) -> list[RehearsalFault]:
    """Return what is wrong with the templates among `files`; none means that all can be set.

    `given_to` tells what the documents are given that a type names itself: name of the document
    and kind of data. Those of the house are known. What is `remembered` is not set again.
    """
    wanted = {path: text for path, text in files.items() if _is_document(path)}
    kinds = sorted({*given.kinds(), *given_to})
    shelf = tuple(sorted(wanted.items()))
    return list(_checked(shelf, tuple(kinds), fonts.resolve(), remembered))


def trust(
    files: Mapping[str, bytes], *, fonts: Path, given_to: Iterable[tuple[str, str]] = ()
) -> None:
    """Take the documents of a version that was deployed as set well: they were tried then."""
    wanted = tuple(sorted((path, text) for path, text in files.items() if _is_document(path)))
    kinds = sorted({*given.kinds(), *given_to})
    with suppress(UnicodeDecodeError, _Wrong):
        for mark in _marks(_shelf(wanted), kinds, fonts.resolve()).values():
            _well.setdefault(mark)


def _is_document(path: str) -> bool:
    return path.endswith(SUFFIX) or "documents" in PurePosixPath(path).parts[:-1]


@lru_cache(maxsize=8)
def _checked(
    files: tuple[tuple[str, bytes], ...],
    kinds: tuple[tuple[str, str], ...],
    fonts: Path,
    remembered: Remembered | None,
) -> tuple[RehearsalFault, ...]:
    try:
        shelf = _shelf(files)
        documents = {document + SUFFIX for document, _ in kinds} & shelf.keys()
        seen = _once(sorted({*_read(shelf, kinds)}))
        told = tuple(_shared([*seen], documents, sources(shelf)))
    except UnicodeDecodeError:  # told with the other texts of the folder
        return ()
    except _Wrong as wrong:
        return (wrong.fault,)
    return told or _set(shelf, kinds, fonts, remembered)


def _once(told: Iterable[RehearsalFault]) -> Iterator[RehearsalFault]:
    """Yield what several files miss once, with how many more do."""
    alike: dict[str, list[RehearsalFault]] = {}
    for fault in told:
        key = fault.text if fault.text.startswith(source.GONE) else str(fault)
        alike.setdefault(key, []).append(fault)
    for first, *others in alike.values():
        more = f"（另有 {len(others)} 个文书引用它）" if others else ""
        yield replace(first, text=f"{first.text}{more}")


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
    named = {file for told in read.values() for _, file in told.imports}
    named |= {document + SUFFIX for document, _ in kinds}
    for name in shelf.keys() - named:
        text = "没有事项或者操作使用这个文书，也没有文书引用它，请改正文件名或者删除"
        yield RehearsalFault(name, 0, text)
    for document, kind in kinds:
        printed, files = set(), source.closure(document + SUFFIX, read)
        for file in files:
            for asked in read[file].asked:
                printed |= {
                    asked.path[0],
                    ".".join(part for part in asked.path if part != source.ELEMENT),
                }
                if refusal := given.refusal(kind, asked):
                    yield RehearsalFault(file, asked.line, refusal)
        imported = (name for file in files for _, name in read[file].imports)
        is_whole = bool(printed) and all(name in shelf for name in imported)
        drawn = _drawn(document, shelf, read, given.shape(kind)) if is_whole else set()
        for name, what in given.must(kind, document).items() if is_whole else ():
            if name not in printed or name in drawn:
                text = f"没有印出{what}，请写 #data.{name}"
                yield RehearsalFault(document + SUFFIX, 0, text)


def _drawn(
    document: str,
    shelf: Mapping[str, bytes],
    read: Mapping[str, TemplateSource],
    shape: Mapping[str, given.Shape],
) -> set[str]:
    """Return the pictures and codes that no part which a document uses asks for.

    A component that is imported may ask for one in a definition that nobody uses.
    """
    text = "\n".join(told for _, told in used.parts(document, shelf, read))
    pictures = {name.rstrip("?") for name, inner in shape.items() if inner in ("picture", "code")}
    return {name for name in pictures if f"data.{name}" not in text}


#: Documents that were set without fault, by all that each is made of: types share many.
_well: OrderedDict[bytes, None] = OrderedDict()
_MOST_KEPT = 4096


def _set(
    shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path, remembered: Remembered | None
) -> tuple[RehearsalFault, ...]:
    """Set each document that was not set well before, in a process of its own."""
    marks = _marks(shelf, kinds, fonts)
    if remembered is not None:
        _well.update((mark, None) for mark in marks.values() if remembered.holds(mark, fonts))
    new = {
        pair: mark
        for pair, mark in marks.items()
        if mark not in _well and pair[0] + SUFFIX in shelf
    }
    if not new:
        return ()
    read = sources(shelf)
    files = {file for name, _ in new for file in source.closure(name + SUFFIX, read)}
    needed = {file: shelf[file] for file in sorted(files)}
    try:
        answers = stage.ask(needed, list(new), fonts, TIMEOUT_S)
    except stage.Unanswered as error:
        if len(new) > 1 and (named := _ended_by(needed, new, fonts)):
            return named
        return (RehearsalFault(_only(new), 0, _ended(error)),)
    except stage.TooSlow:
        text = f"模板在 {TIMEOUT_S} 秒内没有生成完毕，请检查其中的循环"
        return (RehearsalFault(_only(new), 0, text),)
    well = [mark for mark, faults in zip(new.values(), answers, strict=True) if not faults]
    _well.update(dict.fromkeys(well))
    while len(_well) > _MOST_KEPT:
        _well.popitem(last=False)
    if remembered is not None:
        remembered.add(well, fonts)
    told = [RehearsalFault(**fault) for faults in answers for fault in faults]
    told = [*_shared(told, {name + SUFFIX for name, _ in new}, read)]
    if len(told) == len(new) > 1 and len({fault.text for fault in told}) == 1:
        return (replace(told[0], file="", line=0),)  # the faces are missing: no file is at fault
    return tuple(dict.fromkeys(told))


def _ended(error: stage.Unanswered) -> str:
    """Say why the process that sets documents ended."""
    why = str(error) or "用完了给它的内存，请检查其中的循环和重复"
    if "panicked" in why:  # Typst's own words are for its makers
        why = "排版程序自己出错停止了，请检查最近的改动，例如负的尺寸、嵌套的标题和分页"
    return f"模板无法试排：{why}"


def _ended_by(
    needed: Mapping[str, bytes], kinds: Iterable[tuple[str, str]], fonts: Path
) -> tuple[RehearsalFault, ...]:
    """Return which documents end the process when each is set by itself."""
    told = []
    for name, kind in kinds:
        try:
            stage.ask(needed, [(name, kind)], fonts, TIMEOUT_S)
        except stage.Unanswered as error:
            told.append(RehearsalFault(name + SUFFIX, 0, _ended(error)))
        except stage.TooSlow:
            return ()
    return tuple(told)


_QUOTED = re.compile("“[^”]*”|data[.][a-z_.]+|[0-9.]+")


def _shared(
    told: Sequence[RehearsalFault], asked: Collection[str], read: Mapping[str, TemplateSource]
) -> Iterator[RehearsalFault]:
    """Yield what is wrong alike with most documents of one component once, at the component."""
    alike: dict[str, list[RehearsalFault]] = {}
    for fault in told:
        key = fault.file if fault.line else _QUOTED.sub("", fault.text)
        alike.setdefault(key, []).append(fault)
    closures = {document: source.closure(document, read)[1:] for document in asked}
    for first, *others in alike.values():
        wrong = {fault.file for fault in (first, *others)}
        users = {
            component: {document for document in asked if component in closures[document]}
            for component in closures.get(first.file, ())
        }
        meant = [
            component
            for component, documents in users.items()
            if wrong <= documents and (len(wrong) > 2 or len(wrong) * 2 >= len(documents) > 1)
        ]
        if meant and len(wrong) > 1 and not first.line:
            component = min(meant, key=lambda component: len(users[component]))
            text = f"{first.text}（用它的 {len(wrong)} 个文书都是）"
            yield replace(first, file=component, text=text)
        else:
            yield from (first, *others)


def _only(kinds: Iterable[tuple[str, str]]) -> str:
    """Return the file of the document that was set, empty when several were set together."""
    names = {name for name, _ in kinds}
    return names.pop() + SUFFIX if len(names) == 1 else ""


def _marks(shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path) -> dict[tuple[str, str], bytes]:
    """Return a digest of all that each document is made of: its texts, its data, the fonts."""
    read, marks = sources(shelf), {}
    for document, kind in kinds:
        files = source.closure(document + SUFFIX, read)
        asked = (_plain(value) for file in files for value in read[file].asked)
        texts = (text for placed in used.parts(document, shelf, read) for text in placed)
        parts = [str(fonts), document, kind, *sorted({*asked}), *texts]
        marks[document, kind] = sha256("\0".join(parts).encode()).digest()
    return marks


def _plain(asked: source.AskedValue) -> str:
    """Write what is asked for, wherever it stands, the same way in every process."""
    return repr(
        sorted((name, str(_sorted(value))) for name, value in vars(asked).items() if name != "line")
    )


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def rehearse(
    shelf: Mapping[str, bytes], kinds: Kinds, fonts: Path
) -> Iterator[list[RehearsalFault]]:
    """Yield the first fault of each document, if it has one; components are tried through them."""
    from pdfgen.templates import Templates
    from pdfgen.trial import looks, samples

    templates = Templates(shelf, fonts, before=_PLAIN_BREAKS)
    read = sources(shelf)
    for document, kind in kinds:
        name = document + SUFFIX
        files = source.closure(name, read)
        asked = [value for file in files for value in read[file].asked]
        told: list[RehearsalFault] = []
        marked = samples.marks(kind)
        looked = looks.Look(kind, document, marked)
        for data in samples.of(kind, asked, marked) if files else ():
            try:
                set_so = templates.render(document, data, at=_AT)
            except Refusal as error:
                told.append(_fault(name, error))
                break
            wrong, misleads = looked.at(data, set_so)
            if wrong:
                told.append(RehearsalFault(name, 0, wrong, misleads=misleads))
                break
        if files and not told and (lacking := looked.lacking()):
            told.append(RehearsalFault(name, 0, lacking))
        yield told


def sample(shelf: Mapping[str, bytes], document: tuple[str, str], fonts: Path) -> bytes:
    """Return a document (name and kind of data) set with everything there is.

    Raises what `Templates.render` raises.
    """
    from pdfgen.templates import Templates
    from pdfgen.trial import samples

    (name, kind), read = document, sources(shelf)
    files = source.closure(name + SUFFIX, read)
    data = next(samples.of(kind, [value for file in files for value in read[file].asked]))
    return Templates(shelf, fonts).render(name, data, at=_AT).pdf


def show(files: Mapping[str, bytes], document: tuple[str, str], *, fonts: Path) -> bytes:
    """Return a document of a type as PDF with sample data, set in a process of its own.

    That process may use so much memory and time and no more. Raises SampleFailed.
    """
    shelf = templates(files)
    needed = {file: shelf[file] for file in source.closure(document[0] + SUFFIX, sources(shelf))}
    try:
        return stage.show(needed, document, fonts.resolve(), SHOWN_S)
    except (stage.Unanswered, stage.TooSlow) as error:
        raise SampleFailed from error


def templates(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the templates of a type by file name. Raises SampleFailed where they are none."""
    try:
        return _shelf(tuple((path, text) for path, text in files.items() if _is_document(path)))
    except _Wrong as error:
        raise SampleFailed from error


def _fault(name: str, error: Refusal) -> RehearsalFault:
    told = error.facts.get("diagnosis")
    if told is None:
        return RehearsalFault(name, 0, str(error))
    return RehearsalFault(told.file, told.line, told.words)  # type: ignore[attr-defined]  # a Diagnosis
