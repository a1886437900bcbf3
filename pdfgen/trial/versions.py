"""A document in two versions of a type: which ones differ, and their pages side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pdfgen import source
from pdfgen.source import SUFFIX, sources
from pdfgen.trial import stage
from pdfgen.trial.rehearsal import SHOWN_S, SampleFailed, templates

MOST_TRIED = 24  #: samples of the choices of a document, of which the first that differs is shown


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return the documents that may look otherwise: name → names of the files that differ in it.

    Documents are those of the house and others that a template is; parts are told where they are
    used. Templates that cannot be read are left out: the check tells of them.
    """
    try:
        old, new = templates(before), templates(after)
        readings = sources(old), sources(new)
    except (UnicodeDecodeError, SampleFailed):
        return {}
    parts = {file for read in readings for found in read.values() for _, file in found.imports}
    told: dict[str, set[str]] = {}
    for name in sorted((old.keys() | new.keys()) - parts):
        used = {
            file
            for shelf, read in zip((old, new), readings, strict=True)
            if name in shelf
            for file in source.closure(name, read)
        }
        if differing := {file for file in used if old.get(file) != new.get(file)}:
            told[name.removesuffix(SUFFIX)] = differing
    return told


def pages(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    document: tuple[str, str],
    *,
    fonts: Path,
) -> tuple[list[bytes], list[bytes]]:
    """Return the pages of a document (name, kind of data) in two versions of a type, as PNG.

    What one has and the other has not is marked on both; a version without the document has no
    pages. Set with sample data in the process of `show`. Raises SampleFailed.
    """
    try:
        old, new = (_needed(templates(files), document[0]) for files in (before, after))
        return stage.beside(old, new, document, fonts.resolve(), 2 * SHOWN_S)
    except (stage.Unanswered, stage.TooSlow, UnicodeDecodeError) as error:
        raise SampleFailed from error


def _needed(shelf: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    """Return a document with all that it imports; nothing where it is not."""
    wanted = name + SUFFIX
    used = source.closure(wanted, sources(shelf)) if wanted in shelf else ()
    return {file: shelf[file] for file in used}


def beside(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    document: tuple[str, str],
    fonts: Path,
) -> tuple[list[bytes], list[bytes]]:
    """Return the pages of both versions of a document as PNG, what differs marked on them.

    They are set with the first sample that shows a difference, else with the first one. Raises
    what `Templates.render` raises.
    """
    from pdfgen.templates import Templates
    from pdfgen.trial import side_by_side

    name, kind = document
    shelves = [shelf for shelf in (before, after) if name + SUFFIX in shelf]
    typesetters = {id(shelf): Templates(shelf, fonts) for shelf in shelves}
    first: tuple[list[bytes], list[bytes]] | None = None
    for data in _samples(name, kind, shelves):
        came: tuple[list[bytes], list[bytes]] = ([], [])
        for side, shelf in zip(came, (before, after), strict=True):
            if shelf in shelves:
                pages = typesetters[id(shelf)].pictures(name, data, ppi=side_by_side.PPI)
                side += pages[: side_by_side.MOST_PAGES]
        if came[0] != came[1]:
            return side_by_side.marked(*came)
        first = first or came
    return first or ([], [])


def _samples(
    name: str, kind: str, shelves: Sequence[Mapping[str, bytes]]
) -> Iterator[dict[str, Any]]:
    """Yield data that lead into each branch: by choices, then by the texts that are asked about."""
    from pdfgen.trial import samples

    asked = [
        value
        for shelf in shelves
        for read in [sources(shelf)]
        for file in source.closure(name + SUFFIX, read)
        for value in read[file].asked
    ]
    plain = {"watermark": ""}  # which lies over the lines and would make one of them all
    usual = [
        data | {key: text for key, text in plain.items() if key in data}
        for data in islice(samples.of(kind, asked), MOST_TRIED)
    ]
    yield from usual
    texts = dict.fromkeys((value.path[0], value.compared) for value in asked if value.compared)
    for data in usual:
        for key, text in texts:
            if data.get(key) == samples.TEXT:
                yield {**data, key: text}
