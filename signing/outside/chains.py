"""The way from an issuer up to a root, as X.509 has it (RFC 5280 4.2.1.9, 6.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

LONGEST = 6  #: certificates above a signer's; licensed authorities have one to three

Chain = tuple[x509.Certificate, ...]  #: an issuer, who stands above it, at the end a root


def is_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate is directly by that issuer: name and signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_root(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate vouches for itself."""
    return is_by(certificate, certificate)


def issuers(certificates: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """List those that have issued to none of the others: they issue to signers.

    What one of a name has issued to the same name, as with a new key, is no other.
    """
    others = [one for one in certificates if one.subject != one.issuer]
    return [
        certificate
        for certificate in certificates
        if not any(is_by(other, certificate) for other in others)
    ]


def upwards(issuer: x509.Certificate, certificates: Sequence[x509.Certificate]) -> Chain:
    """Find the way from an issuer to a root: the shortest, then the one that lasts longest.

    Raises: ValueError that says in English what is missing or not allowed.
    """
    ways = sorted(_ways((issuer,), certificates), key=lambda way: (len(way), -_end(way)))
    if not ways:
        raise ValueError(f"the chain from {_name(issuer)} to its root is not complete")
    faults = [fault(way) for way in ways]
    if None not in faults:
        raise ValueError(faults[0])
    return ways[faults.index(None)]


def _ways(begun: Chain, certificates: Sequence[x509.Certificate]) -> Iterator[Chain]:
    last = begun[-1]
    if is_root(last):
        yield begun
        return
    if len(begun) == LONGEST:
        return
    for above in certificates:
        if above not in begun and is_by(last, above):
            yield from _ways((*begun, above), certificates)


def _end(way: Chain) -> float:
    """Tell until when all of a chain are valid, in seconds."""
    return min(one.not_valid_after_utc for one in way).timestamp()


def fault(chain: Chain) -> str | None:
    """Say in English why somebody of a chain may not issue what stands below; None: all may."""
    below = 0  # authorities of other names, which is what a path length counts
    for one in chain:
        extensions = one.extensions
        try:
            limits = extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            if one is chain[-1] is not chain[0]:
                continue  # a root from before version 3: believed because the settings say so
            return f"{_name(one)} is no authority"
        if not limits.ca or not _may_issue(extensions):
            return f"{_name(one)} is no authority"
        if limits.path_length is not None and below > limits.path_length:
            return f"{_name(one)} allows {limits.path_length} authorities below it, not {below}"
        below += one.subject != one.issuer
    return None


def _may_issue(extensions: x509.Extensions) -> bool:
    """Tell whether a key may certify: where nothing is said of its use, it may."""
    try:
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def were_valid(chain: Sequence[x509.Certificate], at: datetime) -> bool:
    """Tell whether all of a chain were valid at a moment."""
    return all(one.not_valid_before_utc <= at < one.not_valid_after_utc for one in chain)


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
