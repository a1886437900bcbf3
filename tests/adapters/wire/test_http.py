"""Outside systems over HTTP: what is asked, what is believed, and every way of failing."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from adapters.certificate_store import CertificatesOverHttp
from adapters.enterprise_qualifications import EnterpriseQualificationsOverHttp
from adapters.enterprise_register import EnterprisesOverHttp
from adapters.errors import OddRecord, WrongAnswer
from adapters.qualification_register import QualificationsOverHttp
from adapters.real_name import RealNamesOverHttp
from adapters.sms import SmsOverHttp
from adapters.systems import System
from adapters.wire.breaker import FAILURES, PAUSE_S, Breaker
from adapters.wire.deadline import LARGEST_BYTES
from adapters.wire.http import Outside
from registry.errors import Unavailable
from registry.identifiers import IdType
from registry.ports import CertificateState, StoreOperation
from tests.adapters.samples import COMPANY, TAO, entry

Answer = Callable[[httpx.Request], httpx.Response]
Ask = Callable[[Outside], object]


def _outside(answer: Answer, breaker: Breaker | None = None) -> Outside:
    return Outside(
        "https://o.example/api",
        "ours",
        system=System.SMS,
        transport=httpx.MockTransport(answer),
        breaker=breaker,
    )


def test_whoever_counts_hears_of_each_conversation() -> None:
    """Answered, failed, wrong, and left alone after too many failures."""
    heard: list[tuple[System, str]] = []
    answers: list[Answer] = [
        lambda _: httpx.Response(404),
        _says({"nothing": "of it"}),
        *[_says("down", 503)] * FAILURES,
    ]
    outside = Outside(
        "https://o.example/api",
        "ours",
        system=System.SMS,
        transport=httpx.MockTransport(lambda request: answers.pop(0)(request)),
        heard=lambda system, outcome, seconds: heard.append((system, outcome)),
    )

    for _ in range(len(answers) + 1):
        with suppress(Unavailable, OddRecord):
            outside.ask("/x", {}, read=lambda answer: answer["something"])

    outcomes = ["answered", "wrong", *["failed"] * FAILURES, "left alone"]
    assert heard == [(System.SMS, outcome) for outcome in outcomes]


def _says(value: Any, status: int = 200) -> Answer:
    return lambda _: httpx.Response(status, json=value)


ASKS: dict[str, Ask] = {
    "by_name": lambda outside: EnterprisesOverHttp(outside).by_name(COMPANY.name),
    "by_uscc": lambda outside: EnterprisesOverHttp(outside).by_uscc(COMPANY.uscc),
    "qualified": lambda outside: EnterpriseQualificationsOverHttp(outside).of(COMPANY.uscc),
    "person": lambda outside: RealNamesOverHttp(outside).check(
        IdType(TAO.id_type), TAO.id_no, TAO.name
    ),
    "certificates": lambda outside: QualificationsOverHttp(outside).find(
        IdType(TAO.id_type), TAO.id_no
    ),
}
TELLS: dict[str, Ask] = {
    "message": lambda outside: SmsOverHttp(outside).send(TAO.mobile, "验证码", "key-1"),
    "publish": lambda outside: CertificatesOverHttp(outside).publish(entry(), b"%PDF", "key-1"),
    "state": lambda outside: CertificatesOverHttp(outside).update_state(
        "1.2", CertificateState.INVALID, StoreOperation.EXPIRY, "key-1"
    ),
}
ALL = ASKS | TELLS


def test_personal_data_is_asked_for_in_the_body_with_our_token() -> None:
    """R22: numbers of persons never stand in an address, where logs would keep them."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    identity = RealNamesOverHttp(_outside(answer)).check(IdType.RESIDENT_ID, TAO.id_no, TAO.name)

    assert identity is None
    (request,) = asked
    assert str(request.url) == "https://o.example/api/persons"
    assert request.headers["Authorization"] == "Bearer ours"
    assert len(request.headers["X-Request-Id"]) == 32
    assert json.loads(request.content) == {
        "id_type": "RESIDENT_ID",
        "id_no": TAO.id_no,
        "name": TAO.name,
    }


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


