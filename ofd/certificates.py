"""SM2 certificates and revocation lists (GM/T 0015, RFC 5280): made and read.

asn1crypto knows the structure, `sm2` the signature. A certificate of anybody may be read here, so
everything in it is taken as bytes, and names are for show alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import core, crl, keys, x509

from ofd import sm2
from ofd.der import sequence

_LAST_UTC_TIME = 2049  # RFC 5280 4.1.2.5
_LARGEST = 16 * 1024  #: bytes of a certificate
_ALGORITHM = {"algorithm": sm2.SIGN_WITH_SM3}
HOSTILE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


class Unreadable(ValueError):
    """The bytes are no certificate, list or seal that can be read."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What counts of a certificate."""

    der: bytes
    subject: bytes  #: DER of the name
    issuer: bytes
    name: str  #: common name or organisation, for people
    issuer_name: str
    serial: int
    not_before: datetime
    not_after: datetime
    public: bytes | None  #: x ‖ y; None: no SM2 key
    is_authority: bool
    usage: frozenset[str]  #: of the key, as asn1crypto names it
    purposes: frozenset[str]  #: extended key usage, the same way
    signed: bytes  #: what the issuer signed
    signature: bytes | None  #: None: not SM2 with SM3

    @property
    def serial_hex(self) -> str:
        """The serial number as it is stored and shown."""
        return format(self.serial, "x")

    def is_issued_by(self, issuer: Certificate) -> bool:
        """Tell whether `issuer` may issue certificates and signed this one."""
        return (
            issuer.is_authority
            and "key_cert_sign" in issuer.usage
            and self.issuer == issuer.subject
            and issuer.public is not None
            and self.signature is not None
            and _holds(issuer.public, self.signed, self.signature)
        )

    def is_valid_at(self, moment: datetime) -> bool:
        """Tell whether a moment lies in its period."""
        return self.not_before <= moment <= self.not_after


@lru_cache(maxsize=256)
def _holds(public: bytes, signed: bytes, signature: bytes) -> bool:
    """Verify who issued a certificate once: the same few lie in every file of ours."""
    return sm2.verify(public, signed, signature)


@lru_cache(maxsize=64)
def read(der: bytes) -> Certificate:
    """Read a certificate of anybody. Raises: Unreadable."""
    if len(der) > _LARGEST:
        raise Unreadable("certificate: too large")
    try:
        return _read(der)
    except HOSTILE as error:
        raise Unreadable(f"certificate: {type(error).__name__}") from error


def _read(der: bytes) -> Certificate:
    parsed = x509.Certificate.load(der, strict=True)
    body = parsed["tbs_certificate"]
    algorithm = parsed["signature_algorithm"]
    is_sm2 = algorithm["algorithm"].dotted == sm2.SIGN_WITH_SM3
    signature = bytes(parsed["signature_value"].native)
    if is_sm2 and (
        algorithm.dump() != body["signature"].dump()
        or sequence(body.dump(), algorithm.dump(), core.OctetBitString(signature).dump()) != der
    ):
        raise Unreadable("certificate: not DER")
    usage = parsed.key_usage_value
    purposes = parsed.extended_key_usage_value
    constraints = parsed.basic_constraints_value
    validity = body["validity"]
    return Certificate(
        der=der,
        subject=body["subject"].dump(),
        issuer=body["issuer"].dump(),
        name=_shown(body["subject"]),
        issuer_name=_shown(body["issuer"]),
        serial=int(body["serial_number"].native),
        not_before=validity["not_before"].native,
        not_after=validity["not_after"].native,
        public=_public(body["subject_public_key_info"]),
        is_authority=bool(constraints is not None and constraints["ca"].native),
        usage=frozenset(usage.native if usage is not None else ()),
        purposes=frozenset(purposes.native if purposes is not None else ()),
        signed=body.dump(),
        signature=signature if is_sm2 else None,
    )


def _public(info: Any) -> bytes | None:
    if info["algorithm"]["algorithm"].native != "ec":
        return None
    curve = info["algorithm"]["parameters"].chosen
    if getattr(curve, "dotted", None) != sm2.CURVE:
        return None
    return sm2.point(info["public_key"].native)


def _shown(name: Any) -> str:
    """Give the name that people know; certificates of others hold what asn1crypto cannot write."""
    try:
        said = name.native
    except HOSTILE:
        return "（名称无法读取）"
    for kind in ("common_name", "organization_name"):
        if kind in said:
            return str(said[kind])[:120]
    return "（没有名称）"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a new certificate is to say."""

    subject: Mapping[str, str]  #: names of RFC 5280 as asn1crypto writes them
    public: bytes
    serial: int
    begin: datetime
    end: datetime
    is_authority: bool = False
    lists_at: str = ""  #: address of the issuer's revocation list
    purposes: tuple[str, ...] = ()  #: extended key usage; critical where it is time stamping


def issue(wanted: Wanted, key: sm2.PrivateKey, issuer: Certificate | None) -> Certificate:
    """Make a certificate with the issuer's key; without an issuer it is a root."""
    name = x509.Name.build(dict(wanted.subject))
    above = x509.Name.load(issuer.subject) if issuer else name
    domain = keys.ECDomainParameters("named", "sm2p256v1")
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": wanted.serial,
            "signature": _ALGORITHM,
            "issuer": above,
            "validity": {"not_before": _time(wanted.begin), "not_after": _time(wanted.end)},
            "subject": name,
            "subject_public_key_info": {
                "algorithm": {"algorithm": "ec", "parameters": domain},
                "public_key": b"\x04" + wanted.public,
            },
            "extensions": _extensions(wanted, issuer),
        }
    )
    parts = {"tbs_certificate": body, "signature_algorithm": _ALGORITHM}
    signed = x509.Certificate({**parts, "signature_value": key.sign(body.dump())})
    return read(bytes(signed.dump()))


