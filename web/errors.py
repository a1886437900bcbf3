"""The one place where errors become pages: Chinese, with a code, a cause and a remedy."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, session
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from werkzeug.exceptions import HTTPException, SecurityError

from refusals import denials
from refusals.refusal import Refusal
from storage import origin
from web import problems
from web.english import language

_LOG = structlog.get_logger(__name__)


class TooManyAttempts(Refusal):
    """操作过于频繁，请在{wait_s}秒后再试；如非本人操作，请联系市住建委（电话见页面下方）。"""

    code = "E_TOO_MANY_ATTEMPTS"
    is_denial = True


class NotForYou(Refusal):
    """该页面供{audience}使用，您当前以{visitor}身份登录。请退出后以相应身份重新登录。"""

    code = "E_NOT_FOR_YOU"
    is_denial = True


class PortalRefused(Refusal):
    """统一身份认证请求有误：{cause}。请返回登录页重新登录。"""

    code = "E_PORTAL"


#: Which answer a refusal deserves; anything else that is refused conflicts with the present state.
STATUS_OF: Mapping[str, HTTPStatus] = {
    # What was asked for cannot be understood
    "E_FAULT": HTTPStatus.BAD_REQUEST,
    "E_NOT_DER": HTTPStatus.BAD_REQUEST,
    "E_PORTAL": HTTPStatus.BAD_REQUEST,
    "E_REALNAME_NOT_FOUND": HTTPStatus.BAD_REQUEST,
    "E_SIGN_IN": HTTPStatus.BAD_REQUEST,
    "E_SKIP_REASON": HTTPStatus.BAD_REQUEST,
    "E_VERIFY_CODE": HTTPStatus.BAD_REQUEST,
    "E_VERIFY_NAME": HTTPStatus.BAD_REQUEST,
    "E_VERIFY_NOTHING": HTTPStatus.BAD_REQUEST,
    "E_VERIFY_NO_FILE": HTTPStatus.BAD_REQUEST,
    "E_VERIFY_NOT_PDF": HTTPStatus.BAD_REQUEST,
    "E_API_QUERY": HTTPStatus.BAD_REQUEST,
    "E_API_BODY": HTTPStatus.UNPROCESSABLE_ENTITY,
    "E_API_MEDIA": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "E_WEBHOOK_URL": HTTPStatus.UNPROCESSABLE_ENTITY,
    "E_WEBHOOK_INNER": HTTPStatus.UNPROCESSABLE_ENTITY,
    "E_API_KEY": HTTPStatus.BAD_REQUEST,
    "E_API_KEY_USED": HTTPStatus.UNPROCESSABLE_ENTITY,
    "E_API_IF_MATCH": HTTPStatus.PRECONDITION_REQUIRED,
    # Not for this visitor, or nowhere
    "E_CASE_ERASED": HTTPStatus.GONE,
    "E_CASE_LOCKED": HTTPStatus.GONE,
    "E_API_TOKEN": HTTPStatus.UNAUTHORIZED,
    "E_API_SCOPE": HTTPStatus.FORBIDDEN,
    "E_API_PARTY": HTTPStatus.FORBIDDEN,
    "E_API_PERSONAL_ACT": HTTPStatus.FORBIDDEN,
    "E_FOUR_EYES": HTTPStatus.FORBIDDEN,
    "E_NOT_AN_OPERATOR": HTTPStatus.FORBIDDEN,
    "E_NOT_FOR_YOU": HTTPStatus.FORBIDDEN,
    "E_NOT_YOUR_DUTY": HTTPStatus.FORBIDDEN,
    "E_NOT_YOUR_TASK": HTTPStatus.FORBIDDEN,
    "E_REALNAME_REQUIRED": HTTPStatus.FORBIDDEN,
    "E_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "E_TOO_MANY_ATTEMPTS": HTTPStatus.TOO_MANY_REQUESTS,
    # Our trouble, or that of an outside system
    "E_STORED_FILE_DAMAGED": HTTPStatus.INTERNAL_SERVER_ERROR,
    "E_STORED_FILE_LOCKED": HTTPStatus.INTERNAL_SERVER_ERROR,
    "E_STORED_FILE_MISSING": HTTPStatus.INTERNAL_SERVER_ERROR,
    "E_SERVICE_DOWN": HTTPStatus.SERVICE_UNAVAILABLE,
    "E_WRONG_ANSWER": HTTPStatus.SERVICE_UNAVAILABLE,
    "E_ODD_RECORD": HTTPStatus.CONFLICT,
}

_NOT_OURS = (
    "页面停留过久、登录已经变化，或者不是从本系统提交。"
    "刚才已经点击过的，请先查看是否已经办理；否则请返回上一页，刷新后重新提交。"
)
#: Statuses that keep somebody out: such a refusal leaves a row in the trail.
_KEPT_OUT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS)

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
        "系统出现问题，您已保存的内容没有丢失。请稍后重试，或联系市住建委（电话见页面下方）并告知编号。",
    ),
    503: (
        "服务暂时繁忙",
        "E_OVERLOADED",
        "系统暂时繁忙，您已保存的内容没有丢失。请稍后重试。",
    ),
}


def install(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PendingRollbackError, _lost)
    app.register_error_handler(Exception, _unexpected)


def told(refusal: Refusal) -> str:
    """Give the text of a refusal with its code, for a sentence on a page."""
    return f"{refusal}（错误代码：{refusal.code}）"


def page(status: int, text: str | None = None, code: str | None = None, **more: Any) -> Response:
    """Give the error page of a status; `text` and `code` say more than the usual words.

    A program gets the same as a problem (RFC 9457).

    A page of ours asks the database for its menu and its name; while that is away, or what is
    around every page is broken itself, the person gets a page that asks nobody: never an empty one.
    """
    title, usual_code, usual_text = _words_of(status)
    if problems.is_program():
        told_text, told_code = text or usual_text, code or usual_code
        return problems.answer(status, title, told_text, told_code, say=language.said, **more)
    shown = {
        "title": title,
        "code": code or usual_code,
        "text": text or usual_text,
        "status": status,
        **more,
    }
    g.is_error_page = True
    try:
        body = render_template("errors/error.html", **shown)
    except (DBAPIError, PendingRollbackError):  # the second: it went away in mid-answer
        body = _without_database(current_app, shown)
    except Exception as error:  # whatever it is: this is the last that is asked
        _LOG.exception("error_page_failed", exc_info=error)
        title, code, text = _words_of(500)
        status = 500
        number = shown.get("number") or secrets.token_hex(4)
        body = _without_database(
            current_app, {"title": title, "code": code, "text": text, "number": number}
        )
    return make_response(body, status)


def bare_page(app: Flask, status: int) -> str:
    """Give the page of what never reached the app, for the server that refuses it itself."""
    title, code, text = _words_of(status)
    with app.test_request_context():  # style sheets have addresses of the app
        return _without_database(app, {"title": title, "code": code, "text": text})


def _words_of(status: int) -> tuple[str, str, str]:
    return _WORDS.get(status, _WORDS[400 if status < 500 else 500])


def _without_database(app: Flask, shown: Mapping[str, object]) -> str:
    return app.jinja_env.get_template("errors/away.html").render({"number": None, **shown})


def _refused(refusal: Refusal) -> Response:
    status = STATUS_OF.get(refusal.code, HTTPStatus.CONFLICT)
    if problems.is_program():
        status = problems.STATUS_OF.get(refusal.code, status)
    if status in _KEPT_OUT:
        denials.note(refusal.code)
    else:
        _LOG.info("refused", code=refusal.code, status=int(status), whence=origin.current())
    concerns: dict[str, Any] = {"field": refusal.field, "faults": refusal.facts.get("faults")}
    answer = page(status, str(refusal), refusal.code, **concerns)
    if isinstance(refusal, TooManyAttempts):
        answer.headers["Retry-After"] = str(refusal.facts["wait_s"])
    return answer


def _csrf(_: CSRFError) -> Response:
    if getattr(session, "is_lost", False):  # its token could not be read: nobody's mistake
        return _away()
    denials.note("E_CSRF")
    return page(400, _NOT_OURS, "E_CSRF")


def _http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):  # not our name: no address of ours may be written either
        text = "请求的网址不是本系统的，请从“一网通办”平台重新进入。（E_BAD_REQUEST）"
        return Response(text, 400, mimetype="text/plain")
    if error.response is not None or (error.code or 500) < 400:
        return cast("Response", error.get_response())
    answer = _away() if error.code == 503 else page(error.code or 500)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _database(error: DBAPIError) -> Response:
    """Answer 503 when the database is busy or away: trying again helps."""
    if not (isinstance(error, OperationalError) or error.connection_invalidated):
        return _unexpected(error)
    _LOG.error("database_unavailable", error=type(error.orig).__name__)
    return _away()


def _lost(error: PendingRollbackError) -> Response:
    """Answer 503 to who asked on after the connection was lost: the cause came before."""
    _LOG.error("database_lost", error=type(error).__name__)
    return _away()


def _away() -> Response:
    answer = page(503)
    answer.headers["Retry-After"] = "5"
    return answer


def _unexpected(error: Exception) -> Response:
    """Log what nobody foresaw under a number that the person can tell on the telephone."""
    number = secrets.token_hex(4)
    _LOG.exception("unexpected", number=number, exc_info=error)
    return page(500, number=number)
