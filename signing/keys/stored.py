"""What is stored about our authorities: their rows by name and family, and what they revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from signing.database import Sessions, writing
from signing.errors import UnknownAuthority
from signing.keys import revocation
from signing.keys.profiles import CertificateProfile
from signing.keys.revocation import Revocation
from signing.keys.trust import ROOT, SERVICE, family_of
from signing.tables import StoredAuthority, StoredCertificate

#: What people read as the name of each family; the order in which they are founded and listed.
FAMILIES: Mapping[str, str] = {
    ROOT: "注册服务根证书",
    "personal": "个人数字证书签发机构",
    "enterprise": "企业数字证书签发机构",
    "agency": "机关电子印章签发机构",
    SERVICE: "时间戳与证书状态服务机构",
}


def in_order(session: Session) -> list[StoredAuthority]:
    """Return all authorities there ever were: family by family, the oldest first."""
    families = list(FAMILIES)
    rows = session.scalars(select(StoredAuthority))
    return sorted(
        (row for row in rows if family_of(row.name) in families),
        key=lambda row: (families.index(family_of(row.name)), generation(row.name)),
    )


def generation(name: str) -> int:
    """Tell which of its family an authority is.

    >>> generation("personal"), generation("personal-3")
    (1, 3)
    """
    return int(name.partition("-")[2] or 1)


def newest(session: Session, family: str) -> StoredAuthority | None:
    """Return who issues now for a family."""
    own = [row for row in in_order(session) if family_of(row.name) == family]
    return own[-1] if own else None


def authority(session: Session, name: str, *, lock: bool = False) -> StoredAuthority:
    """Return an authority. Raises: UnknownAuthority."""
    row = session.get(StoredAuthority, name, with_for_update=lock)
    if row is None:
        raise UnknownAuthority(name=name)
    return row


def end_of(session: Session, serial: str) -> datetime:
    """Tell when a certificate of ours is over."""
    return session.get_one(StoredCertificate, serial).not_after


def stamper(session: Session) -> StoredCertificate | None:
    """Return the certificate of the time stamper that lasts longest."""
    query = select(StoredCertificate).where(
        StoredCertificate.profile == CertificateProfile.TIMESTAMPER,
        StoredCertificate.revoked_at.is_(None),
    )
    return session.scalars(query.order_by(StoredCertificate.not_after.desc())).first()


def common_name(certificate: x509.Certificate) -> str:
    """Read the name of a subject that people know."""
    attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else certificate.subject.rfc4514_string()


def revocation_of(row: StoredCertificate) -> Revocation | None:
    """Read the revocation of a certificate, if it was revoked."""
    if row.revoked_at is None or row.reason is None:
        return None
    reason = x509.ReasonFlags(row.reason)
    return Revocation(serial=int(row.serial, 16), at=row.revoked_at, reason=reason)


def fresh(row: StoredAuthority, now: datetime) -> bytes | None:
    """Give the stored list of an authority while it is fresh."""
    is_fresh = row.crl_fresh_until is not None and now < row.crl_fresh_until
    return row.crl if is_fresh else None


def published(sessions: Sessions, name: str, made: bytes, number: int, now: datetime) -> bool:
    """Store a list unless another one was published or a revocation came in meanwhile."""
    publish = (
        update(StoredAuthority)
        .where(StoredAuthority.name == name, StoredAuthority.crl_number == number - 1)
        .values(crl_number=number, crl=made, crl_fresh_until=now + revocation.LIST_FRESH)
        .returning(StoredAuthority.name)
    )
    with writing(sessions) as session:
        return session.scalar(publish) is not None


def revocations(session: Session, name: str, at: datetime) -> list[Revocation]:
    """Read what a list must name: an expired certificate leaves it (RFC 5280 5, one list later)."""
    query = select(StoredCertificate).where(
        StoredCertificate.issuer == name,
        StoredCertificate.revoked_at.is_not(None),
        StoredCertificate.not_after > at - revocation.LIST_LIFE,
    )
    read = (revocation_of(row) for row in session.scalars(query))
    return [gone for gone in read if gone is not None]