def _extensions(wanted: Wanted, issuer: Certificate | None) -> list[dict[str, Any]]:
    ends = {"digital_signature", "non_repudiation"}
    usage = {"key_cert_sign", "crl_sign"} if wanted.is_authority else ends
    above = issuer.public if issuer and issuer.public else wanted.public
    extensions: list[dict[str, Any]] = [
        {
            "extn_id": "basic_constraints",
            "critical": True,
            "extn_value": {"ca": wanted.is_authority},
        },
        {"extn_id": "key_usage", "critical": True, "extn_value": usage},
        {"extn_id": "key_identifier", "extn_value": key_id(wanted.public)},
        {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": key_id(above)}},
    ]
    if wanted.purposes:
        is_critical = "time_stamping" in wanted.purposes  # RFC 3161 2.3
        purposes = list(wanted.purposes)
        extensions.append(
            {"extn_id": "extended_key_usage", "critical": is_critical, "extn_value": purposes}
        )
    if wanted.lists_at:
        uri = x509.GeneralName("uniform_resource_identifier", wanted.lists_at)
        place = {"distribution_point": x509.DistributionPointName("full_name", [uri])}
        extensions.append({"extn_id": "crl_distribution_points", "extn_value": [place]})
    return extensions


def key_id(public: bytes) -> bytes:
    """Identify a key (RFC 7093, method 1: the first 160 bits of a digest)."""
    return hashlib.sha256(b"\x04" + public).digest()[:20]


def _time(moment: datetime) -> x509.Time:
    kind = "utc_time" if moment.year <= _LAST_UTC_TIME else "general_time"
    return x509.Time(kind, moment.replace(microsecond=0))


@dataclass(frozen=True, kw_only=True)
class Revoked:
    """A certificate that was revoked."""

    serial: int
    at: datetime
    reason: str  #: as asn1crypto names it: key_compromise, superseded, …

    @property
    def is_compromise(self) -> bool:
        """Tell whether the key may be in other hands, so that no date that it wrote counts."""
        return self.reason not in _HARMLESS


#: RFC 5280 5.3.1: these leave what was sealed before as good as it was
_HARMLESS = ("superseded", "cessation_of_operation", "affiliation_changed", "privilege_withdrawn")


def make_list(
    gone: Iterable[Revoked],
    *,
    issuer: Certificate,
    key: sm2.PrivateKey,
    number: int,
    begin: datetime,
    end: datetime,
) -> bytes:
    """Make a revocation list, DER."""
    revoked = [
        {
            "user_certificate": entry.serial,
            "revocation_date": _time(entry.at),
            "crl_entry_extensions": [{"extn_id": "crl_reason", "extn_value": entry.reason}],
        }
        for entry in gone
    ]
    above = {"key_identifier": key_id(issuer.public or b"")}
    content: dict[str, Any] = {
        "version": "v2",
        "signature": _ALGORITHM,
        "issuer": x509.Name.load(issuer.subject),
        "this_update": _time(begin),
        "next_update": _time(end),
        "crl_extensions": [
            {"extn_id": "authority_key_identifier", "extn_value": above},
            {"extn_id": "crl_number", "extn_value": number},
        ],
    }
    if revoked:  # RFC 5280 5.1.2.6: absent when empty
        content["revoked_certificates"] = revoked
    body = crl.TbsCertList(content)
    whole = {"tbs_cert_list": body, "signature_algorithm": _ALGORITHM}
    return bytes(crl.CertificateList({**whole, "signature": key.sign(body.dump())}).dump())


@lru_cache(maxsize=8)  # the newest of each root: read anew when there is a newer one
def read_list(der: bytes, issuer: Certificate) -> tuple[datetime, Mapping[int, Revoked]]:
    """Read when a list was made and what it names. Raises: Unreadable, also when it is forged."""
    try:
        parsed = crl.CertificateList.load(der, strict=True)
        body = parsed["tbs_cert_list"]
        if body["issuer"].dump() != issuer.subject or issuer.public is None:
            raise Unreadable("list: of another issuer")
        if not sm2.verify(issuer.public, body.dump(), bytes(parsed["signature"].native)):
            raise Unreadable("list: forged")
        entries = body["revoked_certificates"]
        gone = [_entry(entry) for entry in entries] if entries.native else []
        return body["this_update"].native, {entry.serial: entry for entry in gone}
    except HOSTILE as error:
        raise Unreadable(f"list: {error}") from error


def _entry(entry: Any) -> Revoked:
    reason = entry.crl_reason_value
    return Revoked(
        serial=int(entry["user_certificate"].native),
        at=entry["revocation_date"].native,
        reason=str(reason.native) if reason is not None else "unspecified",
    )
