"""How a file of ours grows: revisions one after the other, each with a plain table of its objects.

An object that changes is written anew as the old text with something put in, so that whoever reads
the file later can write the same revision again and compare it byte for byte. A file of another
form (streams of objects, tables elsewhere, bytes between objects) is left to pyHanko.
Source: ISO 32000-1, 7.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

_NOTHING = b"0000000000 65535 f \n"  #: entry of object 0
_END = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n\Z")
_UPDATE = re.compile(
    rb"xref\n((?:\d+ \d+\n(?:\d{10} \d{5} [fn] \n)++)++)"
    rb"trailer\n(<<\n.{1,2000}?\n>>)\nstartxref\n(\d+)\n%%EOF\n",
    re.DOTALL,
)
_SECTION = re.compile(rb"(\d+) (\d+)\n")
_FIRST = re.compile(rb"xref\n0 (\d+)\n")
#: the trailer that Typst writes
_TRAILER = re.compile(
    rb"trailer\n<</Size (\d+)/Root (\d+) 0 R/Info (\d+) 0 R"
    rb"/ID\[\(([\w+/=]+)\)\(([\w+/=]+)\)\]>>\nstartxref\n"
)
_SIZE = re.compile(rb"\n/Size (\d+)\n")
_ROOT = re.compile(rb"\n/Root (\d+) 0 R\n")
_PREVIOUS = re.compile(rb"\n/Prev (\d+)\n")
_NAMES = re.compile(rb"\n/ID \[ <([0-9a-f]+)> <([0-9a-f]+)> \]\n")
_ENTRY_BYTES = 20
_LARGEST_SIZE = 100_000  #: objects
_LONGEST_TRAILER = 400  #: bytes


class OtherForm(Exception):
    """A file that is not in the form that we write; the text says in English what was found."""


def only(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes]:
    """Give the one match of a pattern. Raises: OtherForm."""
    matches = list(pattern.finditer(text))
    if len(matches) != 1:
        raise OtherForm(f"{len(matches)} times {pattern.pattern!r}")
    return matches[0]


def put_in(body: bytes, *entries: bytes) -> bytes:
    r"""Add entries at the end of a dictionary. Raises: OtherForm.

    >>> put_in(b"<<\n/Type /Sig\n>>", b"/P 1")
    b'<<\n/Type /Sig\n/P 1\n>>'
    """
    if not body.endswith(b">>"):
        raise OtherForm("no dictionary")
    return body[:-2] + b"".join(entry + b"\n" for entry in entries) + b">>"


class Revision:
    """The last revision of a file up to `end`, and through `before` those that it grew from."""

    def __init__(self, pdf: bytes, end: int | None = None) -> None:
        """Read the end of a file. Raises: OtherForm."""
        self.pdf = pdf
        self.end = len(pdf) if end is None else end
        tail = _END.search(pdf, max(self.end - 40, 0), self.end)
        if tail is None:
            raise OtherForm("no end")
        self.table = int(tail[1])
        update = _UPDATE.match(pdf, self.table, self.end)
        self.is_update = update is not None
        if update is None:  # the first, by whatever made it
            self._offsets = _first_offsets(pdf, self.table)
            self._trailer = _first_trailer(pdf, self.end)
            return
        if update.end() != self.end or int(update[3]) != self.table:
            raise OtherForm("a table that is not at the end")
        self._offsets = _offsets(update[1])
        self._trailer = update[2]
        if not self._offsets or max(self._offsets.values()) >= self.table:
            raise OtherForm("no objects, or behind their table")

    @property
    def size(self) -> int:
        """Give the number above those of all objects. Raises: OtherForm."""
        size = int(only(_SIZE, self._trailer)[1])
        if size > _LARGEST_SIZE:
            raise OtherForm("too many objects")
        return size

    @property
    def catalogue(self) -> int:
        """Give the number of the catalogue. Raises: OtherForm."""
        return int(only(_ROOT, self._trailer)[1])

    @property
    def name(self) -> bytes:
        """Give the name of this revision, hexadecimal digits. Raises: OtherForm."""
        return only(_NAMES, self._trailer)[2]

    def holds(self, number: int, at: int) -> bool:
        """Tell whether an object that begins at a place is the one that counts."""
        return self._offsets.get(number) == at

    @property
    def start(self) -> int:
        """Tell where this revision begins: with its first object."""
        return min(self._offsets.values())

    @property
    def numbers(self) -> list[int]:
        """List the objects that this revision writes."""
        return sorted(self._offsets)

    @cached_property
    def before(self) -> Revision:
        """Give the revision that this one was appended to. Raises: OtherForm."""
        before = Revision(self.pdf, self.start) if self.is_update else None
        if before is None or before.table != int(only(_PREVIOUS, self._trailer)[1]):
            raise OtherForm("revisions that do not follow each other")
        return before

    def body(self, number: int) -> bytes:
        """Give the text of an object as it stands in this revision. Raises: OtherForm."""
        revision = self
        while number not in revision._offsets:
            revision = revision.before
        start, head = revision._offsets[number], b"%d 0 obj\n" % number
        end = self.pdf.find(b"\nendobj\n", start, self.end)
        if end < 0 or not self.pdf.startswith(head, start):
            raise OtherForm(f"object {number} is not in its place")
        return self.pdf[start + len(head) : end]

    def appended(self, bodies: Mapping[int, bytes], name: bytes) -> bytes:
        """Write the next revision: these objects, a table, and `name` (32 hexadecimal digits).

        Raises: OtherForm.
        """
        parts, offsets, at = [], {}, self.end
        for number in sorted(bodies):
            part = b"%d 0 obj\n%b\nendobj\n" % (number, bodies[number])
            parts.append(part)
            offsets[number], at = at, at + len(part)
        size = max(self.size, max(bodies) + 1)
        trailer = _SIZE.sub(b"\n/Size %d\n" % size, self._trailer)
        if self.is_update:
            only(_PREVIOUS, trailer)
            trailer = _PREVIOUS.sub(b"\n/Prev %d\n" % self.table, trailer)
        else:
            trailer = put_in(trailer, b"/Prev %d" % self.table)
        trailer = _NAMES.sub(rb"\n/ID [ <\1> <%b> ]\n" % name, trailer)
        end = b"trailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer, at)
        return b"".join([*parts, _table(offsets), end])


def _offsets(sections: bytes) -> dict[int, int]:
    """Read a table of ours. Raises: OtherForm."""
    offsets: dict[int, int] = {}
    at = 0
    while at < len(sections):
        head = _SECTION.match(sections, at)
        if head is None:
            raise OtherForm("a table with gaps")
        first, count, at = int(head[1]), int(head[2]), head.end()
        for number in range(first, first + count):
            entry, at = sections[at : at + _ENTRY_BYTES], at + _ENTRY_BYTES
            if number == 0 and entry == _NOTHING:
                continue
            if entry[10:] != b" 00000 n \n" or number in offsets:
                raise OtherForm(f"entry of object {number}")
            offsets[number] = int(entry[:10])
    return offsets


def _first_offsets(pdf: bytes, table: int) -> dict[int, int]:
    """Read the table of the first revision: one section, whatever ends its lines."""
    head = _FIRST.match(pdf, table)
    if head is None or int(head[1]) > _LARGEST_SIZE:
        raise OtherForm("no plain table")
    places = range(head.end(), head.end() + int(head[1]) * _ENTRY_BYTES, _ENTRY_BYTES)
    entries = [pdf[place : place + _ENTRY_BYTES] for place in places]
    try:
        return {
            number: int(entry[:10]) for number, entry in enumerate(entries) if entry[17:18] == b"n"
        }
    except ValueError as error:
        raise OtherForm("no plain table") from error


def _first_trailer(pdf: bytes, end: int) -> bytes:
    """Give the trailer of a first revision as the later ones have it; empty if it is another's."""
    trailer = _TRAILER.search(pdf, max(end - _LONGEST_TRAILER, 0), end)
    if trailer is None:
        return b""
    size, root, info = (int(number) for number in trailer.groups()[:3])
    first, second = (name.hex().encode() for name in trailer.groups()[3:])
    return b"<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n/ID [ <%b> <%b> ]\n>>" % (
        size,
        root,
        info,
        first,
        second,
    )


def _table(offsets: Mapping[int, int]) -> bytes:
    entries = {0: _NOTHING} | {number: b"%010d 00000 n \n" % at for number, at in offsets.items()}
    sections: list[list[int]] = []
    for number in sorted(entries):
        if not sections or number != sections[-1][-1] + 1:
            sections.append([])
        sections[-1].append(number)
    parts = [b"xref\n"]
    for section in sections:
        parts.append(b"%d %d\n" % (section[0], len(section)))
        parts += [entries[number] for number in section]
    return b"".join(parts)
