"""What is published, looked at in the studio: versions, diagrams, tables, forms, papers, texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from casework.office import Office
from engine import definitions
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared

__all__ = ["app", "clock", "desk", "office", "prepared"]

Sit = Callable[[str], Desk]


def page_of(office: Office, key: str) -> str:
    with office.sessions() as session:
        return f"/studio/versions/{definitions.keys(session)[key]}"


def test_every_part_of_every_type_can_be_looked_at(desk: Sit, office: Office) -> None:
    """Whatever a version's page leads to opens: diagrams, tables, forms, help, papers as PDF."""
    analyst = desk("fenxi")
    analyst.open("/studio")
    versions = [str(link["href"]) for link in analyst.soup().select("main td a")]
    kinds = set()
    for version in versions:
        analyst.open(version)
        links = {str(link["href"]) for link in analyst.soup().select("main td a")}
        for address in links:
            answer = analyst.open(address)
            assert answer.status_code == 200, address
            kinds.add(address.removeprefix(version).split("/")[1])
            if address.endswith(".pdf"):
                assert answer.data.startswith(b"%PDF")
    assert len(versions) == 3
    assert kinds == {"diagrams", "tables", "forms", "help", "documents"}


def test_what_a_type_took_over_is_named(desk: Sit, office: Office) -> None:
    """二级建造师 draws no diagram of its own, and has its own rule of education."""
    analyst = desk("fenxi")

    analyst.open(page_of(office, "builder-2"))

    rows = [" ".join(row.get_text(" ").split()) for row in analyst.soup().select("main tr")]
    assert [row for row in rows if row.startswith("初始注册") and "沿用二级注册结构工程师" in row]
    assert [row for row in rows if "逾期与继续教育" in row and "本类型自有" in row]
    assert [row for row in rows if "沿用共用部分 common-parts" in row]
    assert re.search(r"年龄\s*满18周岁，未满65周岁", analyst.text)


def test_a_table_says_which_row_fires_and_why_the_others_do_not(desk: Sit, office: Office) -> None:
    """The engine's own table answers: 逾期 by the first row; a slip is told beside its field."""
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")
    address = f"{page}/tables/continuing_education"
    analyst.open(address)
    assert "首条：取第一条适用的规则" in analyst.text
    assert "管理规定第11、12、17条" in analyst.text

    values = {"value-0": "INITIAL", "value-1": "5", "value-2": "false", "value-3": "false"}
    analyst.open(f"{address}?{urlencode(values)}")
    assert "适用第1条规则" in analyst.text
    assert "必修学时下限：60" in analyst.text
    assert '“事项”要求 "RENEWAL"，试的是 初始注册（INITIAL）' in analyst.text

    assert analyst.open(f"{address}?{urlencode({**values, 'value-1': '五'})}").status_code == 422
    assert "E_VALUE_NOT_OF_TYPE" in analyst.text
    assert analyst.open(f"{page}/tables/deadline?value-0=NOTHING").status_code == 422
    assert "E_DECISION_FAILED" in analyst.text


def test_a_form_is_shown_under_the_circumstances_that_are_chosen(desk: Sit, office: Office) -> None:
    """The renderer of applicants, closed: what is asked only of some is asked when they are."""
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")
    analyst.open(f"{page}/forms/INITIAL?hours_required=false")
    assert "ce_compulsory_hours" not in analyst.page.text

    analyst.open(f"{page}/forms/INITIAL?hours_required=true")

    form = analyst.soup().select_one("fieldset[disabled]")
    assert form is not None
    assert form.select_one("#ce_compulsory_hours") is not None


def test_a_diagram_counts_the_cases_that_wait(desk: Sit, office: Office) -> None:
    """The step stands in the table, and on the picture for whom can see it."""
    desk("person-01").starts()
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")

    analyst.open(f"{page}/diagrams/initial_registration")

    assert re.search(r"填写\S*\s*1件", analyst.text)
    drawn = analyst.soup().select_one("[data-drawing]")
    assert drawn is not None
    assert "1件等待" in str(drawn["data-marks"])
    assert analyst.open(str(drawn["data-drawing"])).data.lstrip().startswith(b"<?xml")


def test_what_is_not_there_is_not_found(desk: Sit, office: Office) -> None:
    analyst, page = desk("fenxi"), page_of(office, "structural-engineer-2")

    for address in (
        "/studio/versions/none",
        f"{page}/tables/none",
        f"{page}/diagrams/none",
        f"{page}/forms/CLAIM",
        f"{page}/help/CLAIM",
        f"{page}/documents/letter/none.pdf",
    ):
        assert analyst.open(address).status_code == 404, address
