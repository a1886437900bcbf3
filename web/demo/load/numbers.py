"""What a copied case is called: numbers of the right form that nothing real can have.

Every number is made of the number of the copy, so that no two copies share one. Registrations and
certificates bear years in which none was given out (from 90, from 1900).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from stdnum.cn import uscc as uscc_rules
from stdnum.iso7064 import mod_11_2, mod_37_36

from registry import verification_codes
from registry.identifiers import certificate_identifier, has_check_character

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = "安邦昌达恩方国海嘉建景俊凯兰丽明宁鹏清荣思涛文欣雅宇泽志中卓"
_FIRST_DAY = date(2026, 1, 1)  #: numbers of applications count back from here
_DAILY = 90_000  #: of five digits, those from 10000


def name(number: int) -> str:
    """Give a person's name; one in 27,000 bears the same.

    >>> name(1), name(31)
    ('钱安安', '钱邦安')
    """
    rest, surname = divmod(number, len(_SURNAMES))
    second, first = divmod(rest, len(_GIVEN))
    return _SURNAMES[surname] + _GIVEN[first] + _GIVEN[second % len(_GIVEN)]


def id_no(template: str, number: int) -> str:
    """Give a number of an identity document, with birth and sex of the one it is made from.

    >>> id_no("310000199208259913", 7)
    '310001199208250157'
    """
    if len(template) != 18 or not template[:17].isdigit():
        return f"{template[0]}{number:08d}"
    area, serial = divmod(number, 500)
    body = f"31{area + 1:04d}{template[6:14]}{serial * 2 + int(template[16]) % 2:03d}"
    return body + str(mod_11_2.calc_check_digit(body))


def mobile(number: int) -> str:
    """Give a number of a mobile telephone that nobody has.

    >>> mobile(7)
    '19900000007'
    """
    return f"199{number:08d}"


def enterprise(number: int) -> tuple[str, str]:
    """Give code and name of an enterprise that is nobody's.

    >>> enterprise(7)
    ('91310100MAL000007M', '上海载入建筑设计（虚构00007）有限公司')
    """
    body = f"91310100MAL{number:06d}"
    code = body + str(uscc_rules.calc_check_digit(body))
    return code, f"上海载入建筑设计（虚构{number:05d}）有限公司"


def application(template: str, number: int) -> str:
    """Give the number of an application.

    >>> application("31S2C2026113000015P", 7)
    '31S2C2026010110007B'
    """
    days, serial = divmod(number, _DAILY)
    day = _FIRST_DAY - timedelta(days=days)
    tail = f"{day:%Y%m%d}{10_000 + serial:05d}"
    if not has_check_character(template):
        return template[: -len(tail)] + tail
    body = template[: -len(tail) - 1] + tail
    return body + str(mod_37_36.calc_check_digit(body))


def registration(template: str, number: int) -> str:
    """Give the number of a registration.

    >>> registration("S2179900011", 7)
    'S2900000007'
    """
    return f"{template[:-9]}{90 + number // 10**7:02d}{number % 10**7:07d}"


def certificate(template: str, number: int) -> str:
    """Give the number of a certificate, with its check character where there is one.

    >>> certificate("DZ31S2202600028O", 7), certificate("DEMO31S2202600003", 7)
    ('DZ31S2190000007W', 'DEMO31S2190000007')
    """
    years, serial = divmod(number, 10**5)
    tail = f"{1900 + years}{serial:05d}"
    if not has_check_character(template):
        return template[: -len(tail)] + tail
    body = template[: -len(tail) - 1] + tail
    return body + str(mod_37_36.calc_check_digit(body))


def identifier(template: str, number: int) -> str:
    """Give the identifier of an electronic certificate.

    >>> identifier("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U", 7)
    '1.2.156.3005.2.11100000000013338W011.11430000006122244L.L00000007.001.Z'
    """
    kind, issuer, _, version, _ = template.split(".")[-5:]
    return certificate_identifier(kind, issuer, f"L{number:08d}", int(version))


def code(_template: str, _number: int) -> str:
    """Give a code for verification."""
    return verification_codes.new()


def letter(template: str, number: int) -> str:
    """Give the number of a letter or of a qualification: its last digits are other ones.

    >>> letter("沪建注准〔2026〕第00003号", 7), letter("DEMO-31-8004", 7)
    ('沪建注准〔2026〕第80000007号', 'DEMO-31-80000007')
    """
    return re.sub(r"\d+(?=\D*$)", f"8{number:07d}", template)
