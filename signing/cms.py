"""A signature or time stamp of ours taken apart: what `der.CmsTemplate` put together.

It is read as loosely as it is written strictly: what was read counts only when, put together again,
it gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

_SET = b"\x31"
_LONG = 0x80


class NoCms(Exception):
    """Bytes that are not a CMS of the kind that we write."""


@dataclass(frozen=True, kw_only=True)
class Cms:
    """The parts of a SignedData with one signer."""

    whole: bytes
    carried: bytes | None  #: content inside: what a time stamp says
    certificates: tuple[bytes, ...]
    attributes: bytes  #: that are signed, as a SET
    signature: bytes
    token: bytes | None  #: the time stamp over the signature


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a time stamp says, beside over what."""

    serial: int
    at: datetime


def take_apart(content: bytes) -> Cms:
    """Read a CMS, which zeros may follow. Raises: NoCms."""
    try:
        whole = content[: _end(content, 0)]
        if content[len(whole) :].strip(b"\0"):
            raise NoCms
        _, explicit = _values(whole)
        (signed,) = _values(explicit)
        _, _, encapsulated, certificates, signers = _values(signed)
        (signer,) = _values(signers)
        _, _, _, attributes, _, signature, *unsigned = _values(signer)
        return Cms(
            whole=whole,
            carried=_carried(encapsulated),
            certificates=tuple(_values(certificates)),
            attributes=_SET + attributes[1:],
            signature=_body(signature),
            token=_token(*unsigned) if unsigned else None,
        )
    except (ValueError, IndexError) as error:
        raise NoCms from error


def told(carried: bytes) -> Told:
    """Read what a time stamp says. Raises: NoCms."""
    try:
        _, _, _, serial, at, *_ = _values(carried)
        moment = datetime.strptime(_body(at).decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
        return Told(serial=int.from_bytes(_body(serial), "big"), at=moment)
    except (ValueError, IndexError) as error:
        raise NoCms from error


def _carried(encapsulated: bytes) -> bytes | None:
    _, *explicit = _values(encapsulated)
    return _body(_values(explicit[0])[0]) if explicit else None


def _token(unsigned: bytes) -> bytes:
    (attribute,) = _values(unsigned)
    _, values = _values(attribute)
    (token,) = _values(values)
    return token


def _values(value: bytes) -> list[bytes]:
    """List the values inside of one. Raises: ValueError, IndexError."""
    at, values = _start(value, 0), []
    while at < len(value):
        end = _end(value, at)
        values.append(value[at:end])
        at = end
    return values


def _body(value: bytes) -> bytes:
    return value[_start(value, 0) :]


def _start(data: bytes, at: int) -> int:
    """Tell where the content of the value at `at` begins."""
    return at + 2 + (data[at + 1] & ~_LONG if data[at + 1] & _LONG else 0)


def _end(data: bytes, at: int) -> int:
    """Tell where the value at `at` ends. Raises: ValueError when it is not all there."""
    start = _start(data, at)
    length = data[at + 1] if start == at + 2 else int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError("cut off")
    return start + length
