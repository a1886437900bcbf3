"""SM2 and SM3 are those of the standard: OpenSSL, which shares no code with ours, is the judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import pem

from ofd import sm2
from tests.ofd.authority import Authority
from tests.ofd.openssl import DISTID, verifies

MESSAGE = "准予注册".encode()


@pytest.mark.parametrize("first", [0x00, 0x04, 0x40, None])
def test_every_key_verifies_whatever_its_first_digits(first: int | None, tmp_path: Path) -> None:
    """A key whose X begins with 0 or 4 is a key like any other, to us and to OpenSSL."""
    authority = Authority()
    keys = (sm2.PrivateKey.new() for _ in range(20_000))
    key = next(key for key in keys if first in (None, key.public[0]))
    holder = authority.holder("任意")
    signature = key.sign(MESSAGE)

    assert sm2.verify(key.public, MESSAGE, signature)
    assert not sm2.verify(key.public, MESSAGE + b".", signature)
    assert not sm2.verify(holder.key.public, MESSAGE, signature)
    assert sm2.point(b"\x04" + key.public) == key.public
    assert sm2.PrivateKey.load(key.pkcs8()) == key


def test_openssl_takes_what_we_sign(authority: Authority, tmp_path: Path) -> None:
    """GB/T 35276: the signature is over the digest with the standard identity."""
    der, key = authority.signer.certificate.der, authority.signer.key

    assert verifies(tmp_path, der, MESSAGE, key.sign(MESSAGE))
    assert not verifies(tmp_path, der, MESSAGE + b".", key.sign(MESSAGE))


def test_we_take_what_openssl_signs(tmp_path: Path) -> None:
    """And the other way round, with the key in PKCS #8."""
    key = sm2.PrivateKey.new()
    own, data = tmp_path / "key.pem", tmp_path / "message"
    own.write_bytes(pem.armor("PRIVATE KEY", key.pkcs8()))
    data.write_bytes(MESSAGE)
    command = ["openssl", "pkeyutl", "-sign", "-inkey", str(own), "-in", str(data)]
    command += ["-rawin", "-digest", "sm3", "-pkeyopt", DISTID]

    signature = subprocess.run(command, capture_output=True, check=True).stdout

    assert sm2.verify(key.public, MESSAGE, signature)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x30\x00",
        b"\x30\x06\x02\x01\x00\x02\x01\x00",
        b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
        b"\x30\x81\x06\x02\x01\x01\x02\x01\x01",
        b"\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01",
        b"\x30\x25\x02\x01\x01\x02\x20" + b"\x7f" + b"\xff" * 31,
        b"\x04\x02ab",
    ],
)
def test_a_signature_is_strict_der_of_two_numbers(bad: bytes) -> None:
    """What is written in another way, or out of range, is no signature."""
    assert not sm2.verify(sm2.PrivateKey.new().public, MESSAGE, bad)


@pytest.mark.parametrize("bad", [b"", b"\x04" * 65, b"\x02" + b"1" * 64, b"\x04" + b"\xff" * 64])
def test_a_key_is_a_point_of_the_curve(bad: bytes) -> None:
    """Anything else is refused before the library sees it."""
    with pytest.raises(ValueError, match="point"):
        sm2.point(bad)


def test_sm3_is_that_of_openssl() -> None:
    """GB/T 32905, example 2 and the digest of nothing."""
    wanted = subprocess.run(
        ["openssl", "dgst", "-sm3", "-binary"], input=MESSAGE, capture_output=True, check=True
    ).stdout

    assert sm2.sm3(MESSAGE) == wanted
    assert sm2.sm3(b"abcd" * 16).hex().startswith("debe9ff92275b8a1")
