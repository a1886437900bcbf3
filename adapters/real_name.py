"""The real-name collection system of persons 个人用户实名制信息采集系统 and its twin (R22)."""

from __future__ import annotations

from datetime import date
from typing import Any

from adapters import world
from adapters.errors import Unavailable
from adapters.http import Outside
from registry.identifiers import IdType, Sex, normalise
from registry.ports import Identity


class RealNamesOverHttp:
    """A `registry.ports.RealNameRegister`.

    POST persons {"id_type", "id_no", "name"} gives {"name", "sex": "M" or "F",
    "birth": "1992-08-25", "id_type", "id_no", "mobile"}, or 404 when they do not belong together.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Give the person's facts when name and number belong together. Raises: Unavailable."""
        asked = {"id_type": id_type.value, "id_no": id_no, "name": name}
        return self._outside.ask("persons", asked, read=_read)


def _read(answer: Any) -> Identity:
    return Identity(
        name=answer["name"],
        sex=Sex(answer["sex"]),
        birth=date.fromisoformat(answer["birth"]),
        id_type=IdType(answer["id_type"]),
        id_no=answer["id_no"],
        mobile=answer["mobile"],
    )


class RealNameTwin:
    """A `registry.ports.RealNameRegister` that knows the fictitious persons."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down  #: refuse like a system that cannot be reached

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Give the person's facts when name and number belong together.

        Raises: Unavailable while `down`.
        """
        if self.down:
            raise Unavailable(system="实名制信息采集系统")
        found = world.holder(id_type, id_no)
        return identity_of(found) if found and normalise(name) == found.name else None


def identity_of(citizen: world.Citizen) -> Identity:
    """Give the six facts of a fictitious person."""
    return Identity(
        name=citizen.name,
        sex=Sex(citizen.sex),
        birth=citizen.birth,
        id_type=IdType(citizen.id_type),
        id_no=citizen.id_no,
        mobile=citizen.mobile,
    )
