"""The demonstration telephone: where the codes of fictitious people can be read."""

from __future__ import annotations

from flask import Blueprint, render_template

from adapters import world
from adapters.sms import SmsTwin
from registry.persons import mask_mobile
from web import access
from web.errors import NobodyHere
from web.extensions import office

bp = Blueprint("phone", __name__)


@bp.get("/phone")
@access.public
def inbox() -> str:
    """Show the newest messages of all fictitious telephones (R40).

    Raises: NobodyHere where messages go to real telephones.
    """
    gateway = office().sms
    if not isinstance(gateway, SmsTwin):
        raise NobodyHere
    owners = {one.mobile: one.name for one in world.CITIZENS}
    owners |= {one.mobile: f"{one.operator}（{one.name}）" for one in world.COMPANIES if one.mobile}
    messages = [
        {
            "owner": owners.get(message.mobile, mask_mobile(message.mobile)),
            "mobile": message.mobile,
            "text": message.text,
            "at": message.at,
        }
        for message in gateway.received()
    ]
    return render_template("phone/inbox.html", messages=messages)
