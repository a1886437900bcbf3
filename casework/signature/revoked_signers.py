"""Certificates that were revoked after they signed: the officer is warned, not blocked (C.9)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.office import Office
from refusals.days import SHANGHAI
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from signing import Role
from storage.passing import ask_once

_SIGNERS = {Role.APPLICANT: "申请人", Role.ENTERPRISE: "聘用企业"}


def warnings(office: Office, session: Session, application: Application) -> list[str]:
    """Give whose certificate was revoked since it signed the form; its time stamp decides (I13)."""
    slot = ("revoked signers", application.id)
    return list(ask_once(session, slot, lambda: _warnings(office, session, application)))


def _warnings(office: Office, session: Session, application: Application) -> list[str]:
    form = documents.current(session, application.id, DocumentKind.APPLICATION)
    signed = documents.signatures(session, form.id) if form else []
    if not signed:
        return []
    texts, known = (
        [],
        office.signatures.authority.revoked({signature.serial for signature in signed}),
    )
    for signature in signed:
        revoked = known.get(signature.serial)
        if revoked is None or signature.role not in _SIGNERS:
            continue
        at = f"{revoked.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        texts.append(
            f"{_SIGNERS[Role(signature.role)]}的数字证书在签署之后（{at}）被吊销。"
            "签署时证书有效，签名不因此失效；请留意是否本人意愿，必要时联系核实。"
        )
    return texts
