"""Files of a case: shown in the page or saved, only to those whom the case concerns (D.4)."""

from __future__ import annotations

import base64
import hashlib
import io
import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, send_file
from sqlalchemy import select

from casework.certificate import ofd_forms
from casework.retention_table import insist_kept
from engine.tables import UserTask
from pdfgen import voided
from refusals.refusal import NotFound
from registry.applications import attachments, documents, ofd_files
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind, VoidReason
from registry.applications.statuses import Matter
from storage.literals import ONE
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("files", __name__, url_prefix="/files")

_ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


def readable(application_id: str) -> Application:
    """Give an application whose files the visitor may read.

    A person reads his own, an enterprise those it was named in and that were signed, an officer
    those that are or were a task of one of his inboxes. Raises `NotFound` for everybody else.
    """
    visitor = access.visitor()
    if visitor.kind == "person":
        heard = db.session.get(Application, application_id)
        if heard is not None and heard.matter == Matter.EX_OFFICIO:
            return access.own_hearing(application_id)
        return access.own_application(application_id)
    if visitor.kind == "enterprise":
        return access.enterprise_application(application_id)
    application = db.session.get(Application, application_id)
    concerned = select(UserTask.id).where(
        UserTask.business_key == application_id, UserTask.inbox.in_(sorted(visitor.actor.inboxes))
    )
    if application is None or db.session.scalar(concerned.limit(ONE)) is None:
        raise NotFound
    insist_kept(application.retired)
    return application


def send(content: bytes, filename: str, media_type: str, sha256: str) -> Response:
    """Answer with a file; `?download=1` saves it under its Chinese name."""
    answer = send_file(
        io.BytesIO(content),
        mimetype=media_type,
        etag=sha256,
    )
    if len(sha256) == len(hashlib.sha256().hexdigest()):  # not marked on its way out
        digest = base64.b64encode(bytes.fromhex(sha256)).decode()
        answer.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    saved = "attachment" if request.args.get("download") else "inline"
    names = {"filename": _plain(filename), "filename*": f"UTF-8''{quote(filename, safe='')}"}
    answer.headers.set("Content-Disposition", saved, **names)  # RFC 6266, 5
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _plain(filename: str) -> str:
    """Return the name for programs that read only ASCII; none begins as an option would.

    >>> _plain("注册申请表（已作废）-31S2C0001.pdf"), _plain("证书.pdf")
    ('31S2C0001.pdf', 'file.pdf')
    """
    stem, dot, ending = filename.rpartition(".")
    spelt = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return f"{spelt.strip('-_.() ') or 'file'}{dot}{ending}"


def _readable_document(document_id: str) -> tuple[documents.Document, Application]:
    kept = documents.get(db.session(), document_id)
    application = readable(kept.application_id)
    if not is_shown(kept):
        raise NotFound
    return kept, application


def is_shown(document: documents.Document) -> bool:
    """Tell whether a paper is shown here: a certificate is handed out by 领证 to its holder."""
    handed_out = document.kind in (DocumentKind.CERTIFICATE, DocumentKind.CERTIFICATE_COPY)
    return not handed_out or access.visitor().kind == "officer"


@bp.get("/documents/<document_id>.pdf")
@access.signed_in
def document(document_id: str) -> Response:
    """Show a document of a case; a void one says so in its name and on its pages (R46, R62, I7)."""
    return document_of(document_id)


def document_of(document_id: str) -> Response:
    """Answer with a document; officers get a void one as it is: for them it is evidence."""
    kept, application = _readable_document(document_id)
    mark = "（已作废）" if kept.is_void else ""
    name = f"{kept.title}{mark}-{application.no}.pdf"
    content, tag = office().files.get(kept.sha256), kept.sha256
    if kept.is_void and access.visitor().kind != "officer":
        reason = VoidReason(kept.void_reason or VoidReason.REPLACED).label
        content = voided.mark(content, f"{reason}，不具有法律效力", fonts=office().fonts)
        tag += "-void"
    return send(content, name, "application/pdf", tag)


def _has_ofd(document: documents.Document) -> bool:
    """Tell whether a paper that stands was sealed by the agency."""
    return DocumentKind(document.kind).is_of_agency and not document.is_void


@bp.get("/documents/<document_id>.ofd")
@access.signed_in
def ofd(document_id: str) -> Response:
    """Give a letter of the agency in the national form; what is void has none but for officers."""
    kept, application = _readable_document(document_id)
    if kept.is_void and access.visitor().kind != "officer":
        raise NotFound
    form = ofd_forms.of(office(), kept.id, access.visitor().actor)
    name = f"{kept.title}-{application.no}.ofd"
    return send(form.data, name, ofd_files.MEDIA_TYPE, form.sha256)


@bp.get("/documents/<document_id>")
@access.signed_in
def about(document_id: str) -> str:
    """Show a document with who signed it; a void one carries its mark (R44, I7)."""
    kept, application = _readable_document(document_id)
    heard = application.matter == Matter.EX_OFFICIO
    pages = {
        "person": "/hearings/" if heard else "/applications/",
        "enterprise": "/enterprise/applications/",
        "officer": "/agency/cases/",
    }
    return render_template(
        "files/document.html",
        document=kept,
        ofd=_has_ofd(kept),
        application=application,
        void_reason=VoidReason(kept.void_reason).label if kept.void_reason else "",
        signatures=documents.signatures(db.session(), kept.id),
        back=f"{pages[access.visitor().kind]}{application.id}",
    )


@bp.get("/attachments/<attachment_id>")
@access.signed_in
def attachment(attachment_id: str) -> Response:
    """Show an upload: to its owner, after signing to the enterprise, later to the officers."""
    kept = attachments.get(db.session(), attachment_id)
    application = readable(kept.application_id)
    ending = _ENDINGS.get(kept.media_type, "")
    stem = kept.filename.rsplit(".", 1)[0]
    content = office().files.get(kept.sha256)
    return send(content, f"{stem}-{application.no}{ending}", kept.media_type, kept.sha256)
