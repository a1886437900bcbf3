#!/usr/bin/env bash
# One would guess  worksheet.autofit() makes a column as wide as its longest text; a Chinese heading of nine characters
#                  gets about twice the width of nine digits, as every spreadsheet program draws it.
# What happens     XlsxWriter adds up a table of widths that has ASCII only: each other character counts as 8 pixels,
#                  hardly more than a digit. The column of 二级注册结构工程师 is half as wide as the text, narrower than nine Ws, and
#                  the heading is cut off by its neighbour (numbers beside it would show as ####).
# Versions         XlsxWriter 3.3.1
# Source           `xl_pixel_width` and CHAR_WIDTHS in xlsxwriter/utility.py; the manual says that autofit "simulates",
#                  and names fonts, not scripts
# Why it matters   Lists are taken home as XLSX by people whose names, matters and enterprises are Chinese: columns that
#                  were "fitted" hide half of each name. Widths must be counted with East Asian width.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check XlsxWriter==3.3.1
"$work/venv/bin/python" - <<'PYTHON'
import io
import re
import unicodedata
import zipfile

import xlsxwriter


def fitted(text: str) -> float:
    """Give the width, in characters of the standard font, that a column with this text gets."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, text)
        sheet.autofit()
    said = zipfile.ZipFile(kept).read("xl/worksheets/sheet1.xml").decode()
    return float(re.search(r'<col [^>]*width="([\d.]+)"', said)[1])


def columns(text: str) -> int:
    """Give its width in columns of a terminal: two for a character that is wide (UAX 11)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


print("XlsxWriter", xlsxwriter.__version__)
found = {}
for text in ("123456789", "WWWWWWWWW", "二级注册结构工程师"):
    found[text] = fitted(text)
    print(f"{text}: needs about {columns(text)} columns, gets {found[text]:.1f}")
assert found["二级注册结构工程师"] < found["WWWWWWWWW"], "wide characters count as wide now"
assert found["二级注册结构工程师"] < 0.7 * columns("二级注册结构工程师"), "the column fits now"
PYTHON
