"""What must hold in the database when everybody has gone home: nothing doubled, lost or left."""

from __future__ import annotations

import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.crossed.ledger import Ledger

ENDED = ("COMPLETED", "WITHDRAWN", "CLOSED", "REJECTED")
#: What is promised, by the number with which each sentence begins.
PROMISES = {
    "I1": "what was answered is there",
    "I2": "one registration, number and certificate for each grant",
    "I3": "no certificate without signature, seal and two officers",
    "I4": "a case is at one place, and goes on",
    "I5": "the trail is whole, and tells each step once",
    "I6": "no job is given up",
    "I7": "no file is gone or changed",
    "I8": "whoever is told outside is told once",
    "I9": "drained within lease + 10 s; no empty page, no 500, 503 only while something falls",
}
#: Sentence → rows that would contradict it.
NEVER = {
    "I2 a person has two valid registrations of one profession": """
        select person_id, type from registration where status = 'VALID'
        group by person_id, type having count(*) > 1""",
    "I2 two persons are registered upon one qualification number": """
        select q.type, q.certificate_no from qualification q
        group by q.type, q.certificate_no having count(distinct q.person_id) > 1""",
    "I2 a certificate number is there twice": """
        select no from certificate group by no having count(*) > 1""",
    "I2 a version of a certificate is there twice": """
        select registration_id, version from certificate
        group by registration_id, version having count(*) > 1""",
    "I4 a step of one case was decided twice": """
        select application_id, step from decision where step in ('review', 'decide')
        group by application_id, step having count(*) > 1""",
    "I2 two applications of one person, profession and matter are open": """
        select person_id, type from application
        where status not in ('COMPLETED','WITHDRAWN','CLOSED','REJECTED','NOT_ACCEPTED','EXPIRED')
        group by person_id, type having count(*) > 1""",
    "I8 a case is signed twice by one party": """
        select d.application_id, s.role from signature_record s
        join document d on d.id = s.document_id where d.state = 'current'
        group by d.id, d.application_id, s.role having count(*) > 1""",
    "I4 a document is current twice": """
        select application_id, kind from document where state = 'current'
        group by application_id, kind having count(*) > 1""",
    "I4 a running case waits for nobody and nothing": """
        select i.business_key, i.process_id from process_instance i where i.status = 'ACTIVE'
        and not exists (select 1 from user_task t where t.instance_id = i.id and t.status = 'OPEN')
        and not exists (select 1 from job j where j.instance_id = i.id)""",
    "I4 an open case has no running instance": """
        select a.id, a.status from application a
        where a.status in ('DRAFT','READY_TO_SIGN','PERSONAL_SIGNED','ENTERPRISE_SEALED',
                           'ACCEPTED','UNDER_REVIEW','APPROVED','RETURNED')
        and not exists (select 1 from process_instance i
                        where i.business_key = a.id and i.status = 'ACTIVE')""",
    "I1 an approved person has no registration": """
        select a.id from application a where a.status in ('APPROVED', 'COMPLETED')
        and a.matter = 'INITIAL' and not exists (
            select 1 from registration r where r.person_id = a.person_id and r.type = a.type)""",
    "I6 a job is dead": "select operation, error from job where state = 'DEAD'",
    "I3 one officer reviewed and decided": """
        select r.application_id, r.officer_name from decision r
        join decision d on d.application_id = r.application_id and d.officer_id = r.officer_id
        where r.step = 'review' and d.step = 'decide'
        and r.annulled_by is null and d.annulled_by is null""",
    "I3 a certificate stands on an application without signature or seal": """
        select c.no, a.id from certificate c
        join registration r on r.id = c.registration_id
        join application a on a.person_id = r.person_id and a.type = r.type
        where a.matter = 'INITIAL' and a.status = 'COMPLETED' and (
            select count(distinct s.role) from signature_record s
            join document d on d.id = s.document_id
            where d.application_id = a.id and d.kind = 'application'
            and d.state = 'current') < 2""",
    "I4 a place of a case is open twice": """
        select instance_id, node, scope from user_task where status = 'OPEN'
        group by instance_id, node, scope having count(*) > 1""",
    "I8 the certificate store was told the same twice": """
        select identifier, operation, state from twin_store_event
        group by identifier, operation, state having count(*) > 1""",
    "I5 a milestone of a case is told twice": """
        select application_id, kind, at from timeline_entry
        group by application_id, kind, text, at having count(*) > 1""",
}


def quiet(engine: Engine, patience_s: float = 90) -> float:
    """Wait until no job is due or under way; give how many seconds that took."""
    began = time.monotonic()
    end = began + patience_s
    while time.monotonic() < end:
        with engine.connect() as connection:
            left = connection.scalar(
                text("select count(*) from job where state = 'RUNNING' or due_at <= now()")
            )
        if not left:
            break
        time.sleep(0.5)
    return time.monotonic() - began


def judge(engine: Engine, ledger: Ledger) -> None:
    """Hold the database against what must never be, and against what people were answered."""
    for application in sorted(ledger.ended):
        with engine.connect() as connection:
            query = text("select status from application where id = :id")
            status = connection.scalar(query, {"id": application.rpartition("/")[2]})
        if status not in ENDED:
            ledger.wrong(f"I1 a case that was seen to end is {status}: {application}")
    with engine.connect() as connection:
        left = connection.execute(
            text(
                "select operation, state, attempts, error from job where due_at <= now()"
                " and state <> 'DEAD'"
            )
        ).all()
        for row in left:
            ledger.wrong(f"I9 a job is left over: {tuple(row)}")
    for sentence, query in NEVER.items():
        try:
            with engine.connect() as connection:
                rows = connection.execute(text(query)).all()
        except SQLAlchemyError as error:
            ledger.wrong(f"cannot ask whether {sentence}: {str(error)[:200]}")
            continue
        for row in rows:
            ledger.wrong(f"{sentence}: {tuple(map(str, row))}")
