"""What a deployment chooses: who issues, stamps and holds the agency's keys; its kind of seal."""

from __future__ import annotations

from dataclasses import dataclass

from ofd import SEAL_VERSION
from signing.keys.profiles import HOUSE
from signing.keys.timestamps import OutsideStamper
from signing.keys.tokens import Token
from signing.outside.port import CertificationAuthority


@dataclass(frozen=True, kw_only=True)
class Services:
    """Services outside (None: ours), and the version of national seals that others can read."""

    stamper: OutsideStamper | None = None  #: stamps instead of ours
    token: Token | None = None  #: in which the agency's keys are made, and where they stay
    authority: CertificationAuthority | None = None  #: issues to signers instead of ours
    #: issued to them before ours did again; what it issued is vouched for still
    former: CertificationAuthority | None = None
    house: str = HOUSE  #: whose name the certificates of our own services bear
    seal_version: int = SEAL_VERSION


OURS = Services()
