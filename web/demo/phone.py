"""The demonstration telephone: where the codes of fictitious people can be read."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from adapters import world
from adapters.sms import SmsTwin
from refusals.refusal import NotFound
from registry.people.persons import mask_mobile
from web.extensions import office
from web.visitors import access

bp = Blueprint("phone", __name__)


@bp.get("/phone")
@access.public
def inbox() -> str:
    """Show the newest messages of all fictitious telephones, or of one person's (R40).

    `?person=` names somebody by the subject at the portal, e.g. person-01.
    Raises: NotFound for nobody's telephone, and where messages go to real ones.
    """
    gateway = office().sms
    if not isinstance(gateway, SmsTwin):
        raise NotFound
    owner = None
    if subject := request.args.get("person"):
        owner = world.citizen(subject)
        if owner is None:
            raise NotFound
    owners = {citizen.mobile: citizen.name for citizen in (*world.CITIZENS, *world.ENGINEERS)}
    owners |= {
        company.mobile: f"{company.operator}（{company.name}）"
        for company in world.COMPANIES
        if company.mobile
    }
    if owner is not None:
        owners[owner.mobile] = owner.name
    messages = [
        {
            "owner": owners.get(message.mobile, mask_mobile(message.mobile)),
            "mobile": message.mobile,
            "text": message.text,
            "at": message.at,
        }
        for message in gateway.received(owner.mobile if owner else None)
    ]
    return render_template("phone/inbox.html", messages=messages, owner=owner)
