"""Tables of tests alone: the product never learns of them, whichever tests run in its process."""

from __future__ import annotations

from sqlalchemy import MetaData

from storage.database import Base


class Own(Base):
    """A table beside those of the product."""

    __abstract__ = True
    metadata = MetaData()
