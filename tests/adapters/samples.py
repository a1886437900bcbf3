"""What the tests of the adapters tell outside systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from adapters import world
from registry.identifiers import IdType
from registry.ports import CertificateEntry, CertificateState, StoreOperation

TAO, COMPANY = world.CITIZENS[0], world.COMPANIES[0]


def entry(**changes: Any) -> CertificateEntry:
    """Give what the certificate store is told of a certificate."""
    made = CertificateEntry(
        identifier="1.2.156.3005.2.DEMO",
        name="中华人民共和国二级注册结构工程师注册执业证书",
        no="DEMO-1",
        version=1,
        registration_no="S22699000010",
        holder_name=TAO.name,
        holder_id_type=IdType(TAO.id_type),
        holder_id_no=TAO.id_no,
        enterprise_name=COMPANY.name,
        uscc=COMPANY.uscc,
        issuer="上海市住房和城乡建设管理委员会",
        issuer_uscc="11310000MADE00009X",
        issued_on=date(2026, 11, 24),
        valid_from=date(2026, 11, 24),
        valid_to=date(2029, 11, 23),
        state=CertificateState.VALID,
        operation=StoreOperation.NEW,
        sha256="a" * 64,
    )
    return replace(made, **changes)
