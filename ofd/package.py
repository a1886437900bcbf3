"""The package: parts in a ZIP, written always alike, read within limits.

A file of anybody comes in here, so what it says about itself is not believed: names must not climb,
sizes are counted while they are unpacked, and what is doubled or strange is refused. The directory
at the end is what we read; a reader that goes through the file from its beginning must find the
same, so every byte belongs to a part, to its head or to the directory.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence

MOST_PARTS = 2_000
LARGEST_PART = 16 * 1024 * 1024
LARGEST = 32 * 1024 * 1024  #: all parts together, unpacked
_MOMENT = (1980, 1, 1, 0, 0, 0)  #: the parts carry no time of their own: the same bytes every time
_EFFORT = 4  #: of compression: half the time of the usual, a hundredth more bytes
_STORED = (".png", ".jpg", ".jpeg")
_REACH = 1024  #: where a package begins at the latest
_LOCAL, _ENTRY, _ENDS = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_HEAD = struct.Struct("<4sHHHHHIIIHH")  #: of an entry, before its name
_END = struct.Struct("<4sHHHHIIH")  #: of the package, before its comment
_END_64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR_64 = 20  #: bytes between that and the end
_BEHIND = 0x8  #: flag: sizes and check sum stand behind the data
_UTF_8 = 0x800  #: flag: of the name
_OTHER_NAME = 0x7075  #: extra field (Info-ZIP) with a name that some readers prefer
_MOST_EXTRAS = 64  #: fields of one entry
_EXTRA, _BEFORE_NAME = struct.Struct("<HH"), 5  #: head of a field; version and sum of the old name
_IN_64 = 0xFFFFFFFF  #: a size that stands in an extra field
_KINDS = (0, 4, 8)  #: of files, by their mode: untold, folder, plain; no links, no devices
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FLAGS = 0x6 | _BEHIND | _UTF_8  #: that are read: how hard it was packed, and these

Parts = Mapping[str, bytes]


class BadPackage(ValueError):
    """The file is no package that is read here; the message says why, in Chinese."""


def is_package(data: bytes) -> bool:
    """Tell whether a file wants to be a ZIP, also one in front of which something was put."""
    return data[:4] in (_LOCAL, _ENDS) or _LOCAL in data[:_REACH]


def without_padding(data: bytes) -> bytes | None:
    r"""Return what a package of ours was before something was put in front of it or behind it.

    That is from its first part to its end, which has no remark. None: it is no package.

    >>> without_padding(b"\r\nPK\3\4...PK\5\6" + b"." * 18 + b"-- seen")
    b'PK\x03\x04...PK\x05\x06..................'
    """
    begin, end = data.find(_LOCAL), data.rfind(_ENDS)
    return None if begin < 0 or end < begin else data[begin : end + _END.size]


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
    if data[:4] not in (_LOCAL, _ENDS):  # something else before it, as a PDF that hides a package
        raise BadPackage("压缩包损坏或者格式不受支持")
    if data.count(_ENTRY) > MOST_PARTS:  # before the directory is read
        raise BadPackage(f"部件超过{MOST_PARTS}个")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _parts(data, archive)
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
        struct.error,
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


def _parts(data: bytes, archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST_PARTS:
        raise BadPackage(f"部件超过{MOST_PARTS}个")
    packed = _packed(data, entries, archive.start_dir)
    _require_the_end(data, archive, len(entries))
    parts, folders = _Parts(), []
    total = 0
    for entry in entries:
        name = _safe(entry.filename)
        if entry.is_dir():
            if entry.file_size:
                raise BadPackage("文件夹中含有数据")
            folders.append(name)
            continue
        if entry.compress_type not in _METHODS:
            raise BadPackage("部件加密或者使用了不受支持的压缩方式")
        if entry.external_attr >> 28 not in _KINDS:
            raise BadPackage("部件是链接或者设备，不是普通文件")
        if found(parts, name) is not None:  # also in another case: who unpacks it keeps one
            raise BadPackage("同名的部件出现两次")
        parts[name] = _read(packed[entry.header_offset], entry, min(LARGEST_PART, LARGEST - total))
        total += len(parts[name])
    if any(found(parts, folder) is not None for folder in folders):
        raise BadPackage("同名的部件出现两次")
    return parts


def _packed(
    data: bytes, entries: Sequence[zipfile.ZipInfo], directory: int
) -> dict[int, memoryview]:
    """Give the packed bytes of each entry by its place: all follow one another, from the beginning.

    Raises: BadPackage where they share bytes, leave some between them, or where the head of an
    entry says something else than the directory.
    """
    packed, at, view = {}, 0, memoryview(data)
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset != at:
            raise BadPackage("压缩包中有不属于任何部件的数据，或者部件重叠")
        mark, _, flags, method, _, _, *said, long, extra = _HEAD.unpack_from(data, at)
        if (flags | entry.flag_bits) & ~_FLAGS:
            raise BadPackage("部件加密或者使用了不受支持的压缩方式")
        start = at + _HEAD.size + long + extra
        name = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF_8 else "cp437")
        sizes = (entry.CRC, entry.compress_size, entry.file_size)
        is_behind = bool(flags & _BEHIND)
        same = (
            mark == _LOCAL
            and data[at + _HEAD.size : start - extra] == name
            and method == entry.compress_type
            and (is_behind or all(a in (b, _IN_64) for a, b in zip(said, sizes, strict=True)))
        )
        others = {*_other_names(entry.extra), *_other_names(data[start - extra : start])}
        if not same or others - {name}:
            raise BadPackage("压缩包的目录与部件不一致")
        at = start + entry.compress_size
        if at > directory:
            raise BadPackage("解压后的大小与所称不符")
        packed[entry.header_offset] = view[start:at]
        at += _behind(data, at, sizes) if is_behind else 0
    if at != directory:
        raise BadPackage("压缩包中有不属于任何部件的数据，或者部件重叠")
    return packed


def _other_names(extra: bytes) -> Iterator[bytes]:
    """Give the names that an extra field holds beside that of the entry."""
    at = 0
    for _ in range(_MOST_EXTRAS):
        if at + _EXTRA.size > len(extra):
            return
        kind, size = _EXTRA.unpack_from(extra, at)
        if kind == _OTHER_NAME:
            yield extra[at + _EXTRA.size : at + _EXTRA.size + size][_BEFORE_NAME:]
        at += _EXTRA.size + size
    raise BadPackage("压缩包的目录与部件不一致")


def _behind(data: bytes, at: int, sizes: tuple[int, int, int]) -> int:
    """Give the length of what stands behind the data of an entry; 0 where it is not that."""
    for mark in (b"PK\x07\x08", b""):
        for form in ("<III", "<IQQ"):
            told = mark + struct.pack(form, *sizes)
            if data.startswith(told, at):
                return len(told)
    return 0


def _require_the_end(data: bytes, archive: zipfile.ZipFile, count: int) -> None:
    """Refuse a directory that counts other entries than it has, or with anything behind it."""
    at = len(data) - _END.size - len(archive.comment)
    mark, _, _, here, every, size, _, _ = _END.unpack_from(data, at)
    if data.startswith(b"PK\x06\x07", at - _LOCATOR_64):
        at -= _LOCATOR_64 + _END_64.size
        mark, _, _, _, _, _, here, every, size, _ = _END_64.unpack_from(data, at)
    is_end = mark in (_ENDS, b"PK\x06\x06")
    if not is_end or (here, every, archive.start_dir + size) != (count, count, at):
        raise BadPackage("压缩包的目录与部件不一致")


def _safe(name: str) -> str:
    """Give the name of a part. Raises: BadPackage when it climbs or is no plain path."""
    plain = name.replace("\\", "/").strip("/")
    is_plain = plain not in ("", ".") and posixpath.normpath(plain) == plain
    if not is_plain or plain.startswith("..") or "\0" in name:
        raise BadPackage("部件名称不规范，或者越出文件包")
    return plain


def _read(packed: memoryview, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack one part; its length is counted, not believed, and nothing stands behind it."""
    if entry.file_size > most:
        raise BadPackage("解压后的文件过大")
    if entry.compress_type == zipfile.ZIP_STORED:
        data, is_whole = bytes(packed), True
    else:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        data = stream.decompress(packed, entry.file_size + 1)
        is_whole = stream.eof and not stream.unused_data
    if not is_whole or len(data) != entry.file_size or zlib.crc32(data) != entry.CRC:
        raise BadPackage("解压后的大小与所称不符")
    return data


def locate(base: str, place: str) -> str:
    """Give the name of the part that `place` names in the part `base`."""
    place = place.replace("\\", "/")  # as names are read
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), place)).lstrip("/")


def found(parts: Parts, name: str) -> str | None:
    """Find a part by its name; files of others also differ from their own names in case."""
    if name in parts:
        return name
    if isinstance(parts, _Parts):
        return parts.small.get(name.lower())
    alike = [part for part in parts if part.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None
