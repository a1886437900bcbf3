"""Traces: what belongs together lies within each other, and nothing of anybody is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters import world
from adapters.sms import SmsOverHttp
from adapters.systems import System
from adapters.wire.http import Outside
from registry.errors import Unavailable
from storage import spans
from tests.web.applicant.conftest import app, clock, desk, me, office, prepared  # noqa: F401
from tests.web.desk import Desk
from tests.web.test_settings import SECRET
from web.operations import traces
from web.settings import Settings, SettingsError

TAO = world.CITIZENS[0]


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    """Hear every span of this process."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces.tell(provider)
    yield kept
    spans.use(None)


def above(span: ReadableSpan, told: InMemorySpanExporter) -> list[str]:
    """Give the names of the spans around one, from within."""
    by_id = {other.context.span_id: other for other in told.get_finished_spans() if other.context}
    names = []
    while span.parent is not None:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    return names


def test_a_request_holds_its_acts_and_jobs_and_nothing_of_anybody(
    me: Desk,  # noqa: F811
    told: InMemorySpanExporter,
) -> None:
    """A code is asked for: the act and the job that sends it are within the request."""
    me.fills()
    told.clear()
    me.begins()

    finished = told.get_finished_spans()
    [sent] = [span for span in finished if span.name == "job signing/send_code"]
    [around] = above(sent, told)
    assert around.startswith("POST /")
    assert [around] in [above(span, told) for span in finished if span.name == "act"]
    said = json.dumps(
        [[span.name, dict(span.attributes or {})] for span in finished], ensure_ascii=False
    )
    assert "zhuce.status" in said
    for private in (TAO.name, TAO.id_no, TAO.mobile, me.base.rpartition("/")[2]):
        assert private not in said


@pytest.mark.parametrize("status", [200, 503])
def test_a_call_outside_lies_in_its_job(told: InMemorySpanExporter, status: int) -> None:
    """Also one that failed; what was said is not in it."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"key": request.headers["Idempotency-Key"]})

    transport = httpx.MockTransport(answer)
    outside = Outside("https://sms.example", "ours", system=System.SMS, transport=transport)
    with spans.span("job signing/send_code"):
        try:
            SmsOverHttp(outside).send(TAO.mobile, "验证码123456", "once")
        except Unavailable:
            assert status == 503
    outside.close()

    call, job = told.get_finished_spans()
    assert (call.name, above(call, told)) == ("outside sms", [job.name])
    assert TAO.mobile not in call.to_json()
    assert call.events == ()


def test_without_a_collector_nobody_listens() -> None:
    traces.begin(Settings(secret=SECRET))

    with spans.span("act") as span:
        span.name("other")
        span.note(tries=1)

    assert spans._listener is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ZHUCE_TRACES", "collector:4318"), ("ZHUCE_TRACES_SHARE", "0"), ("ZHUCE_TRACES_SHARE", "2")],
)
def test_a_wrong_setting_is_told(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({"ZHUCE_SECRET": SECRET, variable: value})


def test_a_collector_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages of the extra take what the settings say."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
    traces.begin(Settings(secret=SECRET, traces="http://127.0.0.1:9/v1/traces", traces_share=0.5))
    try:
        assert spans._listener is not None
        with spans.span("act", tries=1) as span:
            span.note(tries=2)
    finally:
        spans.use(None)
