"""Days that a refusal or a reason names are written as everywhere: 2028年7月22日."""

from __future__ import annotations

from datetime import date

import pytest

from casework.case import reasons
from registry.errors import AlreadyRegistered, BanActive


@pytest.mark.parametrize("day", ["2028-07-22", date(2028, 7, 22)])
def test_a_refusal_names_a_day_as_people_read_it(day: str | date) -> None:
    assert "有效期至2028年7月22日；" in str(AlreadyRegistered(enterprise="某院", valid_to=day))


def test_so_does_a_reason_of_a_table() -> None:
    told = reasons.explain("E_RENEWAL_NOT_OPEN", {"open_on": "2028-04-23", "open_days": 90})

    assert told.text == "延续注册自2028年4月23日起可申请（有效期届满前90日）。"


def test_what_only_looks_like_a_day_stays_as_it_was_written() -> None:
    assert "2028-02-30前" in str(BanActive(basis="某法", until="2028-02-30"))
