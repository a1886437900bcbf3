"""Programs at the interface: whose token a request bears, and what that token is for.

The session of a browser counts for nothing here, and a token for nothing on pages.
"""

from __future__ import annotations

from flask import g, request

from refusals.refusal import Refusal
from registry.clients import clients
from registry.clients.clients import Client, Scope
from storage import origin
from web.extensions import db, office
from web.visitors.rate_limits import limit

SCHEME = "bearer"
_TIMES, _PER_S = 600, 60  #: requests of one client


class NoToken(Refusal):
    """请求没有有效的访问令牌。请先以程序编号和密钥取得令牌，在Authorization中以Bearer方式给出；令牌十五分钟内有效。"""

    code = "E_API_TOKEN"
    is_denial = True


class ScopeMissing(Refusal):
    """访问令牌没有“{scope}”权限。请取得含有该权限的令牌；程序没有该权限的，请联系系统运行维护人员。"""

    code = "E_API_SCOPE"
    is_denial = True


class NotForThisParty(Refusal):
    """该接口不供此类程序使用。请按接口说明选择适用的接口。"""

    code = "E_API_PARTY"
    is_denial = True


def require(scope: Scope) -> None:
    """Refuse an act that asks for a scope beside that of its route. Raises: ScopeMissing."""
    if scope not in g.token_scopes:
        raise ScopeMissing(scope=scope.value)


def client_of(scope: Scope) -> Client:
    """Give the client that asks, within its rate.

    Raises: NoToken, ScopeMissing, TooManyAttempts with the seconds to wait.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    known = None
    if kind.lower() == SCHEME and token.strip():
        known = clients.by_token(db.session(), token.strip(), office().now())
    if known is None:
        raise NoToken
    client, scopes = known
    origin.end(g.whence)
    g.whence = origin.begin(f"{_whence()} client:{client.id}")
    limit("api", client.id, times=_TIMES, per_s=_PER_S)
    g.token_scopes = scopes
    require(scope)
    return client


def _whence() -> str:
    rule = request.url_rule.rule if request.url_rule else "?"
    return f"{request.remote_addr} {request.method} {rule}"
