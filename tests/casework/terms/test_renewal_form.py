"""延续注册: what is on record is filled in, three inputs are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.application import form_entry
from casework.application.form_entry import FieldReadOnly, FormFaults
from registry.applications import applications
from registry.certificates.certificates import Certificate
from registry.errors import Unavailable
from storage.database import writing
from tests import people
from tests.casework.terms.renewals import TODAY, Story, registration_of
from tests.offices import Town


@pytest.mark.both_databases
def test_everything_on_record_is_filled_in(town: Town) -> None:
    """R67, R71: person, registration, employer and qualification are there already."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")

    values = form_entry.prefill(town.office, case)

    registration = registration_of(town, story.person)
    assert values["name"] == people.person(1).name
    assert values["registration_no"] == registration.no
    assert values["certificate_no"] == story.certificates()[0].no
    assert values["valid_to"] == "2026-11-06"
    assert values["enterprise_name"] == people.enterprise(1).name
    assert values["enterprise_uscc"] == people.uscc(1)
    assert values["qualification_no"] == "DEMO-0001"
    assert "enterprise_phone" not in values


@pytest.mark.parametrize(
    ("field", "forged"),
    [
        ("valid_to", "2036-11-06"),
        ("registration_no", "S22699999999"),
        ("enterprise_uscc", people.uscc(2)),
        ("enterprise_name", people.enterprise(2).name),
        ("qualification_no", "DEMO-9999"),
        ("id_no", "310000199001019911"),
    ],
)
def test_a_forged_read_only_field_is_refused(town: Town, field: str, forged: str) -> None:
    """R71: what the page did not let him type is not taken from the page."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")

    with pytest.raises(FieldReadOnly) as refused:
        town.saves(case, story.person, town.renewal_values(case) | {field: forged})

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"enterprise_phone": ""}, "enterprise_phone", "请填写企业联系电话"),
        ({"enterprise_phone": "12"}, "enterprise_phone", "电话格式不正确"),
        ({"ce_compulsory_hours": ""}, "ce_compulsory_hours", "请填写继续教育必修课学时"),
        ({"ce_compulsory_hours": "59.5"}, "ce_compulsory_hours", "必修学时不足：59.5/60"),
        ({"ce_elective_hours": "59"}, "ce_elective_hours", "选修学时不足：59/60"),
        ({"ce_elective_hours": "1000"}, "ce_elective_hours", "不超过999"),
        ({"applicant_opinion": False}, "applicant_opinion", "请勾选“申请人员意见”"),
    ],
)
@pytest.mark.proves("R68")
@pytest.mark.proves("R69")
@pytest.mark.proves("R70")
def test_what_is_missing_is_told_beside_its_field(
    town: Town, typed: dict[str, object], field: str, words: str
) -> None:
    """R68–R70, R72, G6: telephone, hours and opinion; what was typed is kept."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")

    with pytest.raises(FormFaults) as refused:
        town.saves(case, story.person, town.renewal_values(case) | typed)

    assert words in refused.value.faults[field]
    kept = form_entry.prefill(town.office, case)
    assert kept.get(field, "") == typed[field] or not typed[field]


@pytest.mark.proves("G5")
def test_a_proof_may_be_added_but_need_not(town: Town) -> None:
    """G5: hours without proof are enough for saving; with proof it is part of what is signed."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = story.saved()
    with town.office.sessions() as session:
        first = applications.current_revision(session, case)

    proof = town.scan(case, story.person, "ce_proof")
    town.saves(case, story.person, town.renewal_values(case, ce_proof=[proof]))

    with town.office.sessions() as session:
        second = applications.current_revision(session, case)
    assert first is not None
    assert second is not None
    assert first.content["attachments"] == []
    assert [attachment["kind"] for attachment in second.content["attachments"]] == ["CE_PROOF"]


def test_a_renamed_employer_signs_under_its_present_name(town: Town) -> None:
    """R71, domain C.2: same code, new name: the form shows it, the certificate bears it."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    new = "上海示例结构设计（虚构01）集团有限公司"
    town.enterprise(1, name=new, former_names=(people.enterprise(1).name,))
    case = town.starts(story.person, "RENEWAL")

    assert form_entry.prefill(town.office, case)["enterprise_name"] == new

    town.saves(case, story.person, town.renewal_values(case))
    town.signs(case, story.person)
    town.seals(case, story.employer)
    story.decided(case)
    assert story.certificates()[-1].facts["enterprise_name"] == new
    assert registration_of(town, story.person).enterprise_name == new


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "LICENCE_REVOKED"}, "不能作为注册企业"),
        ({"status": "DEREGISTERED"}, "不能作为注册企业"),
        ({"design_qualifications": ()}, "没有有效的工程勘察设计资质"),
    ],
)
def test_an_employer_that_may_not_employ_stops_the_renewal(
    town: Town, change: dict[str, object], words: str
) -> None:
    """R72: the enterprise is asked for again at each save."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")
    town.enterprise(1, **change)  # type: ignore[arg-type]  # facts of the register

    with pytest.raises(FormFaults) as refused:
        town.saves(case, story.person, town.renewal_values(case))

    assert words in refused.value.faults["enterprise_name"]


def test_a_register_that_is_away_loses_nothing(town: Town) -> None:
    """R72: what was typed is kept, and the person is told to try again."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")
    values = town.renewal_values(case)
    town.world.down.add("enterprises")

    with pytest.raises(Unavailable, match="已保留"):
        town.saves(case, story.person, values)

    assert form_entry.prefill(town.office, case)["ce_compulsory_hours"] == "60"


@pytest.mark.both_databases
def test_a_qualification_from_elsewhere_stays_what_it_was(town: Town) -> None:
    """R71: typed and scanned once, examined then, it is shown with its province and not asked."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    elsewhere = {"region": "OTHER", "province": "江苏省"}
    with writing(town.office.sessions) as session:
        [only] = session.scalars(select(Certificate))
        only.facts = {
            **only.facts,
            "qualification": {**only.facts["qualification"], **elsewhere},
        }

    case = story.saved()

    assert form_entry.prefill(town.office, case)["qualification_province"] == "江苏省"
    with town.office.sessions() as session:
        revision = applications.current_revision(session, case)
    assert revision is not None
    assert revision.content["qualification"].items() >= elsewhere.items()
    town.signs(case, story.person)
    town.seals(case, story.employer)
    assert town.status(case) == "UNDER_REVIEW"  # accepted without another formal check


def test_a_certificate_without_photo_asks_for_one(town: Town) -> None:
    """R71: who holds a paper certificate has no photo on record, so the form asks for it."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    with writing(town.office.sessions) as session:
        [only] = session.scalars(select(Certificate))
        only.facts = {**only.facts, "photo": None}
    case = town.starts(story.person, "RENEWAL")

    with pytest.raises(FormFaults) as refused:
        town.saves(case, story.person, town.renewal_values(case))
    assert "现有证书没有电子照片" in refused.value.faults["photo"]

    photo = form_entry.attach(town.office, case, "photo", "照片.jpg", people.photo(), story.person)
    town.saves(case, story.person, town.renewal_values(case, photo=photo.id))
    town.signs(case, story.person)
    town.seals(case, story.employer)
    story.decided(case)
    assert story.certificates()[-1].facts["photo"] == photo.sha256
