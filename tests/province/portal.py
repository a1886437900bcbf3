"""A portal of a province: whoever comes says who he is, and is sent back with a code."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from adapters import world
from adapters.identity_portal import CLIENT_ID

ISSUER = "https://portal.example"
OFFICERS = ("wang", "li", "zhao", "sun", "zhou")


class Portal:
    """Answers what a client of OpenID Connect and a browser ask."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "1"})
        self._codes: dict[str, dict[str, Any]] = {}

    def description(self) -> dict[str, Any]:
        """Describe itself."""
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }

    def keys(self) -> dict[str, Any]:
        """Publish its key."""
        return dict(KeySet([self._key]).as_dict(private=False))

    def page(self, query: str) -> str:
        """Ask who is there."""
        subjects = [
            *(citizen.subject for citizen in world.CITIZENS),
            *(company.uscc for company in world.COMPANIES),
            *OFFICERS,
        ]
        forms = "".join(
            f'<form method="post" action="?{html.escape(query)}"><input type="hidden" '
            f'name="subject" value="{subject}"><button>{subject}</button></form>'
            for subject in subjects
        )
        return f'<!doctype html><link rel="icon" href="data:,"><main>{forms}</main>'

    def sent_back(self, query: str, subject: str) -> str:
        """Give the address to which whoever said who he is goes back."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        code = secrets.token_urlsafe(32)
        self._codes[code] = {**asked, "claims": claims(asked["acr_values"], subject)}
        answer = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{answer}"

    def token(self, code: str) -> dict[str, Any]:
        """Exchange a code."""
        grant, now = self._codes.pop(code), int(time.time())
        access_token = secrets.token_urlsafe(32)
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        said = {
            **grant["claims"],
            "kind": grant["acr_values"],
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        token = jwt.encode({"alg": "ES256", "kid": "1"}, said, self._key)
        return {"access_token": access_token, "token_type": "Bearer", "id_token": token}


def claims(kind: str, subject: str) -> dict[str, Any]:
    """Tell who somebody is."""
    if kind == "person":
        [citizen] = [known for known in world.CITIZENS if known.subject == subject]
        identity = {"id_type": citizen.id_type, "id_no": citizen.id_no}
        return {"sub": subject, "name": citizen.name, "acr": "L2", **identity}
    if kind == "enterprise":
        [company] = [known for known in world.COMPANIES if known.uscc == subject]
        of = {"org_uscc": company.uscc, "org_name": company.name}
        return {"sub": subject, "name": company.operator, "acr": "L3", **of}
    return {"sub": subject, "name": subject, "acr": "L3"}
