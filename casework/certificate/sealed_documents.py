"""A paper that the agency seals: letters, certificates and their copies go the same way.

printed = sealed_documents.store(office, rendered)      # 1. what is going to be sealed
sealed = sealed_documents.seal(office, call, printed)   # 2. sealed, and stored
sealed_documents.keep(session, office, call, paper, sealed)   # 3. on record, with the act
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.office import Office
from engine.jobs import queue
from engine.operations import Call
from pdfgen import RenderedDocument as Rendered
from registry.applications import documents
from registry.applications.documents import Document, StoredFile
from signing import Signed


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What the paper is: of which case and revision, its kind and number."""

    application_id: str
    kind: str
    number: str
    revision: int = 0


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A paper before its seal, in the file store: a crash later leaves evidence of it."""

    pdf: bytes
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A paper with the agency's seal, in the file store; the only thing that `keep` accepts."""

    printed: Printed
    signed: Signed
    sha256: str


def store(office: Office, rendered: Rendered) -> Printed:
    """Put what is going to be sealed into the file store."""
    return Printed(pdf=rendered.pdf, sha256=office.files.put(rendered.pdf))


def seal(office: Office, call: Call, printed: Printed) -> Sealed:
    """Seal a printed paper as the agency; a repetition of the call makes the identical file."""
    signed = office.signatures.seal_as_agency(printed.pdf, key=call.key)
    return Sealed(printed=printed, signed=signed, sha256=office.files.put(signed.pdf))


def keep(session: Session, office: Office, call: Call, paper: Paper, sealed: Sealed) -> Document:
    """Put a sealed paper on record, and ask for its long-term evidence."""
    printed = StoredFile(sha256=sealed.printed.sha256, size_bytes=len(sealed.printed.pdf))
    signed = StoredFile(sha256=sealed.sha256, size_bytes=len(sealed.signed.pdf))
    documents.keep_all(session, [printed, signed], at=call.now)
    document = documents.add(
        session,
        paper.application_id,
        paper.kind,
        printed,
        revision=paper.revision,
        at=call.now,
        number=paper.number,
    )
    documents.signed(
        session,
        document,
        signed,
        role="agency",
        signer=office.policy.authority,
        serial=sealed.signed.serial,
        at=sealed.signed.at,
    )
    augment = {"document_id": document.id}
    queue.ask(session, "signing/augment", augment, f"augment/{sealed.sha256}", call.now)
    return document
