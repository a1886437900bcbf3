"""Where in a text file a mistake is, in words for its author."""

from __future__ import annotations

import json
import re

_TOML = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def of_json(error: Exception) -> str:
    """Say where a JSON text goes wrong.

    >>> try: json.loads('{"a": 1,}')
    ... except ValueError as error: print(of_json(error))
    第 1 行第 9 列不是 JSON（Expecting property name enclosed in double quotes）
    """
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.lineno} 行第 {error.colno} 列不是 JSON（{error.msg}）"
    return f"不是 JSON（{error}）"


def of_toml(error: Exception) -> str:
    """Say where a TOML text goes wrong."""
    told = _TOML.fullmatch(str(error))
    if told is None:
        return str(error)
    place = f"第 {told[2]} 行第 {told[3]} 列" if told[2] else "文件末尾"
    return f"{place}不是 TOML（{told[1]}）"
