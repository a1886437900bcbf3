"""案卷: everything of one case in one ZIP that a court's expert checks without our software.

All versions of all papers and their OFD forms, what the audit trail says, certificates and
revocation lists of the moment, digests of it all under the agency's signature, and the page that
says how to check each of them (`verification.md`).
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asn1crypto import pem
from sqlalchemy.orm import Session

from casework.case import trail
from casework.certificate import offline
from casework.office import Office
from engine.actors import Actor
from refusals.refusal import NotFound
from registry.applications import applications, documents, ofd_files
from registry.applications.applications import Application
from registry.applications.documents import Document
from registry.trail import audit
from storage.database import writing

_PAGE = Path(__file__).with_name("verification.md")
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MOST_EVENTS = 10_000
SUMS = "SHA256SUMS"


def build(office: Office, application_no: str, actor: Actor) -> bytes:
    """Give the package of a case, and write down that it was taken.

    Raises: NotFound, and what `Signatures.sign_list` raises.
    """
    now = office.now()
    with writing(office.sessions) as session:
        application = applications.by_no(session, application_no)
        if application is None:
            raise NotFound
        trail.audit(session, actor, "case.export", application.id, now)
    with office.sessions() as session:
        application = session.get_one(Application, application.id)
        files = dict(_papers(office, session, application))
        files["audit.jsonl"] = _events(session, application)
    files |= _authority(office)
    files["MADE_AT"] = str(int(now.timestamp())).encode()
    files["README.md"] = _PAGE.read_bytes()
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files[SUMS] = sums.encode()
    files[f"{SUMS}.p7s"] = office.signatures.sign_list(files[SUMS])
    return _packed(files)


def _papers(
    office: Office, session: Session, application: Application
) -> Iterator[tuple[str, bytes]]:
    """Give every version of every paper, and a table of what they are."""
    listed: list[dict[str, Any]] = []
    for place, document in enumerate(documents.history(session, application.id), 1):
        for number, version in enumerate(documents.versions(session, document.id), 1):
            name = f"papers/{place:02}-{document.kind}-{number}-{version.stage}.pdf"
            listed.append(_row(document, name, version.sha256, version.at.isoformat()))
            yield name, office.files.get(version.sha256)
        form = ofd_files.newest(session, document.id)
        if form is not None:
            name = f"papers/{place:02}-{document.kind}.ofd"
            listed.append(_row(document, name, form.sha256, form.at.isoformat()))
            yield name, office.files.get(form.sha256)
    yield "papers.json", json.dumps(listed, ensure_ascii=False, indent=1).encode()


def _row(document: Document, name: str, sha256: str, at: str) -> dict[str, Any]:
    return {
        "file": name,
        "title": document.title,
        "number": document.number,
        "state": document.state,
        "void_reason": document.void_reason,
        "sha256": sha256,
        "at": at,
    }


def _events(session: Session, application: Application) -> bytes:
    events = audit.of(session, f"application:{application.id}", limit=_MOST_EVENTS)
    rows = (
        {
            "seq": event.seq,
            "at": event.at.isoformat(),
            "actor": event.actor,
            "action": event.action,
            "result": event.result,
            "facts": event.facts,
            "digest": event.digest.hex(),
            "chain": event.chain.hex() if event.chain else None,
        }
        for event in events
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _authority(office: Office) -> Mapping[str, bytes]:
    """Give certificates and revocation lists as they are now."""
    authority = office.signatures.authority
    names, national = authority.names(), authority.national.names()
    files = {"certificates/roots.pem": b"".join(map(_pem, authority.roots()))}
    files |= {f"certificates/{name}.pem": _pem(authority.certificate(name)) for name in names}
    files |= {f"revocation/{name}.crl": authority.crl(name) for name in names}
    own = [authority.national.certificate(name) for name in national]
    files["certificates/sm2.pem"] = b"".join(map(_pem, own))
    files |= {f"revocation/{name}.crl": authority.national.crl(name) for name in national}
    for key in office.signatures.published_keys():
        files[f"certificates/keys/{key.id.hex()}.pem"] = _pem(key.certificate)
    files["revocation/ended.cose"] = offline.ended_list(office, is_national=False)
    if national:
        files["revocation/ended-sm2.cose"] = offline.ended_list(office, is_national=True)
    return files


def _pem(der: bytes) -> bytes:
    return bytes(pem.armor("CERTIFICATE", der))


def _packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()
