"""Filling the form: facts of the registers, all faults at once, typed input kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from casework.application import form_entry
from casework.application.form_entry import FieldReadOnly, FormFaults
from refusals.refusal import Refusal
from registry.applications import applications, attachments
from registry.errors import (
    EnterpriseInactive,
    EnterpriseNotFound,
    EnterpriseNotQualified,
    EnterpriseRenamed,
    StaleRevision,
    Unavailable,
)
from tests import people
from tests.offices import Town


def content(town: Town, case: str) -> dict[str, Any]:
    """Give the saved content of the newest revision."""
    with town.office.sessions() as session:
        revision = applications.current_revision(session, case)
    assert revision is not None
    return revision.content


def faults(town: Town, case: str, person: Any, values: dict[str, Any]) -> dict[str, str]:
    """Save values that do not stand and give what is told."""
    with pytest.raises(FormFaults) as refusal:
        town.saves(case, person, values)
    return refusal.value.faults


def test_the_persons_facts_come_from_the_real_name_system(town: Town) -> None:
    """R22: name, sex, birth, id type, id number and mobile are filled in, not typed."""
    case = town.starts(town.person(1))

    values = form_entry.prefill(town.office, case)

    facts = people.person(1)
    assert values["name"] == facts.name
    assert values["id_no"] == facts.id_no
    assert values["mobile"] == facts.mobile
    assert values["birth"] == facts.birth.isoformat()


def test_a_changed_persons_fact_is_refused(town: Town) -> None:
    """R22: a forged read-only field is refused with its name and code; nothing is saved."""
    person = town.person()
    case = town.starts(person)
    town.enterprise()

    with pytest.raises(FieldReadOnly, match="姓名") as refusal:
        town.saves(case, person, town.values(case, person, name="别人"))

    assert refusal.value.code == "E_FIELD_READ_ONLY"
    assert town.case(case).revision == 0


def test_the_credit_code_is_the_registers(town: Town) -> None:
    """R24: the code is never typed; a forged one is refused, that of the verified name stands."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)

    with pytest.raises(FieldReadOnly, match="统一社会信用代码"):
        town.saves(case, person, town.values(case, person, enterprise_uscc=people.uscc(9)))
    assert town.case(case).revision == 0

    town.saves(case, person, town.values(case, person))

    assert content(town, case)["enterprise"]["uscc"] == people.uscc(1)
    assert town.case(case).uscc == people.uscc(1)


@pytest.mark.proves("R31")
def test_shanghai_qualifications_are_read_and_not_typed(town: Town) -> None:
    """R31: what the Shanghai register knows is read-only, whatever the page sends."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)

    with pytest.raises(FieldReadOnly, match="资格证书编号"):
        town.saves(case, person, town.values(case, person, qualification_no="FORGED-001"))
    assert town.case(case).revision == 0

    town.saves(case, person, town.values(case, person))

    qualification = content(town, case)["qualification"]
    assert qualification["no"] == "DEMO-0001"
    assert qualification["mode"] == "DATABASE_READONLY"
    assert qualification["trust_level"] == "A"


OTHER_PROVINCE = {
    "qualification_region": "OTHER",
    "qualification_province": "浙江省",
    "qualification_no": "DEMO-ZJ-0001",
    "qualification_issued_on": "2025-03-01",
    "qualification_issuer": "浙江省住房和城乡建设厅（虚构）",
}


@pytest.mark.proves("R32")
def test_other_provinces_are_typed_with_scans(town: Town) -> None:
    """R32, R33: another province's certificate is typed in, and scans are mandatory."""
    person = town.person()
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person, **OTHER_PROVINCE)

    assert list(faults(town, case, person, values)) == ["qualification_scans"]
    tomorrow = (town.office.today() + timedelta(days=1)).isoformat()
    told = faults(town, case, person, values | {"qualification_issued_on": tomorrow})
    assert told["qualification_issued_on"].code == "E_QUALIFICATION"
    town.saves(case, person, values | {"qualification_scans": [town.scan(case, person)]})

    assert content(town, case)["qualification"]["trust_level"] == "C"


@pytest.mark.proves("I4")
def test_an_unknown_shanghai_certificate_needs_scans(town: Town) -> None:
    """I4: issued here but not in the database: typed, with scans, to be checked by an officer."""
    person = town.person()
    town.enterprise()
    case = town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_region": "SHANGHAI", "qualification_province": ""}

    told = faults(town, case, person, town.values(case, person, **typed))

    assert list(told) == ["qualification_scans"]


