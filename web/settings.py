"""Settings: read once from `ZHUCE_…`, checked in one place, never printed."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from web import fitness
from web.fitness import OUTSIDE

_PREFIX = "ZHUCE_"


class Profile(StrEnum):
    """What the service may lean on."""

    EMBEDDED = "embedded"  #: one host: SQLite, own authority, twins of the outside systems
    PRODUCTION = "production"  #: refuses everything that is only good for one host


class AcceptanceMode(StrEnum):
    """G4: how a sealed application is accepted."""

    RISK_BASED = "RISK_BASED"
    AUTO = "AUTO"


class SettingsError(Exception):
    """A setting is missing or must not be so; the text names each variable and its remedy."""


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
    open_to_all: bool = False  #: the embedded service may listen beyond this machine
    port: int = 8000
    acceptance_mode: AcceptanceMode = AcceptanceMode.RISK_BASED
    contact: str = fitness.NOBODYS_TELEPHONE  #: telephone of the authority
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
    store_ofd: bool = True  #: the certificate store takes OFD files beside PDF
    outside_token: str = field(default="", repr=False)  #: opens these six
    metrics_token: str = field(default="", repr=False)  #: opens /metrics to a monitor elsewhere
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
    "open_to_all": _truth,
    "port": int,
    "acceptance_mode": AcceptanceMode,
    "contact": str,
    "demo": _truth,
    "store_ofd": _truth,
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
