"""What a program is told when it is refused: problem+json (RFC 9457) with our codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from flask import Response, request

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_PLAIN = "/api/v1/govstack/"
#: Which answer a program gets where a page tells the same beside a form.
STATUS_OF: Mapping[str, HTTPStatus] = {
    "E_CHANGED_MEANWHILE": HTTPStatus.PRECONDITION_FAILED,
    "E_API_FILE": HTTPStatus.UNPROCESSABLE_ENTITY,
}
_SENTENCES = re.compile(r"(?<=[。；])|(?<=[.;]) ")
_REMEDY = "请"


def media_type(path: str) -> str:
    """Give what a problem is sent as: GovStack's readers expect plain JSON."""
    return "application/json" if path.startswith(_PLAIN) else MEDIA_TYPE


def is_program() -> bool:
    """Tell whether the request is one to the interface, whoever sent it."""
    path = f"{request.path}/"
    return path.startswith(PREFIX) and request.endpoint != "api.page"


def answer(
    status: int,
    title: str,
    text: str,
    code: str,
    *,
    field: str | None = None,
    faults: Mapping[str, str] | None = None,
    number: str | None = None,
    say: Callable[[str], str],
) -> Response:
    """Give a problem: cause and remedy, the code, and which fields it concerns.

    `faults` are texts by the place in what was sent; `number` is that of an unforeseen error.
    `say` gives a text in the language of whoever asks (RFC 9457, 3.1: titles may be negotiated).
    """
    told = faults or ({field: text} if field else {})
    problem = {
        "type": f"urn:zhuce:problem:{code}",
        "title": say(title),
        "status": int(status),
        "detail": say(text),
        "code": code,
        "remedy": remedy(text, say(text)),
        "errors": [
            {"field": place, "code": getattr(fault, "code", code), "detail": say(str(fault))}
            for place, fault in told.items()
        ],
    }
    if number:
        problem["number"] = number
    body = json.dumps(problem, ensure_ascii=False)
    made = Response(body, int(status), mimetype=media_type(request.path))
    made.vary.add("Accept-Language")
    if status == 401:
        made.headers["WWW-Authenticate"] = 'Bearer realm="zhuce"'
    return made


def remedy(text: str, said: str) -> str:
    """Give the sentences of a refusal that say what to do; `said` is its text as it is told.

    In another language they are those at the same places; where none pair, all of it.

    >>> remedy("您无权查看。请返回列表重新选择。", "您无权查看。请返回列表重新选择。")
    '请返回列表重新选择。'
    >>> remedy("您无权查看。请返回列表重新选择。", "You may not see it. Go back to the list.")
    'Go back to the list.'
    """
    sentences, told = _sentences(text), _sentences(said)
    asked = [at for at, sentence in enumerate(sentences) if _REMEDY in sentence]
    if not asked or len(told) != len(sentences):
        return said
    return "".join(told[at] for at in asked).strip()


def _sentences(text: str) -> Sequence[str]:
    return [sentence for sentence in _SENTENCES.split(text) if sentence]
