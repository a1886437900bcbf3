"""The child of `uploads`: limits itself, walks a PDF from standard input, answers in JSON.

Run as a program; the parent imports only the constants.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

CPU_S = 8
MEMORY_BYTES = 1 << 30
MOST_PAGES = 500
#: of all compressed streams together; a scanned page of 300 dots an inch in colour is 26 million
MOST_DECODED_BYTES = 1 << 29
#: of one picture; A0 at 600 dots an inch is 558 million
MOST_PIXELS = 600_000_000
DEEPEST = 60
#: filters that unpack or unwrap bytes, and what some call them
_GENERAL = frozenset(
    {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCIIHexDecode", "/ASCII85Decode"}
)
_SHORT = {
    "/Fl": "/FlateDecode",
    "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode",
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
}

#: types of actions that do something to the reader's machine or speak to others
_ACTIONS = {
    "/JavaScript": "脚本（JavaScript）",
    "/Launch": "启动程序的动作",
    "/SubmitForm": "提交表单的动作",
    "/ImportData": "导入数据的动作",
    "/GoToE": "指向其他文件的动作",
    "/GoToR": "指向其他文件的动作",
    "/Rendition": "多媒体",
    "/Movie": "多媒体",
    "/Sound": "多媒体",
    "/RichMediaExecute": "多媒体",
}
#: keys that hold something active wherever they stand
_KEYS = {
    "/JS": "脚本（JavaScript）",
    "/JavaScript": "脚本（JavaScript）",
    "/EmbeddedFiles": "嵌入的文件",
    "/EF": "嵌入的文件",
    "/Collection": "嵌入的文件",
    "/RichMediaContent": "多媒体",
    "/XFA": "动态表单（XFA）",
}
#: keys of name trees: an empty tree holds nothing (word processors leave them behind)
_TREES = frozenset({"/EmbeddedFiles", "/JavaScript"})
#: what a dictionary of embedded files holds (ISO 32000-1, table 45)
_FILES = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})
#: what a name tree has, unless it is empty (ISO 32000-1, table 36)
_NODES = frozenset({"/Names", "/Kids"})
_TYPES = {
    "/EmbeddedFile": "嵌入的文件",
    "/RichMedia": "多媒体",
    "/Movie": "多媒体",
    "/Sound": "多媒体",
    "/Screen": "多媒体",
    "/3D": "三维内容",
    "/FileAttachment": "嵌入的文件",
}
#: links of other kinds start programs or give passwords away instead of opening a page
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):")

_START = re.compile(rb"(startxref\s+)[0-9]+(?=\s*%%EOF\s*\Z)")
#: what qpdf says of a table that it does not use; whatever else it says, content may be lost
_REPAIR = re.compile(
    r"file is damaged|can't find startxref|Attempting to reconstruct cross-reference table"
    r"|reported number of objects"
)


class _TooMuch(Exception):
    """More pages, depth or decompressed data than a scan has."""


def _confine() -> None:
    """Give up memory, time and files before anything of the stranger's is read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _dictionaries(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the dictionaries of one indirect object; references are walked where they lead."""
    if depth > DEEPEST:
        raise _TooMuch
    if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        yield value
        children = [value.get(key) for key in value.keys()]  # noqa: SIM118 (a PDF object is no dict)
    elif isinstance(value, pikepdf.Array):
        children = list(value)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from _dictionaries(child, depth + 1)


def _marked(dictionary: Any) -> str | None:
    """Return in Chinese what a dictionary says of itself that no scan contains."""
    for key in dictionary.keys():  # noqa: SIM118 (a PDF object is no dict)
        if key in _KEYS and _is_meant(key, dictionary.get(key)):
            return _KEYS[key]
    for key, kinds in (("/S", _ACTIONS), ("/Type", _TYPES), ("/Subtype", _TYPES)):
        kind = str(dictionary.get(key, ""))
        if kind in kinds:
            return kinds[kind]
    if _is_risky(str(dictionary.get("/URI", ""))):
        return "危险的链接"
    if isinstance(dictionary, pikepdf.Stream) and "/F" in dictionary:  # its data lie elsewhere
        return "对外部文件的引用"
    return None


def _is_meant(key: str, value: Any) -> bool:
    """Tell whether what stands under a key is of the kind that makes it active.

    Fonts, pictures and places may bear any name (ISO 32000-1, 7.8.3): a font /JS is no script.
    """
    is_dictionary = isinstance(value, pikepdf.Dictionary)
    if key in _TREES:
        is_tree = is_dictionary and not _NODES.isdisjoint(value.keys())
        return is_tree and not _is_empty_tree(value)
    if key == "/JS":  # a text string or a text stream, which has no kind of its own
        is_text = isinstance(value, pikepdf.Stream) and "/Subtype" not in value
        return isinstance(value, pikepdf.String) or is_text
    if key == "/EF":
        return is_dictionary and not _FILES.isdisjoint(value.keys())
    return True


def _is_empty_tree(node: Any, depth: int = 0) -> bool:
    """Tell whether a name tree holds no name (ISO 32000-1, 7.9.6)."""
    if not isinstance(node, pikepdf.Dictionary) or depth > DEEPEST:
        return False
    names, kids = node.get("/Names", pikepdf.Array()), node.get("/Kids", pikepdf.Array())
    if not (isinstance(names, pikepdf.Array) and isinstance(kids, pikepdf.Array)) or len(names):
        return False
    known = {"/Names", "/Kids", "/Limits"}
    return set(node.keys()) <= known and all(_is_empty_tree(kid, depth + 1) for kid in kids)