@pytest.mark.both_databases
@pytest.mark.proves("R29")
def test_an_overdue_application_needs_hours_and_proof(town: Town) -> None:
    """R28, R29, G6: more than three years after the certificate: hours of both kinds and proof."""
    person = town.person(issued=date(2020, 6, 1))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)

    assert set(faults(town, case, person, values)) == {
        "ce_compulsory_hours",
        "ce_elective_hours",
        "ce_proof",
    }
    few = values | {
        "ce_compulsory_hours": 59,
        "ce_elective_hours": "60",
        "ce_proof": [town.scan(case, person, "ce_proof")],
    }
    assert faults(town, case, person, few) == {
        "ce_compulsory_hours": "继续教育必修学时不足：59/60，请补足学时后再申请。"
    }
    town.saves(case, person, few | {"ce_compulsory_hours": 60.5})

    saved = content(town, case)
    assert saved["overdue"] is True
    assert saved["education"] == {"compulsory": "60.5", "elective": "60"}


@pytest.mark.parametrize(
    ("issued", "overdue"), [(date(2023, 9, 7), False), (date(2023, 9, 4), True)]
)
def test_three_years_are_counted_by_the_civil_code(town: Town, issued: date, overdue: bool) -> None:
    """R28: on 7 September 2026 a certificate of 7 September 2023 is just in time."""
    person = town.person(issued=issued)
    case = town.starts(person)

    assert form_entry.prefill(town.office, case)["hours_required"] is overdue


@pytest.mark.proves("R34")
def test_every_fault_is_told_at_once(town: Town) -> None:
    """R34, R35: each field gets its own text with cause and remedy."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)

    told = faults(town, case, person, {"qualification_region": "SHANGHAI"})

    assert set(told) == {"enterprise_name", "enterprise_phone", "photo", "applicant_opinion"}
    assert all(len(text) > 5 for text in told.values())


@pytest.mark.proves("R30")
def test_the_opinion_must_be_ticked(town: Town) -> None:
    """R30: without the tick nothing is saved as content."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)

    told = faults(town, case, person, town.values(case, person, applicant_opinion=False))

    assert list(told) == ["applicant_opinion"]
    assert town.status(case) == "DRAFT"


def test_typed_input_survives_faults(town: Town) -> None:
    """R35: what was typed is kept when the form is refused, and comes back with it."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person, enterprise_phone="12")

    assert list(faults(town, case, person, values)) == ["enterprise_phone"]

    assert form_entry.prefill(town.office, case)["enterprise_phone"] == "12"
    assert form_entry.prefill(town.office, case)["photo"] == values["photo"]


def test_a_draft_may_be_incomplete(town: Town) -> None:
    """R42: saving for later checks nothing and changes no status."""
    person = town.person()
    case = town.starts(person)

    saved = form_entry.save(
        town.office,
        case,
        {"enterprise_name": "上海"},
        expected_revision=0,
        actor=person,
        finish=False,
    )

    assert (saved.revision, saved.changed) == (0, False)
    assert form_entry.prefill(town.office, case)["enterprise_name"] == "上海"
    assert town.status(case) == "DRAFT"


@pytest.mark.both_databases
def test_a_good_form_is_ready_to_sign(town: Town) -> None:
    """R36, R37: only after a good save the signature is offered; the values come back."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    assert "preview_document" not in town.open_nodes(case)

    saved = town.saves(case, person, values)

    assert saved == form_entry.Saved(revision=1, changed=True, voided=False)
    assert town.open_nodes(case) == {"preview_document"}
    again = form_entry.prefill(town.office, case)
    assert {key: again[key] for key in ("enterprise_name", "photo", "applicant_opinion")} == {
        key: values[key] for key in ("enterprise_name", "photo", "applicant_opinion")
    }


@pytest.mark.both_databases
def test_two_windows(town: Town) -> None:
    """R34: a save on top of an older version is refused, typed input is not lost by overwriting."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    town.saves(case, person, values)

    with pytest.raises(StaleRevision) as refusal:
        form_entry.save(
            town.office,
            case,
            values | {"enterprise_phone": "021-00000009"},
            expected_revision=0,
            actor=person,
            finish=True,
        )

    assert refusal.value.code == "E_STALE_REVISION"
    assert content(town, case)["enterprise"]["phone"] == "021-00000001"


def test_a_name_differing_in_brackets_is_found(town: Town) -> None:
    """I2: half-width brackets and blanks are forgiven; the registered name is signed."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    name = people.enterprise(1).name
    sloppy = name.replace("（", "(").replace("）", " )")

    town.saves(case, person, town.values(case, person, enterprise_name=sloppy))

    assert content(town, case)["enterprise"]["name"] == name


