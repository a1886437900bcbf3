"""Passkeys (Web Authentication Level 3), read and judged by py_webauthn.

What a browser is asked stands in the page as JSON, its challenge in the session; the answer comes
back as a field of a form. A passkey belongs to the name of the host, so an IP address has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from web.settings import Settings

_CHALLENGE = "passkey_challenge"
_INVALID = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)
#: Handle → `id`, `key` and `counter` of a passkey (`casework.second_factors.proofs.passkeys`).
Held = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class User:
    """Whose passkey it is going to be, as his device shows him."""

    id: str
    login: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """A passkey that a browser has made."""

    handle: str
    stored: dict[str, str]
    counter: int


def are_possible(settings: Settings) -> bool:
    """Tell whether browsers keep passkeys for our address: a name, over TLS or this machine."""
    host = _host(settings)
    try:
        ip_address(host)
    except ValueError:
        return settings.is_https or host == "localhost"
    return False


def to_make(settings: Settings, user: User, held: Held, service: str) -> str:
    """Give as JSON what a browser is asked to make; none that is held already."""
    options = generate_registration_options(
        rp_id=_host(settings),
        rp_name=service,
        user_id=user.id.encode(),
        user_name=user.login,
        user_display_name=user.name,
        exclude_credentials=_described(held),
    )
    session[_CHALLENGE] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


def made(settings: Settings, answer: str) -> Made | None:
    """Read what a browser has made; None when it is not what this session asked for."""
    try:
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=_challenge(),
            expected_rp_id=_host(settings),
            expected_origin=settings.base_url,
        )
    except _INVALID:
        return None
    stored = {
        "id": bytes_to_base64url(verified.credential_id),
        "key": bytes_to_base64url(verified.credential_public_key),
    }
    return Made(handle=_handle(verified.credential_id), stored=stored, counter=verified.sign_count)


def to_prove(settings: Settings, held: Held) -> str:
    """Give as JSON what a browser is asked to sign with one of the passkeys that are held."""
    options = generate_authentication_options(
        rp_id=_host(settings), allow_credentials=_described(held)
    )
    session[_CHALLENGE] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


def proven(settings: Settings, held: Held, answer: str) -> tuple[str, int] | None:
    """Judge what a browser has signed: the passkey's handle and count; None: it proves nothing."""
    for handle, passkey in held.items():
        try:
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=_challenge(keep=True),
                expected_rp_id=_host(settings),
                expected_origin=settings.base_url,
                credential_public_key=base64url_to_bytes(passkey["key"]),
                credential_current_sign_count=passkey["counter"],
            )
        except _INVALID:
            continue
        if _handle(verified.credential_id) == handle:
            session.pop(_CHALLENGE, None)
            return handle, verified.new_sign_count
    session.pop(_CHALLENGE, None)
    return None


def _described(held: Held) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey["id"]))
        for passkey in held.values()
    ]


def _challenge(*, keep: bool = False) -> bytes:
    """Give the challenge of this session, for once; it is never the empty one."""
    text: str = session[_CHALLENGE] if keep else session.pop(_CHALLENGE)
    return base64url_to_bytes(text)


def _handle(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _host(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or ""
