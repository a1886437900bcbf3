"""The twin of the identity portal 一网通办: an OpenID provider, only on the embedded default.

Strict: one client, exact redirect address, code flow, PKCE S256 and a nonce, codes good for one use
within a minute, ES256. Who signs in is chosen from the fictitious world; an enterprise gives the
password of its certificate, which the key itself checks (R9–R14).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.wrappers import Response as AnyResponse

from adapters import world
from adapters.faults import Faults, OutsideFault
from adapters.identity_portal import CLIENT_ID
from adapters.real_name import identity_of
from adapters.systems import System
from refusals.refusal import Refusal
from registry.people import persons
from storage.database import Base, Encrypted, UtcDateTime, writing
from web.errors import PortalRefused, told
from web.extensions import csrf, office, settings
from web.settings import Settings
from web.visitors import access, witness
from web.visitors.rate_limits import limit, require_below

bp = Blueprint("portal", __name__, url_prefix="/portal")

CODE_LASTS = timedelta(minutes=1)
_TOKEN_LASTS = timedelta(minutes=5)
_KINDS = ("person", "enterprise", "officer")
_PIN_FAILURES = "certificate password"  #: of whatever certificate, from one address
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class PortalCode(Base):
    """An authorization code on its way back to the client."""

    __tablename__ = "twin_portal_code"

    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    grant: Mapped[str] = mapped_column(Encrypted("twin_portal_code.grant"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


def issuer_of(settings: Settings) -> str:
    """Give the issuer's address of the embedded portal."""
    return f"{settings.base_url}/portal"


def client_secret_of(settings: Settings) -> str:
    """Give our client secret at the embedded portal."""
    return settings.key("portal client").hex()


def redirect_uri_of(settings: Settings) -> str:
    """Give the address to which the portal sends people back."""
    return f"{settings.base_url}/sign-in/callback"


@bp.before_request
def _fail_when_told() -> Response | None:
    """Behave towards programs as a portal with a fault would; people see what the client says."""
    if request.endpoint not in ("portal.description", "portal.keys", "portal.token"):
        return None
    fault, seconds = Faults(System.PORTAL, office().sessions).present()
    if fault is OutsideFault.SLOW:
        time.sleep(seconds)
    if fault is OutsideFault.DOWN:
        return Response("down", 503)
    if fault is OutsideFault.ERROR:
        return Response("Internal Server Error", 500)
    if fault is OutsideFault.GARBAGE:
        return Response("<html><body>system maintenance", mimetype="text/html")
    g.tells_of_others = fault is OutsideFault.WRONG
    return None


@bp.get("/")
@access.public
def front() -> str:
    """Show the portal with its department entries (R9)."""
    return render_template("portal/front.html")


@bp.get("/departments/zjw")
@access.public
def department() -> str:
    """Show the matters of 市住建委, ours with 【立即办理】 (R10)."""
    return render_template("portal/department.html")


@bp.get("/.well-known/openid-configuration")
@access.public
def description() -> Response:
    """Describe this provider to its clients."""
    issuer = issuer_of(settings())
    return jsonify(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/keys",
        response_types_supported=["code"],
        subject_types_supported=["public"],
        scopes_supported=["openid", "profile"],
        acr_values_supported=list(_KINDS),
        id_token_signing_alg_values_supported=["ES256"],
        code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
    )


@bp.get("/keys")
@access.public
def keys() -> Response:
    """Publish the key that signs identity tokens."""
    return jsonify(KeySet([_key(settings())]).as_dict(private=False))


@bp.get("/authorize")
@access.public
def authorize() -> str:
    """Ask who is signing in (pictures 3 and 4 of the manual)."""
    return _login_page(_checked_request()["acr_values"])


@bp.post("/authorize")
@access.public
def sign_in() -> str | AnyResponse | tuple[str, int]:
    """Let somebody in and send him back with a code."""
    asked = _checked_request()
    kind = asked["acr_values"]
    claims = claims_of(kind, request.form.get("subject", ""))
    if kind == "enterprise":
        witness.about(f"enterprise:{claims['org_uscc']}")
        require_below(_PIN_FAILURES, times=30, per_s=300)
        try:
            _check_pin(claims["org_uscc"], request.form.get("pin", ""))
        except Refusal as error:
            limit(_PIN_FAILURES, times=30, per_s=300)
            return _login_page(kind, chosen=claims["sub"], fault=told(error)), 422
    code = secrets.token_urlsafe(32)
    _keep_code(code, {**asked, "claims": claims})
    answer = urlencode({"code": code, "state": asked["state"]})
    return redirect(f"{asked['redirect_uri']}?{answer}", 303)


