"""The token of forms, masked: another text in each answer, which no compression tells (BREACH)."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from flask import Flask
from flask_wtf.csrf import CSRFProtect, generate_csrf

KEYS = "WTF_CSRF_SECRET_KEY"  #: where the app keeps what signs forms, the newest last
_MASK = "~"  #: begins a masked token; no token of Flask-WTF does


class Guard(CSRFProtect):  # type: ignore[misc]  # it ships no types
    """Flask-WTF's guard, for masked tokens."""

    def _get_csrf_token(self) -> str | None:
        token = super()._get_csrf_token()
        return None if token is None else unmasked(str(token))

    def is_asked(self) -> bool:
        """Tell whether the form of this request must bear a token."""
        return not self._is_exempt()


def install(app: Flask) -> None:
    """Let templates show the masked token; called after the guard has given its own."""
    app.jinja_env.globals["csrf_token"] = token
    app.context_processor(lambda: {"csrf_token": token})


def token() -> str:
    """Give the token of the session's forms, masked for this answer."""
    return masked(generate_csrf())


def masked(text: str) -> str:
    """Give a text that says the same and shares nothing with the one of another answer."""
    plain = text.encode()
    pad = secrets.token_bytes(len(plain))
    return _MASK + urlsafe_b64encode(pad + _mixed(plain, pad)).decode()


def unmasked(text: str) -> str:
    """Give what was masked; a text that was not is itself.

    >>> unmasked(masked("abc")), unmasked("abc"), unmasked("~?")
    ('abc', 'abc', '~?')
    """
    if not text.startswith(_MASK):
        return text
    try:
        both = urlsafe_b64decode(text[len(_MASK) :].encode())
        half = len(both) // 2
        return _mixed(both[:half], both[half:]).decode()
    except (Error, ValueError):
        return text


def _mixed(text: bytes, pad: bytes) -> bytes:
    mixed = int.from_bytes(text, "big") ^ int.from_bytes(pad, "big")
    return mixed.to_bytes(max(len(text), len(pad)), "big")
