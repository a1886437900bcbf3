"""Every document that the shipped professions print, set with everything there is."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath

from pdfgen import given, source
from pdfgen.source import SUFFIX, sources
from pdfgen.trial import rehearsal
from professions import documents, manifests
from tests.professions.folders import BPMN, SHIPPED

Printed = tuple[str, str, str]  #: profession, name of the template, kind of its data


@cache
def templates_of(profession: str) -> dict[str, bytes]:
    """Give the templates of a profession, its own and what it takes over, by file name."""
    files = manifests.collect(BPMN / profession)
    own = {path: data for path, data in files.items() if "/documents/" in f"/{path}"}
    return {PurePosixPath(path).name: data for path, data in own.items()}


def printed() -> list[Printed]:
    """List the documents of all professions; one that two professions share is listed once."""
    listed: dict[object, Printed] = {}
    for profession in SHIPPED:
        shelf = templates_of(profession)
        named = given.kinds() | documents.given_to(manifests.collect(BPMN / profession))
        for name, kind in sorted(named):
            if name + SUFFIX in shelf:
                read = sources(shelf)
                needed = tuple((file, shelf[file]) for file in source.closure(name + SUFFIX, read))
                listed.setdefault((kind, needed), (profession, name, kind))
    return list(listed.values())


@cache
def pdf(document: Printed, fonts: Path) -> bytes:
    """Set a document with sample data, everything filled in."""
    profession, name, kind = document
    return rehearsal.sample(templates_of(profession), (name, kind), fonts)
