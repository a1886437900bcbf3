"""Settings: read once from `ZHUCE_…`, checked in one place, never printed."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PREFIX = "ZHUCE_"
_SHORTEST_SECRET = 32
_LAST_PORT = 65535


#: The addresses of the outside systems that have a twin.
OUTSIDE = (
    "enterprise_register_url",
    "enterprise_qualifications_url",
    "qualification_register_url",
    "real_name_url",
    "sms_url",
    "certificate_store_url",
)


class Profile(StrEnum):
    """What the service may lean on."""

    EMBEDDED = "embedded"  #: one host: SQLite, own authority, twins of the outside systems
    PRODUCTION = "production"  #: refuses everything that is only good for one host


class AcceptanceMode(StrEnum):
    """G4: how a sealed application is accepted."""

    RISK_BASED = "RISK_BASED"
    AUTO = "AUTO"


class SettingsError(Exception):
    """A setting is missing or must not be so; the text names the variable and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations."""

    profile: Profile = Profile.EMBEDDED
    database_url: str = "sqlite:///var/zhuce.db"  #: the register and the running cases
    keys_url: str = "sqlite:///var/keys.db"  #: keys and certificates, a database of their own
    files: str = "var/files"  #: folder or s3://bucket of uploaded and signed files
    checkpoints: str = ""  #: folder of checkpoints of the audit trail; empty: beside local files
    fonts: Path = Path("var/fonts")  #: built by `make fonts`
    secret: str = field(repr=False)  #: root of every key: sessions, encryption of columns, KEK
    base_url: str = "http://127.0.0.1:8000"  #: as people see it; no trailing slash
    host: str = "127.0.0.1"
    port: int = 8000
    acceptance_mode: AcceptanceMode = AcceptanceMode.RISK_BASED
    contact: str = "021-00000000"  #: telephone of the authority; the default is nobody's
    demo: bool = True  #: fictitious people, watermark 演示, demo phone
    proxies: int = 0  #: how many proxies of ours stand before us and say who really asks
    processes: int = 1  #: of the web server
    threads: int = 4  #: of each process; at least 2, the portal twin is called by ourselves
    worker_threads: int = (
        2  #: that run jobs inside the web process; 0 leaves them to `zhuce worker`
    )
    portal_issuer: str = ""  #: OpenID issuer of the identity portal; empty: the embedded twin
    portal_secret: str = field(default="", repr=False)  #: our client secret there
    enterprise_register_url: str = ""  #: 企业登记; empty: the embedded twin
    enterprise_qualifications_url: str = ""  #: 企业资质系统; empty: the embedded twin
    qualification_register_url: str = ""  #: 执业资格数据库; empty: the embedded twin
    real_name_url: str = ""  #: 实名制信息采集系统; empty: the embedded twin
    sms_url: str = ""  #: 短信平台; empty: the embedded twin
    certificate_store_url: str = ""  #: 电子证照库; empty: the embedded twin
    outside_token: str = field(default="", repr=False)  #: opens these six
    metrics_token: str = field(default="", repr=False)  #: opens /metrics to a monitor elsewhere

    def __post_init__(self) -> None:
        """Refuse what cannot work or must not be."""
        _check(self)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `ZHUCE_…` (or the file named by `ZHUCE_…_FILE`) and check it.

        Raises: SettingsError naming the variable and what to do.
        """
        return _read(os.environ if environment is None else environment)

    @property
    def is_embedded(self) -> bool:
        """Tell whether the twins of the outside systems stand in."""
        return self.profile is Profile.EMBEDDED

    @property
    def checkpoint_folder(self) -> Path | None:
        """Give where checkpoints of the audit trail are kept; None when nobody said where."""
        if self.checkpoints:
            return Path(self.checkpoints)
        return None if "://" in self.files else Path(self.files).parent / "checkpoints"

    @property
    def is_https(self) -> bool:
        """Tell whether people reach us over TLS."""
        return self.base_url.startswith("https://")

    def key(self, purpose: str) -> bytes:
        """Derive the 32-byte key of one purpose, so that one secret is enough to keep.

        >>> len(Settings(secret="s" * 32).key("sessions"))
        32
        """
        derivation = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=f"zhuce/{purpose}".encode()
        )
        return derivation.derive(self.secret.encode())


