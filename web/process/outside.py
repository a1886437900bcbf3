"""Which outside systems this installation speaks to, and which the twins stand in for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from adapters.certificate_store import CertificatesOverHttp, CertificateStoreTwin
from adapters.enterprise_qualifications import (
    EnterpriseQualificationsOverHttp,
    EnterpriseQualificationsTwin,
)
from adapters.enterprise_register import EnterprisesOverHttp, EnterpriseTwin
from adapters.faults import Faults
from adapters.keys.authority import AuthorityOverHttp
from adapters.keys.client import TokenOverSocket
from adapters.keys.time_stamps import TimeStampsOverHttp
from adapters.qualification_register import QualificationsOverHttp, QualificationTwin
from adapters.real_name import RealNamesOverHttp, RealNameTwin
from adapters.sms import SmsOverHttp, SmsTwin
from adapters.systems import System
from adapters.webhook_sender import WebhooksOverHttp
from adapters.wire.http import Outside
from casework.office import Office
from registry.ports import Systems
from signing.keys.services import Services
from web import fitness
from web.process import figures
from web.settings import Settings


def systems(
    settings: Settings, sessions: sessionmaker[Session], clock: Callable[[], datetime]
) -> Systems:
    """Speak to the systems whose addresses are set; the twins stand in for the others."""

    def at(system: System) -> Outside | None:
        url: str = getattr(settings, system.setting)
        if not url:
            return None
        return Outside(url, settings.outside_token, system=system, heard=figures.asked)

    def told(system: System) -> Faults:
        return Faults(system, sessions)

    register, qualified = System.ENTERPRISE_REGISTER, System.ENTERPRISE_QUALIFICATIONS
    persons, messages = System.REAL_NAME, System.SMS
    database, store = System.QUALIFICATION_REGISTER, System.CERTIFICATE_STORE
    return Systems(
        enterprises=EnterprisesOverHttp(real)
        if (real := at(register))
        else EnterpriseTwin(sessions, faults=told(register)),
        enterprise_qualifications=EnterpriseQualificationsOverHttp(real)
        if (real := at(qualified))
        else EnterpriseQualificationsTwin(sessions, faults=told(qualified)),
        qualifications=QualificationsOverHttp(real)
        if (real := at(database))
        else QualificationTwin(sessions, faults=told(database)),
        realnames=RealNamesOverHttp(real)
        if (real := at(persons))
        else RealNameTwin(faults=told(persons)),
        sms=SmsOverHttp(real)
        if (real := at(messages))
        else SmsTwin(sessions, clock, faults=told(messages)),
        webhooks=WebhooksOverHttp(inner=settings.webhook_networks),
        certificate_store=CertificatesOverHttp(real)
        if (real := at(store))
        else CertificateStoreTwin(sessions, clock, faults=told(store)),
    )


def services(settings: Settings, clock: Callable[[], datetime]) -> Services:
    """Speak to who issues, who stamps and who holds the token, where the settings name them."""
    stamper = token = None
    if url := settings.time_stamps_url:
        chain = fitness.time_stamps_chain(settings)
        stamper = TimeStampsOverHttp(url, chain, clock=clock, heard=figures.asked)
    if settings.token_socket:
        token = TokenOverSocket(Path(settings.token_socket), heard=figures.asked)
    return Services(
        stamper=stamper,
        token=token,
        authority=issuing(settings),
        former=former(settings),
        seal_version=settings.seal_version,
    )


def former(settings: Settings) -> AuthorityOverHttp | None:
    """Ask for lists and answers of an authority outside that issued before ours did again."""
    if settings.authority not in ("", fitness.EMBEDDED) or not settings.authority_chains:
        return None
    believed = fitness.authority_chains(settings)
    return AuthorityOverHttp("", "", believed, heard=figures.asked)


def issuing(settings: Settings) -> AuthorityOverHttp | None:
    """Speak to the authority outside that issues, where the settings name one."""
    if settings.authority in ("", fitness.EMBEDDED):
        return None
    return AuthorityOverHttp(
        settings.authority,
        settings.authority_secret,
        fitness.authority_chains(settings),
        client=settings.authority_client,
        heard=figures.asked,
    )


def ports(office: Office) -> dict[System, object]:
    """Give what an office speaks to, client or twin, by system."""
    return {
        System.ENTERPRISE_REGISTER: office.enterprises,
        System.ENTERPRISE_QUALIFICATIONS: office.enterprise_qualifications,
        System.QUALIFICATION_REGISTER: office.qualifications,
        System.REAL_NAME: office.realnames,
        System.SMS: office.sms,
        System.CERTIFICATE_STORE: office.certificate_store,
    }
