"""Packages in which one reader finds something else than another: record by record, harmless."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ofd import package
from ofd.findings import Problem
from ofd.package import Parts

Case = tuple[bytes, Problem | None]
_UNIX, _PLAIN = 3 << 8 | 20, 0o100644 << 16


@dataclass(frozen=True, kw_only=True)
class Record:
    """A part as it lies in the package; what its head says may be another thing."""

    name: bytes
    data: bytes
    listed: bool = True  #: in the directory
    flags: int = 0
    mode: int = _PLAIN
    extra: bytes = b""
    behind: bytes = b""  #: within the packed data, after their end
    said: dict[str, int] = field(default_factory=dict)  #: by the head: flags, method, packed, size

    def head(self) -> bytes:
        """Give what stands before the directory."""
        body = self._packed()
        said = {"flags": self.flags, "method": 8, "packed": len(body), "size": len(self.data)}
        said |= self.said
        own = (said["flags"], said["method"], 0, 0x21, self._sum(), said["packed"], said["size"])
        fixed = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, *own, len(self.name), 0)
        return fixed + self.name + body

    def entry(self, at: int) -> bytes:
        """Give the entry in the directory."""
        own = (self._sum(), len(self._packed()), len(self.data), len(self.name), len(self.extra))
        fixed = (b"PK\x01\x02", _UNIX, 20, self.flags, 8, 0, 0x21)
        last = (0, 0, 0, self.mode, at)
        return struct.pack("<4sHHHHHHIIIHHHHHII", *fixed, *own, *last) + self.name + self.extra

    def _sum(self) -> int:
        return zlib.crc32(self.data)

    def _packed(self) -> bytes:
        return zlib.compress(self.data)[2:-4] + self.behind


def written(
    records: Sequence[Record], *, gap: bytes = b"", comment: bytes = b"", counted: int | None = None
) -> bytes:
    """Write a package of records, with a gap after each."""
    out, listed = b"", []
    for record in records:
        if record.listed:
            listed.append(record.entry(len(out)))
        out += record.head() + gap
    directory = b"".join(listed)
    count = len(listed) if counted is None else counted
    sizes = (count, count, len(directory), len(out), len(comment))
    return out + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, *sizes) + comment


def cases(sealed: Parts, foreign: Parts) -> dict[str, Case]:
    """Give the cases: what the directory tells is sealed, what else is there is not."""

    def records(**how: object) -> list[Record]:
        own = {name.encode(): data for name, data in sealed.items()}
        return [Record(name=name, data=data, **how) for name, data in own.items()]  # type: ignore[arg-type]  # each its own type

    whole, other = written(records()), package.pack(foreign)
    assert package.unpack(whole) == sealed
    small = package.pack({"OFD.xml": b"<OFD/>"})
    hidden = Record(name=b"Doc_0/Pages/Page_0/Content.xml", data=b"<Page/>", listed=False)
    named = struct.pack("<HHBI", 0x7075, 5 + 8, 1, zlib.crc32(b"OFD.xml")) + b"else.xml"
    first, *rest = records()
    links, devices = 0o120777 << 16, 0o020644 << 16
    made = {
        "a part that no directory tells, first": written([hidden, *records()]),
        "a part that no directory tells, between": written([first, hidden, *rest]),
        "a part that no directory tells, last": written([*records(), hidden]),
        "bytes between the parts": written(records(), gap=b"gap"),
        "zeros before the first part": b"PK\x03\x04" + bytes(60) + whole,
        "twice the same package": whole + whole,
        "another package before": other + whole,
        "another package behind": whole + other,
        "another package in the comment": written(records(), comment=small),
        "more behind what was packed": written(records(behind=b"more")),
        "a head with another size": written(records(said={"size": 5})),
        "a head with another packed size": written(records(said={"packed": 5})),
        "a head with another method": written(records(said={"method": 0})),
        "a head that says encrypted": written(records(said={"flags": 1})),
        "a directory that counts less": written(records(), counted=3),
        "a directory that counts more": written(records(), counted=500),
        "another name in an extra field": written(
            [Record(name=first.name, data=first.data, extra=named), *rest]
        ),
        "a flood of extra fields": written(records(extra=bytes(60_000))),
        "links": written(records(mode=links)),
        "devices": written(records(mode=devices)),
    }
    return {f"twofold: {what}": (data, Problem.UNREADABLE) for what, data in made.items()}
