"""The periods of a case in words: every text takes the figure from the case's own definition.

The table `deadline` of a registration type is their one source. A text names a period in braces,
`{CORRECTION_REPLY}`, and a figure of the rules likewise, `{renewal_open_days}`; see
`professions.texts.wording` for the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from casework.office import Office
from casework.terms import clocks
from professions.manifests import RegistrationType
from professions.texts import wording
from refusals.days import day_in_words
from registry.law import parameters

#: The periods that letters and forms name, each known to templates as `data.periods.NAME`.
PRINTED: Mapping[str, str] = {
    "formal_check": "FORMAL_CHECK",
    "decision": "DECISION",
    "extension": "DECISION_EXTENSION",
    "correction_reply": "CORRECTION_REPLY",
    "objection": "OBJECTION",
    "delivery": "DELIVERY",
    "reconsideration": "RECONSIDERATION",
    "litigation": "LITIGATION",
}


def words(office: Office, definition: str) -> Mapping[str, str]:
    """Give every period as pages and messages write it, by the name of its clock: 15个工作日."""
    known = office.type_of(definition).clocks
    return {name: clock.words for name, clock in known.items()}


def formal(office: Office, definition: str) -> Mapping[str, str]:
    """Give the periods of `PRINTED` as letters write them: 十五个工作日."""
    known = office.type_of(definition).clocks
    return {name: known[clock].formal for name, clock in PRINTED.items()}


def facts(office: Office, session: Session, definition: str) -> Mapping[str, str]:
    """Give what a help text may name: the periods, and the figures of the rules as they are now."""
    return facts_of(office, session, office.type_of(definition))


def facts_of(office: Office, session: Session, kind: RegistrationType) -> Mapping[str, str]:
    """Give the same of a type that need not be deployed."""
    figures = {**parameters.load(session, at=office.now()), **kind.figures}
    numbers = {name: str(value) for name, value in figures.items() if type(value) is int}
    return {name: clock.words for name, clock in kind.clocks.items()} | numbers


def filled(office: Office, session: Session, definition: str, text: str) -> str:
    """Give a text of a registration type with its periods and figures."""
    return wording.fill(text, facts(office, session, definition))


class ToldPeriods(dict[str, Any]):
    """What fills a message: given facts, and each period with its last day when a text names it.

    `{CORRECTION_REPLY}` is how long, `{CORRECTION_REPLY_DAY}` the last day counted from `start`.
    """

    def __init__(
        self, given: Mapping[str, Any], *, office: Office, definition: str, start: date
    ) -> None:
        super().__init__(given)
        self._office, self._definition, self._start = office, definition, start

    def __missing__(self, name: str) -> str:
        """Give a period; raises KeyError for what nobody knows."""
        if name.endswith("_DAY"):
            clock = name.removesuffix("_DAY")
            due = clocks.due_of(self._office, self._definition, clock, self._start)
            return day_in_words(due.day)
        return words(self._office, self._definition)[name]
