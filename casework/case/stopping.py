"""Matters that a publisher stopped: nobody starts them, and whoever tries reads why."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from refusals.refusal import Refusal
from registry.applications.statuses import APPLICATIONS, Matter
from registry.packages import publications


class MatterStopped(Refusal):
    """该事项暂停受理：{notice}"""

    code = "E_MATTER_STOPPED"


def insist(session: Session, type_key: str, matter: Matter) -> None:
    """Refuse to start what is stopped, in the words of its notice. Raises MatterStopped.

    What the agency or the system begins is never stopped.
    """
    if matter in APPLICATIONS:
        stop = publications.stop_of(session, type_key, matter.value)
        if stop is not None:
            raise MatterStopped(notice=stop.notice)


def notices(session: Session, type_key: str, matters: Iterable[Matter]) -> dict[str, str]:
    """Give the notices of the matters of a type that are stopped."""
    stops = publications.stops(session, type_key)
    return {
        matter.value: stop.notice
        for matter in matters
        for stop in stops
        if matter in APPLICATIONS and stop.matter in (None, matter.value)
    }
