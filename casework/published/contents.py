"""What a version consists of: diagrams, tables, forms, documents, texts, and from whom."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from casework.office import Office
from engine import definitions
from engine.language import parsing
from engine.language.decisions import Table
from engine.running import shapes
from engine.tables import DefinitionVersion
from pdfgen import given
from professions import documents
from professions.folders import MANIFEST
from professions.manifests import MatterOffer, RegistrationType
from refusals.refusal import NotFound


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A process that is drawn in a version."""

    process: str
    title: str
    file: str
    matters: tuple[str, ...]  #: titles of what is applied for with it; empty: a part of others


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document that a version prints."""

    name: str  #: of the template, without its ending
    kind: str  #: of the data that it is given, see pdfgen/given.toml
    title: str  #: the first heading of the template, else its name
    file: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """One version, with where each file comes from."""

    row: DefinitionVersion
    kind: RegistrationType
    diagrams: tuple[Diagram, ...]
    tables: tuple[tuple[Table, str], ...]  #: with their files
    papers: tuple[Paper, ...]
    origins: Mapping[str, str]  #: file → title of the type, or name of the shared part; own: absent

    @property
    def forms(self) -> list[MatterOffer]:
        """The matters that have a form."""
        return [matter for matter in self.kind.matters if matter.form is not None]

    @property
    def helps(self) -> list[MatterOffer]:
        """The matters that have a help text."""
        return [matter for matter in self.kind.matters if matter.help is not None]


def of(office: Office, session: Session, version: str) -> Contents:
    """Give the contents of a version. Raises: NotFound."""
    row = session.get(DefinitionVersion, version)
    if row is None:
        raise NotFound
    kind = office.type_of(version)
    sources = office.definitions.get(version).sources
    tables = ((table, sources.table_files[key]) for key, table in sources.tables.items())
    return Contents(
        row=row,
        kind=kind,
        diagrams=_diagrams(office, kind, version),
        tables=tuple(sorted(tables, key=lambda pair: (pair[1], pair[0].id))),
        papers=_papers(kind),
        origins=_origins(office, session, row),
    )


def _diagrams(office: Office, kind: RegistrationType, version: str) -> tuple[Diagram, ...]:
    """List what is applied for first, in the order of the manifest, then the parts by file."""
    sources = office.definitions.get(version).sources
    order = {matter.process: place for place, matter in enumerate(kind.matters)}
    found = []
    for process, file in sources.processes.items():
        drawn = sources.diagrams[file].find(f"{{*}}process[@id='{process}']")
        matters = tuple(matter.title for matter in kind.matters if matter.process == process)
        title = (drawn.get("name") if drawn is not None else None) or process
        found.append(Diagram(process=process, title=title, file=file, matters=matters))
    found.sort(key=lambda diagram: (order.get(diagram.process, len(order)), diagram.file))
    return tuple(found)


def _papers(kind: RegistrationType) -> tuple[Paper, ...]:
    files = {PurePosixPath(path).stem: path for path in kind.files if path.endswith(".typ")}
    return tuple(
        Paper(name=name, kind=data, title=_title(kind.files[files[name]], name), file=files[name])
        for name, data in sorted(given.kinds() | documents.given_to(kind.files))
        if name in files
    )


def _title(template: bytes, name: str) -> str:
    """Read what a template calls itself: in its heading, else in its first comment."""
    text = template.decode("utf-8-sig")
    found = re.search('title: "([^"]+)"', text) or re.match("// ?([^\\x00-\\x7f]+)", text)
    return found[1].strip("：（ ") if found else name


def _origins(office: Office, session: Session, row: DefinitionVersion) -> dict[str, str]:
    """Tell which files a version took over: the same path with the same content."""
    files = office.definitions.get(row.hash).files
    manifest = tomllib.loads(files[MANIFEST].decode("utf-8-sig"))
    base = _base(session, str(manifest.get("based_on", "")), row)
    title = office.type_of(base.hash).title if base is not None else ""
    taken = {} if base is None else base.manifest
    shared = {str(name): f"共用部分 {name}" for name in manifest.get("shared", ())}
    found = {path: shared.get(path.partition("/")[0], "") for path in row.manifest}
    found |= {
        path: title
        for path, digest in row.manifest.items()
        if not found[path] and taken.get(path) == digest
    }
    return {path: origin for path, origin in found.items() if origin}


def _base(session: Session, key: str, row: DefinitionVersion) -> DefinitionVersion | None:
    """Give the version of the other type that was there when this one was published."""
    versions = definitions.versions(session, key) if key else []
    earlier = [other for other in versions if other.deployed_at <= row.deployed_at]
    return next(iter(earlier or versions), None)


def names(office: Office, found: Contents, diagram: Diagram) -> dict[str, str]:
    """Give the names of the nodes that are drawn in a diagram, by their ids, in document order."""
    root = office.definitions.get(found.row.hash).sources.diagrams[diagram.file]
    drawn = root.find(f"{{*}}process[@id='{diagram.process}']")
    return {} if drawn is None else dict(parsing.names_in(drawn))


def passed(office: Office, found: Contents, diagram: Diagram) -> list[Diagram]:
    """Give the diagrams through which cases of one go: itself, then those that it calls."""
    sources = office.definitions.get(found.row.hash).sources
    come_to = shapes.reached(sources, diagram.process)
    called = (part for part in found.diagrams if part.process in come_to)
    return [diagram, *(part for part in called if part.process != diagram.process)]


def passed_names(office: Office, found: Contents, diagram: Diagram) -> dict[str, str]:
    """Give the names of all nodes that cases of a diagram pass: its own, and those of its parts."""
    passed_names: dict[str, str] = {}
    for part in passed(office, found, diagram):
        passed_names = names(office, found, part) | passed_names
    return passed_names
