"""What an input column of a table reads: a name, a path or a comparison, as FEEL writes them.

It becomes an expression of the closed language: `form.days` reads `form["days"]`, `=` compares,
`true`, `false` and `null` are what they are, and a day is the text that case data hold.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from engine.language.expressions import Expression, compile_expression

_DAY = r'"(?P<{}>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"'
_TOKEN = re.compile(
    r"@" + _DAY.format("at") + r"|\bdate\(\s*" + _DAY.format("day") + r"\s*\)"
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<path>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)"
    r"|(?P<sign><=|>=|==|!=|=)|\w+|.",
    re.DOTALL,
)
_WORDS = {"true": "True", "false": "False", "null": "None"}


@lru_cache(maxsize=1024)
def compile_input(source: str) -> Expression:
    """Check what a column reads and return it ready to compute; raise ExpressionRefused.

    >>> compile_input("form.days").value({"form": {"days": 3}})
    3
    >>> compile_input('matter = "RENEWAL"').value({"matter": "INITIAL"})
    False
    """
    text = source.strip()
    return replace(compile_expression(_TOKEN.sub(_closed, text)), source=text)


def _closed(token: re.Match[str]) -> str:
    """Write one token as the closed language has it."""
    if day := token["at"] or token["day"]:
        return f'"{day}"'
    if path := token["path"]:
        first, *rest = path.split(".")
        return _WORDS.get(first, first) + "".join(f'["{key}"]' for key in rest)
    return "==" if token["sign"] == "=" else token[0]
