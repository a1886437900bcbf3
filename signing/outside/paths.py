"""A certificate and those above it as the library that judges our papers sees them (RFC 5280 6).

What it would not believe in a paper is not signed with: names, policies and path lengths that an
authority above allows, digests, demands that nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import async_validate_path

AHEAD = timedelta(minutes=5)  #: how far the two clocks may lie apart


def holds(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], *, at: datetime
) -> bool:
    """Tell whether a certificate below a chain holds; revocation is asked elsewhere."""
    *between, root = (asn1.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain)
    leaf = asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
    path = ValidationPath(CertTrustAnchor(root), reversed(between), leaf)
    moment = max(at, certificate.not_valid_before_utc)  # their clock may be ahead
    context = ValidationContext(
        trust_roots=[root],
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
        time_tolerance=AHEAD,
    )
    judging = async_validate_path(context, path)
    try:
        judging.send(None)  # without network there is nothing to wait for
    except StopIteration:
        return True
    except ValidationError:
        return False
    finally:
        judging.close()
    raise RuntimeError("a path waits for something although nothing may be fetched")
