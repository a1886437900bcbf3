"""Which language somebody reads pages in, so that another device needs not be told again."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, get_or_insert


class Language(StrEnum):
    """A language of pages, as browsers name it."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class ReadingLanguage(Base):
    """What a visitor chose; who never chose has no row."""

    __tablename__ = "reading_language"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)  #: "person:…", "operator:…"
    language: Mapped[str] = mapped_column(String(8))


def of(session: Session, visitor: str) -> Language | None:
    """Return what somebody chose."""
    row = session.get(ReadingLanguage, visitor)
    return None if row is None else Language(row.language)


def choose(session: Session, visitor: str, language: Language) -> None:
    """Keep what somebody chose."""
    usual = {"language": language.value}
    get_or_insert(session, ReadingLanguage, {"visitor": visitor}, usual).language = language.value
