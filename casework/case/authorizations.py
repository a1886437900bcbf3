"""Permission to sign, from the confirmed code or PIN until the job has signed."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from casework.office import Office
from casework.tables import PendingAuthorization
from signing import Role
from storage.database import insert_of


def keep(session: Session, application_id: str, role: Role, authorization: str) -> None:
    """Keep an authorization in the transaction that starts the signing job."""
    key = {"application_id": application_id, "role": role.value}
    statement = insert_of(session)(PendingAuthorization)
    statement = statement.values(**key, authorization=authorization)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={"authorization": statement.excluded.authorization}
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
