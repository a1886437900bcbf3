"""The values of an installation: everything that may differ between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from ofd import SEAL_VERSION

Network = IPv4Network | IPv6Network
#: A telephone that is nobody's.
NOBODYS_TELEPHONE = "021-00000000"


class Profile(StrEnum):
    """What the service may lean on."""

    EMBEDDED = "embedded"  #: one host: SQLite, own authority, twins of the outside systems
    PRODUCTION = "production"  #: refuses everything that is only good for one host


class SecondFactor(StrEnum):
    """Whether officers prove themselves by more than the portal."""

    OPTIONAL = "optional"  #: who has enrolled is asked
    REQUIRED = "required"  #: nobody comes in without


class AcceptanceMode(StrEnum):
    """G4: how a sealed application is accepted."""

    RISK_BASED = "RISK_BASED"
    AUTO = "AUTO"


@dataclass(frozen=True, kw_only=True)
class Values:
    """Everything that may differ between two installations."""

    profile: Profile = Profile.EMBEDDED
    database_url: str = "sqlite:///var/zhuce.db"  #: the register and the running cases
    keys_url: str = "sqlite:///var/keys.db"  #: keys and certificates, a database of their own
    files: str = "var/files"  #: folder or s3://bucket of uploaded and signed files
    checkpoints: str = ""  #: folder of checkpoints of the audit trail; empty: beside local files
    fonts: Path = Path("var/fonts")  #: built by `make fonts`
    secret: str = field(repr=False)  #: root of what has no secret of its own below
    #: one for each purpose, empty: the secret; and those before, by commas, until
    #: `zhuce secret rotate` is through
    register_key: str = field(default="", repr=False)  #: encrypts columns of the register
    former_register_keys: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)  #: wraps the private keys of signers
    former_signing_keys: str = field(default="", repr=False)
    session_key: str = field(default="", repr=False)  #: signs forms and what a page leaves to tell
    former_session_keys: str = field(default="", repr=False)
    file_key: str = field(default="", repr=False)  #: wraps the keys of files
    former_file_keys: str = field(default="", repr=False)
    base_url: str = "http://127.0.0.1:8000"  #: as people see it; no trailing slash
    host: str = "127.0.0.1"
    open_to_all: bool = False  #: the embedded service may listen beyond this machine
    port: int = 8000
    acceptance_mode: AcceptanceMode = AcceptanceMode.RISK_BASED
    second_factor: SecondFactor | None = None  #: of officers; None: required in production
    contact: str = NOBODYS_TELEPHONE  #: telephone of the authority
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
    seal_version: int = SEAL_VERSION  #: of national seals (GB/T 38540); 5: GM/T 0031-2025
    outside_token: str = field(default="", repr=False)  #: opens these six
    #: inner networks (CIDR, by commas) to which programs may have messages sent; empty: none
    webhook_networks: tuple[Network, ...] = ()
    #: who issues to persons, enterprises and the agency: an authority outside at its address (EST),
    #: or embedded: ours, which must be said in production
    authority: str = ""
    authority_chains: str = ""  #: folder of whom to believe then: personal.pem, enterprise.pem, …
    authority_secret: str = field(default="", repr=False)  #: name:password of ours there
    authority_client: str = ""  #: file of a certificate and key of ours (PEM), where it wants one
    time_stamps_url: str = ""  #: a service outside that stamps (RFC 3161); empty: ours
    time_stamps_chain: str = ""  #: file of who issued its certificate, and of the root (PEM)
    token_socket: str = ""  #: where `zhuce token` answers; empty: the agency's keys lie with ours
    token_module: str = ""  #: the library of the token's maker (PKCS #11), for `zhuce token` alone
    token_label: str = ""
    token_pin: str = field(default="", repr=False)
    traces: str = ""  #: address of a collector (OTLP over HTTP); empty: nothing is traced
    traces_share: float = 0.05  #: of the requests and jobs
    metrics_host: str = "127.0.0.1"  #: where a monitor may come from: this host alone
    metrics_port: int = 0  #: at which it reads /metrics; 0: nobody does
    metrics_token: str = field(default="", repr=False)  #: that it must bring then

    @property
    def is_embedded(self) -> bool:
        """Tell whether the twins of the outside systems stand in."""
        return self.profile is Profile.EMBEDDED

    @property
    def requires_second_factor(self) -> bool:
        """Tell whether no officer comes in by the portal alone."""
        if self.second_factor is None:
            return not self.is_embedded
        return self.second_factor is SecondFactor.REQUIRED

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
