"""Clients: programs that act for somebody in post, with hashed secrets and short-lived tokens.

A client has no rights of its own. One of an enterprise acts as one of its operators, one of the
agency as one officer, and is over with his post; an integrator's is shown what anybody may see.
Secrets and tokens are random and 256 bits long, so that a plain hash keeps them (RFC 6749, 10.10).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from storage.database import Base, Json, UtcDateTime, new_id

TOKEN_LASTS = timedelta(minutes=15)
OVERLAP = timedelta(days=7)  #: for how long the secret before still counts after a rotation


class ClientParty(StrEnum):
    """Whose program it is."""

    ENTERPRISE = "ENTERPRISE"
    AGENCY = "AGENCY"
    INTEGRATOR = "INTEGRATOR"

    @property
    def label(self) -> str:
        """The Chinese name of the party."""
        return _LABELS[self]


_LABELS = {
    ClientParty.ENTERPRISE: "企业",
    ClientParty.AGENCY: "市住建委",
    ClientParty.INTEGRATOR: "集成商",
}


class Scope(StrEnum):
    """What a client may ask for; what it is given of that is decided by whom it acts for."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    TASKS_SEAL = "tasks:seal"
    APPLICATIONS_READ = "applications:read"
    DOCUMENTS_READ = "documents:read"
    CERTIFICATES_READ = "certificates:read"
    VERIFY = "verify"
    WEBHOOKS = "webhooks"

    @property
    def about(self) -> str:
        """What it lets a client do, in Chinese."""
        return _ABOUT[self]


_ABOUT = {
    Scope.TASKS_READ: "查看待办事项",
    Scope.TASKS_WRITE: "领取、退回、办理待办事项",
    Scope.TASKS_SEAL: "使用企业电子签章（每次须给出数字证书密码）",
    Scope.APPLICATIONS_READ: "查看申请、进度和办理记录",
    Scope.DOCUMENTS_READ: "下载申请的文书",
    Scope.CERTIFICATES_READ: "查看在本企业有效注册的人员和证书",
    Scope.VERIFY: "查验证书，可以成批查验",
    Scope.WEBHOOKS: "登记接收地址，申请状态变化时收到消息",
}
#: What a client of a party may be given at most.
SCOPES = {
    ClientParty.ENTERPRISE: frozenset(Scope),
    ClientParty.AGENCY: frozenset(
        {
            Scope.TASKS_READ,
            Scope.TASKS_WRITE,
            Scope.APPLICATIONS_READ,
            Scope.DOCUMENTS_READ,
            Scope.VERIFY,
            Scope.WEBHOOKS,
        }
    ),
    ClientParty.INTEGRATOR: frozenset({Scope.VERIFY}),
}


class Client(Base):
    """A program of somebody."""

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(60))
    party: Mapped[str] = mapped_column(String(12))
    uscc: Mapped[str | None] = mapped_column(String(18), index=True)  #: of an enterprise
    acts_as: Mapped[str | None] = mapped_column(String(64))  #: "operator:<id>", "officer:<id>"
    scopes: Mapped[list[str]] = mapped_column(Json())
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(64))  #: id of an actor
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  #: of the last token


class ClientSecret(Base):
    """A secret of a client, as its hash; two count while one takes over from the other."""

    __tablename__ = "client_secret"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ClientToken(Base):
    """An access token, as its hash."""

    __tablename__ = "client_token"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(32), index=True)
    scopes: Mapped[list[str]] = mapped_column(Json())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


@dataclass(frozen=True, kw_only=True)
class NewClient:
    """A client that is going to be created."""

    name: str
    party: ClientParty
    uscc: str | None
    acts_as: str | None
    scopes: Sequence[Scope]


def create(
    session: Session, wanted: NewClient, *, by: str, at: datetime, id: str | None = None
) -> Client:
    """Create a client, which has no secret yet; `id` is that of the page that asked for it."""
    client = Client(
        id=id or new_id(),
        name=wanted.name,
        party=wanted.party,
        uscc=wanted.uscc,
        acts_as=wanted.acts_as,
        scopes=sorted(wanted.scopes),
        active=True,
        created_at=at,
        created_by=by,
    )
    session.add(client)
    session.flush()
    return client


def get(session: Session, client_id: str) -> Client:
    """Return a client; raises `NotFound`."""
    client = session.get(Client, client_id)
    if client is None:
        raise NotFound
    return client


def everyone(session: Session) -> list[Client]:
    """Return all clients, oldest first."""
    return list(session.scalars(select(Client).order_by(Client.id)))


def rotate(session: Session, client_id: str, *, at: datetime, overlap: timedelta = OVERLAP) -> str:
    """Give a client a new secret; those it has count for `overlap` more, and no longer."""
    ends = ClientSecret.ends_at
    ending = update(ClientSecret).where(
        ClientSecret.client_id == client_id, or_(ends.is_(None), ends > at + overlap)
    )
    session.execute(ending.values(ends_at=at + overlap))
    return _add_secret(session, client_id, at)


def revoke(session: Session, client: Client) -> None:
    """End a client with its secrets and tokens, from this moment on."""
    client.active = False
    void(session, client.id)


def void(session: Session, client_id: str) -> None:
    """End the secrets and tokens of a client, from this moment on; it may be given new ones."""
    for table in (ClientSecret, ClientToken):
        session.execute(delete(table).where(table.client_id == client_id))


def secrets_of(session: Session, client_id: str, at: datetime) -> list[ClientSecret]:
    """Return the secrets of a client that count, the newest first."""
    ends = ClientSecret.ends_at
    query = select(ClientSecret).where(
        ClientSecret.client_id == client_id, or_(ends.is_(None), ends > at)
    )
    return list(session.scalars(query.order_by(ClientSecret.created_at.desc())))


def authenticate(session: Session, client_id: str, secret: str, at: datetime) -> Client | None:
    """Return the active client whose secret this is."""
    ends = ClientSecret.ends_at
    query = (
        select(Client)
        .join(ClientSecret, ClientSecret.client_id == Client.id)
        .where(
            ClientSecret.sha256 == _hash(secret),
            Client.id == client_id,
            Client.active,
            or_(ends.is_(None), ends > at),
        )
    )
    return session.scalar(query)


def issue(session: Session, client: Client, scopes: Iterable[str], *, at: datetime) -> str:
    """Give a client a token for some of its scopes, good for `TOKEN_LASTS`."""
    client.used_at = at
    token = secrets.token_urlsafe(32)
    session.add(
        ClientToken(
            sha256=_hash(token),
            client_id=client.id,
            scopes=sorted(scopes),
            ends_at=at + TOKEN_LASTS,
        )
    )
    return token


def by_token(session: Session, token: str, at: datetime) -> tuple[Client, frozenset[str]] | None:
    """Return the active client of a token that counts, with what the token is for."""
    query = (
        select(Client, ClientToken.scopes)
        .join(ClientToken, ClientToken.client_id == Client.id)
        .where(ClientToken.sha256 == _hash(token), ClientToken.ends_at > at, Client.active)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], frozenset(row[1]) & frozenset(row[0].scopes))


def sweep(session: Session, at: datetime) -> int:
    """Remove the tokens and secrets that are over; tell how many."""
    gone = 0
    for table in (ClientToken, ClientSecret):
        statement = delete(table).where(table.ends_at <= at).returning(table.sha256)
        gone += len(session.scalars(statement).all())
    return gone


def _add_secret(session: Session, client_id: str, at: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        ClientSecret(sha256=_hash(secret), client_id=client_id, created_at=at, ends_at=None)
    )
    session.flush()
    return secret


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
