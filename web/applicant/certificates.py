"""【电子注册证书管理】: 领证 with its confirmation, then 下载; 换领 and reports (R112–R119)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.application import new_application
from casework.authority import error_report
from casework.case import offered_professions
from casework.certificate import claims, ofd_forms
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import applications
from registry.applications.ofd_files import MEDIA_TYPE
from registry.applications.statuses import Matter
from registry.authority import reports
from registry.certificates import certificates, public_answers, registrations
from registry.certificates.certificates import (
    CANCELLATION,
    PAPER,
    Cause,
    Certificate,
    ClaimState,
    Validity,
)
from registry.certificates.registrations import Registration
from registry.versions import Seen
from web import display
from web.errors import told
from web.extensions import anew, db, office
from web.ui.wording import Tag
from web.visitors import access
from web.visitors.files import send
from web.visitors.rate_limits import limit
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("certificates", __name__, url_prefix="/certificates")

UPDATED = "证书信息已更新，请领取新版。"


@dataclass(frozen=True, kw_only=True)
class ShownCertificate:
    """A certificate as its holder sees it; what may be done with it is decided here."""

    id: str
    title: str  #: as it stands on the certificate, without the name of the state
    no: str
    facts: list[tuple[str, str]]
    tag: Tag
    note: str  #: what a version that counts no longer is followed by
    claimable: bool
    downloadable: bool
    exchangeable: bool  #: on paper, and no exchange is in progress
    exchange: str | None  #: address of the exchange in progress
    kind: str  #: key of the profession
    ended: bool
    days_left: int | None  #: of a valid registration
    renewable: bool  #: 延续注册 is open
    renewing: str | None  #: address of a renewal in progress
    copies: bool  #: copies may be made of it, or were
    verify: str | None  #: address of the public page


@bp.get("")
@access.person_only
def mine() -> str:
    """List the person's certificates, those to be claimed first (R112, R117, R118)."""
    held = certificates.of_person(db.session(), g.visitor.person_id)
    return render_template(
        "certificates/list.html",
        certificates=[shown(certificate) for certificate in held],
        reports=reports.of_person(db.session(), g.visitor.person_id),
    )


def shown(certificate: Certificate) -> ShownCertificate:
    """Give a certificate as its holder sees it."""
    session = db.session()
    registration = registrations.get(session, certificate.registration_id)
    answer = public_answers.of(session, certificate, on=office().today())
    cancels = certificate.kind == CANCELLATION
    paper = certificate.form == PAPER
    claimed = certificate.claim_state == ClaimState.CLAIMED
    valid = answer.status is Validity.VALID
    exchange = _exchange(certificate) if paper and valid else None
    stands = valid and not cancels
    left = (registration.valid_to - office().today()).days
    return ShownCertificate(
        id=certificate.id,
        title=title_of(certificate),
        no=certificate.no,
        facts=_facts(certificate, registration),
        tag=_tag(answer.status, claimed=claimed, cancels=cancels, paper=paper),
        note=_note(certificate, answer.status),
        claimable=not claimed and valid and not paper,
        downloadable=not paper and claimed and (valid or cancels),
        exchangeable=paper and valid and exchange is None,
        exchange=exchange,
        kind=registration.type,
        ended=not valid and not cancels,
        days_left=left if stands else None,
        renewable=stands and _may_renew(registration.type),
        renewing=_in_progress(registration.type, Matter.RENEWAL) if stands else None,
        copies=not paper and not cancels and claimed,
        verify=None if paper else f"/verify/{certificate.qr_token}",
    )


