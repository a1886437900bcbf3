"""The scenarios of deployed versions: they come with a package and are no part of what runs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Json


class VersionScenarios(Base):
    """The scenarios of one version."""

    __tablename__ = "version_scenarios"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)  #: deflated JSON, path → text
    own: Mapped[list[str]] = mapped_column(Json())  #: the files that they answer for


def keep(session: Session, version: str, files: Mapping[str, bytes], own: Sequence[str]) -> None:
    """Keep what comes with a version: path that begins with `examples/` → content."""
    texts = {path: data.decode("utf-8", "surrogateescape") for path, data in files.items()}
    content = zlib.compress(json.dumps(texts, sort_keys=True).encode())
    row = session.get(VersionScenarios, version)
    if row is None:
        session.add(VersionScenarios(version=version, content=content, own=list(own)))
    elif (bytes(row.content), row.own) != (content, list(own)):
        row.content, row.own = content, list(own)


def of(session: Session, version: str) -> tuple[dict[str, bytes], frozenset[str]]:
    """Return the scenarios of a version, and the files that they answer for."""
    row = session.get(VersionScenarios, version)
    if row is None:
        return {}, frozenset()
    texts = json.loads(zlib.decompress(row.content))
    files = {path: text.encode("utf-8", "surrogateescape") for path, text in texts.items()}
    return files, frozenset(row.own)
