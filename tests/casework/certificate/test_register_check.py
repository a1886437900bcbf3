"""The register against what was signed: a row that somebody changed by hand is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from casework.certificate import register_check
from casework.office import Office
from casework.rename import batches
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.people.persons import Person
from storage.database import writing
from tests import people
from tests.casework.rename.test_batches import hire, rename_outside, renamed
from tests.offices import PIN, TYPE, Town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(office: Office) -> list[str]:
    return [difference.words for difference in register_check.differences(office)]


@contextmanager
def changed(office: Office, table: type[Any], name: str, value: object) -> Iterator[None]:
    """Change one value of the one row of a table, as who has the database could, and back."""
    with writing(office.sessions) as session:
        row = session.scalars(select(table)).one()
        before = getattr(row, name)
        setattr(row, name, value)
    yield
    with writing(office.sessions) as session:
        setattr(session.scalars(select(table)).one(), name, before)


CHANGES = (
    (Registration, "valid_to", date(2099, 1, 31), "有效期止"),
    (Registration, "valid_from", date(2001, 1, 31), "有效期起"),
    (Registration, "no", "S2269912345", "注册号"),
    (Registration, "enterprise_name", "别家示例设计有限公司", "聘用企业"),
    (Registration, "uscc", people.uscc(7), "统一社会信用代码"),
    (Person, "name", "别人示例", "姓名"),
    (Person, "id_no", people.person(5).id_no, "证件号码"),
    (Person, "birth", date(1950, 2, 3), "出生日期"),
    (Certificate, "no", "DZ31S22026099999", "证书编号"),
    (Certificate, "identifier", "1.2.156.3005.2.0", "电子证照标识"),
)


@pytest.mark.proves("F:traces-3")
def test_whatever_is_changed_by_hand_is_named(town: Town) -> None:
    """§traces: number, name, id, enterprise, days; the sealed file says what it was."""
    office, person = town.office, town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.works()
    with office.sessions() as session:
        certificate = session.scalars(select(Certificate)).one()
    assert told(office) == []

    for table, name, value, what in CHANGES:
        with changed(office, table, name, value):
            (fault,) = told(office)
            assert what in fault, (name, fault)

    facts = {**certificate.facts, "name": "别人示例"}
    with changed(office, Certificate, "facts", facts):
        assert "姓名，登记为“别人示例”" in told(office)[0]
    with changed(office, Certificate, "sha256", certificate.prepared_sha256):
        assert "没有有效的主管部门印章" in told(office)[0]
    assert told(office) == []


def test_what_the_law_changes_is_no_difference(town: Town) -> None:
    """R128: after a new name of the enterprise both versions of a certificate say their own."""
    office, person = town.office, town.person(issued=date(2025, 6, 2))
    clerk, case = town.enterprise(), town.starts(person)
    town.files(case, person, clerk)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.claims(case, person)
    rename_outside(town)
    batch = batches.compute(office, people.uscc(1), TYPE, clerk)
    batches.confirm(office, batch, PIN, clerk)
    town.works()

    with office.sessions() as session:
        assert len(session.scalars(select(Certificate)).all()) == 2
    assert told(office) == []


def test_a_passport_is_masked_on_paper_as_in_the_register(town: Town) -> None:
    """A number of another length than a resident's, on a certificate made anew by a rename."""
    office, clerk = town.office, town.enterprise()
    hire(town, 1)
    renamed(town, clerk)
    assert told(office) == []

    with changed(office, Person, "id_no", "DEMO000002"):
        (fault,) = told(office)
        assert "证件号码，登记为“D*******02”" in fault
    with changed(office, Person, "id_no", "DEMO0000001"):  # one character longer
        assert "证件号码" in told(office)[0]
    assert told(office) == []
