"""Files at rest: each under a key of its own, which a key of the deployment wraps.

A stored file is `ZHF1`, the name of the wrapping key (4 octets), a nonce (12), the wrapped key
(32 + 16), a nonce (12) and the ciphertext with its tag (16); both are AES-256-GCM, bound to the
address of the file, so that no two can change places. Rotation rewrites the 80 octets in front.
A file that lies there as it was given, from before, is read as it is.
Requirement: personal information protection law art. 51 (encryption).
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.vault import KEY_BYTES, derive

MAGIC = b"ZHF1"
_NAME_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_WRAPPED = len(MAGIC) + _NAME_BYTES  #: where the nonce of the wrapped key begins
_HEAD = _WRAPPED + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES


class UnknownFileKey(Exception):
    """A file is wrapped by a key that this deployment was not given."""


class DamagedFile(Exception):
    """A file was changed where it lies, or lies at another's address."""


class FileKeys:
    """Closes files under `key` and opens what the `former` keys wrapped."""

    def __init__(self, key: bytes, *former: bytes) -> None:
        if any(len(secret) != KEY_BYTES for secret in (key, *former)):
            raise ValueError(f"a key of files has {KEY_BYTES} bytes")
        self._current = _name(key)
        self._wraps = {_name(secret): AESGCM(derive(secret, b"wrap")) for secret in (key, *former)}

    def close(self, content: bytes, address: str) -> bytes:
        """Return what is stored for `content`; each time under another key."""
        key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, content, address.encode())
        return self._head(key, address) + nonce + sealed

    def open(self, stored: bytes, address: str) -> bytes:
        """Return the content of what is stored. Raises: UnknownFileKey, DamagedFile."""
        if not stored.startswith(MAGIC):
            return stored
        key, rest = self._key(stored, address), stored[_HEAD:]
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], address.encode())
        except (InvalidTag, ValueError) as error:
            raise DamagedFile from error

    def is_current(self, stored: bytes) -> bool:
        """Tell whether what is stored is wrapped by the key of today."""
        return stored.startswith(MAGIC) and _named(stored) == self._current

    def renewed(self, stored: bytes, address: str) -> bytes:
        """Return the same file wrapped by the key of today; what lay open is closed.

        Raises: UnknownFileKey, DamagedFile.
        """
        if not stored.startswith(MAGIC):
            return self.close(stored, address)
        return self._head(self._key(stored, address), address) + stored[_HEAD:]

    def _head(self, key: bytes, address: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapped = self._wraps[self._current].encrypt(nonce, key, address.encode())
        return MAGIC + self._current + nonce + wrapped

    def _key(self, stored: bytes, address: str) -> bytes:
        wrap = self._wraps.get(_named(stored))
        if wrap is None:
            raise UnknownFileKey
        nonce, wrapped = stored[_WRAPPED : _WRAPPED + _NONCE_BYTES], stored[:_HEAD]
        try:
            return wrap.decrypt(nonce, wrapped[_WRAPPED + _NONCE_BYTES :], address.encode())
        except (InvalidTag, ValueError) as error:
            raise DamagedFile from error


def _name(key: bytes) -> bytes:
    return derive(key, b"file key name")[:_NAME_BYTES]


def _named(stored: bytes) -> bytes:
    return stored[len(MAGIC) : _WRAPPED]
