"""What settings must not be: each fault with its variable and the remedy, all of them at once.

`Settings` refuses to be made with a fault; `zhuce doctor` lists them beside what is in force.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ofd import SEAL_VERSIONS
from web.values import NOBODYS_TELEPHONE, SecondFactor, Values

if TYPE_CHECKING:
    from signing.outside.anchors import Anchors

#: The addresses of the outside systems that have a twin.
OUTSIDE = (
    "enterprise_register_url",
    "enterprise_qualifications_url",
    "qualification_register_url",
    "real_name_url",
    "sms_url",
    "certificate_store_url",
)
#: The secrets of one purpose each, and where those before are named while they overlap.
KEYS = {
    "register_key": "former_register_keys",
    "signing_key": "former_signing_keys",
    "session_key": "former_session_keys",
    "file_key": "former_file_keys",
}
#: Settings that open something; nobody may read one, and no two may be the same.
SECRETS = (
    "secret",
    *KEYS,
    *KEYS.values(),
    "portal_secret",
    "outside_token",
    "metrics_token",
    "token_pin",
    "authority_secret",
)
EMBEDDED = "embedded"  #: of `authority`: ours

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 10  #: different ones; base64 of 32 random octets has about 30
_LAST_PORT = 65535
_DATABASES = ("postgresql+psycopg://", "sqlite:///")  #: as the drivers that come along are called
_UNGUARDED = (
    "the database is on another machine whose name is not proven; "
    "add ?sslmode=verify-full&sslrootcert=/path/of/its/authority.pem"
)


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """A setting that cannot work or must not be."""

    name: str  #: field of Values
    text: str  #: what is wrong and what to do

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return f"ZHUCE_{self.name.upper()}"

    def __str__(self) -> str:
        return f"{self.variable} {self.text}"


def faults(settings: Values) -> list[Unfit]:
    """Return everything that is wrong with the settings, none when the service may start."""
    found = [*_impossible(settings)]
    found += _embedded(settings) if settings.is_embedded else _production(settings)
    return [Unfit(name=name, text=text) for name, text in found]


def _impossible(settings: Values) -> Iterator[tuple[str, str]]:
    """Yield what could work nowhere."""
    if len(settings.secret) < _SHORTEST_SECRET:
        yield "secret", "is too short: give at least 32 random characters"
    for name in (*KEYS, *KEYS.values()):
        if any(len(part) < _SHORTEST_SECRET for part in parts(getattr(settings, name))):
            yield name, "is too short: give at least 32 random characters"
    for name, former in KEYS.items():
        if "," in getattr(settings, name):
            yield name, f"must be one key: those before go into ZHUCE_{former.upper()}"
    for name in ("database_url", "keys_url"):
        if not getattr(settings, name).startswith(_DATABASES):
            yield name, f"must begin with {' or '.join(_DATABASES)}"
    address = urlsplit(settings.base_url)
    if address.scheme not in {"http", "https"} or not address.netloc or address.path:
        yield "base_url", "must be scheme and host, as https://example.org"
    if not 0 < settings.port <= _LAST_PORT:
        yield "port", "must be 1 to 65535"
    yield from _monitored(settings)
    if settings.traces and not _is_http(settings.traces):
        yield "traces", "must begin with https:// or http://"
    if not 0 < settings.traces_share <= 1:
        yield "traces_share", "must be above 0 and at most 1"
    for name, least, why in (
        ("proxies", 0, ""),
        ("processes", 1, ""),
        ("threads", 2, ": the embedded portal is called by us"),
        ("worker_threads", 0, ""),
    ):
        if getattr(settings, name) < least:
            yield name, f"must be at least {least}{why}"
    if settings.seal_version not in SEAL_VERSIONS:
        yield "seal_version", f"must be one of {', '.join(map(str, SEAL_VERSIONS))}"
    for name in OUTSIDE:
        if getattr(settings, name) and not _is_http(getattr(settings, name)):
            yield name, "must begin with https:// or http://"
    if settings.portal_issuer and not _is_http(settings.portal_issuer):
        yield "portal_issuer", "must begin with https:// or http://"
    if not all("!" <= character <= "~" for character in settings.outside_token):
        yield "outside_token", "must be printable ASCII: it is sent in a header"
    if any(getattr(settings, name) for name in OUTSIDE) and not settings.outside_token:
        yield "outside_token", "is missing: give our token at the outside systems"
    if settings.portal_issuer and not settings.portal_secret:
        yield "portal_secret", "is missing: give our client secret at the portal"
    yield from _issuing(settings)
    if settings.time_stamps_url and not _is_http(settings.time_stamps_url):
        yield "time_stamps_url", "must begin with https:// or http://"
    if settings.time_stamps_url and not time_stamps_chain(settings):
        text = (
            "must name a PEM file while ZHUCE_TIME_STAMPS_URL is set: "
            "who issued the certificate of that service, then its root"
        )
        yield "time_stamps_chain", text


def time_stamps_chain(settings: Values) -> list[bytes]:
    """Read who stands above the time-stamping service, DER; nothing where none do.

    The first issued its certificate, each issued the one before; one alone need be no root.
    """
    from signing.outside import chains  # a check of types reads settings, and signs nothing

    try:
        content = Path(settings.time_stamps_chain).read_bytes()
        chain = x509.load_pem_x509_certificates(content)
        begun = [*chains.issuers(chain), *chain][0]
        way = chains.upwards(begun, chain) if chain[1:] else chain
    except (OSError, ValueError):
        return []
    return [certificate.public_bytes(Encoding.DER) for certificate in way]


def _issuing(settings: Values) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with who issues the certificates of signers."""
    is_ours = settings.authority in ("", EMBEDDED)
    if is_ours and not settings.authority_chains:
        return
    if not is_ours and not _is_http(settings.authority):
        yield "authority", "must be embedded, or the address of an authority outside, https://…"
        return
    try:
        authority_chains(settings)
    except ValueError as error:
        text = (
            "must name a folder with personal.pem, enterprise.pem and agency.pem: "
            f"who issues for each, and the root above; {error}"
        )
        yield "authority_chains", text
    if is_ours:
        return
    name, _, password = settings.authority_secret.partition(":")
    if not (name and password) and (settings.authority_secret or not settings.authority_client):
        yield "authority_secret", "must be name:password, as the authority gave them"
    if settings.authority_client and not _is_own(settings.authority_client):
        yield "authority_client", "must name a PEM file of our certificate there and of its key"


