"""The professions that can be registered here: the newest version of each deployed type."""

from __future__ import annotations

from casework.office import Office
from engine.definitions import Definition
from engine.errors import NoSuchDefinition
from professions.manifests import NoSuchProfession, RegistrationType
from registry.applications.applications import Application


def offered(office: Office) -> list[RegistrationType]:
    """Give every profession for which something may be started, in the order of pages (R8)."""
    types = [office.type_of(name) for name in office.definitions.offered().values()]
    return sorted(types, key=lambda kind: (kind.order, kind.key))


def find(office: Office, key: str | None) -> RegistrationType:
    """Give the offered profession with this key, the first one without a key.

    Raises NoSuchProfession.
    """
    for kind in offered(office):
        if key in (None, "", kind.key):
            return kind
    raise NoSuchProfession(key=key or "")


def insist(office: Office, key: str) -> Definition:
    """Give what a profession is offered by at this moment; raise NoSuchProfession."""
    offered = office.definitions.offered_now()
    if key not in offered:
        raise NoSuchProfession(key=key)
    return office.definitions.get(offered[key])


def newest(office: Office, key: str) -> RegistrationType | None:
    """Give a profession as described last, also one that is offered no more; None if unknown."""
    try:
        return office.type_of(office.definitions.latest(key).hash)
    except NoSuchDefinition:
        return None


def title(office: Office, key: str) -> str:
    """Give the name of a profession, also of one that is offered no more; its key if unknown."""
    kind = newest(office, key)
    return key if kind is None else kind.title


def of(office: Office, application: Application) -> RegistrationType:
    """Give the profession of a case, as the version that it runs on describes it."""
    return office.type_of(application.definition)
