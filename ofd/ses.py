"""Seals and seal signatures in ASN.1: GB/T 38540-2020 (version 4), and the versions around it.

Version 4 is written and judged, version 5 (GM/T 0031-2025: as 4, and a time stamp on the seal) by
setting, version 1 (GM/T 0031-2014) read. The maker of a seal signs eSealInfo, who uses it TBS_Sign.
A seal is never encoded anew: what was signed are the bytes as they came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from asn1crypto import core

from ofd import SEAL_VERSION, SEAL_VERSIONS, sm2
from ofd.certificates import HOSTILE, Unreadable
from ofd.der import OUTER, content, fields, sequence

_CERTIFICATES, _DIGESTS = 1, 2  #: certListType
_UNIT = 2  #: type of a seal: of an organisation
_LARGEST = 2 * 1024 * 1024  #: bytes of a value
_FIRST, _LAST = 1970, 9999  #: years of a use
_LAST_VERSION = 99
_OLD_FIELDS = 2  #: SES_Signature of version 1: toSign, signature


class _Header(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    _fields: ClassVar[list[Any]] = [
        ("id", core.IA5String),
        ("version", core.Integer),
        ("vid", core.IA5String),
    ]


class _Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class _Digest(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("type", core.PrintableString), ("value", core.OctetString)]


class _Digests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Digest


class _Property(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", core.Any),
        ("created", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]
    _oid_pair = ("cert_list_type", "cert_list")
    _oid_specs: ClassVar[dict[int, Any]] = {_CERTIFICATES: _Certificates, _DIGESTS: _Digests}


class _OldTime(core.Choice):  # type: ignore[misc]
    _alternatives: ClassVar[list[Any]] = [("utc", core.UTCTime), ("general", core.GeneralizedTime)]


class _OldProperty(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list", _Certificates),
        ("created", _OldTime),
        ("valid_start", _OldTime),
        ("valid_end", _OldTime),
    ]


class _Picture(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A seal as its maker handed it out."""

    der: bytes
    version: int
    number: str  #: esID
    name: str
    certificates: tuple[bytes, ...]  #: DER of who may use it; empty where digests are listed
    digests: tuple[bytes, ...]  #: SM3 of these
    begin: datetime
    end: datetime
    picture_type: str
    picture: bytes
    size: tuple[int, int]  #: millimetres
    maker: bytes  #: DER of the maker's certificate
    algorithm: str
    signed: bytes  #: what the maker signed
    signature: bytes
    is_extended: bool  #: extDatas, which are signed and not understood here

    def allows(self, certificate: bytes) -> bool:
        """Tell whether the seal was made for this signer."""
        return certificate in self.certificates or sm2.sm3(certificate) in self.digests


@dataclass(frozen=True, kw_only=True)
class SealSignature:
    """A use of a seal: the content of SignedValue.dat."""

    version: int
    seal: Seal
    at: datetime | None  #: as the signer says; None: version 1 keeps it in a form of its own
    digest: bytes  #: SM3 of Signature.xml
    property_info: str
    certificate: bytes  #: DER of the signer's
    algorithm: str
    signed: bytes  #: what the signer signed
    signature: bytes
    time_stamp: bytes | None
    is_extended: bool = False  #: as that of the seal


def _time(moment: datetime) -> core.GeneralizedTime:
    return core.GeneralizedTime(moment.astimezone(UTC).replace(microsecond=0))


@dataclass(frozen=True, kw_only=True)
class Design:
    """What a seal is to be."""

    number: str
    name: str
    picture: bytes  #: PNG
    size: tuple[int, int]  #: width and height in whole millimetres
    signers: tuple[bytes, ...]  #: DER of the certificates of who may use it


def make_seal(
    design: Design,
    *,
    begin: datetime,
    end: datetime,
    maker: bytes,
    sign: Callable[[bytes], bytes],
    version: int = SEAL_VERSION,
) -> bytes:
    """Return SESeal, DER, signed by its maker (certificate in DER) with `sign`."""
    if version not in SEAL_VERSIONS:
        raise ValueError(f"seals of version {version} are not made")
    kept = _Property(
        {
            "type": _UNIT,
            "name": design.name,
            "cert_list_type": _CERTIFICATES,
            "cert_list": _Certificates(list(design.signers)),
            "created": _time(begin),
            "valid_start": _time(begin),
            "valid_end": _time(end),
        }
    )
    width, height = design.size
    drawn = {"type": "PNG", "data": design.picture, "width": width, "height": height}
    info = sequence(
        _Header({"id": "ES", "version": version, "vid": "zhuce"}).dump(),
        core.IA5String(design.number).dump(),
        kept.dump(),
        _Picture(drawn).dump(),
    )
    return sequence(
        info,
        core.OctetString(maker).dump(),
        core.ObjectIdentifier(sm2.SIGN_WITH_SM3).dump(),
        core.OctetBitString(sign(info)).dump(),
    )


