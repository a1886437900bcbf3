"""What the pages of one process share: the office, the database session, the CSRF guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session

from storage.connections import ThriftySession
from storage.database import Base
from web import tokens

if TYPE_CHECKING:
    from casework.office import Office
    from web.settings import Settings

_OFFICE, _SETTINGS = "zhuce_office", "zhuce_settings"


class Database(SQLAlchemy):
    """Flask-SQLAlchemy over the engine that the office opened: one pool, one set of rules."""

    def _make_engine(
        self, bind_key: str | None, options: dict[str, object], app: Flask
    ) -> sa.Engine:
        engine = cast("Office", app.extensions[_OFFICE]).sessions.kw["bind"]
        return cast("sa.Engine", engine)


class RequestSession(ThriftySession, Session):
    """The session of a request, thrifty as those of the office."""


#: Read with `db.session`, which ends with the request; write with `storage.database.writing`.
db = Database(model_class=Base, session_options={"class_": RequestSession})
csrf = tokens.Guard()


def install(app: Flask, office: Office, settings: Settings) -> None:
    """Hang office and settings on the app and start the extensions."""
    app.extensions[_OFFICE] = office
    app.extensions[_SETTINGS] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    db.init_app(app)
    csrf.init_app(app)
    tokens.install(app)


def anew(row: Base | None = None) -> None:
    """Look at the database, and at a row, as others have left it: what was read is a snapshot.

    On SQLite a session goes on to see what it saw at first, also what another has done since.
    """
    db.session.rollback()
    if row is not None:
        db.session.refresh(row)


def office() -> Office:
    """Give the office of the running app."""
    return cast("Office", current_app.extensions[_OFFICE])


def settings() -> Settings:
    """Give the settings of the running app."""
    return cast("Settings", current_app.extensions[_SETTINGS])
