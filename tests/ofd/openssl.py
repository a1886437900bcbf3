"""OpenSSL as the judge: it knows SM2 and SM3, and nothing of our code."""

from __future__ import annotations

import subprocess
from pathlib import Path

from asn1crypto import pem

DISTID = "distid:1234567812345678"


def run(*arguments: str | Path) -> bool:
    """Tell whether a command of openssl ends well."""
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def certificate(folder: Path, name: str, der: bytes) -> Path:
    """Write a certificate down as PEM."""
    path = folder / f"{name}.pem"
    path.write_bytes(pem.armor("CERTIFICATE", der))
    return path


def verifies(folder: Path, signer: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether OpenSSL takes an SM2 signature of the certificate's key on a message."""
    path = certificate(folder, "signer", signer)
    key, data, value = (folder / name for name in ("signer.pub", "message", "signature"))
    key.write_bytes(
        subprocess.run(
            ["openssl", "x509", "-in", str(path), "-noout", "-pubkey"],
            capture_output=True,
            check=True,
        ).stdout
    )
    data.write_bytes(message)
    value.write_bytes(signature)
    return run(
        *("pkeyutl", "-verify", "-pubin", "-inkey", key, "-in", data, "-sigfile", value),
        *("-rawin", "-digest", "sm3", "-pkeyopt", DISTID),
    )
