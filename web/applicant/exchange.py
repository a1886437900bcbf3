"""纸质证书换领电子证书: check, upload the photo, 【确定】, download at once (R119–R122)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.case import offered_professions
from casework.certificate import paper_exchange
from casework.certificate.paper_exchange import Exchange, ExchangeUnchecked
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import attachments
from registry.certificates import certificates
from registry.certificates.certificates import ClaimState
from registry.people import persons
from registry.versions import Seen
from web import display
from web.errors import told
from web.extensions import office
from web.ui import cases
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("exchange", __name__, url_prefix="/applications/<application_id>/exchange")


@bp.get("")
@access.person_only
def shown(application_id: str) -> str | Response:
    """Show the paper certificate, the photo and what is still to do (R119, R120)."""
    exchange = _own(application_id)
    return _elsewhere(exchange) or _page(exchange, {})


def _own(application_id: str) -> Exchange:
    access.own_application(application_id)
    return paper_exchange.of(office(), application_id)


def _elsewhere(exchange: Exchange) -> Response | None:
    """Lead from a case that has ended to its certificate, or to its status."""
    application = exchange.application
    if application.state.is_editable:
        return None
    with office().sessions() as session:
        made = certificates.of_application(session, application.id)
    there = "/certificates" if made is not None else f"/applications/{application.id}"
    return redirect(there, 303)


def _page(exchange: Exchange, faults: Mapping[str, str]) -> str:
    look(Seen.CERTIFICATE, _paper(exchange))
    exchange = _own(exchange.application.id)
    stands, photo = exchange.standing, exchange.photo
    facts: list[tuple[str, str]] = []
    certificate = stands.certificate if stands else None
    if stands is not None and certificate is not None:
        registration, shows = stands.registration, certificate.facts
        facts = [
            ("姓名", exchange.person.name),
            ("证件号码", persons.mask_id(exchange.person.id_no)),
            ("注册号", registration.no),
            ("纸质证书编号", certificate.no),
            ("聘用企业", registration.enterprise_name),
            ("资格证书编号", str(shows.get("qualification_no") or "—")),
            (
                "有效期",
                f"{display.day(registration.valid_from)} 至 {display.day(registration.valid_to)}",
            ),
        ]
    return render_template(
        "certificates/exchange.html",
        certificate_id=_paper(exchange),
        case=cases.Brief.of(office(), exchange.application),
        profession=offered_professions.of(office(), exchange.application).title,
        facts=facts,
        report=f"/certificates/{certificate.id}/report" if certificate else None,
        photo=f"/files/attachments/{photo.id}" if photo else None,
        width=exchange.width,
        height=exchange.height,
        checked=bool(request.form.get("checked")),
        faults=faults,
    )


def _paper(exchange: Exchange) -> str:
    """Give the id of the certificate on paper that the page shows; empty without one."""
    stands = exchange.standing
    return stands.certificate.id if stands and stands.certificate else ""


@bp.post("")
@access.person_only
def submit(application_id: str) -> str | Response | tuple[str, int]:
    """【上传】 keeps a photo; 【确定】 exchanges when photo and tick are there (R120, R121)."""
    exchange = _own(application_id)
    if led := _elsewhere(exchange):
        return led
    faults = _upload(application_id)
    if faults:
        return _page(_own(application_id), faults), 422
    if request.form.get("action") != "confirm":
        if not request.files.get("photo"):
            return _page(
                exchange, {"photo": Fault("请先选择照片，再点击【上传】。", "E_REQUIRED")}
            ), 422
        flash("照片已上传。请核对证书信息后点击【确定】。", "success")
        return redirect(f"/applications/{application_id}/exchange", 303)
    checked = bool(request.form.get("checked"))
    try:
        place = acting(Seen.CERTIFICATE, _paper(exchange))
        paper_exchange.confirm(place, application_id, checked=checked, actor=g.visitor.actor)
    except ChangedMeanwhile as error:
        return _page(_own(application_id), {"": Fault.of(error)}), 409
    except ExchangeUnchecked as error:
        return _page(_own(application_id), Fault.by_field(error)), 422
    except Refusal as error:
        flash(told(error), "error")
        return redirect("/certificates", 303)
    return _done(application_id)


def _upload(application_id: str) -> Mapping[str, str]:
    """Keep the chosen photo; one that is refused is a fault of its field."""
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        return {}
    limit("upload", g.visitor.person_id, times=60, per_s=3600)
    try:
        paper_exchange.upload(
            office(), application_id, upload.filename, upload.read(), g.visitor.actor
        )
    except Refusal as error:
        return {"photo": Fault.of(error, about=attachments.safe_filename(str(upload.filename)))}
    finally:
        upload.close()
    return {}


def _done(application_id: str) -> Response:
    """Lead to the download; the file may still be on its way when the machine is busy."""
    with office().sessions() as session:
        made = certificates.of_application(session, application_id)
    ready = made is not None and made.claim_state == ClaimState.CLAIMED
    if ready:
        flash("换领成功，现在可以下载电子证书。原纸质证书不再有效。", "success")
        return redirect("/certificates", 303)
    flash("换领已确认，电子证书正在制作，完成后即可在“电子注册证书管理”下载。", "success")
    return redirect(f"/applications/{application_id}", 303)
