"""【电子注册证书管理】: 领证 with its confirmation, then 下载 (R112–R115)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Blueprint, flash, g, redirect, render_template
from werkzeug.wrappers import Response

from engine.casework import claiming, professions
from registry import certificates, registrations
from registry.certificates import Certificate, ClaimState
from registry.errors import NotFound
from web import access
from web.errors import NobodyHere
from web.extensions import db, office
from web.files import send
from web.ui import display
from web.ui.wording import Tag

bp = Blueprint("certificates", __name__, url_prefix="/certificates")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A certificate as its holder sees it."""

    id: str
    title: str  #: as it stands on the certificate, without the name of the state
    no: str
    facts: list[tuple[str, str]]
    tag: Tag
    claimable: bool
    claimed: bool
    ended: bool
    verify: str  #: address of the public page


@bp.get("")
@access.person_only
def mine() -> str:
    """List the person's certificates, those to be claimed first (R112)."""
    found = certificates.of_person(db.session(), g.visitor.person_id)
    return render_template("certificates/list.html", certificates=[_shown(one) for one in found])


def _shown(certificate: Certificate) -> Shown:
    session = db.session()
    registration = registrations.get(session, certificate.registration_id)
    answer = certificates.public_answer(session, certificate, on=office().today())
    claimed = certificate.claim_state == ClaimState.CLAIMED
    valid = answer.status is certificates.Validity.VALID
    tag = Tag(text="待领取", colour="orange")
    if claimed or not valid:
        tag = Tag(text=answer.status.label, colour="green" if valid else "grey")
    return Shown(
        id=certificate.id,
        title=_title(certificate),
        no=certificate.no,
        facts=[
            ("姓名", g.visitor.name),
            ("注册号", registration.no),
            ("证书编号", certificate.no),
            ("聘用企业", registration.enterprise_name),
            (
                "有效期",
                f"{display.day(registration.valid_from)} 至 {display.day(registration.valid_to)}",
            ),
        ],
        tag=tag,
        claimable=not claimed and valid,
        claimed=claimed,
        ended=not valid,
        verify=f"/verify/{certificate.qr_token}",
    )


def _title(certificate: Certificate) -> str:
    """Give what the certificate is called; what is on paper, by its profession."""
    session = db.session()
    kind = registrations.get(session, certificate.registration_id).type
    title = certificate.facts.get("title") or professions.title(office(), kind) + "注册执业证书"
    return str(title).removeprefix("中华人民共和国")


def _own(certificate_id: str) -> Certificate:
    """Give the visitor's own issued certificate; anybody else's does not exist for him."""
    try:
        found = certificates.get(db.session(), certificate_id)
    except NotFound as error:
        raise NobodyHere from error
    if found.person_id != g.visitor.person_id or found.claim_state == ClaimState.RESERVED:
        raise NobodyHere
    return found


def _case_of(certificate: Certificate) -> str:
    """Give the case of an electronic certificate; what is on paper is not handed out here."""
    if certificate.application_id is None:
        raise NobodyHere
    return certificate.application_id


@bp.get("/<certificate_id>/claim")
@access.person_only
def ask(certificate_id: str) -> str:
    """Show the information to confirm (R113)."""
    return render_template("certificates/claim.html", certificate=_shown(_own(certificate_id)))


@bp.post("/<certificate_id>/claim")
@access.person_only
def claim(certificate_id: str) -> Response:
    """【确认】; claiming twice is harmless (R114, I17)."""
    certificate = _own(certificate_id)
    if certificate.claim_state != ClaimState.CLAIMED:
        claiming.claim(office(), _case_of(certificate), g.visitor.actor)
    flash("领证成功，现在可以下载电子注册证书。", "success")
    return redirect("/certificates", 303)


@bp.get("/<certificate_id>.pdf")
@access.person_only
def download(certificate_id: str) -> Response:
    """Give the certificate that was claimed; each download is logged (R114, B.6)."""
    certificate = _own(certificate_id)
    content = claiming.download(office(), _case_of(certificate), g.visitor.actor)
    name = f"{_title(certificate)}-{certificate.no}.pdf"
    return send(content, name, "application/pdf", hashlib.sha256(content).hexdigest())
