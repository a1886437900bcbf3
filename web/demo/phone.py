"""The demonstration telephone: where the codes of fictitious people can be read."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from adapters import world
from adapters.sms import SmsTwin, TwinMessage
from refusals.refusal import NotFound
from registry.identifiers import IdType
from registry.people import message_choices, persons
from registry.people.persons import mask_mobile
from web.extensions import db, office
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
            "owner": owners.get(message.mobile) or _nobody(message.mobile),
            "mobile": message.mobile,
            "text": message.text,
            "at": message.at,
        }
        for message in _received(gateway, owner)
    ]
    return render_template("phone/inbox.html", messages=messages, owner=owner)


def _nobody(address: str) -> str:
    return "电子邮箱" if "@" in address else mask_mobile(address)


def _received(gateway: SmsTwin, owner: world.Citizen | None) -> list[TwinMessage]:
    """Give what was received, of everybody or at one person's number and e-mail address."""
    if owner is None:
        return list(gateway.received())
    session = db.session()
    person = persons.by_identity(session, IdType(owner.id_type), owner.id_no)
    choice = message_choices.of(session, f"person:{person.id}") if person else None
    mails = {choice.email, choice.asked_email} - {None} if choice else set()
    messages = [
        message
        for address in (owner.mobile, *sorted(str(mail) for mail in mails))
        for message in gateway.received(address)
    ]
    return sorted(messages, key=lambda message: message.id, reverse=True)
