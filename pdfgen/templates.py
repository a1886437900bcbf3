"""Fill a template and set it: one call gives a tagged PDF/A-2a with named signature fields."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import typst

from pdfgen import markup
from pdfgen.charset import missing
from pdfgen.errors import CharacterMissing, FontsMissing, RenderedBeforeFork, TemplateFault
from pdfgen.fields import Place, place_fields
from refusals.refusal import Refusal

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
_PACKAGE = re.compile(r"""(import|include)\s*["']@""")
_PROLOGUE = "#let slot = json(bytes(sys.inputs.slots))\n"
_local = threading.local()  #: a Typst compiler serves one thread
_rendered_in: int | None = None  #: the process that rendered first


@dataclass(frozen=True, kw_only=True)
class Document:
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

    def __init__(self, sources: Mapping[str, str], fonts: Path):
        self._source = markup.Source(sources)
        self._fonts = fonts

    def names(self) -> dict[str, set[str]]:
        """Return the documents that can be rendered, and the keys that each asks for."""
        return self._source.names()

    def render(self, name: str, data: Mapping[str, object], *, at: dt.datetime) -> Document:
        """Return the document `name` filled with `data`; the same input gives the same bytes.

        `at` (aware) is the time of creation written in the document. Raises TemplateUnknown,
        TemplateFault, ValueMissing, CharacterMissing, RenderedBeforeFork.
        """
        if at.tzinfo is None:
            raise ValueError("a document is made at an aware time: the machine's zone is no input")
        typesetter = compiler(self._fonts)
        slots: list[str] = []
        try:
            source, slots = self._source.fill(name, data)
            pdf = typesetter.compile(
                input=(_PROLOGUE + source).encode(),
                format="pdf",
                sys_inputs={"slots": json.dumps(slots, ensure_ascii=False)},
                pdf_standards=STANDARDS,
                timestamp=at.astimezone(dt.UTC).replace(microsecond=0),
            )
            filled, places = place_fields(bytes(pdf))  # type: ignore[arg-type]  # one file, not pages
        except typst.TypstError as error:
            raise self._fault(name, slots, error) from error
        except ValueError as error:
            raise TemplateFault(template=name, detail=str(error)) from error
        return Document(pdf=filled, fields=places)

    def _fault(self, name: str, slots: list[str], error: typst.TypstError) -> Refusal:
        """Tell a character without a glyph from a mistake in the template."""
        lost = missing("".join(slots), self._fonts)
        if lost and "could not be displayed" in error.message:
            return CharacterMissing(character=lost[0], code_point=f"U+{ord(lost[0]):04X}")
        detail = "\n".join([error.message, *error.hints, error.diagnostic])
        return TemplateFault(template=name, detail=detail)


def open_templates(files: Mapping[str, bytes], *, fonts: Path) -> Templates:
    """Return the templates among `files` (path to content; a whole deployed folder will do).

    `<name>.typ.j2` is the document `name`, or a layout that documents extend; `<name>.typ` are
    components, which they include. Both are known by file name alone: the folders of a type and
    of the common parts make one shelf. `fonts` is what `tools/build_fonts.py` made.
    """
    sources: dict[str, str] = {}
    for path, content in sorted(files.items()):
        name = PurePosixPath(path).name
        if not name.endswith((markup.SUFFIX, ".typ")):
            continue
        if name in sources:
            raise TemplateFault(template=name, detail=f"同名文件出现两次：{path}")
        sources[name] = content.decode()
        if _PACKAGE.search(sources[name]):
            raise TemplateFault(template=name, detail="不得引用网络上的程序包（“@…”）")
    return Templates(sources, fonts)
