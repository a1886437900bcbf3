"""Seals and their use, read again by definitions that were written apart (GB/T 38540)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import core

from ofd import certificates, ses, sm2
from ofd.certificates import Unreadable
from ofd.package import Parts
from ofd.sealing import SEAL, SIGNATURE, VALUE
from tests.ofd.authority import NOW, YEAR, Authority
from tests.ofd.openssl import verifies
from tests.ofd.standard import SesSignature, bits


def test_the_value_is_what_the_standard_says(
    sealed: Parts, authority: Authority, tmp_path: Path
) -> None:
    """Annex A, version 4: every field, in DER, and both signatures hold for OpenSSL."""
    value = SesSignature.load(sealed[VALUE], strict=True)
    tbs = value["toSign"]
    seal = tbs["eseal"]
    info = seal["eSealInfo"]

    assert value.dump(force=True) == sealed[VALUE]
    assert info["header"].native == {"ID": "ES", "version": 4, "Vid": "zhuce"}
    assert tbs["version"].native == 4
    assert info["property"]["certListType"].native == 1
    assert info["property"]["certList"].native == [authority.signer.certificate.der]
    assert info["property"]["validStart"].native < tbs["timeInfo"].native == NOW
    assert info["property"]["validEnd"].native == NOW + YEAR
    assert info["picture"]["type"].native == "PNG"
    assert (info["picture"]["width"].native, info["picture"]["height"].native) == (42, 42)
    assert seal.dump() == sealed[SEAL]
    assert bits(tbs["dataHash"]) == sm2.sm3(sealed[SIGNATURE])
    assert tbs["propertyInfo"].native == f"/{SIGNATURE}"
    assert {value["signatureAlgID"].native, seal["signAlgID"].native} == {"1.2.156.10197.1.501"}
    assert verifies(tmp_path, value["cert"].native, tbs.dump(), bits(value["signature"]))
    assert verifies(tmp_path, seal["cert"].native, info.dump(), bits(seal["signedValue"]))


@pytest.mark.parametrize("version", [4, 5])
def test_a_version_is_a_setting(authority: Authority, version: int) -> None:
    """GM/T 0031-2025 numbers header and signature 5; what else it asks is as in 4."""
    sealer = authority.sealer(seal=authority.seal(version=version))

    value = sealer.value(b"d" * 32, property_info="/x", at=NOW)

    read = ses.read_signature(value)
    assert (read.version, read.seal.version, read.at) == (version, version, NOW)
    assert read.seal.allows(authority.signer.certificate.der)


def test_other_versions_are_not_made(authority: Authority) -> None:
    """Version 1 is of 2014; 6 does not exist."""
    for version in (1, 6):
        with pytest.raises(ValueError, match="not made"):
            authority.seal(version=version)


def test_version_1_is_read(authority: Authority) -> None:
    """GM/T 0031-2014: certificate and algorithm inside of what is signed, times without century."""
    signer, maker = authority.signer, authority.maker

    read = ses.read_signature(old_value(authority, b"d" * 32))

    assert (read.version, read.at, read.digest) == (1, None, b"d" * 32)
    assert read.certificate == signer.certificate.der
    assert read.seal.begin == datetime(2026, 1, 1, tzinfo=UTC)
    public = certificates.read(read.seal.maker).public
    assert public == maker.key.public
    assert sm2.verify(maker.key.public, read.seal.signed, read.seal.signature)
    assert sm2.verify(signer.key.public, read.signed, read.signature)


def old_value(authority: Authority, digest: bytes) -> bytes:
    """Write a value of version 1, as nobody here does."""
    join, octets = certificates.sequence, core.OctetString
    signer, maker = authority.signer, authority.maker
    oid = core.ObjectIdentifier(sm2.SIGN_WITH_SM3).dump()
    times = [core.UTCTime(datetime(year, 1, 1, tzinfo=UTC)).dump() for year in (2026, 2026, 2029)]
    info = join(
        join(core.IA5String("ES").dump(), core.Integer(1).dump(), core.IA5String("x").dump()),
        core.IA5String("310000").dump(),
        join(
            core.Integer(1).dump(),
            core.UTF8String("旧章").dump(),
            join(octets(signer.certificate.der).dump()),
            *times,
        ),
        join(
            core.IA5String("png").dump(),
            octets(b"x").dump(),
            core.Integer(40).dump(),
            core.Integer(40).dump(),
        ),
    )
    made = octets(maker.certificate.der).dump()
    mark = core.OctetBitString(maker.key.sign(join(info, made, oid))).dump()
    tbs = join(
        core.Integer(1).dump(),
        join(info, join(made, oid, mark)),
        core.OctetBitString(b"20260601000000Z").dump(),
        core.OctetBitString(digest).dump(),
        core.IA5String(f"/{SIGNATURE}").dump(),
        octets(signer.certificate.der).dump(),
        oid,
    )
    return join(tbs, core.OctetBitString(signer.key.sign(tbs)).dump())


@pytest.mark.parametrize("bad", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x04", b"<xml/>", b"\x30\x84"])
def test_what_is_no_value_is_told(bad: bytes) -> None:
    """Whatever the bytes, one error."""
    with pytest.raises(Unreadable):
        ses.read_signature(bad)
    with pytest.raises(Unreadable):
        ses.read_seal(bad)
