"""Creating, rotating and revoking clients, each with its row of the trail.

A client acts for one person in post: an act is somebody's (Licensing Law 34), and a program is his
tool. When he leaves his post, or may do less, so does the client, at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case import announcements, texts
from casework.office import Office
from engine.actors import Actor
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.clients import clients
from registry.clients.clients import SCOPES, Client, ClientParty, NewClient, Scope
from registry.enterprises import operators
from registry.enterprises.enterprises import Operator
from registry.people import officers
from registry.trail import audit
from storage.database import writing

_LONGEST_NAME = 60
MOST_OVERLAP_DAYS = 30


class ClientNameInvalid(Refusal):
    """请填写程序的名称（1至60个字，只用能够打印的字），例如“某某公司人事系统”。"""

    code = "E_CLIENT_NAME"


class ClientPartyUnclear(Refusal):
    """请指明程序代谁办理，三者选一：企业的统一社会信用代码和经办人姓名、工作人员的登录名、集成商。"""

    code = "E_CLIENT_PARTY"


class ClientPersonUnknown(Refusal):
    """没有找到在任的{who}。程序只能代在任的经办人或者工作人员办理，请核对姓名或者登录名。"""

    code = "E_CLIENT_PERSON"


class ClientScopeUnknown(Refusal):
    """该类程序只能使用这些权限：{choices}。请至少选择一项，不要选择其他权限。"""

    code = "E_CLIENT_SCOPE"


class ClientUnknown(Refusal):
    """没有编号为“{id}”的程序，或者已经停用。请用 zhuce client list 核对编号。"""

    code = "E_CLIENT_UNKNOWN"


class OverlapTooLong(Refusal):
    """新旧密钥同时有效的天数应为0至{most}天，请重新填写。"""

    code = "E_CLIENT_OVERLAP"


@dataclass(frozen=True, kw_only=True)
class Named:
    """Whose client is asked for, as it was typed."""

    uscc: str = ""
    operator: str = ""  #: name of one of the enterprise's operators
    officer: str = ""  #: login
    is_integrator: bool = False


def create(
    office: Office, name: str, named: Named, scopes: Iterable[str], actor: Actor
) -> tuple[str, str]:
    """Create a client; return its id and its secret, which nobody can read again.

    For the command of the host: whoever has its shell has the data anyway. Raises as `register`.
    """
    name = _named(office, name)
    with writing(office.sessions) as session:
        client = _create(office, session, name, named, scopes, actor)
        return client.id, clients.rotate(session, client.id, at=office.now())


def register(
    office: Office, name: str, named: Named, scopes: Iterable[str], actor: Actor, *, id: str
) -> str:
    """Create a client without a secret: whom it acts for is told, and draws it himself.

    `id` is that of the page that asks; pressed again, what is there is answered. Return the id.
    Raises `ClientNameInvalid`, `ClientPartyUnclear`, `ClientPersonUnknown`, `ClientScopeUnknown`.
    """
    name = _named(office, name)
    with writing(office.sessions) as session:
        known = session.get(Client, id)
        if known is not None and known.created_by == actor.id:
            return known.id
        client = _create(office, session, name, named, scopes, actor, id=id)
        if client.acts_as is not None and client.acts_as != actor.id:
            text = f"已为您登记程序“{client.name}”，请在【我的登录】的“程序”中取得密钥。"
            word = announcements.Word(
                inbox=client.acts_as, kind="client", text=text, key=f"client/{client.id}"
            )
            announcements.tell(session, [word], office.now())
        return client.id


def _named(office: Office, name: str) -> str:
    name = readings.line(name)
    try:
        texts.said(office, [name], field="name", most=1)
    except Refusal:
        raise ClientNameInvalid("name") from None
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ClientNameInvalid("name")
    return name


def _create(
    office: Office,
    session: Session,
    name: str,
    named: Named,
    scopes: Iterable[str],
    actor: Actor,
    *,
    id: str | None = None,
) -> Client:
    party, uscc, acts_as = _party(office, session, named)
    wanted = NewClient(
        name=name,
        party=party,
        uscc=uscc,
        acts_as=acts_as,
        scopes=_scopes(party, scopes),
    )
    client = clients.create(session, wanted, by=actor.id, at=office.now(), id=id)
    _note(office, session, "client.create", client, actor)
    return client


def rotate(office: Office, client_id: str, actor: Actor, *, overlap_days: int) -> str:
    """Give a client a new secret; the one before counts for `overlap_days` more.

    Raises `ClientUnknown`, `OverlapTooLong`.
    """
    if not 0 <= overlap_days <= MOST_OVERLAP_DAYS:
        raise OverlapTooLong("overlap_days", most=MOST_OVERLAP_DAYS)
    with writing(office.sessions) as session:
        office.check(session)
        client, now = _active(session, client_id), office.now()
        action = "client.rotate" if clients.secrets_of(session, client.id, now) else "client.secret"
        secret = clients.rotate(session, client.id, at=now, overlap=timedelta(days=overlap_days))
        _note(office, session, action, client, actor)
        return secret


def void(office: Office, client_id: str, actor: Actor) -> None:
    """End the secrets and tokens of a client, which may be given new ones.

    Raises `ClientUnknown`.
    """
    with writing(office.sessions) as session:
        client = _active(session, client_id)
        if clients.secrets_of(session, client.id, office.now()):
            office.check(session)
            clients.void(session, client.id)
            _note(office, session, "client.void", client, actor)


def revoke(office: Office, client_id: str, actor: Actor) -> None:
    """End a client at once, with its secrets and tokens. Raises `ClientUnknown`."""
    with writing(office.sessions) as session:
        client = _active(session, client_id)
        clients.revoke(session, client)
        _note(office, session, "client.revoke", client, actor)


def _active(session: Session, client_id: str) -> Client:
    try:
        client = clients.get(session, client_id)
    except NotFound:
        raise ClientUnknown(id=client_id) from None
    if not client.active:
        raise ClientUnknown(id=client_id)
    return client


def _party(
    office: Office, session: Session, named: Named
) -> tuple[ClientParty, str | None, str | None]:
    is_enterprise = bool(named.uscc or named.operator)
    if [is_enterprise, bool(named.officer), named.is_integrator].count(True) != 1:
        raise ClientPartyUnclear
    if named.is_integrator:
        return ClientParty.INTEGRATOR, None, None
    if named.officer:
        officer = officers.by_login(session, named.officer)
        if officer is None or not officer.active:
            raise ClientPersonUnknown("officer", who="工作人员")
        return ClientParty.AGENCY, None, f"officer:{officer.id}"
    if not (named.uscc and named.operator):
        raise ClientPartyUnclear
    uscc = readings.number(named.uscc)
    wanted = select(Operator).where(
        Operator.uscc == uscc, Operator.name == readings.name(named.operator), Operator.active
    )
    acting = [
        operator
        for operator in session.scalars(wanted)
        if operators.acts_on(operator, office.today())
    ]
    if not acting:
        raise ClientPersonUnknown("operator", who="企业经办人")
    return ClientParty.ENTERPRISE, uscc, f"operator:{acting[0].id}"


def _scopes(party: ClientParty, scopes: Iterable[str]) -> list[Scope]:
    wanted, allowed = set(scopes), SCOPES[party]
    if not wanted or wanted - allowed:
        raise ClientScopeUnknown("scope", choices="、".join(sorted(allowed)))
    return sorted(Scope(scope) for scope in wanted)


def _note(office: Office, session: Session, action: str, client: Client, actor: Actor) -> None:
    audit.record(
        session,
        action,
        actor=actor.id,
        acting_for=client.uscc,
        subject=f"client:{client.id}",
        at=office.now(),
        facts={"name": client.name, "acts_as": client.acts_as, "scopes": client.scopes},
    )
