"""The PIN of an enterprise's key: its form, and the digests of before it guarded the key itself."""

from __future__ import annotations

import hmac

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from signing.errors import PinMalformed, PinUnchanged

SHORTEST, LONGEST = 6, 32
IN_THE_KEY = "in the key"  #: stands in the place of a digest: the key's wrapping knows the PIN


def require_form(pin: str) -> None:
    """Insist on a PIN that may be set. Raises: PinMalformed."""
    if not SHORTEST <= len(pin) <= LONGEST or len(set(pin)) == 1:
        raise PinMalformed("pin", shortest=SHORTEST, longest=LONGEST)


def require_other(old: str, new: str) -> None:
    """Insist on a PIN that changes something; it is asked of what was typed, and tells nothing.

    Raises: PinUnchanged.
    """
    if hmac.compare_digest(old.encode(), new.encode()):
        raise PinUnchanged("new")


def is_right(pin: str, digested: str) -> bool:
    """Tell whether `pin` is the one that was digested before decision 17; slow on purpose."""
    try:
        return PasswordHasher().verify(digested, pin[: LONGEST + 1])
    except VerifyMismatchError:
        return False