@bp.post("/token")
@access.public
def token() -> tuple[Response, int]:
    """Exchange a code for an identity token; a code is gone after its first use."""
    client = request.authorization
    if (
        client is None
        or client.username != CLIENT_ID
        or not secrets.compare_digest(
            (client.password or "").encode(), client_secret_of(settings()).encode()
        )
    ):
        return jsonify(error="invalid_client"), 401
    grant = _take_code(request.form.get("code", ""))
    if (
        grant is None
        or request.form.get("grant_type") != "authorization_code"
        or request.form.get("redirect_uri") != grant["redirect_uri"]
        or create_s256_code_challenge(request.form.get("code_verifier", ""))
        != grant["code_challenge"]
    ):
        return jsonify(error="invalid_grant"), 400
    if g.tells_of_others:
        grant["nonce"] = secrets.token_urlsafe(32)  # of a sign-in that somebody else began
    answer = jsonify(
        access_token=(access_token := secrets.token_urlsafe(32)),
        token_type="Bearer",  # noqa: S106  (a kind of token, not one)
        expires_in=int(_TOKEN_LASTS.total_seconds()),
        id_token=_identity_token(grant, access_token),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200


csrf.exempt(token)  # a program calls it, with our client secret


def _checked_request() -> dict[str, str]:
    """Refuse an authorization request that is not exactly our client's."""
    asked = request.args.to_dict()
    for name, wanted, cause in (
        ("client_id", (CLIENT_ID,), "未登记的应用"),
        ("redirect_uri", (redirect_uri_of(settings()),), "返回地址未登记"),
        ("response_type", ("code",), "只支持授权码方式"),
        ("code_challenge_method", ("S256",), "必须使用PKCE S256"),
        ("acr_values", _KINDS, "未指明个人、企业或工作人员"),
    ):
        if asked.get(name) not in wanted:
            raise PortalRefused(cause=cause)
    if any(len(asked.get(name, "")) < 16 for name in ("state", "nonce", "code_challenge")):
        raise PortalRefused(cause="缺少state、nonce或code_challenge")
    return asked


def _login_page(kind: str, chosen: str = "", fault: str | None = None) -> str:
    return render_template(
        f"portal/{kind}.html",
        world=world,
        engineers=world.engineers() if kind == "person" and _is_populated() else (),
        chosen=chosen,
        faults={"pin": fault} if fault else {},
    )


def _is_populated() -> bool:
    """Tell whether the engineers of the demonstration are there."""
    first = identity_of(world.ENGINEERS[0])
    with office().sessions() as session:
        return persons.by_identity(session, first.id_type, first.id_no) is not None


def claims_of(kind: str, subject: str) -> dict[str, Any]:
    """Tell who `subject` is; raises PortalRefused for an account that the portal does not know."""
    if kind == "person" and (citizen := world.citizen(subject)):
        return {
            "sub": citizen.subject,
            "name": citizen.name,
            "acr": "L2",
            "id_type": citizen.id_type,
            "id_no": citizen.id_no,
        }
    if kind == "enterprise" and (company := world.company(subject)) and company.pin:
        return {
            "sub": company.uscc,
            "name": company.operator,
            "acr": "L3",
            "org_uscc": company.uscc,
            "org_name": company.name,
        }
    official = next((known for known in world.OFFICIALS if known.login == subject), None)
    if kind == "officer" and official:
        return {"sub": official.login, "name": official.name, "acr": "L3"}
    raise PortalRefused(cause="统一身份认证平台没有该账号，或者该企业还没有法人一证通数字证书")


def _check_pin(uscc: str, pin: str) -> None:
    """Have the enterprise's PIN sign in: it opens the key and allows no signature."""
    office().signatures.challenges.confirm_pin(uscc, pin)


def _keep_code(code: str, grant: Mapping[str, Any]) -> None:
    place = office()
    with writing(place.sessions) as session:
        session.execute(sa.delete(PortalCode).where(PortalCode.expires_at < place.now()))
        row = PortalCode(
            code_hash=_hash(code), grant=json.dumps(grant), expires_at=place.now() + CODE_LASTS
        )
        session.add(row)


def _take_code(code: str) -> dict[str, Any] | None:
    """Take a code out of the table; two that come with the same one get one grant between them."""
    place = office()
    with writing(place.sessions) as session:
        taken = session.execute(
            sa.delete(PortalCode)
            .where(PortalCode.code_hash == _hash(code))
            .returning(PortalCode.grant, PortalCode.expires_at)
        ).one_or_none()
    if taken is None or taken.expires_at < place.now():
        return None
    grant: dict[str, Any] = json.loads(taken.grant)
    return grant


def _identity_token(grant: Mapping[str, Any], access_token: str) -> str:
    now = int(office().now().timestamp())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    claims = {
        **grant["claims"],
        "kind": grant["acr_values"],
        "iss": issuer_of(settings()),
        "aud": CLIENT_ID,
        "iat": now,
        "auth_time": now,
        "exp": now + int(_TOKEN_LASTS.total_seconds()),
        "nonce": grant["nonce"],
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }
    key = _key(settings())
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


def _key(settings: Settings) -> ECKey:
    """Derive the portal's signing key, the same in every process and after every start."""
    number = int.from_bytes(settings.key("portal signature"), "big") % (_P256_ORDER - 1) + 1
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return ECKey.import_key(pem, {"use": "sig", "alg": "ES256", "kid": "portal"})


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
