"""GB/T 38540-2020, annex A, written down apart from the product: only to read what it wrote."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import core


class SesHeader(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    """ID, version and vendor."""

    _fields: ClassVar[list[Any]] = [
        ("ID", core.IA5String),
        ("version", core.Integer),
        ("Vid", core.IA5String),
    ]


class CertInfoList(core.SequenceOf):  # type: ignore[misc]
    """Certificates of the signers."""

    _child_spec = core.OctetString


class SesPropertyInfo(core.Sequence):  # type: ignore[misc]
    """What the seal is; certListType 1: certificates."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("certListType", core.Integer),
        ("certList", CertInfoList),
        ("createDate", core.GeneralizedTime),
        ("validStart", core.GeneralizedTime),
        ("validEnd", core.GeneralizedTime),
    ]


class SesPictureInfo(core.Sequence):  # type: ignore[misc]
    """What is seen."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class SesSealInfo(core.Sequence):  # type: ignore[misc]
    """What the maker signs."""

    _fields: ClassVar[list[Any]] = [
        ("header", SesHeader),
        ("esID", core.IA5String),
        ("property", SesPropertyInfo),
        ("picture", SesPictureInfo),
    ]


class SeSeal(core.Sequence):  # type: ignore[misc]
    """The seal."""

    _fields: ClassVar[list[Any]] = [
        ("eSealInfo", SesSealInfo),
        ("cert", core.OctetString),
        ("signAlgID", core.ObjectIdentifier),
        ("signedValue", core.BitString),
    ]


class TbsSign(core.Sequence):  # type: ignore[misc]
    """What the signer signs."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("eseal", SeSeal),
        ("timeInfo", core.GeneralizedTime),
        ("dataHash", core.BitString),
        ("propertyInfo", core.IA5String),
    ]


class SesSignature(core.Sequence):  # type: ignore[misc]
    """The content of SignedValue.dat."""

    _fields: ClassVar[list[Any]] = [
        ("toSign", TbsSign),
        ("cert", core.OctetString),
        ("signatureAlgID", core.ObjectIdentifier),
        ("signature", core.BitString),
        ("timeStamp", core.BitString, {"explicit": 0, "optional": True}),
    ]


def bits(value: Any) -> bytes:
    """Give the octets of a BIT STRING without unused bits."""
    content = bytes(value.contents)
    assert content[0] == 0
    return content[1:]
