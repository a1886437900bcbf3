"""The register against the letters that were sealed: a row that was changed by hand is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from casework.decision import officer_tasks
from casework.notice import letter_check
from casework.office import Office
from casework.tables import LetterIntent
from registry.applications.applications import Application
from registry.applications.decisions import Decision
from registry.applications.documents import Document, DocumentState
from registry.certificates.registrations import Registration
from registry.people.persons import Person
from storage.database import writing
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.casework.terms.renewals import TODAY, Story
from tests.offices import Town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

RECEIPT, ACCEPTANCE = "收件凭证沪建注收", "行政审批受理通知书沪建注受"
GRANT, REFUSAL = "行政许可决定书沪建注准", "行政许可决定书沪建注不准"


def told(office: Office) -> list[str]:
    return [difference.words for difference in letter_check.differences(office)]


@contextmanager
def changed(
    office: Office, table: type[Any], name: str, value: object, **where: object
) -> Iterator[None]:
    """Change one value of the only such row, as who has the database could, and back."""
    with writing(office.sessions) as session:
        row = session.scalars(select(table).filter_by(**where)).one()
        before = getattr(row, name)
        setattr(row, name, value)
        key = row.__mapper__.primary_key_from_instance(row)
    yield
    with writing(office.sessions) as session:
        setattr(session.get_one(table, *key), name, before)


def data_of(office: Office, kind: str) -> dict[str, Any]:
    with office.sessions() as session:
        return session.scalars(select(LetterIntent).filter_by(kind=kind)).one().data


def names(faults: list[str], letter: str, *said: str) -> bool:
    """Tell whether one line names a letter, with what differs."""
    return any(letter in fault and all(word in fault for word in said) for fault in faults)


@pytest.mark.proves("F:traces-3")
def test_a_changed_row_is_named_with_each_letter_that_says_otherwise(town: Town) -> None:
    """§traces: of a receipt, a notice of acceptance and a decision, one line each."""
    office, story = town.office, Story(town, ends=TODAY + timedelta(days=60))
    case = story.filed()
    story.decided(case)
    town.works()
    assert told(office) == []

    later = date(2026, 9, 8)
    decision = data_of(office, "decision")
    for table, name, value, where, lines in (
        (
            Application,
            "no",
            "31S2Y2026090799999Z",
            {"id": case},
            {ACCEPTANCE: "申请编号", GRANT: "申请编号"},
        ),
        (
            Application,
            "accepted_on",
            later,
            {"id": case},
            {ACCEPTANCE: "受理日期", GRANT: "受理日期"},
        ),
        (Application, "decided_on", later, {"id": case}, {GRANT: "决定日期，登记为“2026年9月8日”"}),
        (Application, "deemed_renewed", True, {"id": case}, {GRANT: "视为准予延续，登记为“是”"}),
        (Person, "name", "别人示例", {}, {ACCEPTANCE: "姓名或者名称", GRANT: "登记为“别人示例”"}),
        (Registration, "no", "S2269912345", {}, {GRANT: "注册号，登记为“S2269912345”"}),
        (Decision, "outcome", "reject", {"step": "decide"}, {GRANT: "结果，登记为“不予许可”"}),
        (Document, "number", "沪建注准〔2026〕第09999号", {"kind": "decision"}, {GRANT: "文号"}),
        (Document, "kind", "receipt", {"kind": "decision"}, {GRANT: "文书种类，登记为“收件凭证”"}),
        (
            LetterIntent,
            "number",
            "沪建注准〔2026〕第09999号",
            {"kind": "decision"},
            {GRANT: "文号"},
        ),
        (LetterIntent, "token", "7K3MQ2X9RAFH", {"kind": "decision"}, {GRANT: "查验码"}),
        (
            LetterIntent,
            "data",
            decision | {"person_name": "别人示例"},
            {"kind": "decision"},
            {GRANT: "姓名"},
        ),
        (
            LetterIntent,
            "data",
            decision | {"is_refused": True},
            {"kind": "decision"},
            {GRANT: "结果"},
        ),
        (
            LetterIntent,
            "data",
            decision | {"date": "2026-09-08"},
            {"kind": "decision"},
            {GRANT: "落款日期"},
        ),
    ):
        with changed(office, table, name, value, **where):
            found = told(office)
        assert len(found) == len(lines), (name, found)
        for letter, said in lines.items():
            assert names(found, letter, said), (name, found)
    assert told(office) == []


def test_what_came_in_and_what_was_refused_is_held_too(town: Town) -> None:
    """A receipt says when the papers came; a refusal says why, and is no licence."""
    office, person, clerk = town.office, town.person(), town.enterprise()
    case = town.starts(person)
    values = town.values(case, person, **OTHER_PROVINCE)
    values["qualification_scans"] = [town.scan(case, person)]
    town.saves(case, person, values)
    town.signs(case, person)
    town.seals(case, clerk)
    check = town.task(case, "formal_check").id
    officer_tasks.formal_check(office, check, "accept", actor=town.officer("zhao", "acceptor"))
    town.reviews(case, town.officer("wang", "reviewer"), "reject")
    town.decides(case, town.officer("li", "approver"), "reject")
    town.works()
    assert told(office) == []

    earlier = town.clock.now - timedelta(days=3)
    receipt, acceptance = data_of(office, "receipt"), data_of(office, "acceptance-notice")
    step = {"step": "decide"}
    for table, name, value, where, lines in (
        (
            Application,
            "filed_at",
            earlier,
            {"id": case},
            {RECEIPT: "收件日期", ACCEPTANCE: "收件日期"},
        ),
        (Decision, "outcome", "approve", step, {REFUSAL: "结果，登记为“准予许可”"}),
        (Decision, "reasons", ["另外的理由"], step, {REFUSAL: "理由，登记为“另外的理由”"}),
        (
            Decision,
            "at",
            town.clock.now + timedelta(days=1),
            step,
            {REFUSAL: "决定，登记为“（没有记录）”"},
        ),
        (
            LetterIntent,
            "number",
            "沪建注收〔2026〕第09999号",
            {"kind": "receipt"},
            {RECEIPT: "文号"},
        ),
        (
            LetterIntent,
            "data",
            receipt | {"received_on": "2026-09-01"},
            {"kind": "receipt"},
            {RECEIPT: "收件日期，登记为“2026年9月1日”"},
        ),
        (
            LetterIntent,
            "data",
            acceptance | {"due_on": "2027-09-01"},
            {"kind": "acceptance-notice"},
            {ACCEPTANCE: "办理期限，登记为“2027年9月1日”"},
        ),
        (Document, "state", DocumentState.VOID, {"kind": "receipt"}, {}),  # void says nothing else
    ):
        with changed(office, table, name, value, **where):
            found = told(office)
        assert len(found) == len(lines), (name, found)
        for letter, said in lines.items():
            assert names(found, letter, said), (name, found)

    with writing(office.sessions) as session:  # an unsealed file, and bytes nobody can decrypt
        paper = session.scalars(select(Document).filter_by(kind="receipt")).one()
        unsealed = session.scalars(select(Document).filter_by(kind="application")).one().sha256
        paper.sha256 = unsealed
        swapped = (
            "UPDATE letter_intent SET data = (SELECT id_no FROM person) WHERE kind = 'decision'"
        )
        session.execute(text(swapped))
    found = told(office)
    assert names(found, RECEIPT, "没有有效的主管部门印章")
    assert names(found, REFUSAL, "不能解密")
    assert len(found) == 2