@pytest.mark.proves("I2")
def test_verifying_an_enterprise_tells_what_is_wrong(town: Town) -> None:
    """I2: not found, renamed, inactive and unqualified enterprises have messages of their own."""
    town.enterprise(2, former_names=("上海旧名示例有限公司",))
    town.enterprise(3, status="LICENCE_REVOKED")
    town.enterprise(4, design_qualifications=())

    for name, refusal in (
        ("上海没有示例有限公司", EnterpriseNotFound),
        ("上海旧名示例有限公司", EnterpriseRenamed),
        (people.enterprise(3).name, EnterpriseInactive),
        (people.enterprise(4).name, EnterpriseNotQualified),
    ):
        with pytest.raises(refusal):
            form_entry.verify_enterprise(town.office, name)


@pytest.mark.both_databases
def test_the_register_is_down(town: Town) -> None:
    """R24, I2: an unknown name waits for the register; one verified within 24 hours holds."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    town.world.down.add("enterprises")

    with pytest.raises(Unavailable):
        form_entry.verify_enterprise(town.office, values["enterprise_name"])
    assert list(faults(town, case, person, values)) == ["enterprise_name"]

    town.world.down.clear()
    form_entry.verify_enterprise(town.office, values["enterprise_name"])
    town.world.down.add("enterprises")
    town.clock.forward(hours=23)
    town.saves(case, person, values)
    assert town.status(case) == "READY_TO_SIGN"


def test_a_verification_of_yesterday_does_not_hold(town: Town) -> None:
    """R24: after 24 hours without the register the name has to be verified again."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    form_entry.verify_enterprise(town.office, values["enterprise_name"])
    town.world.down.add("enterprises")
    town.clock.forward(hours=25)

    assert list(faults(town, case, person, values)) == ["enterprise_name"]


@pytest.mark.both_databases
def test_another_persons_upload_is_refused(town: Town) -> None:
    """I3: the id of a file of another application does not become part of this one."""
    person, other = town.person(1, issued=date(2025, 6, 2)), town.person(2)
    town.enterprise()
    mine, theirs = town.starts(person), town.starts(other)
    photo = town.values(theirs, other)["photo"]

    told = faults(town, mine, person, town.values(mine, person, photo=photo))

    assert list(told) == ["photo"]


def test_a_scan_is_no_photo(town: Town) -> None:
    """I3: a file uploaded for one field does not serve another."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    scan = town.scan(case, person)

    assert list(faults(town, case, person, town.values(case, person, photo=scan))) == ["photo"]


@pytest.mark.proves("R29")
def test_the_limit_of_2_mib_is_inclusive(town: Town) -> None:
    """R29, R33, I3: 2 097 152 bytes pass, one more does not; nothing is stored."""
    person = town.person()
    case = town.starts(person)

    kept = form_entry.attach(
        town.office, case, "ce_proof", "证明.pdf", people.pdf(size=2_097_152), person
    )
    assert kept.size_bytes == 2_097_152
    with pytest.raises(Exception, match="2M") as refusal:
        form_entry.attach(
            town.office, case, "ce_proof", "证明.pdf", people.pdf(size=2_097_153), person
        )

    assert getattr(refusal.value, "code", "") == "E_FILE_SIZE"
    with town.office.sessions() as session:
        assert len(attachments.of(session, case)) == 1


def test_unprintable_characters_are_told_beside_their_field(town: Town) -> None:
    """R35: characters that no font of ours has, and hidden ones, are refused at the save."""
    person = town.person()
    town.enterprise()
    case = town.starts(person)
    issuer = "浙江\ue863省\U0010fffd厅"
    values = town.values(case, person, **(OTHER_PROVINCE | {"qualification_issuer": issuer}))

    told = faults(town, case, person, values | {"qualification_scans": [town.scan(case, person)]})

    assert list(told) == ["qualification_issuer"]
    assert "U+E863" in told["qualification_issuer"]


def test_typed_input_survives_a_register_that_is_down(town: Town) -> None:
    """R31, R35: when the qualification register does not answer, what was typed is kept."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    town.world.down.add("qualifications")

    with pytest.raises(Unavailable):
        town.saves(case, person, values)

    town.world.down.clear()
    assert form_entry.prefill(town.office, case)["enterprise_phone"] == "021-00000001"


def test_a_refused_upload_names_its_field(town: Town) -> None:
    """R29, I3: a fake PDF is refused beside the field it was uploaded for."""
    person = town.person()
    case = town.starts(person)

    with pytest.raises(Refusal) as refusal:
        form_entry.attach(town.office, case, "ce_proof", "证明.pdf", b"MZ not a PDF", person)

    assert refusal.value.field == "ce_proof"
