"""From one key-encryption key to the next: every wrapped key is wrapped anew, PINs untouched."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from signing.database import Sessions, writing
from signing.keeping.vault import KeyVault
from signing.tables import StoredKey, StoredOpening

_BATCH = 200
Row = TypeVar("Row", StoredKey, StoredOpening)


class Rewrapping:
    """Tells how much lies under a former key, and wraps it under the one of today."""

    def __init__(self, sessions: Sessions, vault: KeyVault) -> None:
        self._sessions = sessions
        self._vault = vault

    def left(self) -> int:
        """Count what lies under another key than that of today."""
        with self._sessions() as session:
            return sum(
                session.scalar(select(func.count()).where(table.kek_id != self._vault.kek_id)) or 0
                for table in (StoredKey, StoredOpening)
            )

    def run(self) -> int:
        """Wrap everything under the key of today; return how much. Again changes nothing.

        Raises: WrongKek when something lies under a key that was not given; what was done stays.
        """
        return self._wrapped_anew(StoredKey, StoredKey.id) + self._wrapped_anew(
            StoredOpening, StoredOpening.digest
        )

    def _wrapped_anew(self, table: type[Row], place: InstrumentedAttribute[str]) -> int:
        """Wrap the rows of one table, batch by batch in the order of their keys."""
        done, last = 0, ""
        while True:
            behind = select(table).where(table.kek_id != self._vault.kek_id, place > last)
            with writing(self._sessions) as session:
                query = behind.order_by(place).limit(_BATCH).with_for_update()
                rows = session.scalars(query).all()
                for row in rows:
                    last = row.id if isinstance(row, StoredKey) else row.digest
                    fresh = self._vault.wrap_der(last, self._vault.open_der(last, row.wrapped))
                    row.wrapped, row.kek_id = fresh.data, fresh.kek_id
                done += len(rows)
            if len(rows) < _BATCH:
                return done
