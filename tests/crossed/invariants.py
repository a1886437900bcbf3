"""What must hold in the database when everybody has gone home: nothing doubled, lost or left."""

from __future__ import annotations

import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.crossed.ledger import Ledger

#: Sentence → rows that would contradict it.
NEVER = {
    "a person has two valid registrations of one profession": """
        select person_id, type from registration where status = 'VALID'
        group by person_id, type having count(*) > 1""",
    "two persons are registered upon one qualification number": """
        select q.type, q.certificate_no from qualification q
        group by q.type, q.certificate_no having count(distinct q.person_id) > 1""",
    "a certificate number is there twice": """
        select no from certificate group by no having count(*) > 1""",
    "a version of a certificate is there twice": """
        select registration_id, version from certificate
        group by registration_id, version having count(*) > 1""",
    "a step of one case was decided twice": """
        select application_id, step from decision where step in ('review', 'decide')
        group by application_id, step having count(*) > 1""",
    "two applications of one person, profession and matter are open": """
        select person_id, type from application
        where status not in ('COMPLETED','WITHDRAWN','CLOSED','REJECTED','NOT_ACCEPTED','EXPIRED')
        group by person_id, type having count(*) > 1""",
    "a case is signed twice by one party": """
        select d.application_id, s.role from signature_record s
        join document d on d.id = s.document_id where d.state = 'current'
        group by d.id, d.application_id, s.role having count(*) > 1""",
    "a document is current twice": """
        select application_id, kind from document where state = 'current'
        group by application_id, kind having count(*) > 1""",
    "a running case waits for nobody and nothing": """
        select i.business_key, i.process_id from process_instance i where i.status = 'ACTIVE'
        and not exists (select 1 from user_task t where t.instance_id = i.id and t.status = 'OPEN')
        and not exists (select 1 from job j where j.instance_id = i.id)""",
    "an open case has no running instance": """
        select a.id, a.status from application a
        where a.status in ('DRAFT','READY_TO_SIGN','PERSONAL_SIGNED','ENTERPRISE_SEALED',
                           'ACCEPTED','UNDER_REVIEW','APPROVED','RETURNED')
        and not exists (select 1 from process_instance i
                        where i.business_key = a.id and i.status = 'ACTIVE')""",
    "an approved person has no registration": """
        select a.id from application a where a.status in ('APPROVED', 'COMPLETED')
        and a.matter = 'INITIAL' and not exists (
            select 1 from registration r where r.person_id = a.person_id and r.type = a.type)""",
    "a job is dead": "select operation, error from job where state = 'DEAD'",
    "a milestone of a case is told twice": """
        select application_id, kind, at from timeline_entry
        group by application_id, kind, text, at having count(*) > 1""",
}


def quiet(engine: Engine, patience_s: float = 90) -> None:
    """Wait until no job is due or under way."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        with engine.connect() as connection:
            left = connection.scalar(
                text("select count(*) from job where state = 'RUNNING' or due_at <= now()")
            )
        if not left:
            return
        time.sleep(0.5)


def judge(engine: Engine, ledger: Ledger) -> None:
    """Hold the database against what must never be."""
    with engine.connect() as connection:
        left = connection.execute(
            text(
                "select operation, state, attempts, error from job where due_at <= now()"
                " and state <> 'DEAD'"
            )
        ).all()
        for row in left:
            ledger.wrong(f"a job is left over: {tuple(row)}")
    for sentence, query in NEVER.items():
        try:
            with engine.connect() as connection:
                rows = connection.execute(text(query)).all()
        except SQLAlchemyError as error:
            ledger.wrong(f"cannot ask whether {sentence}: {str(error)[:200]}")
            continue
        for row in rows:
            ledger.wrong(f"{sentence}: {tuple(map(str, row))}")
