"""An SM2 authority for tests: a root, its seal maker and signers, and strangers with their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ofd import certificates, ses, sm2, stamps
from ofd.certificates import Certificate, Revoked, Wanted
from ofd.judging import Trust
from ofd.sealing import KeySealer

NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: Certificate
    key: sm2.PrivateKey


class Authority:
    """Issues to makers and signers; a second one is a stranger to the first."""

    def __init__(self, name: str = "演示根") -> None:
        """Found an authority."""
        self._serial = 0
        self._name = name
        self.root = self.holder(name, is_authority=True)
        self.maker = self.holder("演示制章机构")
        self.signer = self.holder("演示机关")

    def holder(
        self,
        name: str,
        *,
        begin: datetime = NOW - YEAR,
        end: datetime = NOW + 3 * YEAR,
        is_authority: bool = False,
    ) -> Holder:
        """Certify a new key."""
        self._serial += 1
        key = sm2.PrivateKey.new()
        wanted = Wanted(
            subject={"country_name": "CN", "common_name": name},
            public=key.public,
            serial=self._serial,
            begin=begin,
            end=end,
            is_authority=is_authority,
        )
        if is_authority:
            return Holder(certificates.issue(wanted, key, None), key)
        return Holder(certificates.issue(wanted, self.root.key, self.root.certificate), key)

    def seal(
        self,
        signer: Holder | None = None,
        *,
        maker: Holder | None = None,
        begin: datetime = NOW - timedelta(days=1),
        end: datetime = NOW + YEAR,
        version: int = 4,
    ) -> bytes:
        """Have a seal made for a signer."""
        maker = maker or self.maker
        design = ses.Design(
            number="31000000000001",
            name="演示专用章",
            picture=b"\x89PNG of no picture",
            size=(42, 42),
            signers=((signer or self.signer).certificate.der,),
        )
        return ses.make_seal(
            design,
            begin=begin,
            end=end,
            maker=maker.certificate.der,
            sign=maker.key.sign,
            version=version,
        )

    def sealer(self, signer: Holder | None = None, *, seal: bytes | None = None) -> KeySealer:
        """Give who seals; by default the authority's own signer with its own seal."""
        signer = signer or self.signer
        return KeySealer(
            seal=seal or self.seal(signer), certificate=signer.certificate.der, key=signer.key
        )

    def stamper(self, *, purposes: tuple[str, ...] = (stamps.PURPOSE,)) -> Holder:
        """Certify who stamps."""
        key = sm2.PrivateKey.new()
        wanted = Wanted(
            subject={"country_name": "CN", "common_name": "演示时间戳"},
            public=key.public,
            serial=7_000,
            begin=NOW - YEAR,
            end=NOW + YEAR,
            purposes=purposes,
        )
        return Holder(certificates.issue(wanted, self.root.key, self.root.certificate), key)

    def stamping_sealer(self) -> KeySealer:
        """Give who seals under a time stamp, as the product does."""
        by = self.stamper()
        return replace(
            self.sealer(),
            stamp=lambda value, at: stamps.make(
                value, at=at, certificate=by.certificate, key=by.key
            ),
        )

    def revokes(self, *gone: Revoked) -> bytes:
        """Publish a list."""
        return certificates.make_list(
            gone,
            issuer=self.root.certificate,
            key=self.root.key,
            number=1,
            begin=NOW,
            end=NOW + timedelta(days=1),
        )

    def trust(self, *gone: Revoked, at: datetime = NOW) -> Trust:
        """Give what a verifier of this authority believes."""
        return Trust(
            roots=(self.root.certificate.der,),
            makers=(self.maker.certificate.der,),
            lists=(self.revokes(*gone),),
            at=at,
        )


def at(trust: Trust, moment: datetime) -> Trust:
    """Give the same trust at another moment."""
    return replace(trust, at=moment)
