"""Professions and their matters: open to everybody, as the guide is."""

from __future__ import annotations

from flask import Response

from web.api.declared import Reply, json_answer, route
from web.ui import professions as offered
from web.visitors.rate_limits import limit


@route(
    "GET",
    "/professions",
    tag="注册类别",
    scope=None,
    reply=Reply(about="注册类别和事项", schema="Professions"),
)
def professions() -> Response:
    """List what can be registered here, with the matters of each profession."""
    limit("api open", times=120, per_s=60)
    told = [
        {
            "key": kind.key,
            "title": kind.title,
            "authority": kind.authority,
            "matters": [{"code": matter.code, "title": matter.title} for matter in kind.matters],
        }
        for kind in offered.all_offered()
    ]
    return json_answer({"items": told})
