"""Permission to sign, from the confirmed code or PIN until the job has signed."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from casework.case.tables import PendingAuthorization
from casework.office import Office
from signing import Role


def keep(session: Session, application_id: str, role: Role, authorization: str) -> None:
    """Keep an authorization in the transaction that starts the signing job."""
    session.merge(
        PendingAuthorization(
            application_id=application_id, role=role.value, authorization=authorization
        )
    )


def of(office: Office, application_id: str, role: Role) -> str:
    """Give the authorization; an empty text when there is none, which signing refuses."""
    with office.sessions() as session:
        row = session.get(PendingAuthorization, (application_id, role.value))
    return row.authorization if row else ""


def drop(session: Session, application_id: str, role: Role) -> None:
    """Forget an authorization with the signature that it led to."""
    session.execute(
        delete(PendingAuthorization).where(
            PendingAuthorization.application_id == application_id,
            PendingAuthorization.role == role.value,
        )
    )
