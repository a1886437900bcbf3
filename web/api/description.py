"""The OpenAPI document and a page to read it: both written from the declared routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from flask import Response, render_template

from registry.clients.clients import Scope
from web.api import (
    acts,
    applications,
    certificates,
    declared,
    forms,
    govstack,
    professions,
    tasks,
    tokens,
    verification,
    webhooks,
)
from web.api.declared import ROUTES, Query, Route, bp, json_answer
from web.api.repeating import HEADER
from web.english import language
from web.english.catalogue import HAN
from web.extensions import settings
from web.problems import MEDIA_TYPE, media_type
from web.visitors import access
from web.visitors.rate_limits import limit

__all__ = ["bp"]

#: Importing them declares their routes.
MODULES = (
    tokens,
    tasks,
    acts,
    forms,
    applications,
    certificates,
    verification,
    webhooks,
    professions,
    govstack,
)
_FLOW = "clientCredentials"
_BASE = "/api/v1"
#: What every guarded route may answer beside its reply.
_PROBLEMS: Mapping[str, str] = {
    "400": "请求地址有误",
    "401": "没有有效的令牌",
    "403": "没有权限",
    "404": "不存在，或者无权查看",
    "413": "请求内容过大",
    "422": "请求内容有误",
    "429": "过于频繁，Retry-After后再试",
    "500": "系统出现问题",
    "503": "暂时繁忙，Retry-After后再试",
}
_OF_ACTS = {
    "409": "状态已变化，或者规则不允许",
    "412": "读取以后内容已经变化",
    "428": "没有给出If-Match",
}


@bp.get("")
@access.public
def page() -> str:
    """Show the interface to people: what there is, who may use it, what it takes and gives."""
    return render_template("api/page.html", tags=_by_tag(), scopes=list(Scope))


def _by_tag() -> dict[str, list[Route]]:
    tags: dict[str, list[Route]] = {}
    for known in ROUTES:
        tags.setdefault(known.tag, []).append(known)
    return tags


@bp.get("/openapi.json")
@access.public
def openapi() -> Response:
    """Give the OpenAPI document, its words in the language of whoever asks."""
    limit("api open", times=120, per_s=60)
    answer = json_answer(_said(document(settings().base_url)))
    answer.vary.add("Accept-Language")
    return answer


def _said(part: Any) -> Any:
    """Say every text of a document; what it names (words of lists, patterns) has no Chinese."""
    if isinstance(part, dict):
        return {name: _said(inner) for name, inner in part.items()}
    if isinstance(part, list):
        return [_said(inner) for inner in part]
    return language.said(part) if isinstance(part, str) and HAN.search(part) else part


def document(base_url: str) -> dict[str, Any]:
    """Write the OpenAPI 3.1 document of what is declared."""
    paths: dict[str, dict[str, Any]] = {}
    for known in ROUTES:
        paths.setdefault(known.address, {})[known.method.lower()] = _operation(known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "注册系统接口",
            "version": _version(),
            "description": "与页面相同的列表、查询和办理，供企业、市住建委和集成商的程序使用。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{base_url.rstrip('/')}{_BASE}"}],
        "tags": [{"name": tag} for tag in _by_tag()],
        "paths": paths,
        "components": {
            **declared.components()["components"],
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {
                        _FLOW: {
                            "tokenUrl": f"{base_url.rstrip('/')}{_BASE}/token",
                            "scopes": {scope.value: scope.about for scope in Scope},
                        }
                    },
                }
            },
        },
    }


@cache
def _version() -> str:
    return metadata.version("zhuce")


def _operation(known: Route) -> dict[str, Any]:
    written: dict[str, Any] = {
        "operationId": known.name,
        "tags": [known.tag],
        "summary": known.summary,
        "parameters": list(_parameters(known)),
        "responses": _responses(known),
        "security": [{"oauth2": [known.scope.value]}] if known.scope else [],
    }
    if known.body:
        schema = {"$ref": f"#/components/schemas/{known.body}"}
        written["requestBody"] = {"required": True, "content": {known.media: {"schema": schema}}}
    return written


def _parameters(known: Route) -> Iterator[dict[str, Any]]:
    for name in known.parameters:
        schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for asked in known.queries:
        yield _query(asked)
    if known.acts:
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        yield {"name": HEADER, "in": "header", "required": False, "schema": schema}
    if known.is_upon_version:
        schema = {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}
        yield {"name": "If-Match", "in": "header", "required": True, "schema": schema}


def _query(asked: Query) -> dict[str, Any]:
    about = {"name": asked.name, "in": "query", "description": asked.about}
    return {**about, "required": False, "schema": dict(asked.known)}


def _responses(known: Route) -> dict[str, Any]:
    given: dict[str, Any] = {"description": known.reply.about}
    if known.reply.schema:
        schema = {"$ref": f"#/components/schemas/{known.reply.schema}"}
        given["content"] = {media: {"schema": schema} for media in known.reply.media}
    else:
        given["content"] = {media: {} for media in known.reply.media}
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    media = media_type(f"{_BASE}{known.path}")
    told = {
        status: {"description": about, "content": {media: problem}}
        for status, about in _PROBLEMS.items()
    }
    if known.body:
        told["415"] = {"description": "请求内容的格式有误", "content": {media: problem}}
    if known.name == tokens.token.__name__:
        error = {"schema": {"$ref": "#/components/schemas/TokenError"}}
        for status in ("400", "401"):
            told[status]["content"] = {"application/json": error}
    if known.acts:
        for status, about in _OF_ACTS.items():
            told[status] = {"description": about, "content": {MEDIA_TYPE: problem}}
    return {str(known.reply.status): given, **told}
