"""What a check found out, kept by the content that it was found out from.

A check of a changed file asks again what it asked before; all that does not depend on the change is
answered from here. What is kept must follow from what it is kept under and from nothing else.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from threading import Lock
from typing import TypeVar

_Fact = TypeVar("_Fact")
_Part = TypeVar("_Part")


class Knowledge:
    """The facts that were asked for last, of one process. Safe for threads.

    >>> known = Knowledge()
    >>> known.of("length", b"renewal", lambda: 7), known.of("length", b"renewal", lambda: 8)
    (7, 7)
    >>> known.work["length"]
    1
    """

    def __init__(self, most: int = 8192) -> None:
        self._held: OrderedDict[Hashable, object] = OrderedDict()
        self._most = most
        self._lock = Lock()
        self.work: Counter[str] = Counter()  #: how often each kind of fact had to be found out

    def of(self, what: str, about: Hashable, find: Callable[[], _Fact]) -> _Fact:
        """Give the fact of a kind about something; `find` is called when it is not known."""
        key = (what, about)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]  # type: ignore[return-value]  # as it was put in below
        fact = find()
        with self._lock:
            self.work[what] += 1
            self._held[key] = fact
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return fact

    def all_of(
        self, what: str, about: Hashable, find: Callable[[], Iterator[_Part]]
    ) -> tuple[_Part, ...]:
        """Give all that `find` yields about something, as `of` does."""
        return self.of(what, about, lambda: tuple(find()))
