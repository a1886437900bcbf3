"""Tables that come from a spreadsheet as CSV, however it writes them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable

_DELIMITERS = (",", "\t", ";", "，")  #: by how sure they are
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  #: how .xlsx and .xls begin
MISSHAPEN = "多出来的内容"  #: the column of what stands right of the last heading
Rows = list[tuple[int, dict[str, str]]]


class NoTable(ValueError):
    """What came is no such table; the text says in Chinese why, and what to do."""


def lines(content: bytes) -> list[tuple[int, list[str]]]:
    r"""Read the cells of each line that has any, with the number of the line, from 1.

    UTF-8 with or without a mark, marked UTF-16, or GB 18030; set apart by comma, tab or semicolon.
    Raises: NoTable.

    >>> lines("姓名;岗位\n\n王 ; 受理".encode("gbk"))
    [(1, ['姓名', '岗位']), (3, ['王', '受理'])]
    """
    if content.startswith(_WORKBOOKS):
        raise NoTable("这是Excel工作簿，请在表格软件中另存为CSV")
    try:
        text = _text(content)
    except UnicodeError as error:
        raise NoTable("文字编码不能识别，请另存为UTF-8编码的CSV") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        read = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        line = reader.line_num
        raise NoTable(f"第{line}行的引号不成对或者不是CSV格式，请核对该行") from error
    return [(line, cells) for line, cells in read if any(cells)]


def table(content: bytes, columns: Iterable[str]) -> Rows:
    """Read the lines below a head that names `columns`, by its words; others may stand there too.

    What stands right of the head comes as `MISSHAPEN`. Raises: NoTable, also without a line.
    """
    read = lines(content)
    head = read[0][1] if read else []
    missing = [column for column in columns if column not in head]
    if missing:
        raise NoTable(f"缺少列：{'、'.join(missing)}。第一行应当写明各列的名称")
    if len(read) == 1:
        raise NoTable("只有表头，没有内容")
    rows: Rows = []
    for line, cells in read[1:]:
        row = dict(zip(head, [*cells, *[""] * (len(head) - len(cells))], strict=False))
        if any(cells[len(head) :]):
            row[MISSHAPEN] = "".join(cells[len(head) :])
        rows.append((line, row))
    return rows


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _delimiter(text: str) -> str:
    """Tell what separates the columns of the first line."""
    first = text.lstrip().partition("\n")[0]
    return next((sign for sign in _DELIMITERS if sign in first), ",")