def _is_risky(link: str) -> bool:
    """Tell whether a link leads elsewhere than to a page; viewers overlook what is not ASCII."""
    plain = re.sub(r"[^!-~]", "", link).lower()
    scheme = _SCHEME.match(plain)
    return plain.startswith("\\\\") or (scheme is not None and scheme[1] not in _SCHEMES)


def _automatic(action: Any, depth: int = 0) -> str | None:
    """Return what an action does unasked; to go to a page of the file itself is nothing."""
    if not isinstance(action, pikepdf.Dictionary):
        return None
    if what := _marked(action):
        return what
    if str(action.get("/S", "")) != "/GoTo" or depth > DEEPEST:
        return "自动执行的动作"
    following = action.get("/Next")
    chain = list(following) if isinstance(following, pikepdf.Array) else [following]
    return next(filter(None, (_automatic(action, depth + 1) for action in chain)), None)


def _active(dictionary: Any) -> str | None:
    """Return in Chinese what is active in a dictionary, if something is."""
    if what := _marked(dictionary):
        return what
    events = dictionary.get("/AA")
    unasked = list(events.values()) if isinstance(events, pikepdf.Dictionary) else []
    unasked.append(dictionary.get("/OpenAction"))
    return next(filter(None, map(_automatic, unasked)), None)


def _filters(stream: Any) -> list[str]:
    """Return the filters of a stream under their full names, the outermost first."""
    entry = stream.get("/Filter")
    names = list(entry) if isinstance(entry, pikepdf.Array) else [entry]
    return [_SHORT.get(str(name), str(name)) for name in names if name is not None]


def _decoded_size(stream: Any, allowance: int) -> int:
    """Return how long a stream is unpacked, without the work of picture filters.

    A plain deflated stream is counted in little memory; of others the limit of the process is the
    bound. Raises zlib.error or PdfError when damaged, MemoryError or _TooMuch when too long.
    """
    lead = list(itertools.takewhile(_GENERAL.__contains__, _filters(stream)))
    if lead == ["/FlateDecode"]:
        return _inflated_size(stream.read_raw_bytes(), allowance)
    if not lead:
        return 0
    with pikepdf.new() as aside:
        alone = aside.make_stream(stream.read_raw_bytes())
        alone.Filter = pikepdf.Array([pikepdf.Name(name) for name in lead])
        size = len(alone.read_bytes(pikepdf.StreamDecodeLevel.generalized))
    if size > allowance:
        raise _TooMuch
    return size


def _inflated_size(packed: bytes, allowance: int) -> int:
    inflate, size = zlib.decompressobj(), 0
    while packed and not inflate.eof:
        size += len(inflate.decompress(packed, 1 << 20))
        packed = inflate.unconsumed_tail
        if size > allowance:
            raise _TooMuch
    return size


def _is_vast(stream: Any) -> bool:
    """Tell whether a picture claims more pixels than any scan has."""
    sides = (stream.get("/Width", 0), stream.get("/Height", 0))
    return all(isinstance(side, int) for side in sides) and sides[0] * sides[1] > MOST_PIXELS


def walk(content: bytes) -> dict[str, object]:
    """Return `{"pages": n}` or `{"code": …}`, with `what` for something active.

    A file whose table of objects is slightly wrong is read by looking for its objects, as viewers
    do; then `repaired` is the file written anew, in base64: what was looked at is what is kept.
    """
    answer = _judged(content, is_repair=False)
    if answer.get("code") != "E_FILE_DAMAGED":
        return answer
    return _judged(_START.sub(rb"\g<1>0", content), is_repair=True)


def _judged(content: bytes, *, is_repair: bool) -> dict[str, object]:
    """Answer for a file as it is, or for one whose objects must be looked for."""
    try:
        with pikepdf.open(
            io.BytesIO(content), attempt_recovery=is_repair, suppress_warnings=True
        ) as pdf:
            allowance = MOST_DECODED_BYTES
            for value in pdf.objects:
                for dictionary in _dictionaries(value):
                    if what := _active(dictionary):
                        return {"code": "E_FILE_ACTIVE", "what": what}
                if isinstance(value, pikepdf.Stream):
                    if _is_vast(value):
                        raise _TooMuch
                    allowance -= _decoded_size(value, allowance)
            pages = len(pdf.pages)
            repaired = _written(pdf) if is_repair else None
    except pikepdf.PasswordError:
        return {"code": "E_FILE_ENCRYPTED"}
    except (pikepdf.PdfError, zlib.error, ValueError, RuntimeError) as error:
        if "encryption" in str(error):  # a handler that qpdf does not know
            return {"code": "E_FILE_ENCRYPTED"}
        return {"code": "E_FILE_DAMAGED"}
    except (_TooMuch, MemoryError):
        return {"code": "E_FILE_COMPLEX"}
    if pages > MOST_PAGES:
        return {"code": "E_FILE_COMPLEX"}
    if not pages:
        return {"code": "E_FILE_NO_PAGES"}
    return {"pages": pages} | ({"repaired": repaired} if repaired else {})


def _written(pdf: pikepdf.Pdf) -> str:
    """Write a file anew whose objects had to be looked for; ValueError when some are lost."""
    is_lost = any(value is None for value in pdf.objects)  # somebody refers to what is not there
    if is_lost or not all(_REPAIR.search(warning) for warning in pdf.get_warnings()):
        raise ValueError("more than the table of objects is wrong")
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    _confine()
    json.dump(walk(sys.stdin.buffer.read()), sys.stdout)
