"""The one place where errors become pages: Chinese, with a code, a cause and a remedy."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol, cast

import structlog
from flask import Flask, Response, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from engine.errors import EngineError
from pdfgen.errors import DocumentError
from registry.errors import NotFound, Refusal
from signing.errors import SigningError

_LOG = structlog.get_logger(__name__)


class WebRefusal(Refusal):
    """请求未能完成，请返回上一页后重试。"""

    code = "E_REQUEST"
    status = HTTPStatus.BAD_REQUEST


class TooManyAttempts(WebRefusal):
    """操作过于频繁，请在{wait_s}秒后再试；如非本人操作，请拨打021-962600。"""

    code = "E_TOO_MANY_ATTEMPTS"
    status = HTTPStatus.TOO_MANY_REQUESTS


class NotForYou(WebRefusal):
    """该页面供{audience}使用，您当前以{visitor}身份登录。请退出后以相应身份重新登录。"""

    code = "E_NOT_FOR_YOU"
    status = HTTPStatus.FORBIDDEN


class NobodyHere(WebRefusal):
    """您要查看的内容不存在，或您无权查看。请返回列表重新选择。"""

    code = "E_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND


class PortalRefused(WebRefusal):
    """统一身份认证请求有误：{cause}。请返回登录页重新登录。"""

    code = "E_PORTAL"


class _Coded(Protocol):
    code: str


#: Which answer a refusal deserves; anything else that is refused conflicts with the present state.
_STATUS_OF: Mapping[str, HTTPStatus] = {
    "E_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "E_NOT_YOUR_TASK": HTTPStatus.FORBIDDEN,
    "E_FOUR_EYES": HTTPStatus.FORBIDDEN,
    "E_NOT_AN_OPERATOR": HTTPStatus.FORBIDDEN,
    "E_REALNAME_REQUIRED": HTTPStatus.FORBIDDEN,
    "E_SERVICE_DOWN": HTTPStatus.SERVICE_UNAVAILABLE,
    "E_WRONG_ANSWER": HTTPStatus.SERVICE_UNAVAILABLE,
    "E_OUTSIDE_SYSTEM": HTTPStatus.SERVICE_UNAVAILABLE,
    "E_FILE_MISSING": HTTPStatus.INTERNAL_SERVER_ERROR,
    "E_FILE_DAMAGED": HTTPStatus.INTERNAL_SERVER_ERROR,
    "E_SIGN_IN": HTTPStatus.BAD_REQUEST,
}

_WORDS: Mapping[int, tuple[str, str, str]] = {
    400: (
        "请求有误",
        "E_BAD_REQUEST",
        "提交的内容不完整或无法识别。请返回上一页，刷新后重新填写。",
    ),
    403: (
        "无权访问",
        "E_FORBIDDEN",
        "您没有查看该页面的权限。请确认登录身份，或返回首页。",
    ),
    404: (
        "页面不存在",
        "E_NOT_FOUND",
        "您要查看的内容不存在，或您无权查看。请返回列表重新选择。",
    ),
    405: (
        "操作不受支持",
        "E_METHOD",
        "该地址不支持这种操作。请通过页面上的按钮办理。",
    ),
    409: (
        "状态已变化",
        "E_CONFLICT",
        "该事项的状态刚刚发生变化。请刷新页面，查看最新进度后再办理。",
    ),
    413: (
        "上传内容过大",
        "E_TOO_LARGE",
        "上传的文件合计过大。每个PDF请控制在2M以内，分次上传后再保存。",
    ),
    429: (
        "操作过于频繁",
        "E_TOO_MANY_ATTEMPTS",
        "操作过于频繁，请稍后再试。",
    ),
    500: (
        "系统出现问题",
        "E_SERVER",
        "系统出现问题，您已保存的内容没有丢失。请稍后重试，或拨打021-962600并告知编号。",
    ),
    503: (
        "服务暂时繁忙",
        "E_BUSY",
        "系统暂时繁忙，您已保存的内容没有丢失。请稍后重试。",
    ),
}


def install(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in (Refusal, EngineError, SigningError, DocumentError):
        app.register_error_handler(kind, _refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def told(error: Exception) -> str:
    """Give the text of a refusal with its code, for a sentence on a page."""
    return f"{error}（错误代码：{cast('_Coded', error).code}）"


def page(status: int, text: str | None = None, code: str | None = None, **more: object) -> Response:
    """Give the error page of a status; `text` and `code` say more than the usual words."""
    title, usual_code, usual_text = _WORDS.get(status, _WORDS[400 if status < 500 else 500])
    body = render_template(
        "errors/error.html",
        title=title,
        code=code or usual_code,
        text=text or usual_text,
        status=status,
        **more,
    )
    return make_response(body, status)


def status_of(error: Exception) -> int:
    """Tell which HTTP status a refusal is answered with."""
    own = getattr(error, "status", None)
    if isinstance(own, HTTPStatus):
        return own
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    return _STATUS_OF.get(cast("_Coded", error).code, HTTPStatus.CONFLICT)


def _refused(error: Exception) -> Response:
    status, code = status_of(error), cast("_Coded", error).code
    _LOG.info("refused", code=code, status=int(status))
    answer = page(status, str(error), code)
    if isinstance(error, TooManyAttempts):
        answer.headers["Retry-After"] = str(error.facts["wait_s"])
    return answer


def _csrf(error: CSRFError) -> Response:
    _LOG.info("refused", code="E_CSRF", reason=error.description)
    return page(400, "页面停留过久或不是从本系统提交。请返回上一页，刷新后重新提交。", "E_CSRF")


def _http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):  # not our name: no address of ours may be written either
        return Response("400 Bad Request", 400, mimetype="text/plain")
    if error.response is not None or (error.code or 500) < 400:
        return cast("Response", error.get_response())
    answer = page(error.code or 500)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _database(error: DBAPIError) -> Response:
    """Answer 503 when the database is busy or away: trying again helps."""
    if not isinstance(error, OperationalError):
        return _unexpected(error)
    _LOG.error("database_unavailable", error=type(error.orig).__name__)
    answer = page(503)
    answer.headers["Retry-After"] = "5"
    return answer


def _unexpected(error: Exception) -> Response:
    """Log what nobody foresaw under a number that the person can tell on the telephone."""
    number = secrets.token_hex(4)
    _LOG.exception("unexpected", number=number, exc_info=error)
    return page(500, number=number)
