"""Opening the office: binds the operations, the host functions and the statuses to a runner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from engine import operations
from engine.bell import Bell
from engine.casework import (
    clocks,
    copying,
    exchanging,
    operations_authority,
    operations_cancelling,
    operations_decisions,
    operations_form,
    operations_notices,
    operations_renaming,
    operations_reopening,
    operations_signing,
    publishing,
    reissuing,
    renewing,
    upkeep,
)
from engine.casework.office import Office, Policy
from engine.definitions import Definitions
from engine.runner import Runner
from engine.store import Entered
from registry import applications, renames
from registry.calendars import WorkCalendar
from registry.ports import (
    CertificateStore,
    EnterpriseQualifications,
    EnterpriseRegister,
    FileStore,
    QualificationRegister,
    RealNameRegister,
    SmsGateway,
)
from signing import Signatures

#: The modules that register the operations of the diagrams; importing them is enough.
OPERATIONS = (
    copying,
    exchanging,
    operations_authority,
    operations_cancelling,
    operations_decisions,
    operations_form,
    operations_notices,
    operations_renaming,
    operations_reopening,
    operations_signing,
    publishing,
    reissuing,
    upkeep,
    renewing,
)


def open_office(
    *,
    sessions: sessionmaker[Session],
    signatures: Signatures,
    files: FileStore,
    enterprises: EnterpriseRegister,
    qualifications: QualificationRegister,
    realnames: RealNameRegister,
    sms: SmsGateway,
    enterprise_qualifications: EnterpriseQualifications,
    certificate_store: CertificateStore,
    calendar: WorkCalendar,
    fonts: Path,
    policy: Policy,
    clock: Callable[[], datetime],
    bell: Bell | None = None,
) -> Office:
    """Open an office with its own runner; nothing in it is shared with another office."""
    office = Office(
        sessions=sessions,
        definitions=Definitions(sessions),
        signatures=signatures,
        files=files,
        enterprises=enterprises,
        qualifications=qualifications,
        realnames=realnames,
        sms=sms,
        enterprise_qualifications=enterprise_qualifications,
        certificate_store=certificate_store,
        calendar=calendar,
        fonts=fonts,
        policy=policy,
        clock=clock,
    )
    office.runner = Runner(
        sessions,
        office.definitions,
        operations.known,
        office,
        clock,
        clocks.functions(office),
        entered,
        bell=bell,
    )
    return office


def entered(session: Session, passed: Entered) -> None:
    """Give the case the status that is drawn at the node the token entered (I1).

    A case is an application, or a change of an enterprise's name, which has words of its own.
    """
    status = passed.properties.get("status")
    if status is None:
        return
    if status in renames.State.__members__:
        batch = renames.get(session, passed.business_key)
        renames.move(session, batch, status, passed.at)
        return
    application = applications.get(session, passed.business_key)
    applications.move(session, application, status, passed.at)
