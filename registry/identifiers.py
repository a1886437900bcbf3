"""Numbers that identify people, enterprises and documents, and their check characters."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from stdnum.cn import uscc as _uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2, mod_37_36


class IdType(StrEnum):
    """Kinds of identity documents (domain B.1)."""

    RESIDENT_ID = "RESIDENT_ID"
    HMT_RESIDENCE = "HMT_RESIDENCE"
    HM_PERMIT = "HM_PERMIT"
    TW_PERMIT = "TW_PERMIT"
    FOREIGN_PR = "FOREIGN_PR"
    PASSPORT = "PASSPORT"

    @property
    def label(self) -> str:
        """The Chinese name of the document."""
        return _LABELS[self]


class Sex(StrEnum):
    """Sex as the identity document tells it (GB/T 2261.1 codes 1 and 2)."""

    MALE = "M"
    FEMALE = "F"

    @property
    def label(self) -> str:
        """男 or 女."""
        return "男" if self is Sex.MALE else "女"


_LABELS = {
    IdType.RESIDENT_ID: "居民身份证",
    IdType.HMT_RESIDENCE: "港澳台居民居住证",
    IdType.HM_PERMIT: "港澳居民来往内地通行证",
    IdType.TW_PERMIT: "台湾居民来往大陆通行证",
    IdType.FOREIGN_PR: "外国人永久居留身份证",
    IdType.PASSPORT: "护照",
}
_SHAPES = {
    IdType.RESIDENT_ID: r"[1-7]\d{16}[\dX]",
    IdType.HMT_RESIDENCE: r"8[123]0000\d{11}[\dX]",
    IdType.HM_PERMIT: r"[HM]\d{8}(\d{2})?",
    IdType.TW_PERMIT: r"\d{8}|\d{10}[A-Z0-9]{0,2}",
    IdType.FOREIGN_PR: r"9\d{16}[\dX]|[A-Z]{3}\d{12}",
    IdType.PASSPORT: r"[A-Z0-9]{5,17}",
}
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_EARLIEST_BIRTH = date(1900, 1, 1)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def id_fault(id_type: IdType, number: str, today: date) -> str | None:
    """Return why `number` can not be right for `id_type`, in Chinese, or None.

    Only what can never be right is a fault: county codes that were withdrawn or never published
    stand on real cards. Source: GB 11643 (MOD 11-2); shapes in domain B.1.

    >>> from datetime import date
    >>> id_fault(IdType.RESIDENT_ID, "310000920825991", date(2026, 1, 1))
    '15位旧证件号码已停用，请使用18位号码'
    """
    if id_type is IdType.RESIDENT_ID and re.fullmatch(r"\d{15}", number, re.ASCII):
        return "15位旧证件号码已停用，请使用18位号码"
    if not re.fullmatch(_SHAPES[id_type], number, re.ASCII):
        return f"不符合{id_type.label}的号码格式"
    if len(number) != 18:
        return None
    if number[0] != "9" and not _PROVINCES.match(number):
        return "前两位不是有效的省级代码"
    born = birth_of(number)
    if born is None or not _EARLIEST_BIRTH <= born <= today:
        return "其中的出生日期无效"
    if not _is_mod_11_2(number):
        return "最后一位校验码不正确"
    return None


def _is_mod_11_2(number: str) -> bool:
    try:
        mod_11_2.validate(number)
    except ValidationError:
        return False
    return True


def birth_of(number: str) -> date | None:
    """Return the date of birth inside an 18-character number, None when there is none.

    >>> birth_of("310000199208259913")
    datetime.date(1992, 8, 25)
    """
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> Sex | None:
    """Return the sex that the parity of the 17th digit tells.

    >>> sex_of("310000199208259913").label
    '男'
    """
    if birth_of(number) is None:
        return None
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def is_mobile(text: str) -> bool:
    """Tell whether `text` is a mainland mobile number.

    >>> is_mobile("19900000001"), is_mobile("021-00000001")
    (True, False)
    """
    return _MOBILE.fullmatch(text) is not None


def is_uscc(text: str) -> bool:
    """Tell whether `text` can be typed as a unified social credit code: the last is a check.

    Source: GB 32100-2015 with its amendment of 2020 (also N and others begin a code).

    >>> is_uscc("914403001922038216"), is_uscc("914403001922038217"), is_uscc("N2310000MF00000011")
    (True, False, False)
    """
    return is_registered_uscc(text) and str(_uscc.calc_check_digit(text[:17])) == text[17]


def is_registered_uscc(text: str) -> bool:
    """Tell whether a register's answer may be a unified social credit code, by its shape.

    What the register says is right by definition: some codes were issued with another check
    character, and new kinds of bodies begin with other letters.

    >>> is_registered_uscc("914403001922038217"), is_registered_uscc("91440300192203821")
    (True, False)
    """
    return re.fullmatch("[0-9A-HJ-NP-RTUWXY]{18}", text) is not None


def check_character(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of digits and capitals.

    >>> check_character("11100000000013338W01111430000006122244L20230000403001")
    'U'
    """
    return str(mod_37_36.calc_check_digit(text))


def has_check_character(text: str) -> bool:
    """Tell whether `text` ends with its MOD 37,36 check character.

    >>> has_check_character("A12425GABC1234002M"), has_check_character("A12425GABC1234002N")
    (True, False)
    """
    return bool(mod_37_36.is_valid(text))


_ROOT = "1.2.156.3005.2"


def certificate_identifier(type_code: str, issuer_uscc: str, serial: str, version: int) -> str:
    """Return the identifier of an electronic certificate in the manner of GB/T 36904.

    >>> certificate_identifier("11100000000013338W011", "11430000006122244L", "20230000403", 1)
    '1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U'
    """
    parts = (type_code, issuer_uscc, serial, f"{version:03d}")
    return ".".join((_ROOT, *parts, check_character("".join(parts))))


def type_code(identifier: str) -> str:
    """Return the code of the kind of certificate that stands in an identifier; empty in none.

    >>> type_code("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U")
    '11100000000013338W011'
    """
    return identifier.removeprefix(f"{_ROOT}.").partition(".")[0]
