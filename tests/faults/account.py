"""What a town has on record, told so that two ways to the same end can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import text

from registry.trail import audit
from signing.judging import verify
from tests.crossed.invariants import NEVER
from tests.offices import Town

#: What is told of each kind of record; moments, ids and places of files differ from way to way.
TOLD = {
    "applications": "select status, revision, matter from application",
    "documents": "select kind, state, revision from document",
    "stages": """select d.kind, v.stage from document_version v
        join document d on d.id = v.document_id""",
    "signatures": """select d.kind, s.role from signature_record s
        join document d on d.id = s.document_id""",
    "certificates": "select no, kind, version, claim_state, validity from certificate",
    "registrations": "select no, status from registration",
    "decisions": "select step, outcome, officer_name from decision",
    "milestones": "select kind, text from timeline_entry",
    "notices": "select kind, text from notice",
    "messages": "select state from sms",
    "letters": "select kind, number from letter_intent",
    "tasks": "select node, status from user_task",
    "jobs left": "select operation, state from job",
    "instances": "select process_id, status from process_instance",
    "steps": "select kind, node from instance_event",
    "revisions": "select number from form_revision",
    "OFD files": """select d.kind from ofd_file o join document d on d.id = o.document_id""",
    "renames": "select state, new_name from rename_batch",
    "renamed": "select kind, effect, state from rename_item",
    "numbers": "select key, value from sequence",
    "promised": "select role from pending_authorization",
}
#: Trail of an act that may be tried again: told by which, not by how often. What somebody typed is
#: kept as a draft when a register cannot be asked.
ATTEMPTS = "select distinct action, result from audit_event where action <> 'form.draft'"
#: Papers with all their signatures: a form has two.
_SIGNED = """select kind, sha256 from document d where state = 'current' and
    (select count(*) from signature_record s where s.document_id = d.id)
    >= case when kind = 'application' then 2 else 1 end"""

Account = dict[str, Counter[tuple[str, ...]]]


def of(town: Town) -> Account:
    """Give how often each record stands there, by kind."""
    account: Account = {}
    with town.office.sessions() as session:
        for kind, query in (*TOLD.items(), ("trail", ATTEMPTS)):
            rows = session.execute(text(query)).all()
            account[kind] = Counter(tuple(map(str, row)) for row in rows)
    return account


def differences(
    expected: Account, seen: Account, again: Collection[tuple[str, tuple[str, ...]]] = ()
) -> list[str]:
    """Name each record that is there too often or too rarely; of `again` there may be more."""
    return [
        f"{kind}: {'too often' if more > 0 else 'missing'} {record}"
        for kind in expected
        for record in sorted(expected[kind].keys() | seen[kind].keys())
        if (more := seen[kind][record] - expected[kind][record])
        and not (more > 0 and (kind, record) in again)
    ]


def broken(town: Town, *, with_papers: bool = False) -> list[str]:
    """Name what must never be: doubled records, files that are gone, a trail that was changed.

    `with_papers` also judges every signature of every paper.
    """
    faults = []
    with town.office.sessions() as session:
        for sentence, query in NEVER.items():
            faults += [f"{sentence}: {row}" for row in session.execute(text(query)).all()]
        for (sha256,) in session.execute(text("select sha256 from blob")):
            if not town.office.files.has(sha256):
                faults.append(f"a file is on record and not kept: {sha256[:12]}")
        faults += filter(None, [audit.verify(session)])
        for kind, sha256 in session.execute(text(_SIGNED)).all() if with_papers else ():
            report = verify.examine(
                town.office.files.get(sha256), town.office.signatures.authority.trust()
            )
            if not report.ok:
                faults.append(f"{kind} does not verify: {report.findings}")
    return faults
