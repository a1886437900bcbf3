"""Opening a session: at once, or after a second proof for which its officer is awaited.

Whoever has come through the portal but has not proven himself twice has a session of nobody, in
which stands who is awaited. It takes a new name each time, against fixation.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from registry.people.officers import CASEWORKERS, Officer, OfficerRole
from registry.trail import audit
from storage.database import writing
from web.english import language
from web.extensions import office
from web.visitors import access, kept_forms
from web.visitors.sessions import StoredSession

HOMES = {"person": "/applications", "enterprise": "/enterprise/inbox", "officer": "/agency/inbox"}
LONGEST_WAIT = timedelta(minutes=10)  #: for the second proof
#: Whose pages nobody comes back to: the way in itself, and what programs read.
_NO_RETURN = frozenset({"sign_in", "sign_up", "portal", "pki", "health", "api", "static"})
_AWAITED = "awaited"
_LONGEST_AGENT = 300  #: characters of a browser's name for itself


def establish(key: str, *, is_proven: bool = False) -> None:
    """Open a fresh session for a visitor (`person:<id>`, `operator:<id>`, `officer:<id>`).

    `is_proven`: he has proven himself by more than the portal.
    """
    _renew(key)
    session["visitor"] = key
    session["address"] = request.remote_addr or "—"
    session["agent"] = str(request.user_agent)[:_LONGEST_AGENT]
    if is_proven:
        session[access.PROVEN_AT] = office().now().isoformat()
    language.remember(key)
    note("sign_in", actor=key)


def wait_for(key: str, wanted: str | None) -> None:
    """Go on as nobody until an officer or an operator has proven himself again."""
    _renew(key)
    since = office().now().isoformat()
    session[_AWAITED] = {"visitor": key, "next": wanted or "", "since": since}


def admit(key: str, wanted: str | None, *, is_held: bool, is_required: bool, home: str) -> Response:
    """Let somebody in who has come through the portal, or ask for his second proof first."""
    if is_held or is_required:
        wait_for(key, wanted)
        return redirect(url_for("second_factor.proof" if is_held else "second_factor.front"), 303)
    establish(key)
    return redirect(wanted or home, 303)


def awaited() -> tuple[str, str] | None:
    """Give who is awaited, as a visitor is named, and where he wants to go; None: nobody is."""
    kept: dict[str, str] | None = session.get(_AWAITED)
    if kept is None:
        return None
    if office().now() - datetime.fromisoformat(kept["since"]) > LONGEST_WAIT:
        session.pop(_AWAITED)
        return None
    return kept["visitor"], kept["next"]


def home_of(officer: Officer) -> str:
    """Give where an officer begins: who has no part in cases begins elsewhere."""
    roles = set(officer.roles)
    if roles & set(CASEWORKERS):
        return HOMES["officer"]
    return "/operations" if OfficerRole.OPERATOR in roles else "/studio"


def note(
    action: str, *, actor: str, about: str | None = None, result: str = "OK", **facts: Any
) -> None:
    """Write who came and went into the audit log; `about`: whom it concerns, if not the actor."""
    place = office()
    with writing(place.sessions) as database:
        audit.record(
            database,
            action,
            actor=actor,
            subject=about or actor,
            at=place.now(),
            result=result,
            facts=facts,
        )


def own_session() -> StoredSession:
    """Give the session of this request as it is stored."""
    return session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a LocalProxy has it


def inside(address: str | None, kind: str | None = None) -> str | None:
    """Give the address of a page of this service, so that nobody is sent elsewhere.

    Browsers leave out tabs and line ends, so that an address with one may become another's. What
    is no page, only ever sent, part of the sign-in, or not for a visitor of `kind` is none either.
    """
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    if not address.isprintable() or " " in address:
        return None
    urls = current_app.url_map.bind("", url_scheme="http")
    try:
        endpoint, _ = urls.match(urlsplit(address).path, method="GET")
    except (HTTPException, ValueError):  # nowhere, or only to be sent
        return None
    rule = access.rule_of(current_app, str(endpoint))
    if rule is None or rule.scope is not None:
        return None
    pages, kinds = endpoint.partition(".")[0], rule.kinds
    if not kinds and pages in _NO_RETURN:
        return None
    if pages == "second_factor":  # open also to whoever is awaited; people have none
        kinds = frozenset({"enterprise", "officer"})
    return address if kind is None or not kinds or kind in kinds else None


def _renew(key: str) -> None:
    """Take a new name; another tab's sign-in goes on, and the form of the same visitor is kept."""
    under_way, kept = session.get("sign_ins", {}), session.get(kept_forms.KEPT)
    former = kept_forms.former()
    own_session().renew()
    session["sign_ins"] = under_way
    session[kept_forms.FORMER] = former
    session.update(kept_forms.of_visitor(kept, key))
