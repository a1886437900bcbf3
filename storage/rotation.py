"""Columns encrypted by a former key are encrypted by the key of today, batch by batch.

The ciphertext alone changes: nothing that a case or the audit trail says, so no version is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session, sessionmaker

from storage.database import Encrypted, EncryptedJson, writing
from storage.vault import UnknownKey, current_vault

_BATCH = 200


@dataclass(frozen=True)
class Secret:
    """A column that lies encrypted."""

    column: sa.Column[Any]
    place: str

    @property
    def bytes(self) -> sa.ColumnElement[bytes]:
        """The ciphertext as it lies."""
        return sa.type_coerce(self.column, sa.LargeBinary)

    @property
    def is_behind(self) -> sa.ColumnElement[bool]:
        """Whether it lies under another key than that of today."""
        name = sa.literal(current_vault().current_name, sa.LargeBinary)
        return self.column.isnot(None) & (sa.func.substr(self.bytes, 1, 4) != name)


def secrets(metadata: sa.MetaData) -> list[Secret]:
    """List the columns that lie encrypted, by table."""
    return [
        Secret(column, column.type.place)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted | EncryptedJson)
    ]


def left(session: Session, metadata: sa.MetaData) -> int:
    """Count the values that lie under another key than that of today."""
    return sum(
        session.scalar(sa.select(sa.func.count()).where(secret.is_behind)) or 0
        for secret in secrets(metadata)
    )


def run(sessions: sessionmaker[Session], metadata: sa.MetaData) -> Iterator[tuple[int, list[str]]]:
    """Encrypt everything by the key of today; yield for each batch how many, and what stays shut.

    A value that is written meanwhile stays as it was written. Interrupted it goes on where it was.
    """
    for secret in secrets(metadata):
        keys = list(secret.column.table.primary_key.columns)
        last: Sequence[Any] | None = None
        while True:
            query = sa.select(*keys, secret.bytes).where(secret.is_behind).order_by(*keys)
            if last is not None:
                query = query.where(sa.tuple_(*keys) > sa.tuple_(*last))
            with writing(sessions) as session:
                rows = session.execute(query.limit(_BATCH)).all()
                done, shut = 0, list[str]()
                for *key, data in rows:
                    same = [column == value for column, value in zip(keys, key, strict=True)]
                    try:
                        fresh = current_vault().renewed(bytes(data), place=secret.place)
                    except (UnknownKey, InvalidTag):
                        shut.append(f"{secret.place} {key[0]}")
                        continue
                    session.execute(
                        sa.update(secret.column.table)
                        .where(*same, secret.bytes == data)
                        .values({secret.column: sa.literal(fresh, sa.LargeBinary)})
                    )
                    done += 1
            yield done, shut
            if len(rows) < _BATCH:
                break
            *last, _ = rows[-1]
