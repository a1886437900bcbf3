"""批量查验: an employer or a tender checks many certificates at once: a list in, answers out.

Nobody learns more than on the public page: number and name must fit together, names come back as
they were sent, and who guesses is stopped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.certificates.certificates import Validity
from registry.certificates.public_answers import PublicAnswer
from web import display, spreadsheets
from web.english import language
from web.extensions import db, office
from web.lists.exports import MARK, defused
from web.public import looked_up
from web.visitors import access
from web.visitors.files import send
from web.visitors.rate_limits import limit, require_below

bp = Blueprint("list_check", __name__, url_prefix="/enterprise/verification")

MOST_LINES = 500
MOST_OF_COMMAND = 10_000  #: lines that `zhuce verify --list` takes: nobody guesses there
LARGEST_BYTES = 256 * 1024
MOST_MISSES, _MISSES_PER_S = 200, 86_400  #: lines that led to nothing, of one enterprise in a day
#: Words of heads, also in English.
_OF_NUMBER = ("编号", "注册号", "证号", "证书号", "certificate number", "registration number")
_OF_NAME = ("姓名", "持证人", "holder")
#: A spreadsheet took the number for a quantity and dropped its last digits
_ROUNDED = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.I)
_SENT = 3  #: of the columns that come back as they were sent
HEADS = ("行", "编号", "姓名", "结论", "证书状态", "证书名称", "注册号", "聘用企业", "有效期至")


class NoList(Refusal):
    """请选择需要查验的名单：CSV文件，每行一个编号和一个姓名。"""

    code = "E_LIST_MISSING"


class ListUnreadable(Refusal):
    """名单无法读取：应当是CSV文本（UTF-8或者GBK编码），每行两列，先编号后姓名。请另存为CSV后重新选择。"""

    code = "E_LIST_UNREADABLE"


class ListTooLong(Refusal):
    """名单超过{most}行或者256KB。请分成几个文件分别查验。"""

    code = "E_LIST_TOO_LONG"


_NOTHING = ("",) * 5
_SAID_ROUNDED = "编号已被表格软件改成科学计数法，请把该列设为文本后重新填写"
_SAID_UNASKED = "未查验：没有相符的编号过多，请核对名单，明日再查"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the list as it was sent."""

    place: int  #: from 1, the head counted
    number: str
    name: str


def read(content: bytes, *, most: int = MOST_LINES) -> list[Line]:
    r"""Read a list: number and name where its head names them, else in the first two columns.

    Separated as spreadsheets do it; who wrote the name first is understood too.

    Raises: NoList, ListTooLong, ListUnreadable.

    >>> [line.name for line in read("证书编号,姓名\nDZ31S2202600001A,陶示例".encode())]
    ['陶示例']
    """
    if not content.strip():
        raise NoList
    if len(content) > LARGEST_BYTES * most // MOST_LINES:
        raise ListTooLong(most=most)
    try:
        lines = list(_lines(spreadsheets.lines(content)))
    except spreadsheets.NoTable as error:
        raise ListUnreadable from error
    if not lines or any("\0" in line.number + line.name for line in lines):
        raise ListUnreadable
    if len(lines) > most:
        raise ListTooLong(most=most)
    return lines


def _lines(rows: Iterable[tuple[int, list[str]]]) -> Iterator[Line]:
    of_number, of_name = 0, 1
    for place, cells in rows:
        if place == 1 and not any(sign.isdigit() for sign in "".join(cells)):
            of_number, of_name = _columns(cells)
            continue
        number, name = ((*cells, *("",) * (of + 1))[of] for of in (of_number, of_name))
        if _has_digits(name) and not _has_digits(number):
            number, name = name, number
        if number or name:
            yield Line(place=place, number=number, name=name)


def _columns(head: list[str]) -> tuple[int, int]:
    """Find the columns of numbers and names by their heads."""
    heads = [cell.lower() for cell in head]
    found = [
        next(
            (place for place, cell in enumerate(heads) if any(word in cell for word in words)),
            None,
        )
        for words in (_OF_NUMBER, _OF_NAME)
    ]
    of_number, of_name = found
    return (0, 1) if of_number is None or of_name is None else (of_number, of_name)


