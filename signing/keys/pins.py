"""The PIN of an enterprise's key: its form and its slow digest."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from signing.errors import PinMalformed

SHORTEST, LONGEST = 6, 32
# OWASP's second choice for argon2id: 19 MiB, two passes; about 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def digest(pin: str) -> str:
    """Return the argon2id digest of a new PIN. Raises: PinMalformed."""
    if not SHORTEST <= len(pin) <= LONGEST or len(set(pin)) == 1:
        raise PinMalformed("pin", shortest=SHORTEST, longest=LONGEST)
    return _HASHER.hash(pin)


def is_right(pin: str, digested: str) -> bool:
    """Tell whether `pin` is the one that was digested; slow on purpose."""
    try:
        return _HASHER.verify(digested, pin[: LONGEST + 1])
    except VerifyMismatchError:
        return False
