"""The real-name collection system of persons 个人用户实名制信息采集系统 and its twin (R22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters import world
from adapters.faults import Faults
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.http import Client
from registry import readings
from registry.identifiers import IdType, Sex
from registry.ports import Identity


class RealNamesOverHttp(Client):
    """A `registry.ports.RealNameRegister`.

    POST persons {"id_type", "id_no", "name"} gives {"name", "sex": "M" or "F",
    "birth": "1992-08-25", "id_type", "id_no", "mobile"}, or 404 when they do not belong together.
    """

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Give the person's facts when name and number belong together.

        Raises: Unavailable, WrongAnswer.
        """
        asked = {"id_type": id_type.value, "id_no": id_no, "name": name}

        def read(answer: Any) -> Identity:
            holder = _read(plain.record(answer))
            self._outside.same((holder.id_type, holder.id_no), (id_type, readings.number(id_no)))
            self._outside.same(holder.name, readings.name(name))
            return holder

        return self._outside.ask("persons", asked, read=read)


def _read(answer: Any) -> Identity:
    return Identity(
        name=plain.text(answer, "name"),
        sex=plain.choice(answer, "sex", Sex),
        birth=plain.day(answer, "birth"),
        id_type=plain.choice(answer, "id_type", IdType),
        id_no=plain.text(answer, "id_no"),
        mobile=plain.text(answer, "mobile"),
    )


class RealNameTwin:
    """A `registry.ports.RealNameRegister` that knows the fictitious persons."""

    def __init__(self, *, faults: Faults | None = None) -> None:
        self.faults = faults or Faults(System.REAL_NAME)

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Give the person's facts when name and number belong together.

        Raises: Unavailable, WrongAnswer when told to.
        """
        self.faults.before_answer()
        citizen = world.holder(id_type, id_no)
        if citizen is None or readings.name(name) not in (citizen.name, citizen.corrected_name):
            return None
        return replace(identity_of(citizen), name=readings.name(name))


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