NO_ANSWERS: dict[str, Answer] = {
    "time-out": _breaks,
    "500": _says({}, 500),
    "401": _says({}, 401),
    "429": _says({}, 429),
    "redirect": lambda _: httpx.Response(302, headers={"Location": "https://o.example/login"}),
    "html": lambda _: httpx.Response(200, content=b"<html>"),
    "empty": lambda _: httpx.Response(200),
    "null": _says(None),
    "number": _says(7),
    "object": _says({"unexpected": True}),
    "gateway": _says({"code": 500, "msg": "系统繁忙"}),
    "gateway in a list": _says([{"code": 500}]),
    "strings": _says(["name", "uscc"]),
    "deep": lambda _: httpx.Response(200, content=b"[" * 100_000),
    "no text": lambda _: httpx.Response(200, content=b"\xff\xfe{}"),
    "endless": lambda _: httpx.Response(200, content=b" " * (LARGEST_BYTES + 1)),
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("ask", ALL.values(), ids=ALL)
def test_whatever_is_no_answer_is_an_absence_with_its_remedy(answer: Answer, ask: Ask) -> None:
    """I2, I6: a system that is down, slow or talks nonsense is told as such."""
    with pytest.raises(Unavailable, match="短信平台暂时无法连接，您填写的内容已保留") as refused:
        ask(_outside(answer))

    assert refused.value.code == "E_SERVICE_DOWN"


ENTERPRISE: dict[str, Any] = {
    "name": COMPANY.name,
    "uscc": COMPANY.uscc,
    "status": "ACTIVE",
    "former_names": [],
    "design_qualifications": [],
    "contact_mobile": None,
}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": 5},
        {"name": ""},
        {"name": "长" * 101},
        {"name": "上海\x00"},
        {"uscc": "91310100MADE000121"},
        {"uscc": None},
        {"status": "GONE"},
        {"status": ["ACTIVE"]},
        {"former_names": [1]},
        {"former_names": None},
        {"design_qualifications": {}},
        {"design_qualifications": [{"category": "建筑"}]},
        {"contact_mobile": {"number": 1}},
    ],
    ids=str,
)
def test_an_enterprise_that_is_not_well_formed_is_not_believed(changed: dict[str, Any]) -> None:
    """I2: what cannot be stored or shown is nonsense, not a fact."""
    with pytest.raises(Unavailable):
        ASKS["by_uscc"](_outside(_says([ENTERPRISE | changed])))


@pytest.mark.proves("F:outside-1")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"status": "歇业"}, "状态“歇业”不能识别"),
        ({"name": ""}, "名称是空的"),
        ({"name": "长" * 101}, "名称超过100个字"),
        ({"uscc": None}, "统一社会信用代码没有内容"),
        ({"uscc": "12345"}, "统一社会信用代码“12345”不是18位统一社会信用代码"),
        (
            {
                "design_qualifications": [
                    {"category": "建筑", "grade": "甲级", "certificate_no": "A1", "valid_to": None}
                ]
            },
            "有效期没有内容",
        ),
        ({"design_qualifications": [{"category": "建筑"}]}, "资质等级没有内容"),
        ({"design_qualifications": None}, "资质没有内容"),
        ({"design_qualifications": {}}, "资质不是列表"),
        ({"former_names": None}, "曾用名称没有内容"),
        ({"former_names": ...}, "曾用名称没有内容"),
        ({"status": ...}, "状态没有内容"),
    ],
    ids=str,
)
def test_one_odd_record_keeps_nobody_else_out(changed: dict[str, Any], said: str) -> None:
    """An answer proves that the system is up: what is wrong is told, others go on asking."""
    odd = {name: value for name, value in (ENTERPRISE | changed).items() if value is not ...}
    answers = iter([[odd]] * 6 + [[ENTERPRISE]])
    outside = _outside(lambda _: httpx.Response(200, json=next(answers)))

    for _ in range(6):
        with pytest.raises(OddRecord) as refused:
            ASKS["by_uscc"](outside)
        assert said in str(refused.value)
        assert "再次查询结果不会改变" in str(refused.value)

    assert ASKS["by_uscc"](outside).name == COMPANY.name


@pytest.mark.parametrize("absent", [{"contact_mobile": None}, {"contact_mobile": ""}, {}], ids=str)
def test_what_may_be_absent_may_be_empty(absent: dict[str, Any]) -> None:
    """A register without a telephone of one enterprise closes nothing to it."""
    others = {name: value for name, value in ENTERPRISE.items() if name != "contact_mobile"}
    answer = others | absent

    assert ASKS["by_uscc"](_outside(_says([answer]))).contact_mobile is None


@pytest.mark.parametrize("charset", ["GBK", "gb2312", "GB18030", "utf-8"])
def test_what_older_systems_write_is_read_as_they_say(charset: str) -> None:
    content = json.dumps([ENTERPRISE], ensure_ascii=False).encode(charset)
    headers = {"Content-Type": f"application/json; charset={charset}"}
    outside = _outside(lambda _: httpx.Response(200, content=content, headers=headers))

    assert ASKS["by_uscc"](outside).name == COMPANY.name


