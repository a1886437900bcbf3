"""The real-name collection system of persons 个人用户实名制信息采集系统 and its twin (R22)."""

from __future__ import annotations

from adapters import world
from adapters.errors import Unavailable
from registry.identifiers import IdType, Sex, normalise
from registry.ports import Identity


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