def _has_digits(cell: str) -> bool:
    return any(sign.isdigit() for sign in cell)


def answers(session: Session, lines: Iterable[Line], on: date) -> Iterator[tuple[str, ...]]:
    """Answer each line as the public page answers number and name, by `HEADS`."""
    for line, answer in judged(session, lines, on):
        yield (str(line.place), line.number, line.name, *_said(line, answer))


def judged(
    session: Session, lines: Iterable[Line], on: date
) -> Iterator[tuple[Line, PublicAnswer | None]]:
    """Give each line with the certificate that its number and name fit; None where none does."""
    for line in lines:
        typed = looked_up.understand(line.number, line.name)
        answer: PublicAnswer | None = None
        if typed.number and typed.name and not typed.number.startswith("沪"):
            token = looked_up.code_of(session, typed)
            answer = looked_up.of_code(session, token, on=on).certificate if token else None
        yield line, answer


def _said(line: Line, answer: PublicAnswer | None) -> tuple[str, ...]:
    if answer is None:
        is_rounded = _ROUNDED.fullmatch(line.number) is not None
        return (_SAID_ROUNDED if is_rounded else "没有与编号和姓名都相符的证书", *_NOTHING)
    return (
        "有效" if answer.status is Validity.VALID else "不能使用",
        answer.status.label,
        answer.title,
        answer.registration_no,
        answer.enterprise_name,
        display.day(answer.valid_to),
    )


def may_ask(who: str) -> None:
    """Refuse who sends too many lists, or guessed too often today. Raises: TooManyAttempts."""
    limit("verify list", who, times=60, per_s=3600)
    require_below("verify list miss", who, times=MOST_MISSES, per_s=_MISSES_PER_S)


def may_ask_code(who: str) -> None:
    """Refuse who asks about too many single certificates, or guessed too often today."""
    limit("verify one", who, times=120, per_s=60)
    require_below("verify list miss", who, times=MOST_MISSES, per_s=_MISSES_PER_S)


def count_misses(who: str, misses: int) -> None:
    """Count the lines that led to nothing."""
    for _ in range(misses):
        limit("verify list miss", who, times=MOST_MISSES * 2, per_s=_MISSES_PER_S)


@bp.get("")
@access.enterprise_only
def form() -> str:
    """Ask for a list."""
    return render_template("enterprise/list_check.html", faults={}, most=MOST_LINES)


@bp.post("")
@access.enterprise_only
def check() -> Response | tuple[str, int]:
    """Give the answers as a file that spreadsheets open; the list is not kept."""
    may_ask(g.visitor.uscc)
    upload = request.files.get("list")
    try:
        lines = read(upload.stream.read(LARGEST_BYTES + 1) if upload else b"")
    except Refusal as refusal:
        faults = {"list": Fault.of(refusal)}
        page = render_template("enterprise/list_check.html", faults=faults, most=MOST_LINES)
        return page, 422
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([language.said(head) for head in HEADS])
    misses = 0
    asked = answers(db.session(), lines, office().today())
    for line in lines:
        row: tuple[str, ...] = (str(line.place), line.number, line.name, _SAID_UNASKED, *_NOTHING)
        if misses <= MOST_MISSES:
            told = next(asked)
            misses += told[4] == ""
            row = told if misses <= MOST_MISSES else row
        sent, said = row[:_SENT], [language.said(cell) for cell in row[_SENT:]]
        writer.writerow([defused(cell) for cell in (*sent, *said)])
    count_misses(g.visitor.uscc, misses)
    content = (MARK + written.getvalue()).encode()
    name = f"{language.said('证书查验结果')}-{office().today().isoformat()}.csv"
    answer = send(content, name, "text/csv; charset=utf-8", hashlib.sha256(content).hexdigest())
    answer.headers["Content-Disposition"] = answer.headers["Content-Disposition"].replace(
        "inline", "attachment", 1
    )
    return answer
