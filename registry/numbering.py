"""Numbers on paper: yearly sequences in the database, gaps allowed, never used twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.identifiers import check_character
from storage.database import Base, insert_of

APPLICATION_LETTERS = {
    "INITIAL": "C",
    "RENEWAL": "Y",
    "CANCELLATION": "Z",
    "PAPER_EXCHANGE": "H",
    "ENTERPRISE_CANCELLATION": "Q",
    "EX_OFFICIO": "J",
    "CORRECTION": "G",
    "REPORT": "B",
    "REOPENING": "F",
    "CLAIM": "L",
}
NOTICE_WORDS = {  #: G.3: region short name + kind + 〔year〕 + serial
    "receipt": "收",
    "acceptance-notice": "受",
    "correction-notice": "补",
    "non-acceptance": "不受",
    "extension-notice": "延",
    "decision": "准",
    "rejection": "不准",
    "intended-decision": "告",
    "act-decision": "决",
}


class Sequence(Base):
    """The last serial given out for a key such as "certificate/2026"."""

    __tablename__ = "sequence"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int]


def next_serial(session: Session, key: str) -> int:
    """Return the next serial of `key`, starting at 1, in one statement that others wait for."""
    statement = insert_of(session)(Sequence).values(key=key, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=["key"], set_={"value": Sequence.value + 1}
    )
    return int(session.execute(statement.returning(Sequence.value)).scalar_one())


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """How a profession writes its numbers; a number is unique for ever because of `{serial}`.

    `{matter}` a letter, `{date}` yyyymmdd, `{yy}` and `{yyyy}` the year, `{province}` two digits,
    `{serial}` five digits, `{check}` a MOD 37,36 character over what stands before it.
    """

    application: str = "31S2{matter}{date}{serial}{check}"
    registration: str = "S2{yy}{province}{serial}"
    certificate: str = "DZ31S2{yyyy}{serial}{check}"


DEFAULT = Patterns()
PLACES = frozenset({"matter", "date", "yy", "yyyy", "province", "serial", "check"})
LONGEST = {"application": 24, "registration": 20, "certificate": 24}  #: characters of a number


def fault(pattern: str, kind: str = "application") -> str | None:
    """Return what is wrong with a pattern, None when it makes numbers that are unique.

    `kind` is the name in `Patterns`: only applications have a matter, and rows have a length.

    >>> fault("S2{yy}{province}{serial}") is None, fault("S2{year}{serial}")
    (True, '不认识占位符{year}')
    """
    unknown = [
        placeholder for placeholder in re.findall(r"{(.*?)}", pattern) if placeholder not in PLACES
    ]
    if unknown:
        return f"不认识占位符{{{unknown[0]}}}"
    if pattern.count("{serial}") != 1:
        return "须有且只有一个{serial}"
    if "{check}" in pattern.removesuffix("{check}"):
        return "{check}只能在最后"
    if kind != "application" and "{matter}" in pattern:
        return "只有申请编号可以用{matter}"
    if not re.fullmatch(r"[0-9A-Z]*", re.sub(r"{.*?}", "", pattern)):
        return "只能用大写字母和数字"
    if len(_characters(pattern)) > LONGEST[kind]:
        return f"写出的号码超过{LONGEST[kind]}个字符"
    return None


_DIGITS, _ALL = frozenset("0123456789"), frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WRITTEN = {  #: the characters that a place may hold, one set a character
    "matter": (frozenset(APPLICATION_LETTERS.values()),),
    "date": (_DIGITS,) * 8,
    "yy": (_DIGITS,) * 2,
    "yyyy": (_DIGITS,) * 4,
    "province": (_DIGITS,) * 2,
    "serial": (_DIGITS,) * 5,
    "check": (_ALL,),
}


def may_meet(pattern: str, other: str) -> bool:
    """Tell whether two patterns can ever write the same number.

    >>> may_meet("S2{yy}{serial}", "S2{serial}{yy}"), may_meet("S2{yy}{serial}", "J2{yy}{serial}")
    (True, False)
    """
    first, second = _characters(pattern), _characters(other)
    return len(first) == len(second) and all(a & b for a, b in zip(first, second, strict=True))


def _characters(pattern: str) -> list[frozenset[str]]:
    return [
        kinds
        for place, character in re.findall(r"{(.*?)}|(.)", pattern)
        for kinds in (_WRITTEN[place] if place else (frozenset(character),))
    ]


def _number(
    session: Session, kind: str, pattern: str, day: date, *, matter: str = "", province: str = "31"
) -> str:
    written = {
        "matter": APPLICATION_LETTERS.get(matter, ""),
        "date": f"{day:%Y%m%d}",
        "yy": f"{day:%y}",
        "yyyy": f"{day:%Y}",
        "province": province,
    }
    for place, text in written.items():
        pattern = pattern.replace(f"{{{place}}}", text)
    serial = next_serial(session, f"{kind}/{pattern.removesuffix('{check}')}")
    body = pattern.replace("{serial}", f"{serial:05d}")
    if not body.endswith("{check}"):
        return body
    body = body.removesuffix("{check}")
    return body + check_character(body)


def application_no(
    session: Session, matter: str, day: date, *, patterns: Patterns = DEFAULT
) -> str:
    """Return e.g. `31S2C202611240000` + serial + check character (domain B.4).

    `31` Shanghai, `S2` the profession, a letter for the matter, the day, five digits, and a
    MOD 37,36 character that catches a slip on the telephone.
    """
    return _number(session, "application", patterns.application, day, matter=matter)


def notice_no(session: Session, kind: str, day: date) -> str:
    """Return e.g. 沪建注受〔2026〕第00001号 (domain G.3)."""
    serial = next_serial(session, f"{kind}/{day.year}")
    return f"沪建注{NOTICE_WORDS[kind]}〔{day.year}〕第{serial:05d}号"


def registration_no(
    session: Session, day: date, *, province: str = "31", patterns: Patterns = DEFAULT
) -> str:
    """Return e.g. S2263100001: profession, year, province (99 in demonstrations), serial."""
    return _number(session, "registration", patterns.registration, day, province=province)


def certificate_no(session: Session, day: date, *, patterns: Patterns = DEFAULT) -> str:
    """Return e.g. DZ31S2202600001 + check character, one for each version of a certificate."""
    return _number(session, "certificate", patterns.certificate, day)
