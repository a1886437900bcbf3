"""Paper certificates of the register before ours, for tests."""

from __future__ import annotations

from datetime import date, timedelta

from casework.office import Office
from casework.registration import register_import
from engine.actors import Actor
from registry.identifiers import Sex
from registry.people import persons
from tests import people

TYPE = "structural-engineer-2"


def row(office: Office, person_id: str, **changes: str) -> dict[str, str]:
    """Give a good row for a person on record, valid for a year yet."""
    with office.sessions() as session:
        person = persons.get(session, person_id)
    today, tail = office.today(), person.id_no[-6:]
    good = {
        "姓名": person.name,
        "性别": Sex(person.sex).label,
        "出生日期": person.birth.isoformat(),
        "证件类型": person.id_type_label,
        "证件号码": person.id_no,
        "手机号码": person.mobile,
        "注册号": f"S21799{tail}",
        "证书编号": f"沪建注S2-{tail}",
        "聘用企业": people.enterprise(1).name,
        "统一社会信用代码": people.uscc(1),
        "资格证书编号": f"DEMO-2015-{tail}",
        "资格证书签发日期": "2015-06-01",
        "资格证书签发机构": "上海市人力资源和社会保障局（虚构）",
        "注册有效期起": (today - timedelta(days=700)).isoformat(),
        "注册有效期止": (today + timedelta(days=365)).isoformat(),
        "发证日期": date(2017, 6, 1).isoformat(),
    }
    return good | changes


def paper(office: Office, holder: Actor | str, **changes: str) -> None:
    """Put a paper certificate of a person on record."""
    person_id = holder if isinstance(holder, str) else holder.id.partition(":")[2]
    report = register_import.take_over(
        office, [(2, row(office, person_id, **changes))], TYPE, dry=False
    )
    assert (report.entered, report.bad) == (1, ()), report
