"""Checkpoints of the audit trail: stamped, and kept outside the database that they prove.

Whoever holds the database and its key can cut or rewrite the whole trail; he cannot take back what
was stamped and stands elsewhere. The folder should lie on another machine, or be copied to one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from casework.office import Office
from registry.trail import audit
from registry.trail.audit import Checkpoint
from signing.judging import stamps
from signing.keys.trust import SERVICE
from storage.database import to_json, writing


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the files of checkpoints say."""

    trusted: tuple[Checkpoint, ...]
    faults: tuple[str, ...]  #: files that prove nothing, in Chinese


def take(office: Office) -> str:
    """Chain every row and give the line to keep: how far the trail goes, stamped by our stamper."""
    with writing(office.sessions) as session:
        while audit.seal_batch(session):
            pass
        point = audit.checkpoint(session)
    line = point.to_line()
    token = office.signatures.authority.stamp(hashlib.sha256(line.encode()).digest())
    said = {"seq": point.seq, "root": point.root, "stamp": base64.b64encode(token).decode()}
    return to_json(said)


def keep(office: Office, folder: Path) -> Path:
    """Write a checkpoint into a folder, under a name that sorts by how far it reaches."""
    line = take(office)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"audit-{json.loads(line)['seq']:012}.json"
    write(path, line)
    return path


def write(path: Path, line: str) -> None:
    """Write a checkpoint whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(line + "\n", "utf-8")
    part.replace(path)


def duty(office: Office, _: datetime) -> int:
    """Keep the checkpoint of a day; tell how many were kept."""
    if office.policy.checkpoints is None:
        return 0
    keep(office, office.policy.checkpoints)
    return 1


def read(office: Office, paths: Iterable[Path]) -> Kept:
    """Read checkpoints that were kept; one whose stamp is not ours proves nothing."""
    issuers = office.signatures.authority.trust().issuers_of(SERVICE)
    trusted, faults = [], []
    for path in paths:
        point = _believed(path.read_text("utf-8"), issuers)
        if point is None:
            faults.append(f"存证文件{path.name}不是本系统加盖时间戳的存证，不能作为依据")
        else:
            trusted.append(point)
    return Kept(trusted=tuple(trusted), faults=tuple(faults))


def _believed(text: str, issuers: list[bytes]) -> Checkpoint | None:
    try:
        match json.loads(text):
            case {"seq": int(seq), "root": str(root), "stamp": str(stamp)}:
                point = Checkpoint(seq=seq, root=root)
                token = base64.b64decode(stamp, validate=True)
            case _:
                return None
    except ValueError:
        return None
    digest = hashlib.sha256(point.to_line().encode()).digest()
    return point if stamps.stamped_at(token, digest, issuers) else None
