"""Fill a template and set it: one call gives a tagged PDF/A-2a with named signature fields."""

from __future__ import annotations

import datetime as dt
import os
import threading
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import typst

from pdfgen import diagnoses, source, values
from pdfgen.charset import missing
from pdfgen.errors import (
    CharacterMissing,
    FontsMissing,
    RenderedBeforeFork,
    TemplateFault,
    TemplateUnknown,
    ValueMissing,
)
from pdfgen.fields import Place, place_fields
from pdfgen.source import SUFFIX, faults, sources
from refusals.refusal import Refusal

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
_MAIN = "main.typ"  #: what Typst calls the file that it begins with
_DATA = "data.json"
#: Of a file Typst knows who has read it, and sets anew only that; an input is read by everything.
_READING = (source.DEFINITION.encode(), f'data = json("{_DATA}")'.encode())
_local = threading.local()  #: a Typst compiler serves one thread
_rendered_in: int | None = None  #: the process that rendered first


@dataclass(frozen=True, kw_only=True)
class RenderedDocument:
    """A document before anybody signed it."""

    pdf: bytes
    fields: dict[str, Place]  #: signature fields by name, in order of appearance


def faces(folder: Path) -> typst.Fonts:
    """Return the faces of a folder; read once a process, shared by all threads.

    Raises FontsMissing, and RenderedBeforeFork in a process forked after a first rendering: it
    would hang for ever.
    """
    global _rendered_in
    _rendered_in = _rendered_in or os.getpid()
    if _rendered_in != os.getpid():
        raise RenderedBeforeFork
    return _read(folder)


@lru_cache(maxsize=2)
def _read(folder: Path) -> typst.Fonts:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    )
    if "Gov Song" not in fonts.families():
        raise FontsMissing(folder=str(folder), family="Gov Song")
    return fonts


def compiler(folder: Path) -> typst.Compiler:
    """Return this thread's compiler, which all versions of all types share.

    Templates come as input, so it knows none of them; the folder of the faces is all it can read.
    Raises what `faces` raises.
    """
    fonts = faces(folder)
    held: dict[Path, typst.Compiler] = _local.__dict__.setdefault("compilers", {})
    if folder not in held:
        held[folder] = typst.Compiler(root=str(folder), font_paths=fonts, ignore_system_fonts=True)
    return held[folder]


class Templates:
    """The document templates of one version of a registration type. Safe for threads."""

    def __init__(self, files: Mapping[str, bytes], fonts: Path, before: str = ""):
        """Take templates by file name; `before` stands before the first line of each document."""
        read = sources(files)
        #: each file with what it imports and nothing else: Typst reads all that it is given
        self._files = {
            name: {
                _MAIN: before.encode() + content.removeprefix(BOM_UTF8).replace(*_READING),
                **{file: files[file].replace(*_READING) for file in source.closure(name, read)},
            }
            for name, content in files.items()
        }
        self._fonts = fonts

    def render(self, name: str, data: Mapping[str, object], *, at: dt.datetime) -> RenderedDocument:
        """Return the document `name` filled with `data`; the same input gives the same bytes.

        `data` is what `given.toml` lists for this document: texts, numbers, days, truth values,
        pictures as bytes, `Qr`, records and lists of them. `at` (aware) is the time of creation
        written in the document. A warning of Typst is an error: a misspelt face of letters would
        leave a name out. Raises TemplateUnknown, TemplateFault, ValueMissing (a name that the
        template asks for is not in `data`), CharacterMissing, RenderedBeforeFork.
        """
        if at.tzinfo is None:
            raise ValueError("a document is made at an aware time: the machine's zone is no input")
        file = name + SUFFIX
        if file not in self._files:
            raise TemplateUnknown(template=name)
        typesetter = compiler(self._fonts)
        try:
            pdf, warnings = typesetter.compile_with_warnings(
                input=self._given(file, data),
                format="pdf",
                pdf_standards=STANDARDS,
                timestamp=at.astimezone(dt.UTC).replace(microsecond=0),
            )
            if warnings:
                raise self._fault(name, data, warnings[0])
            filled, places = place_fields(bytes(pdf))  # type: ignore[arg-type]  # one file, not pages
        except typst.TypstError as error:
            raise self._fault(name, data, error) from error
        except ValueError as error:
            raise TemplateFault(template=name, detail=str(error)) from error
        return RenderedDocument(pdf=filled, fields=places)

    def pictures(self, name: str, data: Mapping[str, object], *, ppi: int) -> list[bytes]:
        """Return the pages of the document `name` as PNG, so many pixels an inch.

        Raises what `render` raises, and minds no warning.
        """
        file = name + SUFFIX
        if file not in self._files:
            raise TemplateUnknown(template=name)
        try:
            pages = compiler(self._fonts).compile(
                input=self._given(file, data), format="png", ppi=ppi
            )
        except typst.TypstError as error:
            raise self._fault(name, data, error) from error
        return [bytes(page) for page in (pages if isinstance(pages, list) else [pages])]  # type: ignore[arg-type]  # bytes, as nothing is written

    def _given(self, file: str, data: Mapping[str, object]) -> Any:
        """Give what Typst reads: files by name, though its stub does not say so."""
        return {**self._files[file], _DATA: values.to_json(data).encode()}

    def _fault(
        self,
        name: str,
        data: Mapping[str, object],
        told: typst.TypstError | typst.TypstWarning,
    ) -> Refusal:
        """Tell a character without a glyph and a missing value from a mistake in the template."""
        lost = missing("".join(values.texts(data)), self._fonts)
        if lost and "could not be displayed" in told.message:
            return CharacterMissing(character=lost[0], code_point=f"U+{ord(lost[0]):04X}")
        diagnosis = diagnoses.read(told.message, told.diagnostic, main=name + SUFFIX)
        if key := diagnoses.missing_key(told.message):
            return ValueMissing(template=name, detail=key)
        return TemplateFault(template=name, detail=str(diagnosis), diagnosis=diagnosis)


def open_templates(files: Mapping[str, bytes], *, fonts: Path) -> Templates:
    """Return the templates among `files` (path to content; a whole deployed folder will do).

    `<name>.typ` is the document `name`, or a component that documents import. They are known by
    file name alone: the folders of a type and of the common parts make one shelf. `fonts` is what
    `tools/build_fonts.py` made. Raises TemplateFault for what no template may do.
    """
    shelf: dict[str, bytes] = {}
    for path, content in sorted(files.items()):
        name = PurePosixPath(path).name
        if not name.endswith(SUFFIX):
            continue
        if name in shelf:
            raise TemplateFault(template=name, detail=f"同名文件出现两次：{path}")
        shelf[name] = content
    for name, read in sources(shelf).items():
        for line, words in faults(read, shelf):
            raise TemplateFault(template=name, detail=f"第 {line} 行：{words}")
    return Templates(shelf, fonts)