def _is_own(path: str) -> bool:
    """Tell whether a file has a certificate and the key that belongs to it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path)
    except (OSError, ValueError):
        return False
    return True


def authority_chains(settings: Values) -> Anchors:
    """Read whom to believe of an authority outside. Raises: ValueError that says what is wrong."""
    from signing.outside import anchors  # a check of types reads settings, and signs nothing

    folder, files = Path(settings.authority_chains), dict[str, bytes]()
    for family in anchors.FAMILIES:
        try:
            files[family] = (folder / f"{family}.pem").read_bytes()
        except OSError as error:
            raise ValueError(f"{family}.pem cannot be read") from error
    return anchors.read(files)


def _monitored(settings: Values) -> Iterator[tuple[str, str]]:
    """Yield what would mix figures with pages, or show them to whoever is on the network."""
    if not 0 <= settings.metrics_port <= _LAST_PORT:
        yield "metrics_port", "must be 1 to 65535, or 0 when nobody reads figures"
    if settings.metrics_port == settings.port:
        yield "metrics_port", "is the port of the pages: figures need one of their own"
    is_far = settings.metrics_port and not _is_loopback(settings.metrics_host)
    if is_far and not settings.metrics_token:
        text = f"is missing: whoever reaches {settings.metrics_host} could read the figures"
        yield "metrics_token", f"{text}; give what the monitor brings"


def _embedded(settings: Values) -> Iterator[tuple[str, str]]:
    """Yield what would open the demonstration to strangers."""
    if not _is_loopback(settings.host) and not settings.open_to_all:
        text = (
            f"is {settings.host}: everybody who reaches this machine could sign in as anybody; "
            "say ZHUCE_OPEN_TO_ALL=1 too if that is meant, or ZHUCE_PROFILE=production"
        )
        yield "host", text


def _production(settings: Values) -> Iterator[tuple[str, str]]:
    """Yield what is only good for one host, or opens what must be closed."""
    for name, is_refused, remedy in (
        ("database_url", settings.database_url.startswith("sqlite"), "name a PostgreSQL database"),
        ("keys_url", settings.keys_url.startswith("sqlite"), "name a PostgreSQL database"),
        ("base_url", not settings.is_https, "people must reach the service over https"),
        ("demo", settings.demo, "set it to 0: fictitious people have no place here"),
        ("contact", settings.contact == NOBODYS_TELEPHONE, "give the telephone of the authority"),
        ("portal_issuer", not settings.portal_issuer, "name the issuer of the identity portal"),
        ("proxies", settings.proxies == 0, "say how many proxies of ours end https before us"),
        (
            "second_factor",
            settings.second_factor is SecondFactor.OPTIONAL,
            "leave it out, or say required: officers prove themselves twice",
        ),
        (
            "authority",
            not settings.authority,
            "name the authority that issues, or say embedded if it is decided that ours does",
        ),
        ("checkpoints", not settings.checkpoints, "name a folder that this host cannot rewrite"),
    ):
        if is_refused:
            yield name, f"is not fit for production: {remedy}"
    for name in ("portal_issuer", "time_stamps_url", "authority", *OUTSIDE):
        url: str = getattr(settings, name)
        if (name, url) == ("authority", EMBEDDED):
            continue
        if not url.startswith("https://") and (url or name in OUTSIDE):
            yield name, "is not fit for production: name its address, over https"
        elif url and urlsplit(url).netloc == urlsplit(settings.base_url).netloc:
            yield name, "is not fit for production: it is our own address, where twins answer"
    if settings.traces.startswith("http://") and not _is_loopback(
        urlsplit(settings.traces).hostname or ""
    ):
        yield "traces", "is not fit for production: a collector on another machine needs https"
    if _place(settings.database_url) == _place(settings.keys_url):
        yield "keys_url", "is not fit for production: keys need a database of their own"
    for name in ("database_url", "keys_url"):
        if not _is_guarded(getattr(settings, name)):
            yield name, f"is not fit for production: {_UNGUARDED}"
    yield from _secrets(settings)


def _secrets(settings: Values) -> Iterator[tuple[str, str]]:
    for name in KEYS:
        if not getattr(settings, name):
            yield name, "is not fit for production: set it, then run `zhuce secret rotate`"
    for name in ("secret", *KEYS, *KEYS.values()):
        if any(len(set(part)) < _FEWEST_CHARACTERS for part in parts(getattr(settings, name))):
            yield (
                name,
                "is not fit for production: it is no random text; take `openssl rand -base64 32`",
            )
    seen: dict[str, str] = {}
    for name in SECRETS:
        for part in parts(getattr(settings, name)):
            if (other := seen.setdefault(part, name)) != name:
                yield name, f"is not fit for production: it is the same as ZHUCE_{other.upper()}"


def parts(text: str) -> list[str]:
    """Read a setting of several values, set apart by commas.

    >>> parts("a, b,")
    ['a', 'b']
    """
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_http(url: str) -> bool:
    return url.startswith(("http://", "https://")) and bool(urlsplit(url).netloc)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_guarded(database_url: str) -> bool:
    """Tell whether what goes to a database stays on this machine, or is proven and encrypted.

    >>> _is_guarded("postgresql://@/zhuce"), _is_guarded("postgresql://db/zhuce?sslmode=require")
    (True, False)
    """
    address = urlsplit(database_url)
    asked = parse_qs(address.query)
    hosts = [address.hostname or "", *",".join(asked.get("host", [])).split(",")]
    if all(not host or host.startswith("/") or _is_loopback(host) for host in hosts):
        return True
    return asked.get("sslmode", [""])[-1] == "verify-full"


def _place(database_url: str) -> tuple[str, str]:
    """Give host and database of an address, whoever signs in there."""
    address = urlsplit(database_url)
    return address.netloc.rpartition("@")[2], address.path
