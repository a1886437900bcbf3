"""Sealing a package: what is hashed, Signature.xml, and the value that a sealer gives for it.

Every part is referenced but Signature.xml, which the value covers, and the value itself; the list
of signatures too, so that nothing can be added later.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ofd import ses, sm2
from ofd.document import SIGNATURES
from ofd.geometry import Box
from ofd.markup import element, part
from ofd.package import Parts

FOLDER = "Doc_0/Signs/Sign_0"
SIGNATURE, VALUE, SEAL = (
    f"{FOLDER}/{name}" for name in ("Signature.xml", "SignedValue.dat", "Seal.esl")
)
_ID, _STAMP_ID = "s001", "s002"


class Sealer(Protocol):
    """Who holds the seal: our custody, or a certified service or device (GM/T 0131)."""

    @property
    def seal(self) -> bytes:
        """SESeal, DER."""

    def value(self, digest: bytes, *, property_info: str, at: datetime) -> bytes:
        """Return SES_Signature, DER, over the SM3 digest of Signature.xml."""


@dataclass(frozen=True, kw_only=True)
class KeySealer:
    """A sealer whose key is at hand."""

    seal: bytes
    certificate: bytes  #: DER
    key: sm2.PrivateKey
    stamp: Callable[[bytes, datetime], bytes] | None = None  #: gives a token on a value

    def value(self, digest: bytes, *, property_info: str, at: datetime) -> bytes:
        """Return SES_Signature, DER, with a time stamp where there is a stamper."""
        stamp = self.stamp
        return ses.make_signature(
            seal=self.seal,
            digest=digest,
            property_info=property_info,
            at=at,
            certificate=self.certificate,
            sign=self.key.sign,
            time_stamp=None if stamp is None else lambda value: stamp(value, at),
        )


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Where the seal is seen."""

    page_id: int  #: ID of the page, not its number
    box: Box


def seal(parts: Parts, sealer: Sealer, stamp: Stamp, *, at: datetime) -> dict[str, bytes]:
    """Return the parts with those of the seal."""
    sealed = dict(parts)
    sealed[SEAL] = sealer.seal
    listed = element("Signature", ID=_ID, Type="Seal", BaseLoc=f"/{SIGNATURE}")
    sealed[SIGNATURES] = part("Signatures", element("MaxSignId", _STAMP_ID) + listed)
    references = "".join(
        element(
            "Reference",
            element("CheckValue", b64encode(sm2.sm3(data)).decode()),
            FileRef=f"/{name}",
        )
        for name, data in sealed.items()
    )
    info = (
        element("Provider", ProviderName="Zhuce", Version="1", Company="Zhuce")
        + element("SignatureMethod", sm2.SIGN_WITH_SM3)
        + element("SignatureDateTime", at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"))
        + element("References", references, CheckMethod=sm2.SM3)
        + element("StampAnnot", ID=_STAMP_ID, PageRef=stamp.page_id, Boundary=stamp.box.written())
        + element("Seal", element("BaseLoc", f"/{SEAL}"))
    )
    content = element("SignedInfo", info) + element("SignedValue", f"/{VALUE}")
    signature = part("Signature", content)
    sealed[SIGNATURE] = signature
    sealed[VALUE] = sealer.value(sm2.sm3(signature), property_info=f"/{SIGNATURE}", at=at)
    return sealed
