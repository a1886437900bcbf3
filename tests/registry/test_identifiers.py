from __future__ import annotations

import string
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from registry.identifiers import (
    IdType,
    Sex,
    birth_of,
    check_character,
    has_check_character,
    id_fault,
    is_mobile,
    is_uscc,
    sex_of,
)

TODAY = date(2026, 11, 24)
CODES = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def checked(body: str) -> str:
    return body + mod_11_2.calc_check_digit(body)


bodies = st.builds(
    lambda prefix, days, serial: f"{prefix}{date(1930, 1, 1) + timedelta(days):%Y%m%d}{serial:03d}",
    st.sampled_from(["310000", "320219", "430419", "659004", "710000"]),
    st.integers(0, 35_000),
    st.integers(1, 999),
)


@given(bodies)
def test_every_well_made_number_is_right(body: str) -> None:
    """R22: withdrawn and never published county codes stand on real cards."""
    number = checked(body)

    assert id_fault(IdType.RESIDENT_ID, number, TODAY) is None
    assert f"{birth_of(number):%Y%m%d}" == body[6:14]
    assert sex_of(number) is (Sex.MALE if int(body[16]) % 2 else Sex.FEMALE)


@given(bodies, st.integers(0, 16), st.sampled_from(string.digits))
def test_one_wrong_digit_is_found(body: str, place: int, digit: str) -> None:
    """R22: MOD 11-2 finds every single slip."""
    number = checked(body)
    wrong = number[:place] + digit + number[place + 1 :]

    assert (id_fault(IdType.RESIDENT_ID, wrong, TODAY) is None) == (wrong == number)


@given(bodies, st.integers(0, 15))
def test_two_digits_changed_over_are_found(body: str, place: int) -> None:
    """R22: MOD 11-2 finds every transposition."""
    number = checked(body)
    turned = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert (id_fault(IdType.RESIDENT_ID, turned, TODAY) is None) == (turned == number)


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        (IdType.HMT_RESIDENCE, checked("81000019900101991")),
        (IdType.HMT_RESIDENCE, checked("82000019900101991")),
        (IdType.HMT_RESIDENCE, checked("83000019900101991")),
        (IdType.FOREIGN_PR, checked("93108419900101001")),
        (IdType.FOREIGN_PR, "ABC310000000001"),
        (IdType.HM_PERMIT, "H00000001"),
        (IdType.HM_PERMIT, "M0000000102"),
        (IdType.TW_PERMIT, "00000001"),
        (IdType.TW_PERMIT, "0000000001AB"),
        (IdType.PASSPORT, "X0000001"),
    ],
)
def test_every_kind_of_document_is_known(id_type: IdType, number: str) -> None:
    """R22: not only resident identity cards."""
    assert id_fault(id_type, number, TODAY) is None
    assert id_type.label


@pytest.mark.parametrize(
    ("id_type", "number", "cause"),
    [
        (IdType.RESIDENT_ID, "310000900101991", "15位"),
        (IdType.RESIDENT_ID, "3100001990010199", "格式"),
        (IdType.RESIDENT_ID, checked("81000019900101991"), "格式"),
        (IdType.RESIDENT_ID, "３１００００１９９００１０１９９１Ｘ", "格式"),
        (IdType.RESIDENT_ID, checked("31000019900230991"), "出生日期"),
        (IdType.RESIDENT_ID, checked("31000018990101991"), "出生日期"),
        (IdType.RESIDENT_ID, checked("31000020270101991"), "出生日期"),
        (IdType.RESIDENT_ID, checked("39000019900101991"), "省级"),
        (IdType.RESIDENT_ID, checked("31000019900101991").lower()[:-1] + "z", "格式"),
        (IdType.PASSPORT, "X 1", "格式"),
        (IdType.PASSPORT, "护照12345", "格式"),
        (IdType.HM_PERMIT, "A00000001", "格式"),
        (IdType.TW_PERMIT, "٠٠٠٠٠٠٠١", "格式"),
        (IdType.RESIDENT_ID, "", "格式"),
    ],
)
def test_what_can_never_be_right_is_a_fault(id_type: IdType, number: str, cause: str) -> None:
    """R22, R35: the text names the cause."""
    assert cause in (id_fault(id_type, number, TODAY) or "")


@given(st.text(max_size=30))
def test_no_text_breaks_the_checks(text: str) -> None:
    """Any typed text gets an answer, never a crash."""
    for id_type in IdType:
        fault = id_fault(id_type, text, TODAY)
        assert fault is None or fault
    assert is_uscc(text) in (True, False)
    assert is_mobile(text) == (len(text) == 11 and text.isascii() and is_mobile(text))


@given(st.text(CODES, min_size=15, max_size=15), st.integers(0, 17), st.sampled_from(CODES))
def test_credit_codes(body: str, place: int, character: str) -> None:
    """R24: GB 32100 finds every single slip; remainder 0 is the character 0."""
    from stdnum.cn import uscc

    prefix = "91" + "3101000000"[:6]
    stem = prefix + body[:9]
    code = stem + uscc.calc_check_digit(stem)
    wrong = code[:place] + character + code[place + 1 :]

    assert is_uscc(code)
    if place >= 8:
        assert is_uscc(wrong) == (wrong == code)


@pytest.mark.parametrize(
    "code", ["91310100made000045", "91 310100MADE000045", "91310100MADE00004I", "", "９" * 18]
)
def test_a_credit_code_is_written_one_way(code: str) -> None:
    """R24: it identifies the enterprise, so no second spelling passes."""
    assert not is_uscc(code)


@given(st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=30), st.data())
def test_a_slip_in_a_number_is_found(body: str, data: st.DataObject) -> None:
    """MOD 37,36 finds every single slip and every transposition of neighbours."""
    number = body + check_character(body)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from(string.digits + string.ascii_uppercase))
    wrong = number[:place] + other + number[place + 1 :]

    assert has_check_character(number)
    assert has_check_character(wrong) == (wrong == number)
