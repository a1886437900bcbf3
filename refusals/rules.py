"""The rules of the check by their codes: one list for the command line, an editor and the manual.

A rule is what one function insists on. Its findings are tuples that end with what is wrong and what
to do; the first of both is a sentence that knows its rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from refusals.refusal import take_code

_Asked = ParamSpec("_Asked")
_Finding = TypeVar("_Finding", bound=tuple[str, ...])


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is insisted on, in Chinese."""

    code: str
    asks: str  #: what must hold
    remedy: str  #: what to do where it does not; each finding says it for its place


#: All rules by code, in the order of the list.
RULES: Mapping[str, Rule] = {
    code: Rule(code=code, **told)
    for code, told in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    ).items()
}


for _code in RULES:
    take_code(_code, f"{__name__}.{_code}")


class Sentence(str):
    """What is wrong, with the code of the rule."""

    __slots__ = ("code",)
    code: str

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross to another process with its code."""
        return said, (self.code, str(self))


def said(code: str, text: str) -> Sentence:
    """Return a text as a sentence of a rule.

    >>> said("E_XML", "不是格式良好的 XML").code
    'E_XML'
    """
    sentence = Sentence(text)
    sentence.code = RULES[code].code
    return sentence


def code_of(text: str) -> str:
    """Return the code of the rule that a sentence speaks for, empty when it knows none."""
    return text.code if isinstance(text, Sentence) else ""


def insists(
    code: str,
) -> Callable[[Callable[_Asked, Iterator[_Finding]]], Callable[_Asked, Iterator[_Finding]]]:
    """Let the findings of a function speak for a rule, if they do not for one within it."""
    known = RULES[code].code

    def around(find: Callable[_Asked, Iterator[_Finding]]) -> Callable[_Asked, Iterator[_Finding]]:
        @wraps(find)
        def told(*args: _Asked.args, **options: _Asked.kwargs) -> Iterator[_Finding]:
            for finding in find(*args, **options):
                *place, text, remedy = finding
                if not isinstance(text, Sentence):
                    text = said(known, text)
                yield (*place, text, remedy)  # type: ignore[misc]  # as long as it was

        return told

    return around
