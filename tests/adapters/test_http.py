"""Outside systems over HTTP: what is asked, what is understood, and every way of failing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from adapters.enterprise_register import EnterprisesOverHttp
from adapters.errors import Unavailable
from adapters.http import Outside
from adapters.qualification_register import QualificationsOverHttp
from adapters.real_name import RealNamesOverHttp
from adapters.sms import SmsOverHttp
from registry.identifiers import IdType, Sex

ID_NO = "310000199208259913"
Answer = Callable[[httpx.Request], httpx.Response]


def _outside(answer: Answer) -> Outside:
    return Outside(
        "https://o.example/api", "ours", system="外部系统", transport=httpx.MockTransport(answer)
    )


def _says(value: Any, status: int = 200) -> Answer:
    return lambda _: httpx.Response(status, json=value)


def test_personal_data_is_asked_for_in_the_body_with_our_token() -> None:
    """R22: numbers of persons never stand in an address, where logs would keep them."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    assert RealNamesOverHttp(_outside(answer)).check(IdType.RESIDENT_ID, ID_NO, "陶示例") is None

    (request,) = asked
    assert str(request.url) == "https://o.example/api/persons"
    assert request.headers["Authorization"] == "Bearer ours"
    assert json.loads(request.content) == {
        "id_type": "RESIDENT_ID",
        "id_no": ID_NO,
        "name": "陶示例",
    }


def test_the_six_facts_are_read() -> None:
    """R22: name, sex, birth, kind and number of the document, mobile."""
    facts = {
        "name": "陶示例",
        "sex": "M",
        "birth": "1992-08-25",
        "id_type": "RESIDENT_ID",
        "id_no": ID_NO,
        "mobile": "19900000001",
    }

    found = RealNamesOverHttp(_outside(_says(facts))).check(IdType.RESIDENT_ID, ID_NO, "陶示例")

    assert found is not None
    assert (found.sex, found.birth) == (Sex.MALE, date(1992, 8, 25))


def test_enterprises_are_read_by_name_and_by_code() -> None:
    """R24: the credit code comes from the enterprise register."""
    row = {
        "name": "上海示例（虚构01）有限公司",
        "uscc": "91310100MADE000120",
        "status": "ACTIVE",
        "former_names": ["上海示例事务所（虚构01）"],
        "design_qualifications": [
            {
                "category": "建筑行业",
                "grade": "乙级",
                "certificate_no": "A2",
                "valid_to": "2030-01-01",
            }
        ],
    }
    register = EnterprisesOverHttp(_outside(_says([row])))

    (by_name,) = register.by_name("上海示例（虚构01）有限公司")

    assert by_name.uscc == "91310100MADE000120"
    assert by_name.design_qualifications[0].valid_to == date(2030, 1, 1)
    assert register.by_uscc("91310100MADE000120") == by_name
    assert EnterprisesOverHttp(_outside(_says(None, 404))).by_uscc("9131") is None
    assert EnterprisesOverHttp(_outside(_says(None, 404))).by_name("无") == []


def test_qualifications_come_newest_first() -> None:
    """R31: the database of qualification certificates is read directly."""
    rows = [
        {"certificate_no": no, "issued_on": day, "issuer": "市人社局", "obtained_by": "EXAM"}
        for no, day in (("old", "2020-01-02"), ("new", "2026-01-02"))
    ]

    found = QualificationsOverHttp(_outside(_says(rows))).find(IdType.RESIDENT_ID, ID_NO)

    assert [one.certificate_no for one in found] == ["new", "old"]


def test_a_message_carries_its_key() -> None:
    """I6: a repeated job does not send a second message."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(202, json={"key": "key-1"})

    SmsOverHttp(_outside(answer)).send("19900000001", "验证码", "key-1")

    assert sent[0].headers["Idempotency-Key"] == "key-1"
    assert json.loads(sent[0].content) == {"mobile": "19900000001", "text": "验证码"}


def _breaks(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("slow")


@pytest.mark.parametrize(
    "answer",
    [
        _breaks,
        _says({}, 500),
        _says({}, 429),
        _says({"unexpected": True}),
        _says([{"uscc": "only"}]),
        _says(None),
        lambda _: httpx.Response(200, content=b"<html>"),
    ],
)
def test_whatever_is_no_answer_is_an_absence_with_its_remedy(answer: Answer) -> None:
    """I2, I6: a system that is down, slow or talks nonsense is told as such."""
    outside = _outside(answer)

    for ask in (
        lambda: EnterprisesOverHttp(outside).by_name("上海"),
        lambda: RealNamesOverHttp(outside).check(IdType.RESIDENT_ID, ID_NO, "陶示例"),
        lambda: QualificationsOverHttp(outside).find(IdType.RESIDENT_ID, ID_NO),
    ):
        with pytest.raises(Unavailable, match="外部系统暂时无法连接") as refused:
            ask()
        assert refused.value.code == "E_SERVICE_DOWN"


@pytest.mark.parametrize("answer", [_breaks, _says({}, 500)])
def test_a_message_that_was_not_taken_is_told(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        SmsOverHttp(_outside(answer)).send("19900000001", "验证码", "key-1")
