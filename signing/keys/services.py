"""What a deployment chooses: who stamps, who holds the agency's keys, which seals are made."""

from __future__ import annotations

from dataclasses import dataclass

from ofd import SEAL_VERSION
from signing.keys.timestamps import OutsideStamper
from signing.keys.tokens import Token


@dataclass(frozen=True, kw_only=True)
class Services:
    """Services outside (None: ours), and the version of national seals that others can read."""

    stamper: OutsideStamper | None = None  #: stamps instead of ours
    token: Token | None = None  #: in which the agency's keys are made, and where they stay
    seal_version: int = SEAL_VERSION


OURS = Services()
