"""SM2 certificates and lists, judged by OpenSSL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from ofd import certificates
from ofd.certificates import Revoked, Unreadable
from tests.ofd.authority import NOW, YEAR, Authority
from tests.ofd.openssl import DISTID, certificate, run


def test_openssl_takes_the_chain_and_the_list(authority: Authority, tmp_path: Path) -> None:
    """RFC 5280, GM/T 0015: root, signer, and a list that names another one."""
    root = certificate(tmp_path, "root", authority.root.certificate.der)
    signer = certificate(tmp_path, "signer", authority.signer.certificate.der)
    maker = certificate(tmp_path, "maker", authority.maker.certificate.der)
    gone = Revoked(
        serial=authority.maker.certificate.serial, at=NOW - YEAR / 2, reason="superseded"
    )
    crl = tmp_path / "list.pem"
    crl.write_bytes(pem.armor("X509 CRL", authority.revokes(gone)))
    check = ("verify", "-vfyopt", DISTID, "-CAfile", root)
    moment = ("-attime", str(int((NOW + timedelta(hours=1)).timestamp())))

    assert run(*check, *moment, signer)
    assert run("crl", "-in", crl, "-CAfile", root, "-noout")
    assert not run(*check, *moment, certificate(tmp_path, "x", Authority().signer.certificate.der))
    assert authority.signer.certificate.is_issued_by(authority.root.certificate)
    assert not authority.signer.certificate.is_issued_by(authority.maker.certificate)
    assert certificates.read_list(authority.revokes(gone), authority.root.certificate)[1] == {
        gone.serial: gone
    }
    assert maker.exists()


def test_a_list_of_somebody_else_is_no_list(authority: Authority, stranger: Authority) -> None:
    """Nobody revokes with another key, and nobody hides a revocation."""
    with pytest.raises(Unreadable):
        certificates.read_list(stranger.revokes(), authority.root.certificate)
    forged = bytearray(authority.revokes())
    forged[-1] ^= 1
    with pytest.raises(Unreadable):
        certificates.read_list(bytes(forged), authority.root.certificate)


@pytest.mark.parametrize(
    "bad", [b"", b"\x30\x00", b"\x30\x80\x00\x00", b"PK\x03\x04", b"\x30" * 99]
)
def test_what_is_no_certificate_is_told(bad: bytes) -> None:
    """Whatever the bytes, one error."""
    with pytest.raises(Unreadable):
        certificates.read(bad)
