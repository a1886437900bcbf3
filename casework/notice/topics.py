"""What messages are about, as far as people may choose how they come.

A kind that stands in no topic is one that the law has us tell: acceptance, correction, decision,
hearing, the end of a registration, what happened to a key. It always comes by telephone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Kinds of notices that are chosen together."""

    label: str
    hint: str
    kinds: frozenset[str] = frozenset()
    law: str = ""  #: why it cannot be switched off


DEMANDED = "demanded"
TOPICS: Mapping[str, Topic] = {
    DEMANDED: Topic(
        label="依法告知",
        hint="受理、补正、延长期限、决定、听证、注册失效、证书和密钥的变动",
        law="《行政许可法》第三十二条、第四十二条、第四十四条、第四十七条；《电子签名法》第二十条",
    ),
    "progress": Topic(
        label="办理进展",
        hint="等待确认、文件作废、可以领证、重新制证",
        kinds=frozenset(
            {"please_seal", "voided", "claim_ready", "certificate_reissued", "report_answered"}
        ),
    ),
    "reminder": Topic(
        label="到期提醒",
        hint="草稿、签名、签章、领证、延续注册和数字证书的提醒",
        kinds=frozenset(
            {
                "draft_reminder",
                "sign_reminder",
                "enterprise_reminder",
                "claim_reminder",
                "renewal_reminder",
                "renewal_digest",
                "key_ends",
            }
        ),
    ),
    "message": Topic(
        label="留言和邀请",
        hint="市住建委的留言、企业的延续邀请、企业名称变更的提示",
        kinds=frozenset({"case_message", "renewal_invited", "enterprise_name"}),
    ),
}
SWITCHABLE = frozenset(TOPICS) - {DEMANDED}


def of(kind: str) -> str:
    """Give the topic of a kind.

    >>> of("case_message"), of("decided")
    ('message', 'demanded')
    """
    return next((key for key, topic in TOPICS.items() if kind in topic.kinds), DEMANDED)
