"""Texts in which something stands that a person typed."""

from __future__ import annotations

import re

_MANY_STOPS = re.compile(r"(?<=[。！？…])\s*[。，；、]+|[.;；,，、]+(?=。)")


def stopped_once(text: str) -> str:
    """Return a text whose sentences end once, where a typed one brought its own stop.

    >>> stopped_once("退回了申请，理由：劳动合同未上传。。请修改后再提交。")
    '退回了申请，理由：劳动合同未上传。请修改后再提交。'
    >>> stopped_once("理由：材料不全；。"), stopped_once("为什么？。"), stopped_once("3.5学时。")
    ('理由：材料不全。', '为什么？', '3.5学时。')
    """
    return _MANY_STOPS.sub("", text)
