"""What a route of the interface takes and gives, said once: read by the request, told by OpenAPI.

    @route("GET", "/tasks", scope=Scope.TASKS_READ, …)

declares the address, who may ask, which query and body are understood (JSON Schema) and what is
answered. The wrapper refuses what does not fit; `web.api.description` writes the document.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from werkzeug.exceptions import HTTPException

from refusals.refusal import Refusal
from registry import readings
from registry.clients.clients import Scope
from registry.enterprises.operators import Duty
from web.api import repeating
from web.api.schemas import SCHEMAS
from web.extensions import csrf
from web.visitors import access

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)  # nothing here is known by a cookie
bp.after_request(repeating.end)

View = TypeVar("View", bound=Callable[..., Any])
_PARAMETER = re.compile("<(?:[a-z]+:)?([a-z_]+)>")
_CONFUSED = re.compile("[\ud800-\udfff\0]")  #: no text: halves of characters, and NUL
_MOST_FAULTS = 20
_JSON = "application/json"


class QueryInvalid(Refusal):
    """请求地址中的参数有误。请按errors中的说明修改后重新请求。"""

    code = "E_API_QUERY"


class BodyInvalid(Refusal):
    """请求内容不符合接口说明。请按errors中的说明修改后重新请求。"""

    code = "E_API_BODY"


class MediaInvalid(Refusal):
    """请求内容须以{media}发送。请在Content-Type中写明后重新请求。"""

    code = "E_API_MEDIA"


class VersionMissing(Refusal):
    """办理时须在If-Match中给出所读内容的版本。请先读取该事项的form，把其ETag放在If-Match中。"""

    code = "E_API_IF_MATCH"


@dataclass(frozen=True, kw_only=True)
class Query:
    """One parameter of an address."""

    name: str
    about: str
    schema: Mapping[str, Any] | Callable[[], Mapping[str, Any]]

    @property
    def known(self) -> Mapping[str, Any]:
        """The schema as it is now: that of professions changes with what is deployed."""
        return self.schema() if callable(self.schema) else self.schema


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a route answers when all is well."""

    about: str
    schema: str = ""  #: name in `SCHEMAS`; empty: a file
    status: int = 200
    media: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation of the interface."""

    method: str
    path: str  #: as Flask writes it
    name: str
    tag: str
    summary: str
    scope: Scope | None  #: None: open to everybody
    kinds: Sequence[str] = ()
    duty: Duty | None = None
    queries: Sequence[Query] = ()
    body: str = ""  #: name in `SCHEMAS`
    media: str = _JSON  #: of the body
    acts: bool = False  #: it may be sent under an Idempotency-Key
    is_upon_version: bool = False  #: it has to say in If-Match which version was read
    reply: Reply

    @property
    def address(self) -> str:
        """The path as OpenAPI writes it."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def parameters(self) -> list[str]:
        """The names of what the path holds."""
        return _PARAMETER.findall(self.path)


ROUTES: list[Route] = []


def route(method: str, path: str, **declared: Any) -> Callable[[View], View]:
    """Declare the decorated view as an operation; its first line is the summary.

    What is declared beside are the fields of `Route`.
    """

    def declare(view: View) -> View:
        summary = (view.__doc__ or "").partition("\n")[0]
        known = Route(method=method, path=path, name=view.__name__, summary=summary, **declared)
        ROUTES.append(known)
        reading = _reading(known, view)
        if known.scope is None:
            guarded = access.public(reading)
        else:
            guarded = access.program(known.scope, *known.kinds, duty=known.duty)(reading)
        bp.add_url_rule(path, known.name, guarded, methods=[method])
        return view

    return declare


def _reading(known: Route, view: View) -> Callable[..., Any]:
    @functools.wraps(view)
    def read(**named: str) -> Any:
        if known.acts and (again := repeating.begin()) is not None:
            return again
        if known.is_upon_version and not request.headers.get("If-Match"):
            raise VersionMissing
        g.query = _query(known)
        g.body = _body(known.body) if known.body and known.media == _JSON else None
        return view(**named)

    return read


def query() -> Mapping[str, str]:
    """Give the parameters of the address, as declared."""
    asked: Mapping[str, str] = g.query
    return asked


def body() -> Mapping[str, Any]:
    """Give what was sent, as declared; texts are read as those of forms are, and then judged."""
    sent: Mapping[str, Any] = g.body
    return sent


def _query(known: Route) -> dict[str, str]:
    found: dict[str, str] = {}
    declared = {parameter.name: parameter for parameter in known.queries}
    for name in request.args:
        if name not in declared:
            found[_plain(name)] = "没有这个参数"
        elif len(request.args.getlist(name)) > 1:
            found[name] = "只能给出一次"
        elif not _fits(declared[name].known, request.args[name]):
            found[name] = f"不是可以使用的值：{declared[name].about}"
    if found:
        raise QueryInvalid(faults=found)
    return dict(request.args.items())


def _fits(schema: Mapping[str, Any], word: str) -> bool:
    return bool(Draft202012Validator(schema).is_valid(word))


def _body(name: str) -> Any:
    if request.mimetype != _JSON:
        raise MediaInvalid(media=_JSON)
    try:
        sent = request.get_json()
    except (HTTPException, RecursionError):
        raise BodyInvalid(faults={"": "不是JSON"}) from None
    try:
        sent = _read(sent)
        found = faults(name, sent)
    except RecursionError:
        raise BodyInvalid(faults={"": "层次过多"}) from None
    if found:
        raise BodyInvalid(faults=found)
    return sent


def faults(name: str, sent: Any) -> dict[str, str]:
    """Tell where something is not as a schema describes it, by its place."""
    judge = Draft202012Validator({"$ref": f"#/components/schemas/{name}", **components()})
    return dict(_told(error) for error in _first(judge.iter_errors(sent)))


def _first(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error, _ in zip(errors, range(_MOST_FAULTS), strict=False):
        yield error


def _told(error: ValidationError) -> tuple[str, str]:
    """Say where a body does not fit and by which rule; never what was sent."""
    place = "/".join(_plain(str(part)) for part in error.absolute_path)
    rule = f"{error.validator}：{error.validator_value}"
    return place, f"不符合{rule[:200]}"


def _plain(text: str) -> str:
    return _CONFUSED.sub("�", text)[:60]


def _read(value: Any) -> Any:
    """Read every text as what people write, as those of forms are; half a character is none."""
    if isinstance(value, str):
        if _CONFUSED.search(value):
            raise BodyInvalid(faults={"": "含有不能识别的字符"})
        return readings.text(value)
    if isinstance(value, list):
        return [_read(item) for item in value]
    if isinstance(value, dict):
        return {_plain(name): _read(item) for name, item in value.items()}
    return value


def components() -> dict[str, Any]:
    """Give the schemas as the document holds them."""
    return {"components": {"schemas": dict(SCHEMAS)}}


def json_answer(content: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    from flask import jsonify

    answer = jsonify(content)
    answer.status_code = status
    return answer
