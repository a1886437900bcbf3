"""Idempotency-Key: an act that is sent twice under one key is done once, and answered the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from refusals.refusal import Refusal
from registry.clients import requests
from registry.clients.requests import Sent
from storage.database import to_json, writing
from web.extensions import office
from web.visitors import access

HEADER = "Idempotency-Key"
LONGEST = 255
_KEPT = ("Content-Type", "ETag")
_TOO_SOON = 429


class KeyInvalid(Refusal):
    """Idempotency-Key应为1至255个可见的ASCII字符，例如一个UUID。请修改后重新请求。"""

    code = "E_API_KEY"


class KeyUsed(Refusal):
    """这个Idempotency-Key已经用于内容不同的请求。请为新的请求使用新的Idempotency-Key。"""

    code = "E_API_KEY_USED"


class KeyBusy(Refusal):
    """使用这个Idempotency-Key的请求正在处理。请稍后以相同的内容重新请求。"""

    code = "E_API_KEY_BUSY"


def begin() -> Response | None:
    """Note the request under its key; give what was answered to it before.

    Raises: KeyInvalid, KeyUsed, KeyBusy.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise KeyInvalid(faults={HEADER: "不是可以使用的值"})
    client = access.visitor().client
    sent = Sent.of(client.id if client else "", key, _content())
    with writing(office().sessions) as session:
        earlier = requests.begin(session, sent, at=office().now())
        if earlier is None:
            g.sent = sent
            return None
        if earlier.content != sent.content:
            raise KeyUsed
        if earlier.answer is None:
            raise KeyBusy
        return _again(earlier.answer)


def _content() -> bytes:
    about = (request.method, request.path, request.headers.get("If-Match", ""))
    sent = request.get_data() if request.mimetype != "multipart/form-data" else _parts()
    return "\n".join(about).encode() + b"\n" + sent


def _parts() -> bytes:
    """Give what the parts of a form hold: what stands between them is made up for each request."""
    told: list[Any] = [[name, value] for name, value in request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        told.append([name, file.filename, hashlib.sha256(file.read()).hexdigest()])
        file.seek(0)
    return to_json(told).encode()


def _again(answer: Mapping[str, Any]) -> Response:
    made = Response(answer["body"], answer["status"])
    made.headers.update(answer["headers"])
    made.headers["Idempotency-Replayed"] = "true"
    return made


def end(response: Response) -> Response:
    """Keep the answer, but none of a failure of ours or of haste: those may be tried again."""
    sent: Sent | None = g.pop("sent", None)
    if sent is None:
        return response
    with writing(office().sessions) as session:
        if response.status_code >= 500 or response.status_code == _TOO_SOON:
            requests.forget(session, sent)
            return response
        headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        answer = {
            "status": response.status_code,
            "body": response.get_data(as_text=True),
            "headers": headers,
        }
        requests.keep(session, sent, answer, at=office().now())
    return response
