"""Whether what is asked for may be granted now: by an officer, or by silence (C.9).

Asked again when it is accepted and decided, because much may have changed since the seal.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.application import qualification
from casework.case.opened import Case
from casework.case.refusals import StepRefused
from casework.office import Office
from casework.registration.cancellation_operations import registration_of
from casework.terms import eligibility
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.applications.statuses import CANCELLING, Matter
from registry.authority import bans
from registry.certificates import registrations
from registry.errors import AlreadyRegistered, BanActive


class NothingToRenew(Refusal):
    """申请人的注册状态为“{status}”，不能准予延续；请作出不予许可的决定，写明理由。"""

    code = "E_NOTHING_TO_RENEW"


class NothingToCancel(Refusal):
    """该注册当前状态为“{status}”，已无需注销，请作出不予注销的决定并写明理由。"""

    code = "E_NOTHING_TO_CANCEL"


def refuse(case: Case, session: Session) -> None:
    """Refuse to grant what may not be granted: registered elsewhere, barred, too old (C.9).

    The qualification may be another person's by now. A renewal needs the registration that it
    renews: it may have been ended meanwhile. `session` reads.
    """
    office, application = case.office, case.application
    today = office.today()
    if application.matter in CANCELLING:
        _refuse_without_registration(office, session, application)
        return
    known = case.registrations
    other = next((valid for valid in known if registrations.is_valid(valid, on=today)), None)
    last = known[0] if known else None
    if case.other_claimant[0] is not None:
        qualification.refuse_granting(session, application)
    against = eligibility.against(
        session,
        case.person,
        office.type_of(application.definition),
        today=today,
        renewed=last if application.matter == Matter.RENEWAL else None,
        uscc=application.uscc,
        standing=case.bans,
    )
    if application.matter == Matter.RENEWAL:
        if last is None or last.status != registrations.RegistrationStatus.VALID:
            raise NothingToRenew(status=last.status_on(today).label if last else "未注册")
    elif other is not None:
        raise AlreadyRegistered(
            enterprise=other.enterprise_name, valid_to=other.valid_to.isoformat()
        )
    for ban in filter(None, (against.ban, against.bar)):
        until = ban.until.isoformat() if ban.until else "解除限制"
        raise BanActive(basis=bans.Basis(ban.basis).label, until=until)
    if against.reasons:
        raise StepRefused(against.reasons)


def _refuse_without_registration(
    office: Office, session: Session, application: Application
) -> None:
    """Refuse to cancel what has ended meanwhile; bans do not keep anybody from cancelling."""
    status = registration_of(session, application.id).status_on(office.today())
    if status is not registrations.RegistrationStatus.VALID:
        raise NothingToCancel(status=status.label)
