"""Which outside systems this installation speaks to, and which the twins stand in for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from sqlalchemy.orm import Session, sessionmaker

from adapters import certificate_store, enterprise_qualifications
from adapters.certificate_store import CertificatesOverHttp, CertificateStoreTwin
from adapters.enterprise_qualifications import (
    EnterpriseQualificationsOverHttp,
    EnterpriseQualificationsTwin,
)
from adapters.enterprise_register import EnterprisesOverHttp, EnterpriseTwin
from adapters.http import Outside
from adapters.qualification_register import QualificationsOverHttp, QualificationTwin
from adapters.real_name import RealNamesOverHttp, RealNameTwin
from adapters.sms import SmsOverHttp, SmsTwin
from registry.ports import (
    CertificateStore,
    EnterpriseQualifications,
    EnterpriseRegister,
    QualificationRegister,
    RealNameRegister,
    SmsGateway,
)
from web.settings import Settings


class Systems(TypedDict):
    """The ports of casework to the world outside."""

    enterprises: EnterpriseRegister
    qualifications: QualificationRegister
    realnames: RealNameRegister
    sms: SmsGateway
    enterprise_qualifications: EnterpriseQualifications
    certificate_store: CertificateStore


def systems(
    settings: Settings, sessions: sessionmaker[Session], clock: Callable[[], datetime]
) -> Systems:
    """Speak to the systems whose addresses are set; the twins stand in for the others."""

    def at(url: str, name: str) -> Outside:
        return Outside(url, settings.outside_token, system=name)

    found = Systems(
        enterprises=EnterpriseTwin(sessions),
        qualifications=QualificationTwin(sessions),
        realnames=RealNameTwin(),
        sms=SmsTwin(sessions, clock),
        enterprise_qualifications=EnterpriseQualificationsTwin(sessions),
        certificate_store=CertificateStoreTwin(sessions, clock),
    )
    if url := settings.enterprise_register_url:
        found["enterprises"] = EnterprisesOverHttp(at(url, "企业登记查询服务"))
    if url := settings.qualification_register_url:
        found["qualifications"] = QualificationsOverHttp(at(url, "执业资格数据库"))
    if url := settings.real_name_url:
        found["realnames"] = RealNamesOverHttp(at(url, "实名制信息采集系统"))
    if url := settings.sms_url:
        found["sms"] = SmsOverHttp(at(url, "短信平台"))
    if url := settings.enterprise_qualifications_url:
        outside = at(url, enterprise_qualifications.SYSTEM)
        found["enterprise_qualifications"] = EnterpriseQualificationsOverHttp(outside)
    if url := settings.certificate_store_url:
        outside = at(url, certificate_store.SYSTEM)
        found["certificate_store"] = CertificatesOverHttp(outside)
    return found
