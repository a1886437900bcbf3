"""Permission to sign, from the confirmed code or PIN until the job has signed."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session, make_transient_to_detached

from casework.case.opened import Case
from casework.office import Office
from casework.tables import PendingAuthorization
from signing import Role
from storage.database import insert_of
from storage.passing import forget, recall, remember


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
    row = PendingAuthorization(**key, authorization=authorization)
    make_transient_to_detached(row)  # as if it had been read: its job is going to ask for it
    remember(session, (PendingAuthorization, *key.values()), session.merge(row, load=False))


def of(office: Office, key: str, role: Role) -> str:
    """Give the authorization; an empty text when there is none, which signing refuses."""
    with office.sessions() as session:
        row = session.get(PendingAuthorization, (key, role.value))
    return row.authorization if row else ""


def of_case(case: Case, role: Role) -> str:
    """Give what `of` gives, without asking where the case has it at hand."""
    key = (case.id, role.value)

    def look(session: Session) -> PendingAuthorization | None:
        slot = (PendingAuthorization, *key)
        return recall(session, slot, lambda: session.get(PendingAuthorization, key))

    row = case.read(look)
    return row.authorization if row else ""


def drop(session: Session, application_id: str, role: Role) -> None:
    """Forget an authorization with the signature that it led to."""
    forget(session, (PendingAuthorization, application_id, role.value))
    gone = delete(PendingAuthorization).where(
        PendingAuthorization.application_id == application_id,
        PendingAuthorization.role == role.value,
    )
    with session.no_autoflush:  # what changed of the case is written with its next move
        session.execute(gone, execution_options={"synchronize_session": False})
