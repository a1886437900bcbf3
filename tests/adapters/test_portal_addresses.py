"""The identity portal says where it is asked: over https, or nobody is sent there."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from joserfc.jwk import ECKey

from adapters.errors import SignInRefused
from adapters.identity_portal import IdentityPortal

KEY = ECKey.generate_key("P-256", {"kid": "one"})
ISSUER = "https://portal.example"


def portal(**about: str) -> IdentityPortal:
    """Give our client of a portal that describes itself so."""
    description = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        **about,
    }

    def answer(request: httpx.Request) -> httpx.Response:
        keys = {"keys": [KEY.as_dict(private=False)]}
        return httpx.Response(200, json=keys if request.url.path == "/keys" else description)

    return IdentityPortal(
        ISSUER,
        "theirs",
        redirect_uri="https://zhuce.example/sign-in/callback",
        clock=lambda: datetime(2026, 11, 24, tzinfo=UTC),
        transport=httpx.MockTransport(answer),
    )


def test_visitors_are_sent_where_the_portal_says() -> None:
    assert portal().begin("person").url.startswith(f"{ISSUER}/authorize?")


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_an_address_without_tls_is_not_used(endpoint: str) -> None:
    """Who reads the wire would read codes, or give us keys of his own."""
    with pytest.raises(SignInRefused, match="不是https地址"):
        portal(**{endpoint: "http://portal.example/anything"}).begin("person")
