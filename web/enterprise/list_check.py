"""批量查验: an employer or a tender checks many certificates at once: a list in, answers out.

Nobody learns more than on the public page: number and name must fit together, names come back as
they were sent, and who guesses is stopped.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.certificates.certificates import Validity
from registry.certificates.public_answers import PublicAnswer
from web import display
from web.extensions import db, office
from web.lists.exports import MARK, defused
from web.public import looked_up
from web.visitors import access
from web.visitors.files import send
from web.visitors.rate_limits import limit, require_below

bp = Blueprint("list_check", __name__, url_prefix="/enterprise/verification")

MOST_LINES = 500
LARGEST_BYTES = 256 * 1024
MOST_MISSES, _MISSES_PER_S = 200, 86_400  #: lines that led to nothing, of one enterprise in a day
_HEADS = ("行", "编号", "姓名", "结论", "证书状态", "证书名称", "注册号", "聘用企业", "有效期至")


class NoList(Refusal):
    """请选择需要查验的名单：CSV文件，每行一个编号和一个姓名。"""

    code = "E_LIST_MISSING"


class ListUnreadable(Refusal):
    """名单无法读取：应当是CSV文本（UTF-8或者GBK编码），每行两列，先编号后姓名。请另存为CSV后重新选择。"""

    code = "E_LIST_UNREADABLE"


class ListTooLong(Refusal):
    """名单超过{most}行或者256KB。请分成几个文件分别查验。"""

    code = "E_LIST_TOO_LONG"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the list as it was sent."""

    place: int  #: from 1, the head counted
    number: str
    name: str


def read(content: bytes) -> list[Line]:
    r"""Read a list: number and name in the first two columns, with or without a head.

    Raises: NoList, ListTooLong, ListUnreadable.

    >>> [line.name for line in read("证书编号,姓名\nDZ31S2202600001A,陶示例".encode())]
    ['陶示例']
    """
    if not content.strip():
        raise NoList
    if len(content) > LARGEST_BYTES:
        raise ListTooLong(most=MOST_LINES)
    try:
        rows = list(csv.reader(io.StringIO(_text(content)), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ListUnreadable from error
    lines = list(_lines(rows))
    if not lines or any("\0" in line.number + line.name for line in lines):
        raise ListUnreadable
    if len(lines) > MOST_LINES:
        raise ListTooLong(most=MOST_LINES)
    return lines


def _text(content: bytes) -> str:
    """Decode as spreadsheets write: UTF-8 with or without a mark, or GB 18030."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _lines(rows: Iterable[list[str]]) -> Iterator[Line]:
    for place, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row[:2]]
        is_head = place == 1 and not any(sign.isdigit() for sign in "".join(cells))
        if is_head or not any(cells):
            continue
        number, name = (*cells, "")[:2]
        yield Line(place=place, number=number, name=name)


def answers(session: Session, lines: Iterable[Line], on: date) -> Iterator[tuple[str, ...]]:
    """Answer each line as the public page answers number and name, by `_HEADS`."""
    for line, answer in judged(session, lines, on):
        yield (str(line.place), line.number, line.name, *_said(answer))


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


def _said(answer: PublicAnswer | None) -> tuple[str, ...]:
    if answer is None:
        return ("没有与编号和姓名都相符的证书", "", "", "", "", "")
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
    writer.writerow(_HEADS)
    misses = 0
    for row in answers(db.session(), lines, office().today()):
        misses += row[4] == ""
        if misses > MOST_MISSES:
            break
        writer.writerow([defused(cell) for cell in row])
    count_misses(g.visitor.uscc, misses)
    content = (MARK + written.getvalue()).encode()
    name = f"证书查验结果-{office().today().isoformat()}.csv"
    answer = send(content, name, "text/csv; charset=utf-8", hashlib.sha256(content).hexdigest())
    answer.headers["Content-Disposition"] = answer.headers["Content-Disposition"].replace(
        "inline", "attachment", 1
    )
    return answer
