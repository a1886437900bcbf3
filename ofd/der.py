"""DER by hand, for structures that are written or cut often: the same few bytes each time.

asn1crypto builds a tree of objects for each field, which takes ten times as long as a signature
over it; it stays where the structure of somebody else is read, and in the tests, which read with it
what is written here.
"""

from __future__ import annotations

from collections.abc import Iterable

from asn1crypto import parser

INTEGER, BITS, OCTETS, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
TIME = 0x18  #: GeneralizedTime
OUTER = 0xA0  #: [0], constructed
_SHORT = 128
_MOST_FIELDS = 64


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one value with its tag and length; the parts stay as they are.

    >>> tlv(SET, b"ab").hex(), len(tlv(OCTETS, bytes(300)))
    ('31026162', 304)
    """
    body = b"".join(parts)
    size = len(body)
    if size < _SHORT:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE of encoded values."""
    return tlv(SEQUENCE, *parts)


def integer(value: int) -> bytes:
    """Encode a number that is not negative.

    >>> integer(0).hex(), integer(128).hex()
    ('020100', '02020080')
    """
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Encode an object identifier.

    >>> oid("1.2.840.10045.4.3.2").hex()
    '06082a8648ce3d040302'
    """
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        body += bytes(reversed(groups))
    return tlv(OID, bytes(body))


def set_of(tag: int, items: Iterable[bytes]) -> bytes:
    """Encode a set: DER sorts its members."""
    return tlv(tag, *sorted(items))


def fields(der: bytes, tag: int = SEQUENCE) -> list[bytes]:
    """Cut a value of this tag into its fields, as bytes.

    ValueError: not DER of just these, or of more fields than anything has that is read here.
    """
    cut: list[bytes] = []
    rest = content(der, tag)
    while rest:
        if len(cut) == _MOST_FIELDS:
            raise ValueError("too many fields")
        _, _, _, head, body, tail = parser.parse(rest)
        cut.append(head + body + tail)
        rest = rest[len(cut[-1]) :]
    return cut


def content(der: bytes, tag: int) -> bytes:
    """Give what stands in a value of this tag. ValueError: of another tag, or not DER."""
    inside = bytes(parser.parse(der, strict=True)[4])
    if tlv(tag, inside) != der:
        raise ValueError(f"not DER of the tag {tag:#x}")
    return inside