def _read(environment: Mapping[str, str]) -> Settings:
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
    return Settings(**given)  # type: ignore[arg-type]  # each reader gives the type of its field


def _value(environment: Mapping[str, str], name: str) -> str | None:
    if text := environment.get(name):
        return text
    if path := environment.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return None


def _truth(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("say 1 or 0")


_READERS: dict[str, Callable[[str], object]] = {
    "profile": Profile,
    "database_url": str,
    "keys_url": str,
    "files": str,
    "checkpoints": str,
    "fonts": Path,
    "secret": str,
    "base_url": lambda text: text.rstrip("/"),
    "host": str,
    "port": int,
    "acceptance_mode": AcceptanceMode,
    "contact": str,
    "demo": _truth,
    "proxies": int,
    "processes": int,
    "threads": int,
    "worker_threads": int,
    "portal_issuer": lambda text: text.rstrip("/"),
    "portal_secret": str,
    **dict.fromkeys(OUTSIDE, str),
    "outside_token": str,
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


def _check_secrets(settings: Settings) -> None:
    """Refuse an address without what opens it: every call there would fail."""
    if any(getattr(settings, name) for name in OUTSIDE) and not settings.outside_token:
        raise SettingsError("ZHUCE_OUTSIDE_TOKEN is missing: give our token at the outside systems")
    if settings.portal_issuer and not settings.portal_secret:
        raise SettingsError("ZHUCE_PORTAL_SECRET is missing: give our client secret at the portal")


def _check(settings: Settings) -> None:
    if len(settings.secret) < _SHORTEST_SECRET:
        raise SettingsError("ZHUCE_SECRET is too short: give at least 32 random characters")
    address = urlsplit(settings.base_url)
    if address.scheme not in {"http", "https"} or not address.netloc or address.path:
        raise SettingsError("ZHUCE_BASE_URL must be scheme and host, as https://example.org")
    if not 0 < settings.port <= _LAST_PORT or settings.proxies < 0:
        raise SettingsError("ZHUCE_PORT must be 1 to 65535, ZHUCE_PROXIES at least 0")
    if settings.threads < 2:
        raise SettingsError("ZHUCE_THREADS must be at least 2: the embedded portal is called by us")
    if settings.processes < 1 or settings.worker_threads < 0:
        raise SettingsError("ZHUCE_PROCESSES must be at least 1, ZHUCE_WORKER_THREADS at least 0")
    for name in OUTSIDE:
        url: str = getattr(settings, name)
        if url and not url.startswith(("http://", "https://")):
            raise SettingsError(f"ZHUCE_{name.upper()} must begin with https:// or http://")
    if not all("!" <= character <= "~" for character in settings.outside_token):
        raise SettingsError("ZHUCE_OUTSIDE_TOKEN must be printable ASCII: it is sent in a header")
    if settings.is_embedded:
        _check_secrets(settings)
        return
    for variable, refused, remedy in (
        ("DATABASE_URL", settings.database_url.startswith("sqlite"), "name a PostgreSQL database"),
        ("KEYS_URL", settings.keys_url.startswith("sqlite"), "name a PostgreSQL database"),
        ("BASE_URL", not settings.is_https, "people must reach the service over https"),
        ("DEMO", settings.demo, "set it to 0: fictitious people have no place here"),
        ("CONTACT", settings.contact == Settings.contact, "give the telephone of the authority"),
        ("PORTAL_ISSUER", not settings.portal_issuer, "name the issuer of the identity portal"),
        ("PORTAL_SECRET", not settings.portal_secret, "give our client secret at the portal"),
        *(
            (name.upper(), not getattr(settings, name).startswith("https://"), "name its address")
            for name in OUTSIDE
        ),
        ("OUTSIDE_TOKEN", not settings.outside_token, "give our token at the outside systems"),
    ):
        if refused:
            raise SettingsError(f"ZHUCE_{variable} is not fit for production: {remedy}")
