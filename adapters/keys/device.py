"""A token by PKCS #11: one session, kept open; keys are made in it and never leave it."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import (
    encode_ec_public_key,
    encode_ecdsa_signature,
    encode_named_curve_parameters,
)

_CURVE = "secp256r1"


class TokenFault(Exception):
    """The device did not do what it was asked; the text is the kind of its answer."""


class Device:
    """Makes P-256 keys in a token, and signs with them. Threads wait for each other."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        """Take the library of the maker, the label of the token and its user PIN."""
        self._module, self._label, self._pin = module, label, pin
        self._lock = threading.Lock()
        self._session: Any = None
        self._keys: dict[str, Any] = {}

    def make(self, key_id: str) -> bytes:
        """Make a key under this id (hexadecimal); return its public half, DER. Raises: TokenFault.

        An id that is taken gives the key that is there: a repeated request makes none.
        """
        return bytes(self._asked(lambda session: _made(session, key_id)))

    def sign(self, key_id: str, digest: bytes) -> bytes:
        """Sign a SHA-256 digest: ECDSA, DER. Raises: TokenFault."""
        return bytes(self._asked(lambda session: self._signed(session, key_id, digest)))

    def _signed(self, session: Any, key_id: str, digest: bytes) -> bytes:
        if key_id not in self._keys:
            wanted = {"object_class": ObjectClass.PRIVATE_KEY, "id": bytes.fromhex(key_id)}
            self._keys[key_id] = session.get_key(**wanted)
        raw = self._keys[key_id].sign(digest, mechanism=Mechanism.ECDSA)
        return bytes(encode_ecdsa_signature(raw))

    def _asked(self, act: Any) -> Any:
        """Act in the session; one that broke (a device that was unplugged) is opened once more."""
        with self._lock:
            for is_last in (False, True):
                try:
                    if self._session is None:
                        token = pkcs11.lib(str(self._module)).get_token(token_label=self._label)
                        self._session = token.open(rw=True, user_pin=self._pin)
                    return act(self._session)
                except (pkcs11.exceptions.PKCS11Error, RuntimeError) as error:
                    self._leave()
                    if is_last:
                        raise TokenFault(type(error).__name__) from error
        raise AssertionError

    def _leave(self) -> None:
        """Give the session back: a token counts who is logged in."""
        self._keys.clear()
        session, self._session = self._session, None
        if session is not None:
            with suppress(pkcs11.exceptions.PKCS11Error):
                session.close()


def _made(session: Any, key_id: str) -> bytes:
    own = {"id": bytes.fromhex(key_id)}
    try:
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, **own)
    except pkcs11.exceptions.NoSuchKey:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        public, _ = parameters.generate_keypair(
            mechanism=Mechanism.EC_KEY_PAIR_GEN, store=True, label="zhuce", **own
        )
    key = load_der_public_key(encode_ec_public_key(public))
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
