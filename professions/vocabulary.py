"""The words of the house: what variables, tables and parameters of operations may say.

They stand in `vocabulary.toml`; what the register enumerates itself is taken from there. A word
outside them is refused at the check, with the nearest one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from professions.kinds import ANYTHING, FLAG, NUMBER, TEXT, Kind, record, words
from registry.applications.statuses import Matter, Status
from registry.closed_lists import Act, Basis, Effect, Ground, ItemKind, RegistrationStatus

_ENUMERATED: Mapping[str, type[StrEnum]] = {
    "matter": Matter,
    "status": Status,
    "registration_status": RegistrationStatus,
    "act": Act,
    "ground": Ground,
    "ban_basis": Basis,
    "item_kind": ItemKind,
    "rename_effect": Effect,
}
_PLAIN = {"text": TEXT, "number": NUMBER, "flag": FLAG, "any": ANYTHING}
_DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
#: What a figure may count, with the words that texts call it by.
UNITS: Mapping[str, tuple[str, ...]] = {
    unit: tuple(called) for unit, called in _DATA["unit"].items()
}
#: The units of figures that texts name and of fields that the house reads.
FIGURES: Mapping[str, str] = dict(_DATA["figure"])

#: What is said beside a period or a figure that a text names, in capitals: first its own name.
PERIODS_ABOUT: Mapping[str, tuple[str, ...]] = {
    name: tuple(words) for name, words in _DATA["period_about"].items()
}
#: What the title of a matter says, and what the end of a period does, by code and name.
MATTERS_CALLED: Mapping[str, str] = dict(_DATA["matter_called"])
MATTERS_NEVER_CALLED: Mapping[str, str] = dict(_DATA["matter_never_called"])
#: What entries of a manifest usually say, by what they are.
USUAL: Mapping[str, tuple[str, ...]] = {
    what: tuple(words) for what, words in _DATA["usual"].items()
}
#: What stands in the full name of an authority that guides call so for short.
AUTHORITIES_CALLED: Mapping[str, str] = dict(_DATA["authority_called"])
EXPIRIES: Mapping[str, str] = dict(_DATA["expiry"])
#: The status at a task, what a branch does soon, and how a service is called, see the file.
TASK_STATUS: Mapping[str, str] = dict(_DATA["task_status"])
Acts = tuple[frozenset[str], ...]  #: one of each


def _acts(told: Mapping[str, Any]) -> Mapping[str, Acts]:
    return {
        name: tuple(map(frozenset, acts if isinstance(acts[0], list) else [acts]))
        for name, acts in told.items()
    }


CONSEQUENCES = _acts(_DATA["consequence"])
FOLLOWS = _acts(_DATA["follows"])
INTERRUPTED = _acts(_DATA["interrupted"])
#: What rests upon an answer: act → the tasks after which it is done only where a condition holds.
ONLY: Mapping[str, tuple[tuple[str, str], ...]] = {
    act: tuple((told["after"], told["when"]) for told in entries)
    for act, entries in _DATA["only"].items()
}


@dataclass(frozen=True, kw_only=True)
class Reminded:
    """By what somebody who is at a task is reminded, without an interruption."""

    task: str
    notice: str
    by: tuple[str, ...] = ()  #: periods, each of which sends the notice
    least: int = 0  #: of all timers that send it


REMINDED = tuple(
    Reminded(**{**told, "by": tuple(told.get("by", ()))}) for told in _DATA["reminded"]
)
#: What a matter need not do of all this, by its code.
NEED_NOT: Mapping[str, frozenset[str]] = {
    code: frozenset(acts) for code, acts in _DATA["need_not"].items()
}
#: Parameters that go with each other: operation → words of one and what the other then is.
TOGETHER: Mapping[str, tuple[Mapping[str, str], ...]] = {
    operation: tuple(dict(told) for told in entries)
    for operation, entries in _DATA["together"].items()
}
#: Messages that never interrupt.
ASIDE = frozenset(_DATA["aside"]["messages"])
#: What the words of tables are called in the descriptions of rows.
WORDS_CALLED: Mapping[str, tuple[str, ...]] = {
    word: tuple(called) for word, called in _DATA["word_called"].items()
}
REMINDERS = frozenset(_DATA["reminders"]["kinds"])
ESCALATING = frozenset(_DATA["reminders"]["escalating"])
STEPS_CALLED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    operation: {kind: tuple(words) for kind, words in called.items()}
    for operation, called in _DATA["step_called"].items()
}
#: What people call variables and the keys of records.
TITLES: Mapping[str, str] = dict(_DATA["title"])
#: What no guide says, as a pattern → why.
NEVER_SAID: Mapping[str, str] = dict(_DATA["never_said"])
#: What the guide of a matter never says, by the code of the matter.
NEVER_SAID_OF: Mapping[str, Mapping[str, str]] = _DATA["never_said_of"]
#: National code of a kind of certificates → what it certifies.
CERTIFIED: Mapping[str, str] = dict(_DATA["certified"])
#: What pages call their lists and buttons.
PLACES: Sequence[str] = tuple(name for names in _DATA["places"].values() for name in names)
#: What an upload may weigh, in megabytes, by what texts call it.
UPLOADS_MB: Mapping[str, int] = dict(_DATA["uploads_mb"])


@dataclass(frozen=True, kw_only=True)
class LegalPeriod:
    """The bounds that the law sets to a period of the table `deadline`."""

    unit: str
    least: int
    most: int
    article: str  #: its source


LEGAL_PERIODS: Mapping[str, LegalPeriod] = {
    name: LegalPeriod(**told) for name, told in _DATA["legal_period"].items()
}


#: Period of policy → its unit, the least and the most that is no slip of a digit.
POLICY_PERIODS: Mapping[str, tuple[str, int, int]] = {
    name: (told["unit"], told["least"], told["most"])
    for name, told in _DATA["policy_period"].items()
}

#: Period of policy → from what it counts, where that is not free.
POLICY_STARTS: Mapping[str, str] = {
    name: told["starts"] for name, told in _DATA["policy_period"].items() if "starts" in told
}


def other_unit(heading: str, unit: str) -> str | None:
    """Return the word for another unit that a heading names instead of its figure's own.

    >>> other_unit("必修天数下限", "hours"), other_unit("超过3年期限的天数", "days")
    ('天', None)
    """
    if not unit or any(word in heading for word in UNITS[unit]):
        return None
    return next(
        (word for words in UNITS.values() for word in words if _counts(heading, word)), None
    )


def _counts(heading: str, word: str) -> bool:
    """Tell whether a heading counts in a word: short ones stand in many others, as 日 in 日期."""
    return (len(word) > 1 and word in heading) or f"{word}数" in heading or f"（{word}）" in heading


def follows_other_unit(text: str, unit: str) -> str | None:
    """Return the word for a unit with which a text goes on after a figure, if it is not its own.

    >>> follows_other_unit("个月内", "days"), follows_other_unit("天以前", "days")
    ('个月', None)
    """
    longest = sorted((word for words in UNITS.values() for word in words), key=len, reverse=True)
    word = next((word for word in longest if text.lstrip().startswith(word)), None)
    return None if word is None or word in UNITS.get(unit, ()) else word


def kind(told: str) -> Kind:
    """Give the kind that a name of the vocabulary means; "K?" may be null, "K!" empty.

    >>> kind("flag").name, sorted(kind("region").words), kind("status?").or_null
    ('flag', ['OTHER', 'SHANGHAI'], True)
    """
    if told.endswith("?"):
        return replace(kind(told[:-1]), or_null=True)
    if told.endswith("!"):
        return words("", *kind(told[:-1]).words)
    if told in _PLAIN:
        return _PLAIN[told]
    if told in UNITS:
        return replace(NUMBER, title=f"以“{UNITS[told][0]}”计的数", unit=told)
    if told in _ENUMERATED:
        return words(*_ENUMERATED[told])
    if told in _DATA["record"]:
        return record({key: kind(of) for key, of in _DATA["record"][told].items()})
    return words(*_DATA["words"][told])


#: What the variables may be with which casework starts a process.
VARIABLES: Mapping[str, Kind] = {name: kind(told) for name, told in _DATA["variables"].items()}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the house expects of one table."""

    is_list: bool  #: it answers with all that applies, not with one
    outputs: Mapping[str, Kind]
    optional: frozenset[str] = frozenset()  #: outputs that the house does without
    says_all: bool = False  #: each word of the outputs must stand in some rule
    is_lookup: bool = False  #: not every input has an answer
    given: Mapping[str, Kind] | None = None  #: all that it is asked with; None: in diagrams only


def _shape(told: Mapping[str, Any]) -> Shape:
    return Shape(
        is_list=told["answers"] == "many",
        outputs={name: kind(of) for name, of in told["outputs"].items()},
        optional=frozenset(told.get("optional", ())),
        says_all=told.get("says_all", False),
        is_lookup=told.get("lookup", False),
        given=_given(told["given"]) if "given" in told else None,
    )


def _given(told: Mapping[str, str] | Iterable[str]) -> dict[str, Kind]:
    if isinstance(told, Mapping):
        return {name: kind(of) for name, of in told.items()}
    return {name: _of_variable(name) for name in told}


def _of_variable(name: str) -> Kind:
    if name in VARIABLES:
        return VARIABLES[name]
    return kind(name) if name in _DATA["record"] else _SET_IN_CASES[name]


_SET_IN_CASES = {"opinion_ticked": FLAG}

#: The tables that the house asks itself, and those of its diagrams whose words it knows.
SHAPES: Mapping[str, Shape] = {name: _shape(told) for name, told in _DATA["table"].items()}
