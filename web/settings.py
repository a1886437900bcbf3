"""Settings: read once from `ZHUCE_…`, checked in one place, never printed."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass
from ipaddress import ip_network
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.file_keys import FileKeys
from web import fitness
from web.fitness import KEYS, OUTSIDE
from web.values import AcceptanceMode, Network, Profile, SecondFactor, Values

__all__ = ["OUTSIDE", "AcceptanceMode", "Profile", "Settings", "SettingsError"]

_PREFIX = "ZHUCE_"


class SettingsError(Exception):
    """A setting is missing or must not be so; the text names each variable and its remedy."""


@dataclass(frozen=True, kw_only=True)
class Settings(Values):
    """Values that are fit to start with, and the keys that follow from the secret."""

    checked: InitVar[bool] = True

    def __post_init__(self, checked: bool) -> None:
        """Refuse what cannot work or must not be, all of it at once."""
        if checked and (found := fitness.faults(self)):
            raise SettingsError("\n".join(map(str, found)))

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, checked: bool = True
    ) -> Settings:
        """Read `ZHUCE_…` (or the file named by `ZHUCE_…_FILE`) and check it.

        Raises: SettingsError naming each variable and what to do; what cannot be read at all is
        refused also when it is not `checked`.
        """
        return _read(os.environ if environment is None else environment, checked)

    def key(self, purpose: str) -> bytes:
        """Derive the 32-byte key of one purpose, so that one secret is enough to keep.

        >>> len(Settings(secret="s" * 32).key("sessions"))
        32
        """
        return _derived(self.secret, purpose)

    def register_keys(self) -> list[bytes]:
        """Give the key that encrypts columns, and those that did before, the newest first.

        The last is always that of the secret, to which the blind indexes belong.
        """
        return self._keys("register_key", "vault")

    def signing_keys(self) -> list[bytes]:
        """Give the key that wraps private keys, and those that did before, the newest first."""
        return self._keys("signing_key", "key encryption")

    def session_keys(self) -> list[bytes]:
        """Give the key that signs forms, and those that did before, the newest first."""
        return self._keys("session_key", "forms")

    def file_keys(self) -> FileKeys:
        """Give the key that wraps the keys of files, and those that did before."""
        return FileKeys(*self._keys("file_key", "files"))

    def _keys(self, name: str, purpose: str) -> list[bytes]:
        """Derive the keys of a purpose; the secret is always among them, as where none is set."""
        former = fitness.parts(getattr(self, KEYS[name]))
        given = dict.fromkeys(filter(None, [getattr(self, name), *former, self.secret]))
        return [_derived(secret, purpose) for secret in given]


def _derived(secret: str, purpose: str) -> bytes:
    info = f"zhuce/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def _read(environment: Mapping[str, str], checked: bool) -> Settings:
    given: dict[str, object] = {}
    for name, read in _READERS.items():
        text = _value(environment, _PREFIX + name.upper())
        if text is None:
            continue
        try:
            given[name] = read(text)
        except ValueError as error:
            raise SettingsError(f"{_PREFIX}{name.upper()} cannot be {text!r}: {error}") from error
    port = given.get("port", Settings.port)
    given.setdefault("base_url", f"http://127.0.0.1:{port}")
    if "secret" not in given:
        given["secret"] = _kept_secret(given)
    return Settings(**given, checked=checked)  # type: ignore[arg-type]  # each reader gives the type of its field


def _value(environment: Mapping[str, str], name: str) -> str | None:
    if text := environment.get(name):
        return text
    if path := environment.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise SettingsError(f"{name}_FILE names a file that cannot be read: {error}") from error
    return None


def _truth(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("say 1 or 0")


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


_READERS: dict[str, Callable[[str], object]] = {
    "profile": Profile,
    "database_url": str,
    "keys_url": str,
    "files": str,
    "checkpoints": str,
    "fonts": Path,
    "secret": str,
    **dict.fromkeys((*KEYS, *KEYS.values()), str),
    "base_url": lambda text: text.rstrip("/"),
    "host": str,
    "open_to_all": _truth,
    "port": int,
    "acceptance_mode": AcceptanceMode,
    "second_factor": SecondFactor,
    "contact": str,
    "demo": _truth,
    "store_ofd": _truth,
    "seal_version": int,
    "proxies": int,
    "processes": int,
    "threads": int,
    "worker_threads": int,
    "portal_issuer": lambda text: text.rstrip("/"),
    "portal_secret": str,
    **dict.fromkeys(OUTSIDE, str),
    "outside_token": str,
    "webhook_networks": _networks,
    "authority": lambda text: text.rstrip("/"),
    **dict.fromkeys(("authority_chains", "authority_secret", "authority_client"), str),
    **dict.fromkeys(("time_stamps_url", "time_stamps_chain"), str),
    **dict.fromkeys(("token_socket", "token_module", "token_label", "token_pin"), str),
    "traces": str,
    "traces_share": float,
    "metrics_host": str,
    "metrics_port": int,
    "metrics_token": str,
}


def _kept_secret(given: Mapping[str, object]) -> str:
    """Keep the embedded secret beside the data, readable by the owner alone."""
    if given.get("profile") is Profile.PRODUCTION:
        raise SettingsError("ZHUCE_SECRET is missing: give at least 32 random characters")
    path = Path("var/secret")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
