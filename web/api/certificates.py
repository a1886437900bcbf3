"""Certificates: who is registered with the enterprise, with the number of the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from casework.case import offered_professions
from registry.certificates import certificates as kept
from registry.certificates import registrations
from registry.clients.clients import Scope
from web.api import listing
from web.api.declared import Reply, json_answer, route
from web.enterprise import people_lists
from web.extensions import db, office
from web.visitors import access


@route(
    "GET",
    "/certificates",
    tag="证书",
    scope=Scope.CERTIFICATES_READ,
    kinds=("enterprise",),
    queries=(
        listing.SEARCH,
        listing.sorts("expiry", "newest", "latest"),
        listing.EXPIRES,
        listing.PROFESSION,
        listing.AFTER,
    ),
    reply=Reply(about="一页注册人员，有效期近的在前", schema="Certificates"),
)
def certificates() -> Response:
    """List who is validly registered with the enterprise."""
    return json_answer(listing.page(people_lists.roster(_uscc(), office().today()), _rows))


def _uscc() -> str:
    return str(access.visitor().uscc)


def _rows(ids: Sequence[str]) -> Mapping[str, Any]:
    session = db.session()
    shown = {}
    for registration, person in registrations.with_persons(session, ids):
        certificate = kept.newest(session, registration.id)
        shown[registration.id] = {
            "registration_no": registration.no,
            "certificate_no": certificate.no if certificate else None,
            "name": person.name,
            "profession": offered_professions.title(office(), registration.type),
            "valid_from": registration.valid_from.isoformat(),
            "valid_to": registration.valid_to.isoformat(),
        }
    return shown
