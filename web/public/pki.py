"""The embedded authority's services: status, revocation lists, time stamps, certificates.

The addresses stand in every certificate it issues, so they stay as long as documents live.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request

from casework.certificate import offline
from refusals.refusal import NotFound, Refusal
from registry.certificates.certificates import Validity
from registry.people.languages import Language
from signing.keys import trust
from signing.keys.authority import Authority
from signing.keys.national import FAMILY, National
from signing.making import messages
from web.english import language
from web.english.catalogue import HAN
from web.extensions import csrf, office
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("pki", __name__, url_prefix="/pki")

_LIST_KEPT = timedelta(minutes=10)
_SCRIPT = Path(__file__).parents[1] / "templates" / "verification" / "_offline.js"
_SENTENCE = re.compile(rf"'([^'\n]*{HAN.pattern}[^'\n]*)'")
_LONGEST_REQUEST = 10_000  #: bytes; a real one has about a hundred


class NotDer(Refusal):
    """请求内容不是该服务能够识别的格式。请按RFC 6960或RFC 3161的要求提交。"""

    code = "E_NOT_DER"


@bp.get("/")
@access.public
def front() -> str:
    """List what the authority publishes."""
    return render_template(
        "verification/pki.html",
        names=[(name, _label(name)) for name in _names()],
        national=office().signatures.authority.national.names(),
    )


@bp.post("/ocsp")
@access.public
def ocsp() -> Response:
    """Answer whether a certificate is good (RFC 6960)."""
    asked = _body("application/ocsp-request")
    return Response(office().signatures.authority.ocsp(asked), mimetype="application/ocsp-response")


@bp.post("/tsa")
@access.public
def tsa() -> Response:
    """Stamp a digest with the time (RFC 3161)."""
    limit("tsa", times=600, per_s=60)
    asked = _body("application/timestamp-query")
    return Response(
        office().signatures.authority.timestamp(asked), mimetype="application/timestamp-reply"
    )


for _service in (ocsp, tsa):
    csrf.exempt(_service)  # programs call them, and they change nothing


@bp.get("/<name>.crl")
@access.public
def crl(name: str) -> Response:
    """Give the revocation list of one issuer."""
    _check(name)
    answer = Response(_authority(name).crl(name), mimetype="application/pkix-crl")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@bp.get("/<name>.crt")
@access.public
def certificate(name: str) -> Response:
    """Give the certificate of one authority."""
    _check(name)
    answer = Response(_authority(name).certificate(name), mimetype="application/pkix-cert")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@bp.get("/keys.json")
@access.public
def keys() -> Response:
    """Give the keys that sign codes and lists, with their chains (RFC 7517)."""
    told = messages.key_set(office().signatures.published_keys())
    answer = Response(json.dumps(told), mimetype="application/jwk-set+json")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@bp.get("/offline.html")
@access.public
def offline_page() -> Response:
    """Give a page that checks codes and lists from a folder, without us and without a network.

    It is a file to keep: on this site its own script would not be allowed to run. It speaks the
    language of whoever asks for it.
    """
    place = office()
    reads = language.reads()
    given = {
        **messages.key_set(place.signatures.published_keys()),
        "states": {validity.value: language.said(validity.label) for validity in Validity},
        "words": {text: language.said(text) for text in _offline_words()},
        "locale": "en-GB" if reads is Language.ENGLISH else "zh-CN",
    }
    page = render_template(
        "verification/offline_page.html",
        given=given,
        authority=place.policy.authority,
        base_url=place.policy.base_url,
        at=place.now(),
    )
    answer = Response(language.turned(page), mimetype="text/html")
    answer.headers["Content-Disposition"] = "attachment; filename=zhuce-offline.html"
    answer.vary.update(("Cookie", "Accept-Language"))
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@cache
def _offline_words() -> tuple[str, ...]:
    """Give the sentences of the script of that page, as they stand in it."""
    return tuple(dict.fromkeys(_SENTENCE.findall(_SCRIPT.read_text("utf-8"))))


@bp.get("/keys/<key_id>.crt")
@access.public
def key(key_id: str) -> Response:
    """Give the certificate of a key, by the name that codes and lists call it."""
    for known in office().signatures.published_keys():
        if known.id.hex() == key_id:
            return Response(known.certificate, mimetype="application/pkix-cert")
    raise NotFound


@bp.get("/ended.cose")
@access.public
def ended() -> Response:
    """Give the numbers that count no longer, signed with P-256."""
    return _ended(is_national=False)


@bp.get("/ended-sm2.cose")
@access.public
def ended_national() -> Response:
    """Give the numbers that count no longer, signed with SM2."""
    if not office().signatures.authority.national.names():
        raise NotFound
    return _ended(is_national=True)


def _ended(*, is_national: bool) -> Response:
    """Give a list that was made at most ten minutes ago, so that a crowd costs no more than one."""
    kept: dict[bool, tuple[datetime, bytes]]
    kept = current_app.extensions.setdefault("ended lists", {})
    now = office().now()
    made, content = kept.get(is_national, (None, b""))
    if made is None or not timedelta() <= now - made < _LIST_KEPT:
        content = offline.ended_list(office(), is_national=is_national)
        kept[is_national] = now, content
    answer = Response(content, mimetype="application/cose")
    answer.headers["Cache-Control"] = "public, max-age=600"
    return answer


def _names() -> tuple[str, ...]:
    authority = office().signatures.authority
    return (*authority.names(), *authority.national.names())


def _authority(name: str) -> Authority | National:
    """Give who speaks for a name."""
    authority = office().signatures.authority
    return authority.national if trust.family_of(name) == FAMILY else authority


#: What the authorities of our house are for; a successor bears a number behind it.
_LABELS = {
    "root": "根证书",
    "personal": "个人签名",
    "enterprise": "企业签章",
    "agency": "管理部门签章",
    "service": "时间戳等服务",
    FAMILY: "国密电子印章（OFD文件，演示）",
}


def _label(name: str) -> str:
    family = trust.family_of(name)
    number = name.removeprefix(family).removeprefix("-")
    label = _LABELS.get(family, "其他")
    return f"{label}（第{number}代）" if number else label


def _check(name: str) -> None:
    if name not in _names():
        raise NotFound


def _body(media_type: str) -> bytes:
    """Give the request's DER; a form or a flood is refused."""
    if request.mimetype != media_type or (request.content_length or 0) > _LONGEST_REQUEST:
        raise NotDer
    return request.get_data(cache=False)
