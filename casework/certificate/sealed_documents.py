"""Keeping a paper that the agency sealed: letters, certificates and their copies alike."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.office import Office
from engine.jobs import queue
from engine.operations import Call
from registry.applications import documents
from registry.applications.documents import Document
from signing import Signed


def keep(
    session: Session,
    office: Office,
    call: Call,
    application_id: str,
    kind: str,
    sealed: Signed,
    *,
    made: str,
    size_bytes: int,
    sha256: str,
    revision: int,
    number: str,
) -> Document:
    """Record a printed file with the agency's seal in it, and ask for its long-term evidence.

    `made` and `size_bytes` are of the file before the seal, `sha256` is of the sealed one.
    """
    document = documents.add(
        session,
        application_id,
        kind,
        sha256=made,
        size_bytes=size_bytes,
        revision=revision,
        at=call.now,
        number=number,
    )
    documents.signed(
        session,
        document,
        sha256=sha256,
        size_bytes=len(sealed.pdf),
        role="agency",
        signer=office.policy.authority,
        serial=sealed.serial,
        at=sealed.at,
    )
    augment = {"document_id": document.id}
    queue.add(session, "signing/augment", augment, f"augment/{sha256}", call.now)
    return document
