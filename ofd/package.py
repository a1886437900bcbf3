"""The package: parts in a ZIP, written always alike, read within limits.

A file of anybody comes in here, so what it says about itself is not believed: names must not climb,
sizes are counted while they are unpacked, and what is doubled or strange is refused.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping, Sequence

MOST_PARTS = 2_000
LARGEST_PART = 16 * 1024 * 1024
LARGEST = 32 * 1024 * 1024  #: all parts together, unpacked
_MOMENT = (1980, 1, 1, 0, 0, 0)  #: the parts carry no time of their own: the same bytes every time
_EFFORT = 4  #: of compression: half the time of the usual, a hundredth more bytes
_STORED = (".png", ".jpg", ".jpeg")
_ENTRY = b"PK\x01\x02"
_HEAD = 30  #: bytes before the name of an entry
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1

Parts = Mapping[str, bytes]


class BadPackage(ValueError):
    """The file is no package that is read here; the message says why, in Chinese."""


def is_package(data: bytes) -> bool:
    """Tell whether a file wants to be a ZIP."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def pack(parts: Parts) -> bytes:
    """Write the package; the same parts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            is_stored = name.endswith(_STORED)
            entry.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, compresslevel=_EFFORT)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Read every part by its name. Raises: BadPackage."""
    if len(data) > LARGEST:
        raise BadPackage("文件过大")
    if not is_package(data):  # something else before it, as a PDF that hides a package
        raise BadPackage("压缩包损坏或者格式不受支持")
    if data.count(_ENTRY) > MOST_PARTS:  # before the directory is read
        raise BadPackage(f"部件超过{MOST_PARTS}个")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _parts(archive)
    except BadPackage:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        LookupError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadPackage("压缩包损坏或者格式不受支持") from error


class _Parts(dict[str, bytes]):
    """Parts whose names are also known in small letters."""

    def __init__(self) -> None:
        super().__init__()
        self.small: dict[str, str] = {}

    def __setitem__(self, name: str, data: bytes) -> None:
        super().__setitem__(name, data)
        self.small[name.lower()] = name


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST_PARTS:
        raise BadPackage(f"部件超过{MOST_PARTS}个")
    _require_apart(entries, archive.start_dir)
    parts, folders = _Parts(), []
    total = 0
    for entry in entries:
        name = _safe(entry.filename)
        if entry.is_dir():
            if entry.file_size:
                raise BadPackage("文件夹中含有数据")
            folders.append(name)
            continue
        if entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED:
            raise BadPackage("部件加密或者使用了不受支持的压缩方式")
        if found(parts, name) is not None:  # also in another case: who unpacks it keeps one
            raise BadPackage("同名的部件出现两次")
        parts[name] = _read(archive, entry, min(LARGEST_PART, LARGEST - total))
        total += len(parts[name])
    if any(found(parts, folder) is not None for folder in folders):
        raise BadPackage("同名的部件出现两次")
    return parts


def _require_apart(entries: Sequence[zipfile.ZipInfo], end: int) -> None:
    """Refuse entries that share bytes, or say more of them than there are. Raises: BadPackage."""
    places = sorted(((entry.header_offset, entry) for entry in entries), key=lambda pair: pair[0])
    ends = [*(place for place, _ in places[1:]), end]
    for (place, entry), most in zip(places, ends, strict=True):
        if place + _HEAD + len(entry.orig_filename.encode()) + entry.compress_size > most:
            raise BadPackage("解压后的大小与所称不符")


def _safe(name: str) -> str:
    """Give the name of a part. Raises: BadPackage when it climbs or is no plain path."""
    plain = name.replace("\\", "/").strip("/")
    is_plain = plain not in ("", ".") and posixpath.normpath(plain) == plain
    if not is_plain or plain.startswith("..") or "\0" in name:
        raise BadPackage("部件名称越出文件包")
    return plain


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack one part; its length is counted, not believed."""
    if entry.file_size > most:
        raise BadPackage("解压后的文件过大")
    with archive.open(entry) as stream:
        data = stream.read(most + 1)
    if len(data) > most or len(data) != entry.file_size:
        raise BadPackage("解压后的大小与所称不符")
    return data


def locate(base: str, place: str) -> str:
    """Give the name of the part that `place` names in the part `base`."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), place)).lstrip("/")


def found(parts: Parts, name: str) -> str | None:
    """Find a part by its name; files of others also differ from their own names in case."""
    if name in parts:
        return name
    if isinstance(parts, _Parts):
        return parts.small.get(name.lower())
    alike = [part for part in parts if part.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None