@pytest.mark.proves("F:outside-1")
def test_one_garbled_record_keeps_nobody_else_out() -> None:
    """Bytes of another charset in one answer: it is refused, and the next person is answered."""
    whole = json.dumps([ENTERPRISE], ensure_ascii=False)
    garbled = [whole.encode("gbk"), whole.encode()[:-9]] * 3
    answers = iter([*garbled, whole.encode()])
    headers = {"Content-Type": "application/json"}
    outside = _outside(lambda _: httpx.Response(200, content=next(answers), headers=headers))

    for _ in garbled:
        with pytest.raises(Unavailable):
            ASKS["by_uscc"](outside)

    assert ASKS["by_uscc"](outside).name == COMPANY.name


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_the_page_of_a_proxy_does_not_say_that_there_is_nothing(ask: Ask) -> None:
    """A wrong address or a gateway answers 404 with a page: then nobody knows, and all wait."""
    page = httpx.Response(404, html="<html><h1>404 Not Found</h1>nginx</html>")

    with pytest.raises(Unavailable):
        ask(_outside(lambda _: page))
    assert not ask(_outside(_says({"error": "nothing found"}, 404)))


@pytest.mark.proves("F:outside-2")
@pytest.mark.parametrize("uscc", ["N2310000MF00000011", "A1310000MF0000001X", "91310100MADE000121"])
def test_what_the_register_answers_is_right_by_definition(uscc: str) -> None:
    """GB 32100 with its amendment: other first letters, and codes issued off the check."""
    outside = _outside(_says([ENTERPRISE | {"uscc": uscc}]))

    [enterprise] = EnterprisesOverHttp(outside).by_name(COMPANY.name)

    assert enterprise.uscc == uscc


@pytest.mark.parametrize("changed", [{"birth": "1992-02-30"}, {"sex": "X"}, {"mobile": None}])
def test_a_person_that_is_not_well_formed_is_not_believed(changed: dict[str, Any]) -> None:
    facts = {
        "name": TAO.name,
        "sex": "M",
        "birth": "1992-08-25",
        "id_type": TAO.id_type,
        "id_no": TAO.id_no,
        "mobile": TAO.mobile,
    }
    assert ASKS["person"](_outside(_says(facts)))

    with pytest.raises(Unavailable):
        ASKS["person"](_outside(_says(facts | changed)))


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
def test_only_a_receipt_for_this_message_counts(tell: Ask) -> None:
    with pytest.raises(WrongAnswer, match="不一致"):
        tell(_outside(_says({"key": "key-2"})))
    with pytest.raises(Unavailable):
        tell(_outside(_says({}, 404)))


def test_nobody_at_the_address_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    outside = Outside(f"http://127.0.0.1:{port}", "ours", system=System.SMS)
    began = time.monotonic()

    with pytest.raises(Unavailable):
        ASKS["person"](outside)

    assert time.monotonic() - began < 1.5
    outside.close()


class Clock:
    """Seconds that are turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Flaky:
    """A system that can be mended, and counts who asks."""

    def __init__(self) -> None:
        self.asked, self.is_well = 0, False

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(200 if self.is_well else 503, json=[ENTERPRISE])


def test_a_system_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """Nobody waits for what failed five times in a row; one tries after the pause, for all."""
    system, clock = Flaky(), Clock()
    outside = _outside(system, Breaker(clock=clock))

    for _ in range(FAILURES + 3):
        with pytest.raises(Unavailable):
            ASKS["by_uscc"](outside)
    assert system.asked == FAILURES

    clock.now += PAUSE_S
    for _ in range(3):
        with pytest.raises(Unavailable):
            ASKS["by_uscc"](outside)
    assert system.asked == FAILURES + 1

    system.is_well = True
    clock.now += PAUSE_S
    for _ in range(3):
        assert ASKS["by_uscc"](outside)
    assert system.asked == FAILURES + 4


def test_failures_that_are_not_in_a_row_shut_nothing() -> None:
    system = Flaky()
    outside = _outside(system, Breaker(clock=Clock()))

    for _ in range(FAILURES):
        system.is_well = False
        with pytest.raises(Unavailable):
            ASKS["by_uscc"](outside)
        system.is_well = True
        assert ASKS["by_uscc"](outside)

    assert system.asked == 2 * FAILURES


def test_not_found_and_wrong_are_answers() -> None:
    """A system that answers is not left alone, whatever it answers."""
    answers = {"value": _says(None, 404)}
    outside = _outside(lambda request: answers["value"](request), Breaker(clock=Clock()))

    for _ in range(FAILURES + 1):
        assert ASKS["by_uscc"](outside) is None
    answers["value"] = _says([ENTERPRISE])
    for _ in range(FAILURES + 1):
        with pytest.raises(WrongAnswer):
            EnterprisesOverHttp(outside).by_uscc("91310100MADE00020T")

    assert ASKS["by_uscc"](outside)
