"""What the fictitious world holds of each shipped profession: examples/demonstration.toml.

The twins and the demonstration know people and enterprises (`adapters.world`); what makes them
hold a profession is data of that profession, so a new one needs no Python. Only demonstrations
read it.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refusals.refusal import Refusal

FOLDER = Path(__file__).parents[1] / "bpmn"
FILE = "examples/demonstration.toml"


class DemonstrationUnreadable(Refusal):
    """演示数据 {file} 不能使用：{reason}。请按 docs/add-a-registration-type.md 修改。"""

    code = "E_DEMONSTRATION"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody who holds the qualification."""

    person: str  #: subject at the portal
    number: str  #: of the qualification certificate
    days_ago: int  #: issued so long before the demonstration data were made
    story: str = ""  #: what shows this person, where there is one
    plays: str = ""  #: what happened before, a word of `web.demo.people.population`


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper certificate in the register before ours (R116)."""

    person: str
    registration_no: str
    certificate_no: str
    days_left: int  #: of the registration, when the demonstration data were made


@dataclass(frozen=True, kw_only=True)
class Employing:
    """The qualification that enterprises hold to employ in the profession."""

    category: str
    grade: str
    certificate_no: str
    held_by: tuple[str, ...] = ()  #: credit codes; whoever holds any qualification when empty


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One profession in the demonstration."""

    key: str
    title: str
    letters: str  #: with which its registration numbers begin
    kind: str  #: of the qualification of an enterprise, [employer] of type.toml
    order: int
    walker: str = ""  #: who walks 初始注册 in `make demo`; the first citizen when empty
    filled: Mapping[str, Any] = field(default_factory=dict)  #: its own fields of 初始注册
    holders: tuple[Holder, ...] = ()
    papers: tuple[Paper, ...] = ()
    employing: Employing | None = None
    #: Numbers of whoever no profession names, by `crowd` and `engineers`; {serial} is the own one.
    everybody: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def of_all(root: Path = FOLDER) -> tuple[Demonstration, ...]:
    """Give what each profession below `root` brings, in the order of the pages.

    Raises DemonstrationUnreadable.
    """
    files = sorted(root.glob(f"*/{FILE}"))
    return tuple(sorted(map(read, files), key=lambda known: (known.order, known.key)))


def read(file: Path) -> Demonstration:
    """Read one file, with what its type.toml says of the profession.

    Raises DemonstrationUnreadable: no TOML, an unknown word, a missing one, another kind of value.
    """
    folder = file.parents[1]
    try:
        kind = tomllib.loads((folder / "type.toml").read_text("utf-8-sig"))
        said = tomllib.loads(file.read_text("utf-8-sig"))
        return Demonstration(
            key=folder.name,
            title=str(kind["title"]),
            letters=str(kind["numbers"]["registration"]).partition("{")[0],
            kind=str(kind.get("employer", {}).get("qualification", "")),
            order=int(kind.get("order", 999)),
            holders=tuple(_holder(row) for row in said.pop("holder", ())),
            papers=tuple(Paper(**row) for row in said.pop("paper", ())),
            employing=_employing(said.pop("enterprise", None)),
            **said,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        place = f"{folder.name}/{FILE}"
        raise DemonstrationUnreadable(file=place, reason=str(error)) from error


def _holder(row: Mapping[str, Any]) -> Holder:
    holder = Holder(**row)
    if not isinstance(holder.days_ago, int) or not holder.number:
        raise ValueError(f"{holder.person}: number, days_ago")
    return holder


def _employing(row: Mapping[str, Any] | None) -> Employing | None:
    if row is None:
        return None
    return Employing(**{**row, "held_by": tuple(row.get("held_by", ()))})
