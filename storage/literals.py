"""Constants that stand in the text of a statement instead of being bound to it.

SQLite keeps statements prepared. It prepares one again with every execution where a bound value
may decide how it is answered: a LIMIT, or what is compared with the condition of a partial index
(`status = 'OPEN'`). What is the same each time is better said in the text; nothing that anybody
typed may come here. In the first join of several tables SQLAlchemy takes a constant for a column
of theirs and asks for `select_from`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Integer, String, literal_column

_WORD = re.compile(r"[A-Za-z_]+")


def literal(word: str) -> ColumnElement[str]:
    """Give a word of the house's own as it stands in a statement.

    Raises ValueError when it is more than letters and underscores.

    >>> str(literal("OPEN"))
    "'OPEN'"
    """
    if not _WORD.fullmatch(word):
        raise ValueError(f"not a word: {word!r}")
    return literal_column(f"'{word}'", String())


def literals(words: Iterable[str]) -> list[ColumnElement[str]]:
    """Give several words, for `in_`."""
    return [literal(word) for word in words]


def number(value: int) -> ColumnElement[int]:
    """Give a number, for `limit`."""
    return literal_column(str(int(value)), Integer())


ONE = number(1)
