"""Time stamps by a service outside: asked over HTTP, judged, and believed by who verifies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from adapters.errors import WrongAnswer
from adapters.keys.time_stamps import TimeStampsOverHttp
from adapters.wire.breaker import FAILURES
from registry.errors import Unavailable
from signing import Signatures, open_signatures
from signing.keys.services import Services
from signing.keys.trust import ROOT, SERVICE
from tests.signing.files import notice
from tests.web.conftest import FONTS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DIGEST = b"d" * 32
AGENCY = "上海市住房和城乡建设管理委员会"
Answer = Callable[[bytes], httpx.Response]


@dataclass
class Service:
    """The time-stamping service of somebody else: the shipped one with keys of its own."""

    keys: Signatures
    now: datetime = NOW
    answer: Answer | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path.endswith(".crl"):
            name = request.url.path.rpartition("/")[2].removesuffix(".crl")
            return httpx.Response(200, content=self.keys.authority.crl(name))
        if self.answer is not None:
            return self.answer(request.content)
        return reply(self.keys.authority.timestamp(request.content))

    def chain(self) -> list[bytes]:
        return [self.keys.authority.certificate(name) for name in (SERVICE, ROOT)]


def reply(content: bytes) -> httpx.Response:
    return httpx.Response(
        200, content=content, headers={"Content-Type": "application/timestamp-reply"}
    )


def opened(folder: Path, name: str, stamper: TimeStampsOverHttp | None = None) -> Signatures:
    return open_signatures(
        f"sqlite:///{folder}/{name}.db",
        kek=name.encode() * 32,
        base_url=f"https://{name}.example",
        fonts=FONTS,
        clock=lambda: NOW,
        services=Services(stamper=stamper),
    )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    keys = opened(tmp_path, "time")
    yield Service(keys)
    keys.close()


@pytest.fixture
def stamps(service: Service) -> Iterator[TimeStampsOverHttp]:
    made = TimeStampsOverHttp(
        "https://time.example/pki/tsa",
        service.chain(),
        clock=lambda: service.now,
        transport=httpx.MockTransport(service),
    )
    yield made
    made.close()


def test_papers_are_stamped_outside_and_hold_for_years(
    service: Service, stamps: TimeStampsOverHttp, tmp_path: Path
) -> None:
    """Seal, long-term evidence, list: each stamp is by the service, and each is believed."""
    ours = opened(tmp_path, "ours", stamps)
    ours.custody.enrol_agency(AGENCY)

    sealed = ours.seal_as_agency(notice(), key="notice")
    lasting = ours.augment(sealed.pdf)

    for pdf in (sealed.pdf, lasting):
        report = ours.examine(pdf)
        assert report.ok, report.all_findings
    assert service.asked.count("/pki/tsa") == 2
    own = service.keys.authority.trust().issuers_of(SERVICE)
    assert set(own) <= set(ours.authority.trust().issuers_of(SERVICE))
    ours.close()


def test_who_is_not_told_of_the_service_does_not_believe_it(
    stamps: TimeStampsOverHttp, tmp_path: Path
) -> None:
    """The certificates of the settings decide, not those that came with the stamp."""
    ours = opened(tmp_path, "ours", stamps)
    ours.custody.enrol_agency(AGENCY)
    sealed = ours.seal_as_agency(notice(), key="notice")
    ours.close()

    alone = opened(tmp_path, "ours")

    assert not alone.examine(sealed.pdf).ok
    alone.close()


def test_lists_are_fetched_once_an_hour(service: Service, stamps: TimeStampsOverHttp) -> None:
    for _ in range(3):
        believed = stamps.believed()
    assert len(believed.lists) == 2
    first = len(service.asked)

    service.now += timedelta(minutes=61)
    assert len(stamps.believed().lists) == 2

    assert first == 3
    assert len(service.asked) == 5


def later(service: Service) -> Answer:
    return lambda asked: reply(
        service.keys.authority._generations.stamper().answer(asked, NOW + timedelta(hours=1))
    )


def test_a_clock_that_is_wrong_is_not_believed(
    service: Service, stamps: TimeStampsOverHttp
) -> None:
    service.answer = later(service)

    with pytest.raises(WrongAnswer, match="时间戳服务"):
        stamps.stamp(DIGEST, NOW)


def test_a_stamp_of_something_else_is_not_taken(
    service: Service, stamps: TimeStampsOverHttp
) -> None:
    """Neither one that was made before (another nonce) nor that of another authority."""
    before: list[bytes] = []
    stamps.stamp(DIGEST, NOW)
    service.answer = lambda asked: reply(
        before[0] if before else before.append(service.keys.authority.timestamp(asked)) or before[0]
    )
    stamps.stamp(DIGEST, NOW)
    with pytest.raises(WrongAnswer):
        stamps.stamp(DIGEST, NOW)


def test_another_authority_is_not_taken(
    service: Service, stamps: TimeStampsOverHttp, tmp_path: Path
) -> None:
    other = opened(tmp_path, "other")
    service.answer = lambda asked: reply(other.authority.timestamp(asked))

    with pytest.raises(WrongAnswer):
        stamps.stamp(DIGEST, NOW)
    other.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(200, content=b"<html>maintenance"),
        httpx.Response(200, content=b"x" * 2_000_000),
    ],
)
def test_a_service_that_is_down_is_told_and_left_alone(
    service: Service, stamps: TimeStampsOverHttp, answer: httpx.Response
) -> None:
    service.answer = lambda _: answer

    for _ in range(FAILURES + 1):
        with pytest.raises(Unavailable, match="时间戳服务暂时无法连接"):
            stamps.stamp(DIGEST, NOW)

    assert len(service.asked) == FAILURES


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x03\x02\x01\x02"])
def test_what_is_no_stamp_is_not_taken(
    service: Service, stamps: TimeStampsOverHttp, content: bytes
) -> None:
    service.answer = lambda _: reply(content)

    with pytest.raises(WrongAnswer):
        stamps.stamp(DIGEST, NOW)
