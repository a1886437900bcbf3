"""The keys under which stored files lie: from one key of the deployment to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from adapters.file_store import open_store
from casework.office import Office
from engine.actors import SYSTEM
from refusals.refusal import Refusal
from registry.trail import audit
from storage.database import writing
from web.settings import Settings

ACTION = "files.renew_keys"


@dataclass(frozen=True, kw_only=True)
class RenewedKeys:
    """What became of the keys of stored files."""

    files: int
    done: int  #: that are wrapped by another key than before
    faults: list[str]  #: what could not be opened, in Chinese


def renew(
    settings: Settings,
    office: Office,
    *,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> RenewedKeys:
    """Wrap the key of every stored file by the key of today, and note it in the trail.

    Nothing is lost when it is interrupted: each file is exchanged whole, and again changes nothing.
    """
    store, done, faults = open_store(settings.files, settings.file_keys()), 0, list[str]()
    addresses = sorted(store.addresses())
    for sha256 in watch(addresses):
        try:
            done += store.renew_key(sha256)
        except Refusal as error:
            faults.append(str(error))
    with writing(office.sessions) as session:
        facts = {"files": len(addresses), "renewed": done, "faults": len(faults)}
        at = office.now()
        audit.record(session, ACTION, actor=SYSTEM.id, subject="files", at=at, facts=facts)
    return RenewedKeys(files=len(addresses), done=done, faults=faults)
