"""The OFD form of what the agency sealed: certificates, copies, letters.

Drawn from the sealed PDF itself, so that both forms show the same, sealed with the national seal
when somebody first asks for it, and kept: whoever asks again gets the same bytes. The day of that
seal stands in the file; what counts, and since when, is the paper's own. Where the seal was revoked
since, the next one who asks gets a new file.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case import trail
from casework.certificate import sealed_words
from casework.office import Office
from engine.actors import Actor
from ofd import from_pdf
from ofd.document import Last
from ofd.from_pdf import NotDrawable
from ofd.sealing import Stamp
from refusals.refusal import Refusal
from registry import identifiers
from registry.applications import applications, documents, ofd_files
from registry.applications.documents import Document, DocumentKind, StoredFile
from registry.applications.ofd_files import OfdFile
from registry.certificates import certificates, copies
from registry.certificates.certificates import CANCELLATION, Certificate
from registry.law.calendars import shanghai_day
from signing import Role
from storage.database import writing


class NoOfdForm(Refusal):
    """这份文件没有OFD格式。管理部门盖章的证书、加注副本和文书可以下载OFD，其他文件请下载PDF。"""

    code = "E_OFD_NONE"


class OfdNotDrawn(Refusal):
    """这份文件暂时不能制作成OFD，请先下载PDF；我们已经记录，修正后可以重新下载。"""

    code = "E_OFD_NOT_DRAWN"
    may_pass = True


@dataclass(frozen=True, kw_only=True)
class OfdForm:
    """The OFD form of a paper."""

    data: bytes
    sha256: str


def of(office: Office, document_id: str, actor: Actor) -> OfdForm:
    """Give the OFD form of a paper; it is made when nobody asked before.

    Whether the actor may have the paper is the caller's to ask.
    Raises: NotFound, NoOfdForm, OfdNotDrawn, and what `Signatures.seal_ofd` raises.
    """
    with office.sessions() as session:
        document = documents.get(session, document_id)
        kept = _standing(office, session, document)
        title, facts = _facts(office, session, document)
        issuer = office.policy.authority
    if kept is not None:
        return OfdForm(data=office.files.get(kept.sha256), sha256=kept.sha256)

    # Step 1: draw the sealed PDF again; the seal's own place is that of the PDF's.
    try:
        drawn, places = from_pdf.draw(office.files.get(document.sha256), office.fonts)
    except NotDrawable as error:
        raise OfdNotDrawn from error
    place = places.get(Role.AGENCY)
    if place is None:
        raise NoOfdForm
    parts = drawn.parts(
        number_of_document=document.sha256[:32],
        title=title,
        author=issuer,
        day=shanghai_day(document.created_at),
        facts=facts,
        tags=_printed(facts),
    )

    # Step 2: seal and store it, so that a crash later leaves no more than bytes that nobody names.
    stamp = Stamp(page_id=drawn.pages[place.page].id, box=place.box)
    sealed = office.signatures.seal_ofd(parts, stamp)
    sha256 = office.files.put(sealed.data)

    # Step 3: put it on record, unless somebody else was first.
    with writing(office.sessions) as session:
        document = session.get_one(Document, document_id, with_for_update=True)
        kept = _standing(office, session, document)
        if kept is None:
            file = StoredFile(
                sha256=sha256, size_bytes=len(sealed.data), media_type=ofd_files.MEDIA_TYPE
            )
            ofd_files.add(session, document, file, serial=sealed.serial, at=sealed.at)
            about = {"document": document_id, "sha256": sha256, "serial": sealed.serial}
            now = office.now()
            trail.audit(session, actor, "document.ofd", document.application_id, now, **about)
            return OfdForm(data=sealed.data, sha256=sha256)
    return OfdForm(data=office.files.get(kept.sha256), sha256=kept.sha256)


def _standing(office: Office, session: Session, document: Document) -> OfdFile | None:
    """Give the form that was made, unless its seal was revoked since."""
    kept = ofd_files.newest(session, document.id)
    if kept is None or office.signatures.authority.revoked_at(kept.serial) is not None:
        return None
    return kept


def _facts(office: Office, session: Session, document: Document) -> tuple[str, dict[str, str]]:
    """Give the title, and what the file says of itself under the names of e-certificates.

    Only what is printed on the paper, and the public code of the authority: whoever holds the file
    knows it already. Which names are known, and which a deployment must confirm, stands in
    docs/ofd.md.
    """
    facts = {
        "ZZMC": document.title,
        "ZZBH": document.number or "",
        "ZZBFJG": office.policy.authority,
        "ZZBFJGDM": office.policy.authority_uscc,
        "ZZBFRQ": shanghai_day(document.created_at).isoformat(),
    }
    certificate = _certificate(session, document)
    if certificate is None:
        application = applications.get(session, document.application_id)
        return document.title, facts | {"KZ_SQBH": application.no}
    identifier, said = str(certificate.identifier or ""), certificate.facts
    ends = certificate.kind != CANCELLATION  # what certifies an end has none of its own
    facts |= {
        "ZZMC": str(said.get("title", document.title)),
        "ZZLXDM": identifiers.type_code(identifier),
        "ZZBS": identifier,
        "ZZBH": certificate.no,
        "CZZT": str(said.get("name", "")),
        "ZZBFRQ": shanghai_day(certificate.issued_at or certificate.reserved_at).isoformat(),
        "ZZYXQJZSJ": str(said.get("valid_to", "")) if ends else "",
    }
    is_copy = document.kind == DocumentKind.CERTIFICATE_COPY
    return document.title if is_copy else facts["ZZMC"], facts


def _certificate(session: Session, document: Document) -> Certificate | None:
    """Give the certificate that a paper is, or of which it is a copy."""
    if (copy := copies.by_document(session, document.id)) is not None:
        return certificates.get(session, copy.certificate_id)
    query = select(Certificate).where(Certificate.document_id == document.id)
    return session.scalar(query)


def _printed(facts: dict[str, str]) -> dict[str, str]:
    """Give the facts as they stand on the paper, where tags name them."""
    printed = {name: sealed_words.day(value) for name, value in facts.items()}
    return printed | {"ZZBFRQ": Last(printed["ZZBFRQ"])}  # under the seal, not in the text
