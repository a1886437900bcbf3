r"""How long a pattern may take: what nests repetitions tries a text in endlessly many ways.

Python's matcher goes back and tries again; `^([0-9]{1,4}-?)+$` takes years over fifty digits and an
x. So a pattern is bounded before it is deployed: the ways in which it can divide the longest text
that its field takes.
"""

from __future__ import annotations

from typing import Any

from professions.forms import LONGEST_MATCHED

from re import _constants as codes  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

LONGEST = LONGEST_MATCHED
MOST_WAYS = 1_000_000
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def ways(pattern: str, longest: int = LONGEST) -> int:
    r"""Return in how many ways at most a text of that length can be divided, up to MOST_WAYS.

    >>> ways("^1[3-9][0-9]{9}$"), ways("^[A-Z]*-[0-9]*$", 40) < MOST_WAYS
    (1, True)
    >>> ways("^([0-9]{1,4}-?)+$") == ways("^(a|a)*$") == MOST_WAYS
    True
    """
    read = parser.parse(pattern)
    anchored = bool(len(read)) and read[0][0] == codes.AT
    return min(MOST_WAYS, _of(read, longest) * (1 if anchored else longest))


def _of(sequence: Any, longest: int) -> int:
    product = 1
    for operation, detail in sequence:
        product = min(MOST_WAYS, product * _of_one(operation, detail, longest))
    return product


def _of_one(operation: Any, detail: Any, longest: int) -> int:
    if operation in _REPEATS:
        least, most, inner = detail
        return _repeated(_of(inner, longest), int(least), min(int(most), longest))
    if operation == codes.BRANCH:
        return sum(_of(branch, longest) for branch in detail[1])
    if operation == codes.SUBPATTERN:
        return _of(detail[-1], longest)
    if operation in (codes.ASSERT, codes.ASSERT_NOT):
        return _of(detail[1], longest)
    if operation == codes.ATOMIC_GROUP:
        return _of(detail, longest)
    if operation == codes.GROUPREF_EXISTS:
        return sum(_of(branch, longest) for branch in detail[1:] if branch is not None)
    return 1


def _repeated(inner: int, least: int, most: int) -> int:
    """Count the ways of each number of repetitions."""
    total = 0
    for times in range(least, max(least, most) + 1):
        total += inner**times if inner > 1 else 1
        if total >= MOST_WAYS:
            return MOST_WAYS
    return total


def lengths(pattern: str) -> tuple[int, int]:
    """Return the least and the greatest length of what a pattern matches.

    >>> lengths("^[0-9]{3,5}$")
    (3, 5)
    """
    least, most = parser.parse(pattern).getwidth()
    return int(least), int(most)


def is_whole(pattern: str) -> bool:
    """Tell whether a pattern speaks of the whole entry, in each of its branches.

    >>> is_whole("^(a|b)$"), is_whole("^a|b$"), is_whole("[0-9]{11}")
    (True, False, False)
    """
    return _begins_and_ends(parser.parse(pattern))


def _begins_and_ends(sequence: Any) -> bool:
    parts = list(sequence)
    if len(parts) == 1 and parts[0][0] == codes.BRANCH:
        return all(_begins_and_ends(branch) for branch in parts[0][1][1])
    if len(parts) == 1 and parts[0][0] == codes.SUBPATTERN:
        return _begins_and_ends(parts[0][1][-1])
    begins = (codes.AT, codes.AT_BEGINNING), (codes.AT, codes.AT_BEGINNING_STRING)
    ends = (codes.AT, codes.AT_END), (codes.AT, codes.AT_END_STRING)
    return len(parts) > 1 and parts[0] in begins and parts[-1] in ends
