"""The register before ours: what it has of the engineers of the demonstration."""

from __future__ import annotations

from datetime import date, timedelta

from adapters import world
from adapters.world import Citizen, Company
from registry.law.calendars import add_years


def row(
    citizen: Citizen, company: Company, number: int, letters: str, valid_to: date
) -> dict[str, str]:
    """Give a registration of three years on paper, as the import of the register reads it.

    `letters` begin the numbers of the profession, `number` is the engineer's own.
    """
    valid_from = add_years(valid_to, -3) + timedelta(days=1)
    credential = world.credentials(citizen.subject)[0]
    return {
        "姓名": citizen.name,
        "性别": "男" if citizen.sex == "M" else "女",
        "出生日期": citizen.birth.isoformat(),
        "证件类型": "居民身份证",
        "证件号码": citizen.id_no,
        "手机号码": citizen.mobile,
        "注册号": f"{letters}{valid_from:%y}9990{number:03d}",
        "证书编号": f"DEMO31{letters}{valid_from.year}{number:05d}",
        "聘用企业": company.name,
        "统一社会信用代码": company.uscc,
        "资格证书编号": credential.number,
        "资格证书签发日期": (valid_from - timedelta(days=90)).isoformat(),
        "资格证书签发机构": credential.issuer,
        "注册有效期起": valid_from.isoformat(),
        "注册有效期止": valid_to.isoformat(),
        "发证日期": valid_from.isoformat(),
    }
