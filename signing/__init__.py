"""Who vouches: bytes in, signed bytes out.

Keys, certificates, one-time codes and PINs, PAdES signatures, an embedded authority with OCSP, CRL
and time stamps, and a verifier of our own on top of pyHanko's. Knows no sibling package.
"""

from signing.keys.trust import Role, Trust
from signing.signatures import Signatures, Signed, open_signatures

__all__ = ["Role", "Signatures", "Signed", "Trust", "open_signatures"]
