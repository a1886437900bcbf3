"""Opening the office: binds the operations, the host functions and the statuses to a runner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from casework import corrections, migrations, upkeep
from casework.application import operations as application_operations
from casework.authority import operations as authority_operations
from casework.case.opened import Case
from casework.certificate import copy_requests, paper_exchange, publication, reissues
from casework.decision import operations as decision_operations
from casework.decision import reopening_operations
from casework.keys import outside, restamping
from casework.notice import operations as notice_operations
from casework.office import Office, Policy
from casework.privacy import exports
from casework.programs import webhooks
from casework.registration import cancellation_operations
from casework.rename import operations as rename_operations
from casework.signature import operations as signature_operations
from casework.studio import noticings, trials
from casework.tasks import held_tasks, moves
from casework.terms import clocks, renewal
from engine import operations
from engine.definitions import Definitions
from engine.running.runner import open_runner
from engine.running.scenes import Host
from engine.running.store import Entered
from registry.applications import applications
from registry.enterprises import renames
from registry.law.calendars import WorkCalendar
from registry.ports import FileStore, Systems
from signing import Signatures

#: The modules that register the operations of the diagrams; importing them is enough.
OPERATIONS = (
    corrections,
    migrations,
    copy_requests,
    exports,
    paper_exchange,
    authority_operations,
    cancellation_operations,
    decision_operations,
    application_operations,
    notice_operations,
    rename_operations,
    reopening_operations,
    signature_operations,
    publication,
    noticings,
    trials,
    reissues,
    restamping,
    outside,
    upkeep,
    renewal,
    webhooks,
)


def open_office(
    *,
    sessions: sessionmaker[Session],
    signatures: Signatures,
    files: FileStore,
    systems: Systems,
    calendar: WorkCalendar,
    fonts: Path,
    policy: Policy,
    clock: Callable[[], datetime],
) -> Office:
    """Open an office with its own runner; nothing in it is shared with another office."""
    office = Office(
        sessions=sessions,
        definitions=Definitions(sessions, clock),
        signatures=signatures,
        files=files,
        enterprises=systems.enterprises,
        qualifications=systems.qualifications,
        realnames=systems.realnames,
        sms=systems.sms,
        enterprise_qualifications=systems.enterprise_qualifications,
        certificate_store=systems.certificate_store,
        webhooks=systems.webhooks,
        calendar=calendar,
        fonts=fonts,
        policy=policy,
        clock=clock,
    )
    office.runner = open_runner(
        sessions,
        office.definitions,
        operations.known,
        office,
        clock,
        Host(
            functions=clocks.functions(office),
            entered=entered,
            open_case=partial(Case, office),
            keeps=held_tasks.keeps,
        ),
    )
    return office


def entered(session: Session, passed: Entered) -> None:
    """Give the case the status that is drawn at the node the token entered (I1).

    A case is an application, or a change of an enterprise's name, which has words of its own.
    """
    status = passed.properties.get("status")
    if status is None:
        return
    if status in renames.BatchState.__members__:
        batch = renames.get(session, passed.business_key)
        renames.move(session, batch, status, passed.at)
        return
    application = applications.get(session, passed.business_key)
    moves.move(session, application, status, passed.at)
