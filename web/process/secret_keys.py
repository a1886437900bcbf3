"""The secrets of each purpose: how much lies under a former one, and moving it to that of today."""

from __future__ import annotations

from dataclasses import dataclass

from casework.office import Office
from engine.actors import SYSTEM
from refusals.refusal import Refusal
from registry.trail import audit
from storage import rotation
from storage.database import writing
from web.process import file_keys
from web.process.tables import metadata
from web.settings import Settings

ACTION = "secret.rotate"


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What lies under the secrets of today that lay under former ones."""

    register: int  #: values of columns
    keys: int  #: private keys
    files: int  #: keys of files
    faults: list[str]  #: what stayed shut, in Chinese


def left(office: Office) -> dict[str, int]:
    """Count what a rotation has still to move, by the setting of its secret; files it looks at."""
    with office.sessions() as session:
        columns = rotation.left(session, metadata)
    return {"register_key": columns, "signing_key": office.signatures.rewrapping.left()}


def rotate(settings: Settings, office: Office) -> Rotated:
    """Move everything to the secrets of today, and note it in the trail; again changes nothing."""
    columns, faults = 0, list[str]()
    for done, shut in rotation.run(office.sessions, metadata):
        columns += done
        faults += [f"{place}：不能用现有的登记密钥解密" for place in shut]
    keys = 0
    try:
        keys = office.signatures.rewrapping.run()
    except Refusal as refusal:
        faults.append(str(refusal))
    files = file_keys.renew(settings, office)
    faults += files.faults
    facts = {"register": columns, "keys": keys, "files": files.done, "faults": len(faults)}
    with writing(office.sessions) as session:
        at = office.now()
        audit.record(session, ACTION, actor=SYSTEM.id, subject="secrets", at=at, facts=facts)
    return Rotated(register=columns, keys=keys, files=files.done, faults=faults)
