"""Seals that somebody with a good key made in a way of the own: odd, and harmless."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ofd import der, package, sealing, ses, sm2
from ofd.findings import Problem
from ofd.package import Parts
from ofd.sealing import SEAL, SIGNATURE, SIGNATURES, VALUE, Sealer, Stamp
from tests.ofd.authority import NOW, YEAR, Authority, Holder

Case = tuple[bytes, Problem | None]
_HUGE = 10**6_000
_EXTENDED = der.sequence(der.sequence(der.oid("1.2.3"), der.tlv(der.OCTETS, b"x")))


class Resealing:
    """Seals the parts of one paper."""

    def __init__(self, bare: Parts, stamp: Stamp) -> None:
        """Take the parts."""
        self._bare, self._stamp = bare, stamp

    def described(self, sealer: Sealer, change: Callable[[bytes], bytes]) -> bytes:
        """Change what describes the signature, and seal just that."""
        made = sealing.seal(self._bare, sealer, self._stamp, at=NOW)
        xml = change(made[SIGNATURE])
        assert xml != made[SIGNATURE]
        value = sealer.value(sm2.sm3(xml), property_info=f"/{SIGNATURE}", at=NOW)
        return package.pack({**made, SIGNATURE: xml, VALUE: value})

    def structured(
        self,
        by: Authority,
        *,
        version: int = 4,
        seal_ends: bytes = b"",
        info_ends: bytes = b"",
        ends: bytes = b"",
        holder: Holder | None = None,
        shown: bytes | None = None,
    ) -> bytes:
        """Write seal and value field by field, with what a version does or does not have."""
        signer = holder or by.signer
        design = ses.read_seal(by.seal(signer))
        _, number, kept, picture = der.fields(der.fields(design.der)[0])
        header = (core.IA5String("ES"), core.Integer(version), core.IA5String("other"))
        said = der.sequence(*(field.dump() for field in header))
        info = der.sequence(said, number, kept, picture, info_ends)
        method, maker = der.oid(sm2.SIGN_WITH_SM3), by.maker
        mark = der.tlv(der.BITS, b"\0" + maker.key.sign(info))
        seal = der.sequence(
            info, der.tlv(der.OCTETS, maker.certificate.der), method, mark, seal_ends
        )

        made = sealing.seal(self._bare, by.sealer(), self._stamp, at=NOW)
        digests = [b64encode(sm2.sm3(data)) for data in (made[SEAL], seal)]
        xml = made[SIGNATURE].replace(*digests)
        moment = der.tlv(der.TIME, f"{NOW:%Y%m%d%H%M%SZ}".encode())
        own = der.tlv(der.BITS, b"\0" + sm2.sm3(xml))
        place = core.IA5String(f"/{SIGNATURE}").dump()
        tbs = der.sequence(core.Integer(version).dump(), seal, moment, own, place, ends)
        value = der.tlv(der.BITS, b"\0" + signer.key.sign(tbs))
        held = der.tlv(der.OCTETS, shown or signer.certificate.der)
        sealed = {**made, SEAL: seal, SIGNATURE: xml}
        return package.pack({**sealed, VALUE: der.sequence(tbs, held, method, value)})

    def ours(self, own: Authority) -> dict[str, Case]:
        """Give what our own keys never write: said twice, extended, with what is no version's."""
        method, several = Problem.METHOD, Problem.SEVERAL
        twice = ("SignedInfo", "SignedValue", "Seal", "SignatureDateTime", "SignatureMethod")
        cases = {
            f"sealed: {element} twice": (self.described(own.sealer(), _twice(element)), several)
            for element in twice
        }
        stamped, rubbish = der.tlv(der.OUTER, der.tlv(der.BITS, b"\0x")), b"\x05\x00"
        of_5 = self.structured(own, version=5, seal_ends=rubbish)
        return cases | {
            "sealed: version 5 with another field": (of_5, method),
            "sealed: version 5 with more fields": (
                self.structured(own, version=5, seal_ends=stamped * 2),
                method,
            ),
            "sealed: version 4 with a stamp on the seal": (
                self.structured(own, seal_ends=stamped),
                method,
            ),
            "sealed: a seal with more data": (self.structured(own, info_ends=_EXTENDED), method),
            "sealed: by who stamps": (
                self.structured(own, holder=own.stamper()),
                Problem.UNTRUSTED_SIGNER,
            ),
            "sealed: version 6": (self.structured(own, version=6), method),
            "sealed: a version of 6,000 digits": (self.structured(own, version=_HUGE), method),
        }

    def theirs(self, stranger: Authority) -> dict[str, Case]:
        """Give what others write by right: it is told as theirs, and nothing else of it."""
        sealer, told = stranger.sealer(), Problem.FOREIGN
        more = der.tlv(der.OUTER, _EXTENDED)
        stamped = der.tlv(der.OUTER, der.tlv(der.BITS, b"\0x"))
        return {
            "of others: a list that may grow": (self.described(sealer, _without_the_list), told),
            "of others: places from the root": (
                self.described(sealer, lambda xml: xml.replace(b'FileRef="/', b'FileRef="')),
                told,
            ),
            "of others: places from itself": (
                self.described(
                    sealer, lambda xml: xml.replace(b'FileRef="/', b'FileRef="../../../')
                ),
                told,
            ),
            "of others: places with the other slant": (
                self.described(sealer, lambda xml: xml.replace(b"/Pages/", b"\\Pages\\")),
                told,
            ),
            "of others: a seal with more data": (
                self.structured(stranger, info_ends=_EXTENDED),
                told,
            ),
            "of others: a use with more data": (self.structured(stranger, ends=more), told),
            "of others: version 5 with a stamp on the seal": (
                self.structured(stranger, version=5, seal_ends=stamped),
                told,
            ),
            "of others: P-256 for a certificate": (
                self.structured(stranger, shown=_certificate_of_p256()),
                told,
            ),
            "of others: two seals": (self._two(stranger), told),
        }

    def _two(self, by: Authority) -> bytes:
        """Seal twice, as two offices do; the first leaves the list out."""
        sealer = by.sealer()
        first = package.unpack(self.described(sealer, _without_the_list))
        listed = b'<ofd:Signature ID="s3" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/>'
        both = first[SIGNATURES].replace(b"</ofd:Signatures>", listed + b"</ofd:Signatures>")
        xml, place = first[SIGNATURE].replace(b"Sign_0", b"Sign_1"), _second(SIGNATURE)
        value = sealer.value(sm2.sm3(xml), property_info=f"/{place}", at=NOW)
        more = {place: xml, _second(SEAL): first[SEAL], _second(VALUE): value}
        return package.pack({**first, SIGNATURES: both, **more})


def _second(name: str) -> str:
    return name.replace("Sign_0", "Sign_1")


def _without_the_list(xml: bytes) -> bytes:
    """Leave the list of signatures out of what is sealed, so that another seal may come."""
    listed = rb'<ofd:Reference FileRef="/%s">.*?</ofd:Reference>' % SIGNATURES.encode()
    return re.sub(listed, b"", xml)


def _twice(element: str) -> Callable[[bytes], bytes]:
    """Say an element two times."""
    whole = re.compile(rf"<ofd:{element}>.*</ofd:{element}>".encode(), re.DOTALL)
    return lambda xml: whole.sub(lambda found: found[0] * 2, xml)


def _certificate_of_p256() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "外地机关")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 5, NOW - YEAR, NOW + YEAR)
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)
