"""A list as a file: the same question, the same columns, every row instead of a page.

What a person typed is never a formula in the reader's spreadsheet: a CSV cell that begins like
one gets an apostrophe, a cell of a workbook is written as text.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from registry import readings
from web import display
from web.english import language
from web.lists.listing import Column, Listing, Row
from web.ui import wording

#: What a spreadsheet takes for the beginning of a formula, full-width forms too; some leave out
#: first what shows nothing.
_FORMULA = re.compile(rf"[\s{readings.INVISIBLE}]*[=+\-@＝＋－＠]|[\t\r\n]")
_WIDEST = 60  #: digits: beyond it a long text is cut off by its neighbour
_AROUND = 2  #: digits of room beside a text
MARK = "\ufeff"  #: tells a spreadsheet that the file is UTF-8


def text_of(column: Column, row: Row, today: date) -> str:
    """Write a cell as its page shows it, in the language of its page."""
    return language.said(_shown(column, row.get(column.key), today))


def _shown(column: Column, value: Any, today: date) -> str:
    if column.kind == "status":
        return wording.status_tag(value).text if value else "—"
    if column.kind == "tag":
        return str(value.text) if value else "—"
    if column.kind == "day":
        return display.day(value)
    if column.kind == "moment":
        return display.clock_time(value)
    if column.kind == "due":
        return display.due(value, today).words if value else "—"
    return str(value) if value else "—"


def defused(text: str) -> str:
    """Write a cell of a CSV file so that no spreadsheet computes it.

    >>> defused("=1+1"), defused("上海示例设计有限公司")
    ("'=1+1", '上海示例设计有限公司')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_of(listing: Listing, rows: Iterable[Row], today: date) -> bytes:
    """Write rows as CSV (RFC 4180, UTF-8 with a mark)."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(_heads(listing))
    for row in rows:
        writer.writerow([defused(text) for text in _cells(listing, row, today)])
    return (MARK + held.getvalue()).encode()


def xlsx_of(listing: Listing, rows: Iterable[Row], today: date) -> bytes:
    """Write rows as a workbook of text: columns as wide as their words, the head in sight."""
    from xlsxwriter import Workbook  # only who exports pays for it

    held = io.BytesIO()
    workbook = Workbook(held, {"in_memory": True})
    sheet = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True})
    heads = _heads(listing)
    widths = [_width(head) for head in heads]
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for line, row in enumerate(rows, 1):
        for place, text in enumerate(_cells(listing, row, today)):
            sheet.write_string(line, place, text)
            widths[place] = max(widths[place], _width(text))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(width, _WIDEST) + _AROUND)
    sheet.freeze_panes(1, 0)
    workbook.close()
    return held.getvalue()


def _width(text: str) -> int:
    """Give the width of a text in digits: a Chinese character takes two, not one."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


#: Word of the address → how it is written, as what it is sent.
FORMATS: Mapping[str, tuple[Callable[[Listing, Iterable[Row], date], bytes], str]] = {
    "csv": (csv_of, "text/csv; charset=utf-8"),
    "xlsx": (xlsx_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def _heads(listing: Listing) -> list[str]:
    heads = []
    for column in listing.shown:
        heads += [column.head, *([column.note_head] if column.note else [])]
    return [language.said(head) for head in heads]


def _cells(listing: Listing, row: Row, today: date) -> list[str]:
    cells = []
    for column in listing.shown:
        cells.append(text_of(column, row, today))
        if column.note:
            cells.append(language.said(str(row.get(column.note) or "—")))
    return cells
