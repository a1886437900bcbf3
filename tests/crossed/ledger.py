"""Every answer that anybody got, held against what may never be answered; safe between threads."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

_IDS = re.compile(r"[0-9a-f]{32}|\d{6,}")
_CODE = re.compile(r"\bE_[A-Z_]+\b")
AFTER_S = 25.0  #: how long after a fall a busy machine may still answer 503 or cut a connection


@dataclass
class Ledger:
    """What went wrong (`violations`), and what is worth a look (`oddities`), each counted."""

    began: float = field(default_factory=time.monotonic)
    violations: Counter[str] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    falls: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)  #: nobody begins anew
    _lock: threading.Lock = field(default_factory=threading.Lock)
    waited: float = 0.0  #: seconds that the job of a dead process waited at most
    drained: float = 0.0  #: seconds from the last tale until nothing was due
    ended: set[str] = field(default_factory=set)  #: applications whose certificate was claimed
    _last_fall: float = 0.0
    _falling: int = 0

    def fall(self, what: str) -> None:
        """Note that something falls now; `stands` says that it is there again."""
        with self._lock:
            self.falls[what] += 1
            self._falling += 1

    def stands(self) -> None:
        """Note that what fell was started again."""
        with self._lock:
            self._falling -= 1
            self._last_fall = time.monotonic()

    def is_calm(self, since: float) -> bool:
        """Tell whether nothing has fallen since a moment, nor shortly before it."""
        with self._lock:
            return self._falling == 0 and self._last_fall + AFTER_S < since

    def answered(self, method: str, url: str, status: int, body: bytes, asked_at: float) -> None:
        """Judge one answer."""
        with self._lock:
            self.answers[status] += 1
        where = f"{method} {_IDS.sub('…', url.split('?')[0])}"
        if status == 500:
            number = re.search(rb"\xe7\xbc\x96\xe5\x8f\xb7\xef\xbc\x9a<code>(\w+)", body)
            self.wrong(f"500 at {where} {number.group(1).decode() if number else ''}")
        elif not body and status not in (204, 304):
            self.wrong(f"empty {status} at {where}")
        elif status >= 500 and self.is_calm(asked_at):
            self.wrong(f"{status} at {where} while nothing fell")

    def cut(self, where: str, error: Exception, asked_at: float) -> None:
        """Judge a connection that ended without an answer."""
        text = f"{type(error).__name__} at {_IDS.sub('…', where)}"
        if self.is_calm(asked_at):
            self.wrong(f"{text} while nothing fell")

    def wrong(self, text: str) -> None:
        """Count a violation."""
        with self._lock:
            self.violations[text] += 1
        print(f"[{time.monotonic() - self.began:6.1f}] WRONG {text}", flush=True)

    def odd(self, text: str) -> None:
        """Count something to look at."""
        with self._lock:
            self.oddities[text] += 1


def codes_of(text: str) -> str:
    """Give the refusals that a page tells, "" when it tells none."""
    return " ".join(sorted(set(_CODE.findall(text))))
