"""A file that another one begins with is kept as a note of which one, and of its own length.

Each signature, seal and archive stamp appends to a PDF: what a paper was before is the beginning of
what it is now, octet for octet. The note lies beside the place of the file, under its address and
`.begins`: `ZHB1`, the address of the longer file (32 octets) and the length (8). It holds nothing
of anybody, and says nothing that the digest of what it leads to does not prove.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

SUFFIX = ".begins"
_MAGIC = b"ZHB1"
_DIGEST = 32
_SIZE = len(_MAGIC) + _DIGEST + 8


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is kept in place of a file."""

    whole: str  #: address of a file that begins with it
    length: int  #: octets of that file which are this one

    def written(self) -> bytes:
        """Give the note as it lies there."""
        return _MAGIC + bytes.fromhex(self.whole) + self.length.to_bytes(8, "big")


def read(stored: bytes) -> Note | None:
    """Read a note; None when the bytes are a file.

    >>> read(Note(whole="ab" * 32, length=7).written())
    Note(whole='abababababababababababababababababababababababababababababababab', length=7)
    >>> read(b"%PDF-1.7") is None
    True
    """
    if len(stored) != _SIZE or not stored.startswith(_MAGIC):
        return None
    rest = stored[len(_MAGIC) :]
    return Note(whole=rest[:_DIGEST].hex(), length=int.from_bytes(rest[_DIGEST:], "big"))


def found(earlier: Mapping[str, int], content: bytes) -> dict[str, Note]:
    """Give a note for each file, by address with its length, that `content` begins with."""
    digest, done, notes = hashlib.sha256(), 0, {}
    for sha256, length in sorted(earlier.items(), key=lambda file: file[1]):
        if done <= length < len(content):
            digest.update(content[done:length])
            done = length
            if digest.hexdigest() == sha256:
                notes[sha256] = length
    digest.update(content[done:])
    whole = digest.hexdigest()
    return {sha256: Note(whole=whole, length=length) for sha256, length in notes.items()}
