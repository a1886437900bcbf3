"""Lists that people keep in a spreadsheet, as a command reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from web.commands import answers


def rows(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV in UTF-8, with or without mark: line and values. Raises: Misused."""
    try:
        return _read(path, columns)
    except (OSError, ValueError) as error:
        raise answers.Misused(f"文件无法读取：{error}") from error


def _read(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise ValueError(f"缺少列：{'、'.join(missing)}")
            return [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            raise ValueError(f"第{reader.line_num}行不是CSV格式（{error}）") from error
