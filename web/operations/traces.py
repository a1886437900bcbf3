"""Traces for a collector (OpenTelemetry, OTLP over HTTP), where ZHUCE_TRACES names one.

The packages are an extra; nothing of them is imported otherwise. A trace begins with a request or
with a job of a worker, and holds what happens in its thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from storage import spans
from web.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


class _Told:
    """A span of OpenTelemetry as ours."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, **facts: str | int) -> None:
        self._span.set_attributes({f"zhuce.{key}": value for key, value in facts.items()})


def begin(settings: Settings) -> None:
    """Send the spans of this process to the collector, if there is one.

    Called in each process, after it was forked. Raises: SettingsError without the packages.
    """
    if not settings.traces:
        return
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        export = import_module("opentelemetry.sdk.trace.export")
        sampling = import_module("opentelemetry.sdk.trace.sampling")
        resources = import_module("opentelemetry.sdk.resources")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ModuleNotFoundError as error:
        text = "ZHUCE_TRACES needs the packages of the extra: make setup EXTRAS=otel"
        raise SettingsError(text) from error
    provider = sdk.TracerProvider(
        sampler=sampling.ParentBasedTraceIdRatio(settings.traces_share),
        resource=resources.Resource({"service.name": "zhuce"}),
    )
    provider.add_span_processor(
        export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=settings.traces))
    )
    tell(provider)


def tell(provider: Any) -> None:
    """Tell all spans of this process to a tracer provider of OpenTelemetry."""
    tracer = provider.get_tracer("zhuce")

    @contextmanager
    def listen(name: str, facts: Mapping[str, str | int]) -> Iterator[_Told]:
        # An error may say what somebody typed: that there was one is enough.
        with tracer.start_as_current_span(name, record_exception=False) as opened:
            told = _Told(opened)
            told.note(**facts)
            yield told

    spans.use(listen)


def install(app: Flask) -> None:
    """Measure each request, called by its route: an address may hold what is nobody's business."""
    answer = app.wsgi_app

    def measured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with spans.span("request", method=_method(environ["REQUEST_METHOD"])) as span:
            environ["zhuce.span"] = span
            return answer(environ, start_response)

    app.wsgi_app = measured  # type: ignore[method-assign]

    @app.after_request
    def named(response: Any) -> Any:
        route = request.url_rule.rule if request.url_rule else "none"
        span: spans.Span = request.environ["zhuce.span"]
        span.name(f"{_method(request.method)} {route}")
        span.note(route=route, status=response.status_code)
        return response


def _method(method: str) -> str:
    """Give a method as it is, or that it is another: it is any word that somebody sends."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
