"""Which outside systems this installation speaks to, and which the twins stand in for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from sqlalchemy.orm import Session, sessionmaker

from adapters.enterprise_register import EnterprisesOverHttp, EnterpriseTwin
from adapters.http import Outside
from adapters.qualification_register import QualificationsOverHttp, QualificationTwin
from adapters.real_name import RealNamesOverHttp, RealNameTwin
from adapters.sms import SmsOverHttp, SmsTwin
from registry.ports import (
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


def systems(
    settings: Settings, sessions: sessionmaker[Session], clock: Callable[[], datetime]
) -> Systems:
    """Speak to the systems whose addresses are set; the twins stand in for the others."""

    def at(url: str, name: str) -> Outside:
        return Outside(url, settings.outside_token, system=name)

    found = Systems(
        enterprises=EnterpriseTwin(),
        qualifications=QualificationTwin(sessions),
        realnames=RealNameTwin(),
        sms=SmsTwin(sessions, clock),
    )
    if url := settings.enterprise_register_url:
        found["enterprises"] = EnterprisesOverHttp(at(url, "企业登记查询服务"))
    if url := settings.qualification_register_url:
        found["qualifications"] = QualificationsOverHttp(at(url, "执业资格数据库"))
    if url := settings.real_name_url:
        found["realnames"] = RealNamesOverHttp(at(url, "实名制信息采集系统"))
    if url := settings.sms_url:
        found["sms"] = SmsOverHttp(at(url, "短信平台"))
    return found