def _facts(certificate: Certificate, registration: Registration) -> list[tuple[str, str]]:
    """Give what the version shows: its own name and employer, not today's."""
    facts = certificate.facts
    last = facts.get("valid_to") or registration.valid_to
    valid = f"{display.day(registration.valid_from)} 至 {display.day(last)}"
    form = "纸质" if certificate.form == PAPER else "电子"
    return [
        ("姓名", str(facts.get("name", g.visitor.name))),
        ("注册号", registration.no),
        ("证书编号", certificate.no),
        ("聘用企业", str(facts.get("enterprise_name", registration.enterprise_name))),
        *_days(certificate, valid),
        ("版本", f"第{certificate.version}版（{form}）　{Cause(certificate.cause).label}"),
        ("发证日期", display.day(certificate.issued_at or certificate.reserved_at)),
    ]


def _days(certificate: Certificate, term: str) -> list[tuple[str, str]]:
    """Give the days that count: of a cancellation also when it was, and why (G11)."""
    if certificate.kind != CANCELLATION:
        return [("有效期", term)]
    facts = certificate.facts
    return [
        ("注销日期", display.day(facts["cancelled_on"])),
        ("注销原因", facts["reason"]),
        ("原有效期", term),
    ]


def _tag(status: Validity, *, claimed: bool, cancels: bool, paper: bool) -> Tag:
    if cancels:
        return Tag(text="已注销", colour="grey")
    if status is not Validity.VALID:
        replaced = paper and status is Validity.SUPERSEDED
        return Tag(text="已换领" if replaced else status.label, colour="grey")
    if not claimed:
        return Tag(text="待领取", colour="orange")
    return Tag(text="纸质证书，可换领" if paper else status.label, colour="green")


def _note(certificate: Certificate, status: Validity) -> str:
    """Say what became of a version that was replaced (R123, R129)."""
    if status is not Validity.SUPERSEDED:
        return ""
    newest = certificates.newest(db.session(), certificate.registration_id)
    if newest is not None and newest.claim_state == ClaimState.UNCLAIMED:
        return UPDATED
    if certificate.form == PAPER:
        return "已换领电子证书，以电子证书为准。"
    return "证书信息已更新，请使用新版。"


def _may_renew(kind: str) -> bool:
    """Tell whether 延续注册 of a profession may be started now."""
    matters = new_application.availability(office(), g.visitor.person_id, kind)
    return any(choice.matter == Matter.RENEWAL and choice.is_available for choice in matters)


def _in_progress(kind: str, matter: Matter) -> str | None:
    """Give the address of the person's own case of a matter that is in progress."""
    current = applications.open_for(db.session(), g.visitor.person_id, kind)
    return f"/applications/{current.id}" if current and current.matter == matter else None


def _exchange(certificate: Certificate) -> str | None:
    """Give the address of the person's exchange in progress."""
    session = db.session()
    kind = registrations.get(session, certificate.registration_id).type
    current = applications.open_for(session, certificate.person_id, kind)
    if current is None or current.matter != Matter.PAPER_EXCHANGE:
        return None
    return f"/applications/{current.id}/exchange"


def title_of(certificate: Certificate) -> str:
    """Give what the certificate is called; what is on paper, by its profession."""
    session = db.session()
    kind = registrations.get(session, certificate.registration_id).type
    title = (
        certificate.facts.get("title") or offered_professions.title(office(), kind) + "注册执业证书"
    )
    return str(title).removeprefix("中华人民共和国")


def own(certificate_id: str) -> Certificate:
    """Give the visitor's own issued certificate; anybody else's does not exist for him."""
    certificate = certificates.get(db.session(), certificate_id)
    if (
        certificate.person_id != g.visitor.person_id
        or certificate.claim_state == ClaimState.RESERVED
    ):
        raise NotFound
    return certificate


def _case_of(certificate: Certificate) -> str:
    """Give the case of an electronic certificate; what is on paper is not handed out here."""
    if certificate.application_id is None:
        raise NotFound
    return certificate.application_id


