"""Colour profiles as cameras, telephones and presses embed them, from their figures (ICC.1)."""

from __future__ import annotations

import itertools
import struct

#: columns of Display P3, adapted to D50
_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
_D50 = (0.9642, 1.0, 0.8249)
#: the curve of sRGB (IEC 61966-2-1)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _profile(space: bytes, kind: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a profile of these tags."""
    tags = {
        b"desc": b"desc" + struct.pack(">4xI", 2) + b"x\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"x\0",
        b"wtpt": b"XYZ " + bytes(4) + _fixed(*_D50),
        **tags,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(">I4x", start + len(body)) + b"\x02\x40\0\0" + kind + space + connection
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*_D50)
    return head.ljust(128, b"\0") + table + body


def display_p3() -> bytes:
    """Return the profile of telephones."""
    curve = b"para" + struct.pack(">4xHxx", 3) + _fixed(*_CURVE)
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), _P3, strict=True)
    tags = {name: b"XYZ " + bytes(4) + _fixed(*column) for name, column in columns}
    return _profile(
        b"RGB ", b"mntr", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    )


def linear_grey() -> bytes:
    """Return the profile of a scanner whose figures are light, not perception."""
    return _profile(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": b"curv" + struct.pack(">4xI", 0)})


def print_colours() -> bytes:
    """Return a rough profile of a press: inks take light away, black takes all."""
    straight = bytes(range(256))
    nodes = b""
    for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4):
        light = 255 - 140 * black - 40 * (cyan + magenta) + (-20 if yellow else 0)
        hue = (128 + 60 * (magenta - cyan), 128 + 60 * yellow - 40 * cyan)
        nodes += bytes((max(0, light), *hue))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    tag = table + straight * 4 + nodes + straight * 3
    return _profile(b"CMYK", b"prtr", b"Lab ", {b"A2B0": tag})
