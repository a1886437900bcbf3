"""Numbers on paper: yearly sequences in the database, gaps allowed, never used twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.identifiers import check_character
from registry.patterns import APPLICATION_LETTERS, DEFAULT, Patterns
from storage.database import Base, insert_of

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
    statement = _next(insert_of(session))
    return int(session.connection().execute(statement, {"key": key, "value": 1}).scalar_one())


@cache
def _next(insert: Callable[[type[Sequence]], Any]) -> Any:
    statement = insert(Sequence).on_conflict_do_update(
        index_elements=["key"], set_={"value": Sequence.value + 1}
    )
    return statement.returning(Sequence.value)


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