def _newer(certificate: Certificate) -> Response | None:
    """Lead from a replaced version to the one that counts (R129)."""
    if certificate.validity != Validity.SUPERSEDED:
        return None
    flash(UPDATED, "error")
    newest = certificates.newest(db.session(), certificate.registration_id)
    if newest is not None and newest.claim_state == ClaimState.UNCLAIMED:
        return redirect(f"/certificates/{newest.id}/claim", 303)
    return redirect("/certificates", 303)


@bp.get("/<certificate_id>/claim")
@access.person_only
def ask(certificate_id: str) -> str | Response:
    """Show the information to confirm (R113)."""
    look(Seen.CERTIFICATE, certificate_id)
    certificate = own(certificate_id)
    _case_of(certificate)
    return _newer(certificate) or render_template(
        "certificates/claim.html", certificate=shown(certificate)
    )


@bp.post("/<certificate_id>/claim")
@access.person_only
def claim(certificate_id: str) -> Response:
    """【确认】; claiming twice is harmless (R114, I17)."""
    certificate = own(certificate_id)
    case = _case_of(certificate)
    if led := _newer(certificate):
        return led
    try:
        if certificate.claim_state != ClaimState.CLAIMED:
            seen = acting(Seen.CERTIFICATE, certificate.id)
            claims.claim(seen, case, g.visitor.actor, known=certificate)
    except ChangedMeanwhile as error:
        flash(told(error), "error")
        return redirect(f"/certificates/{certificate.id}/claim", 303)
    except Refusal:
        if not _is_claimed(certificate):
            raise
    flash("领证成功，现在可以下载电子注册证书。", "success")
    return redirect("/certificates", 303)


def _is_claimed(certificate: Certificate) -> bool:
    anew(certificate)
    return certificate.claim_state == ClaimState.CLAIMED


@bp.get("/<certificate_id>.pdf")
@access.person_only
def download(certificate_id: str) -> Response:
    """Give the certificate that was claimed and counts; each download is logged (R114, B.6)."""
    certificate = own(certificate_id)
    content = claims.download(office(), _case_of(certificate), g.visitor.actor)
    name = f"{title_of(certificate)}-{certificate.no}.pdf"
    return send(content, name, "application/pdf", hashlib.sha256(content).hexdigest())


@bp.get("/<certificate_id>.ofd")
@access.person_only
def download_ofd(certificate_id: str) -> Response:
    """Give the same certificate in the national form, under the same rules."""
    certificate = own(certificate_id)
    paper = claims.downloaded(office(), _case_of(certificate), g.visitor.actor)
    form = ofd_forms.of(office(), paper.id, g.visitor.actor)
    name = f"{title_of(certificate)}-{certificate.no}.ofd"
    return send(form.data, name, MEDIA_TYPE, form.sha256)


@bp.get("/<certificate_id>/report")
@access.person_only
def faulty(certificate_id: str) -> str:
    """信息有误: ask what is wrong and say who can mend it (R109–R111)."""
    look(Seen.CERTIFICATE, certificate_id)
    return render_template(
        "certificates/report.html", certificate=shown(own(certificate_id)), text="", faults={}
    )


@bp.post("/<certificate_id>/report")
@access.person_only
def report(certificate_id: str) -> Response | tuple[str, int]:
    """Tell the agency what is wrong with a certificate."""
    certificate = own(certificate_id)
    limit("certificate report", g.visitor.person_id, times=10, per_s=86_400)
    text = request.form.get("text", "")
    try:
        place = acting(Seen.CERTIFICATE, certificate.id)
        error_report.report(place, certificate.id, text, g.visitor.actor)
    except Refusal as error:
        look(Seen.CERTIFICATE, certificate.id)
        if error_report.is_reported(db.session(), certificate.id, text):
            return redirect("/certificates", 303)
        page = render_template(
            "certificates/report.html",
            certificate=shown(certificate),
            text=text,
            faults={"text": Fault.of(error)},
        )
        return page, 422
    flash("已告知管理部门，核实结果会在本页显示。证书信息更正前请不要领证或换领。", "success")
    return redirect("/certificates", 303)
