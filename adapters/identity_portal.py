"""The identity portal 一网通办: signing people in by OpenID Connect (code, PKCE, nonce).

The twin is `web.sign_in.portal`, a provider that speaks the same protocol; this one client
meets both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from adapters.errors import SignInRefused
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.deadline import bounded
from registry import readings
from registry.errors import Unavailable
from registry.identifiers import IdType

CLIENT_ID = "zhuce"
ALGORITHMS = ["ES256"]
TIMEOUT_S = 10.0  #: for each whole answer
_KEPT_S = 600.0  #: how long the portal's description of itself is believed
_LEEWAY_S = 60
_SYSTEM = System.PORTAL.label
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A sign-in under way; all but `url` stays in the visitor's session."""

    kind: str  #: person, enterprise or officer
    url: str  #: where the visitor is sent
    state: str
    nonce: str
    verifier: str

    def kept(self) -> dict[str, str]:
        """Give what `complete` needs, as plain data."""
        return {name: value for name, value in asdict(self).items() if name != "url"}


@dataclass(frozen=True, kw_only=True)
class PortalIdentity:
    """Who the portal says has signed in."""

    kind: str
    subject: str
    name: str
    level: str  #: L2 and above: the person was verified
    claims: Mapping[str, Any]  #: id_type, id_no, sex, birthdate, phone_number | org_uscc, org_name


class _Basic(httpx.Auth, ClientAuth):  # type: ignore[misc]  # Authlib is not typed
    """Authlib's client authentication for httpx, whose body it leaves as it is."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        body = request.content.decode()
        _, headers, _ = self.prepare(request.method, str(request.url), request.headers, body)
        request.headers.update(headers)
        yield request


def _is_https(url: object) -> bool:
    return isinstance(url, str) and url.startswith("https://")


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib is not typed
    client_auth_class = _Basic


class IdentityPortal:
    """Our side of the portal: `begin` sends somebody there, `complete` learns who came back."""

    def __init__(
        self,
        issuer: str,
        client_secret: str,
        *,
        redirect_uri: str,
        clock: Callable[[], datetime],
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Take the portal's address and our secret there; `transport` stands for the network."""
        self._issuer = issuer
        self._secret = client_secret
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._http = httpx.Client(
            transport=bounded(transport, seconds=timeout_s),
            timeout=timeout_s,
            follow_redirects=False,
        )
        self._about: dict[str, Any] = {}
        self._about_at = 0.0

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def begin(self, kind: str) -> Begun:
        """Prepare the sign-in of a person, an enterprise or an officer.

        Raises: Unavailable when the portal cannot be reached.
        """
        verifier, nonce = generate_token(64), generate_token(32)
        url, state = self._client().create_authorization_url(
            self._description()["authorization_endpoint"],
            code_verifier=verifier,
            nonce=nonce,
            acr_values=kind,
        )
        return Begun(kind=kind, url=url, state=state, nonce=nonce, verifier=verifier)

    def complete(self, begun: Mapping[str, str], answer: Mapping[str, str]) -> PortalIdentity:
        """Exchange the code that the visitor brought back for his identity.

        `begun` is what `Begun.kept` gave, `answer` the query of the callback.
        Raises: SignInRefused with the cause, Unavailable.
        """
        if not begun or answer.get("state") != begun.get("state"):
            raise SignInRefused(cause="登录请求已失效或不是由本浏览器发起")
        if "code" not in answer:
            raise SignInRefused(cause="您取消了登录" if answer.get("error") else "缺少授权码")
        try:
            token = self._token(answer["code"], begun["verifier"])
            claims = self._claims(token, begun["nonce"])
        except (AuthlibBaseError, JoseError, ValueError) as error:
            raise SignInRefused(cause="授权码无效、已使用或已过期") from error
        if claims.get("kind") != begun["kind"]:
            raise SignInRefused(cause="登录的账号类型与所选入口不一致")
        _check_claims(begun["kind"], claims)
        return PortalIdentity(
            kind=begun["kind"],
            subject=str(claims["sub"]),
            name=readings.name(str(claims.get("name", ""))),
            level=str(claims.get("acr", "")),
            claims={**claims, **_identifying(claims)},
        )

    def _token(self, code: str, verifier: str) -> dict[str, str]:
        """Exchange a code for tokens. Raises: AuthlibBaseError for a refusal, Unavailable."""
        try:
            given = self._client().fetch_token(
                self._description()["token_endpoint"], code=code, code_verifier=verifier
            )
            return {name: plain.words(given, name) for name in ("id_token", "access_token")}
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            raise Unavailable(system=_SYSTEM) from error

    def _client(self) -> OAuth2Client:
        return _Client(
            self._http,
            CLIENT_ID,
            self._secret,
            scope="openid profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )

    def _description(self) -> dict[str, Any]:
        """Read what the portal says about itself, and its keys; kept for ten minutes."""
        if self._about and time.monotonic() - self._about_at < _KEPT_S:
            return self._about
        try:
            about = plain.record(self._json(f"{self._issuer}/.well-known/openid-configuration"))
            if about.get("issuer") != self._issuer:
                raise SignInRefused(cause="统一身份认证的签发者与配置不一致")
            if _is_https(self._issuer) and not all(_is_https(about.get(at)) for at in _ENDPOINTS):
                raise SignInRefused(cause="统一身份认证给出的地址不是https地址")
            about["keys"] = KeySet.import_key_set(self._json(about["jwks_uri"]))
        except (httpx.HTTPError, JoseError, ValueError, LookupError, TypeError) as error:
            raise Unavailable(system=_SYSTEM) from error
        self._about, self._about_at = about, time.monotonic()
        return about

    def _json(self, url: str) -> Any:
        answer = self._http.get(url)
        answer.raise_for_status()
        return answer.json()

    def _read(self, id_token: str) -> jwt.Token:
        """Check the signature; when its key is not among those kept, the portal has new ones.

        Source: OpenID Connect Core 10.1.1. The token comes from the portal itself, over its own
        connection, so nobody else can make us ask.
        """
        registry = JWSRegistry(algorithms=ALGORITHMS)
        try:
            return jwt.decode(id_token, self._description()["keys"], registry=registry)
        except (InvalidKeyIdError, BadSignatureError, ValueError):
            self._about = {}
            return jwt.decode(id_token, self._description()["keys"], registry=registry)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> CodeIDToken:
        read = self._read(token["id_token"])
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": CLIENT_ID},
            },
            {"nonce": nonce, "client_id": CLIENT_ID, "access_token": token["access_token"]},
        )
        claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_S)
        return claims


def _identifying(claims: Mapping[str, Any]) -> dict[str, str]:
    """Read the numbers of the portal in the one spelling that all registers are asked in."""
    names = [name for name in ("id_no", "org_uscc") if isinstance(claims.get(name), str)]
    return {name: readings.number(claims[name]) for name in names}


def _check_claims(kind: str, claims: Mapping[str, Any]) -> None:
    """Refuse the sign-in when the portal does not say what this kind of visitor needs."""
    wanted = {"person": ("sub", "name", "id_type", "id_no"), "enterprise": ("sub", "org_uscc")}
    for name in wanted.get(kind, ("sub",)):
        value = claims.get(name)
        if not isinstance(value, str) or not value.strip():
            raise SignInRefused(cause=f"统一身份认证没有给出所需的信息（{name}）")
    if kind == "person" and claims["id_type"] not in IdType.__members__.values():
        raise SignInRefused(cause="统一身份认证给出的证件类型不能识别")
