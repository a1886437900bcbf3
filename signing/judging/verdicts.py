"""Good verdicts that this process has given a moment ago, so that it need not judge again.

A verdict is bound to the bytes by their SHA-256, to what was expected of them, and to the lists and
revocations that it was given upon: when one of these is another, or ten minutes are over, the file
is judged anew. What we have just made by adding to a file that was good counts as judged too. Bad
verdicts are not kept.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from signing.judging.verify import Expected
from signing.keys.trust import Trust

KEPT_FOR = timedelta(minutes=10)
MOST = 1024  #: files
_Key = tuple[str, str]


class Verdicts:
    """What was found good lately; safe to share between threads."""

    def __init__(self) -> None:
        self._good: OrderedDict[_Key, tuple[datetime, int]] = OrderedDict()
        self._made: OrderedDict[str, tuple[datetime, str]] = OrderedDict()
        self._lock = Lock()

    def note(self, sha256: str, expected: Expected | None, trust: Trust) -> None:
        """Remember that a file was good; who signed it was asked only where `expected` says so."""
        keys = [_key(sha256, expected)]
        if expected is not None:
            keys.append(_key(sha256, Expected(expected.roles, {}, expected.still_empty)))
        with self._lock:
            for key in keys:
                self._good[key] = (trust.at, _ground(trust))
                self._good.move_to_end(key)
            while len(self._good) > MOST:
                self._good.popitem(last=False)

    def made(self, sha256: str, serial: str, at: datetime) -> None:
        """Remember a file that was empty and is ours, under the one signature that we have put."""
        with self._lock:
            self._made[sha256] = (at, serial)
            while len(self._made) > MOST:
                self._made.popitem(last=False)

    def maker_of(self, sha256: str, at: datetime) -> str | None:
        """Give the serial of the certificate that signed what was `made` a moment ago.

        Whether it was revoked since is the caller's to ask.
        """
        with self._lock:
            made_at, serial = self._made.get(sha256, (None, None))
        return serial if made_at and timedelta() <= at - made_at < KEPT_FOR else None

    def are_good(self, sha256: str, expected: Expected | None, trust: Trust) -> bool:
        """Tell whether a file was found good a moment ago, upon what is known today too."""
        with self._lock:
            at, ground = self._good.get(_key(sha256, expected), (None, 0))
        if at is None or not timedelta() <= trust.at - at < KEPT_FOR:
            return False
        return ground == _ground(trust)


def _key(sha256: str, expected: Expected | None) -> _Key:
    if expected is None:
        return sha256, ""
    subjects = sorted(expected.subjects.items())
    return sha256, repr((expected.roles, subjects, expected.still_empty))


def _ground(trust: Trust) -> int:
    """Give what stands for everything that a verdict rests on beside the file."""
    return hash((trust.roots, trust.issuers, trust.lists, trust.gone))