def make_signature(
    *,
    seal: bytes,
    digest: bytes,
    property_info: str,
    at: datetime,
    certificate: bytes,
    sign: Callable[[bytes], bytes],
    time_stamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return SES_Signature, DER: `digest` is SM3 of Signature.xml, `property_info` its place.

    `time_stamp` is given the signature value and returns a token on it.
    """
    tbs = sequence(
        core.Integer(read_seal(seal).version).dump(),
        seal,
        _time(at).dump(),
        core.OctetBitString(digest).dump(),
        core.IA5String(property_info).dump(),
    )
    value = sign(tbs)
    stamped = b""
    if time_stamp is not None:
        stamped = core.OctetBitString(time_stamp(value), explicit=0).dump()
    return sequence(
        tbs,
        core.OctetString(certificate).dump(),
        core.ObjectIdentifier(sm2.SIGN_WITH_SM3).dump(),
        core.OctetBitString(value).dump(),
        stamped,
    )


def read_seal(der: bytes) -> Seal:
    """Read a seal of version 1, 4 or 5. Raises: Unreadable."""
    try:
        return _seal(_fields(der), der)
    except HOSTILE as error:
        raise Unreadable(f"seal: {type(error).__name__}: {error}") from error


def read_signature(der: bytes) -> SealSignature:
    """Read a seal signature of version 1, 4 or 5; only DER of exactly its parts is read.

    Raises: Unreadable.
    """
    try:
        cut = _fields(der)
        return _old_signature(cut) if len(cut) == _OLD_FIELDS else _signature(cut)
    except HOSTILE as error:
        raise Unreadable(f"seal signature: {type(error).__name__}: {error}") from error


def _fields(der: bytes) -> list[bytes]:
    """Cut a SEQUENCE into its fields, as bytes. ValueError when it is not DER of just these."""
    if len(der) > _LARGEST:
        raise ValueError("too large")
    return fields(der)


def _value(spec: Any, der: bytes) -> Any:
    """Read one value, and refuse any other way of writing it."""
    read = spec.load(der, strict=True)
    native = read.native
    if read.dump(force=True) != der:
        raise ValueError(f"{spec.__name__} is not DER")
    return native


def _moment(der: bytes) -> datetime:
    """Read when a seal was used; years that no calendar of ours can show are no moment."""
    at = _value(core.GeneralizedTime, der)
    if not isinstance(at, datetime) or at.tzinfo is None or not _FIRST <= at.year < _LAST:
        raise ValueError("not a moment")
    return at


def _picture(der: bytes) -> dict[str, Any]:
    return dict(_value(_Picture, der))


def _seal(cut: list[bytes], der: bytes) -> Seal:
    info = cut[0]
    header, number, kept, picture, *more = _fields(info)
    _fields(_fields(kept)[-4])  # cert_list: few, before a tree is made of them
    about = _value(_Header, header)
    version = int(about["version"])
    if about["id"] != "ES" or not 0 <= version <= _LAST_VERSION or len(more) > 1:
        raise ValueError("the header is not of a seal")
    is_old = version not in SEAL_VERSIONS
    if is_old:
        _, signing = cut
        maker, algorithm, value = _fields(signing)
        signed = sequence(info, maker, algorithm)
        of = _value(_OldProperty, kept)
        certificates, digests = tuple(of["cert_list"]), ()
    else:
        _, maker, algorithm, value, *stamp = cut
        if stamp:  # of the maker, in version 5; what it says is not judged here
            (token,) = stamp
            core.OctetBitString.load(content(token, OUTER), strict=True)
        if stamp and version == SEAL_VERSION:
            raise ValueError("fields that this version does not have")
        signed = info
        of = _value(_Property, kept)
        is_list = of["cert_list_type"] == _CERTIFICATES
        certificates = tuple(of["cert_list"]) if is_list else ()
        digests = () if is_list else tuple(item["value"] for item in of["cert_list"])
    drawn = _picture(picture)
    return Seal(
        der=der,
        version=version,
        number=str(_value(core.IA5String, number)),
        name=str(of["name"]),
        certificates=certificates,
        digests=digests,
        begin=of["valid_start"],
        end=of["valid_end"],
        picture_type=str(drawn["type"]),
        picture=bytes(drawn["data"]),
        size=(int(drawn["width"]), int(drawn["height"])),
        maker=bytes(_value(core.OctetString, maker)),
        algorithm=str(core.ObjectIdentifier.load(algorithm, strict=True).dotted),
        signed=signed,
        signature=bytes(_value(core.OctetBitString, value)),
        is_extended=bool(more),
    )


def _signature(cut: list[bytes]) -> SealSignature:
    tbs, certificate, algorithm, value, *stamp = cut
    if len(stamp) > 1:
        raise ValueError("fields that no version has")
    version, seal, at, digest, place, *more = _fields(tbs)
    read = read_seal(seal)
    if int(_value(core.Integer, version)) != read.version or len(more) > 1:
        raise ValueError("signature and seal are of different versions")
    token = None
    if stamp:
        token = core.OctetBitString.load(stamp[0], strict=True, explicit=0).native
        if core.OctetBitString(token, explicit=0).dump() != stamp[0]:
            raise ValueError("the time stamp is not DER")
    return SealSignature(
        version=read.version,
        seal=read,
        at=_moment(at),
        digest=bytes(_value(core.OctetBitString, digest)),
        property_info=str(_value(core.IA5String, place)),
        certificate=bytes(_value(core.OctetString, certificate)),
        algorithm=str(core.ObjectIdentifier.load(algorithm, strict=True).dotted),
        signed=tbs,
        signature=bytes(_value(core.OctetBitString, value)),
        time_stamp=token,
        is_extended=bool(more),
    )


def _old_signature(cut: list[bytes]) -> SealSignature:
    """Read version 1: certificate and algorithm stand inside of what is signed."""
    tbs, value = cut
    version, seal, _at, digest, place, certificate, algorithm = _fields(tbs)
    read = read_seal(seal)
    if int(_value(core.Integer, version)) != read.version:
        raise ValueError("signature and seal are of different versions")
    return SealSignature(
        version=read.version,
        seal=read,
        at=None,
        digest=bytes(core.OctetBitString.load(digest).native),
        property_info=str(core.IA5String.load(place).native),
        certificate=bytes(core.OctetString.load(certificate).native),
        algorithm=str(core.ObjectIdentifier.load(algorithm).dotted),
        signed=tbs,
        signature=bytes(core.OctetBitString.load(value).native),
        time_stamp=None,
    )
