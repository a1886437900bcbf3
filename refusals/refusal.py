"""What every refusal is: a code, the field it concerns, facts, and a text for the person."""

from __future__ import annotations

import copyreg
import inspect
from string import Formatter
from types import MappingProxyType
from typing import Any, ClassVar

from refusals import denials
from refusals.days import as_read
from refusals.hotline import HOTLINE
from refusals.sentences import stopped_once

#: What every text may name without being given it.
KNOWN = MappingProxyType({"hotline": HOTLINE})
_CODES: dict[str, str] = {}  #: code → the class that it names


def take_code(code: str, name: str) -> None:
    """Let a code name one thing; raise TypeError when it names another one already."""
    if _CODES.setdefault(code, name) != name:
        raise TypeError(f"{code} names {_CODES[code]} and {name}")


class Refusal(Exception):
    """操作未能完成，请刷新页面后重试；如仍有问题请联系市住建委（电话见页面下方）。"""

    # The docstring of a class is its text: cause and remedy, with the facts in braces. A code
    # names one class; who gives a code a second time is told when the module is imported.

    code: str = "E_REFUSED"
    may_pass: ClassVar[bool] = False  #: the cause may go by itself: a job is tried again later
    is_denial: ClassVar[bool] = False  #: somebody was kept out: it leaves a row in the trail

    def __init_subclass__(cls) -> None:
        """Take the code of a new class; it needs one of its own and a text."""
        code, name = cls.__dict__.get("code"), f"{cls.__module__}.{cls.__qualname__}"
        if code is None or not cls.__doc__:
            raise TypeError(f"{name} needs a code and a text")
        take_code(code, name)

    def __init__(self, field: str | None = None, /, **facts: object) -> None:
        super().__init__()
        self.field = field  #: name of the form field it concerns, if any
        self.facts = facts  #: what fills the placeholders of the text
        if self.is_denial:
            denials.note(self.code)

    def __str__(self) -> str:
        """Return the text for the person concerned, filled with the facts."""
        facts = {name: as_read(fact) for name, fact in self.facts.items()}
        return stopped_once(text_of(type(self)).format_map({**KNOWN, **facts}))

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross to another process whole, whatever the constructor of the class asks for."""
        return copyreg.__newobj__, (type(self),), self.__dict__  # type: ignore[attr-defined]  # as the pickle protocol names it


class NotFound(Refusal):
    """您要查看的内容不存在，或您无权查看。请返回列表重新选择。"""

    code = "E_NOT_FOUND"


def text_of(refusal: type[Refusal]) -> str:
    """Give the text of a class, its placeholders unfilled.

    >>> text_of(NotFound)
    '您要查看的内容不存在，或您无权查看。请返回列表重新选择。'
    """
    return inspect.getdoc(refusal) or ""


def facts_of(refusal: type[Refusal]) -> frozenset[str]:
    """Name the facts that the text of a class asks for, beside those that all know.

    >>> sorted(facts_of(NotFound))
    []
    """
    names = (name for _, name, _, _ in Formatter().parse(text_of(refusal)) if name)
    return frozenset(name for name in names if name not in KNOWN)
