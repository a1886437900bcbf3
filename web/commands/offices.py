"""What a command works with: the settings of the environment and the office they describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casework.office import Office
    from web.settings import Settings


def settings(*, logging: bool = True) -> Settings:
    """Read the settings of this process and log as they say; raise SettingsError.

    What only looks at files has nothing to log, and need not wait for how that is done.
    """
    from storage import origin
    from web.settings import Settings

    context = click.get_current_context(silent=True)
    words = context.command_path.split()[1:] if context else []
    origin.begin(" ".join(["zhuce", *words]) if words else origin.INSIDE)
    if logging:
        from web.process import logs

        logs.configure()
    return Settings.from_environment()


@contextmanager
def opened(by: Settings | None = None, *, alone: str | None = None) -> Iterator[Office]:
    """Open the office of this process and close it at the end; raise SchemaBehind.

    With `alone`, a second command that names the same work waits for the first.
    """
    from storage import database
    from web.process import wiring

    office = wiring.open_office_of(by or settings())
    try:
        with database.alone(office.sessions, alone) if alone else nullcontext():
            yield office
    finally:
        wiring.close(office)
