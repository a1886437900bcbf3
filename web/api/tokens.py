"""The token endpoint: client credentials in, a short-lived token out (RFC 6749, 4.4 and 5)."""

from __future__ import annotations

from flask import Response, request

from registry.clients import clients
from registry.clients.clients import TOKEN_LASTS, Client
from registry.trail import audit
from registry.trail.audit import Result
from storage.database import writing
from web.api.declared import Reply, json_answer, route
from web.english import language
from web.extensions import office
from web.visitors.rate_limits import limit, require_below

_MISSES, _MISSES_PER_S = 20, 600  #: wrong secrets, from one address and for one client
_LONGEST = 200  #: characters of an id or a secret


@route(
    "POST",
    "/token",
    tag="令牌",
    scope=None,
    body="TokenRequest",
    media="application/x-www-form-urlencoded",
    reply=Reply(about="令牌", schema="Token"),
)
def token() -> Response:
    """Give a token to a client that proves who it is with its secret."""
    if request.form.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type", "grant_type须为client_credentials。")
    client_id, secret = _credentials()
    require_below("api secret", times=_MISSES, per_s=_MISSES_PER_S)
    require_below("api secret of", client_id, times=_MISSES, per_s=_MISSES_PER_S)
    with writing(office().sessions) as session:
        now = office().now()
        client = clients.authenticate(session, client_id, secret, now)
        wanted = set(request.form.get("scope", "").split()) or set(client.scopes if client else ())
        if client is not None and wanted <= set(client.scopes):
            given = clients.issue(session, client, wanted, at=now)
            return _given(given, wanted)
    if client is None:
        limit("api secret", times=_MISSES * 2, per_s=_MISSES_PER_S)
        limit("api secret of", client_id, times=_MISSES * 2, per_s=_MISSES_PER_S)
        _note_refusal(client_id)
        return _refused("invalid_client", "程序编号或者密钥有误，请核对后重试。", 401)
    return _refused("invalid_scope", f"该程序没有所要的权限；可用：{_words(client)}。")


def _credentials() -> tuple[str, str]:
    """Read id and secret: by HTTP Basic, or in the form (RFC 6749, 2.3.1)."""
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        return (basic.username or "")[:_LONGEST], (basic.password or "")[:_LONGEST]
    form = request.form
    return form.get("client_id", "")[:_LONGEST], form.get("client_secret", "")[:_LONGEST]


def _given(token: str, scopes: set[str]) -> Response:
    answer = json_answer(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "scope": " ".join(sorted(scopes)),
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _words(client: Client) -> str:
    return "、".join(client.scopes)


def _refused(error: str, text: str, status: int = 400) -> Response:
    answer = json_answer({"error": error, "error_description": language.said(text)}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="zhuce"'
    return answer


def _note_refusal(client_id: str) -> None:
    """Write who was refused; the limits bound how many rows a guesser leaves."""
    with writing(office().sessions) as session:
        audit.record(
            session,
            "refused.E_API_CLIENT",
            actor="anonymous",
            subject=f"client:{client_id if client_id.isalnum() else '?'}"[:80],
            at=office().now(),
            result=Result.DENIED,
            facts={"status": 401},
        )
