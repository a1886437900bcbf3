"""加注使用: copies of a certificate for one purpose and one window, their state and files."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from casework.certificate import copy_requests, ofd_forms
from casework.certificate.copy_requests import CopyFaults
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications.ofd_files import MEDIA_TYPE
from registry.certificates import copies, public_answers
from registry.certificates.certificates import Certificate
from registry.certificates.copies import Copy, CopyState
from registry.versions import Seen
from web.applicant.certificates import own, title_of
from web.errors import told
from web.extensions import db, office
from web.ui.wording import Tag
from web.visitors import access
from web.visitors.files import send
from web.visitors.rate_limits import limit
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("certificate_copies", __name__, url_prefix="/certificates/<certificate_id>/copies")

_COLOURS = {
    CopyState.ASKED: "blue",
    CopyState.NOT_YET: "yellow",
    CopyState.VALID: "green",
    CopyState.OVER: "grey",
    CopyState.ENDED: "grey",
}


@bp.get("")
@access.person_only
def shown(certificate_id: str) -> str | Response:
    """List the copies, newest first, and offer a new one; 304 while nothing changed."""
    certificate = own(certificate_id)
    if certificate.document_id is None:
        raise NotFound
    usual = copy_requests.usual(office(), certificate.id)
    values = {
        "request": secrets.token_hex(16),
        "purpose": "",
        "first": usual.first.isoformat(),
        "last": usual.last.isoformat(),
    }
    rows, tag = _rows(certificate)
    if request.headers.get("If-None-Match") == tag:
        return Response(status=304)
    return _page(certificate, values, {}, rows, tag)


def _rows(certificate: Certificate) -> tuple[list[dict[str, object]], str]:
    session, today = db.session(), office().today()
    answer = public_answers.of(session, certificate, on=today)
    rows: list[dict[str, object]] = []
    for copy in copies.of(session, certificate.id):
        state = copy.state_on(today, answer.status)
        usable = state in (CopyState.VALID, CopyState.NOT_YET)
        rows.append(
            {
                "purpose": copy.purpose,
                "valid_from": copy.valid_from,
                "valid_to": copy.valid_to,
                "tag": Tag(text=state.label, colour=_COLOURS[state]),
                "making": state is CopyState.ASKED,
                "file": f"/certificates/{certificate.id}/copies/{copy.id}.pdf" if usable else None,
                "ofd": f"/certificates/{certificate.id}/copies/{copy.id}.ofd" if usable else None,
                "verify": f"/verify/{copy.qr_token}" if usable else None,
            }
        )
    return rows, hashlib.sha256(repr(rows).encode()).hexdigest()[:20]


def _page(
    certificate: Certificate,
    values: Mapping[str, str],
    faults: Mapping[str, str],
    rows: list[dict[str, object]],
    tag: str,
) -> str:
    look(Seen.CERTIFICATE, certificate.id)
    try:
        copy_requests.insist(office(), certificate.id, g.visitor.actor)
        refusal = ""
    except Refusal as error:
        refusal = told(error)
    return render_template(
        "certificates/copies.html",
        certificate=certificate,
        title=title_of(certificate),
        rows=rows,
        etag=tag if any(row["making"] for row in rows) else None,
        values=values,
        faults=faults,
        refusal=refusal,
        most_days=copy_requests.most_days(office(), certificate.id),
    )


@bp.post("")
@access.person_only
def ask(certificate_id: str) -> Answer | tuple[str, int]:
    """Ask for a copy; a second click asks for the same one."""
    certificate = own(certificate_id)
    if certificate.document_id is None:
        raise NotFound
    limit("certificate copy", g.visitor.person_id, times=60, per_s=3600)
    values = {name: request.form.get(name, "") for name in ("request", "purpose", "first", "last")}
    try:
        copy_requests.ask(
            acting(Seen.CERTIFICATE, certificate.id),
            certificate.id,
            request=values["request"],
            purpose=values["purpose"],
            first=readings.as_day(values["first"]),
            last=readings.as_day(values["last"]),
            actor=g.visitor.actor,
        )
    except CopyFaults as error:
        rows, tag = _rows(certificate)
        return _page(certificate, values, error.faults, rows, tag), 422
    except ChangedMeanwhile as error:
        rows, tag = _rows(certificate)
        return _page(certificate, values, {"": Fault.of(error)}, rows, tag), 409
    flash("已开始制作加注副本，完成后在下方下载。", "success")
    return redirect(f"/certificates/{certificate.id}/copies", 303)


@bp.get("/<copy_id>.pdf")
@access.person_only
def download(certificate_id: str, copy_id: str) -> Response:
    """Give the file of a copy; each download is logged with its purpose (B.6)."""
    _insist(certificate_id, copy_id)
    content, copy = copy_requests.download(office(), copy_id, g.visitor.actor)
    digest = hashlib.sha256(content).hexdigest()
    return send(content, _name(certificate_id, copy, "pdf"), "application/pdf", digest)


@bp.get("/<copy_id>.ofd")
@access.person_only
def download_ofd(certificate_id: str, copy_id: str) -> Response:
    """Give the same copy in the national form, under the same rules."""
    _insist(certificate_id, copy_id)
    paper, copy = copy_requests.downloaded(office(), copy_id, g.visitor.actor)
    form = ofd_forms.of(office(), paper.id, g.visitor.actor)
    return send(form.data, _name(certificate_id, copy, "ofd"), MEDIA_TYPE, form.sha256)


def _insist(certificate_id: str, copy_id: str) -> None:
    """Insist on a copy of the visitor's own certificate."""
    if copies.get(db.session(), copy_id).certificate_id != own(certificate_id).id:
        raise NotFound


def _name(certificate_id: str, copy: Copy, ending: str) -> str:
    certificate = own(certificate_id)
    return f"{title_of(certificate)}加注副本-{certificate.no}-{copy.purpose}.{ending}"
