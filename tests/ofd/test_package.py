"""A file of anybody is opened within limits, and what is strange about it is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from ofd import package
from ofd.package import BadPackage


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Write a ZIP as anybody may."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def twice(name: str) -> bytes:
    """Write a part two times."""
    data = zipped({name: b"first", name[:-1] + "X": b"second"})
    return data.replace((name[:-1] + "X").encode(), name.encode())


def lying(size: int) -> bytes:
    """Write a part that unpacks to more than it says."""
    data = bytearray(zipped({"OFD.xml": b"a" * 1000}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark) + place
        data[at : at + 4] = size.to_bytes(4, "little")
    return bytes(data)


BAD = {
    "nothing": (b"", "损坏"),
    "a PDF": (b"%PDF-1.7\n%%EOF", "损坏"),
    "a head without an end": (b"PK\x03\x04" + bytes(60), "损坏"),
    "10,000 parts": (zipped({f"a{n}": b"" for n in range(10_000)}), "超过"),
    "a name that climbs": (zipped({"../etc/passwd": b"x"}), "越出"),
    "a name that climbs inside": (zipped({"Doc_0/../../x": b"x"}), "越出"),
    "a name that climbs backwards": (zipped({"..\\x": b"x"}), "越出"),
    "a part twice": (twice("OFD.xml"), "两次"),
    "a folder with data": (zipped({"Doc_0/": b"x"}), "文件夹"),
    "a size too small": (lying(10), "损坏|不符"),
    "a size too large": (lying(2_000), "损坏|不符"),
    "a bomb": (zipped({"OFD.xml": bytes(package.LARGEST_PART + 1)}), "过大"),
    "bombs together": (zipped({str(n): bytes(15 << 20) for n in range(3)}), "过大"),
    "another method": (zipped({"OFD.xml": b"x"}, zipfile.ZIP_BZIP2), "压缩方式"),
}


@pytest.mark.parametrize(("data", "words"), BAD.values(), ids=BAD)
def test_what_is_strange_is_refused_with_a_reason(data: bytes, words: str) -> None:
    """One error for whatever comes in; nothing is unpacked beyond the limits."""
    with pytest.raises(BadPackage, match=words):
        package.unpack(data)


def test_the_same_parts_give_the_same_bytes() -> None:
    """And come back as they went in, in their order."""
    parts = {"OFD.xml": "甲".encode() * 50, "Doc_0/Res/a.png": b"\x89PNG", "Doc_0/x": b""}

    data = package.pack(parts)

    assert data == package.pack(parts)
    assert list(package.unpack(data).items()) == list(parts.items())


def test_names_lead_from_part_to_part() -> None:
    """Relative to the part that names it, or from the root; others also differ in case."""
    assert package.locate("Doc_0/Document.xml", "Pages/P.xml") == "Doc_0/Pages/P.xml"
    assert package.locate("Doc_0/Signs/S.xml", "/Doc_0/a") == "Doc_0/a"
    assert package.locate("OFD.xml", "../../../a") == "a"
    assert package.found({"doc_0/a.xml": b""}, "Doc_0/A.xml") == "doc_0/a.xml"
    assert package.found({"a": b"", "A": b""}, "a") == "a"
    assert package.found({"aB": b"", "Ab": b""}, "ab") is None
