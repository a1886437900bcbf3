"""The messages that this house sends to running cases; a diagram may wait for no other."""

from __future__ import annotations

from collections.abc import Mapping

CHANGED = "application.changed"
WITHDRAWN = "application.withdrawn"
EXTENDED = "decision.extended"
BARRED = "person.barred"
SUPERSEDED = "certificate.superseded"
WITHOUT_ENTERPRISE = "cancellation.without_enterprise"
ACT_WITHDRAWN = "act.withdrawn"
RENAMED = "rename.applied"

SENT: Mapping[str, str] = {  #: name → when it is sent, for the author of a diagram
    CHANGED: "签署后、受理前修改了内容",
    WITHDRAWN: "申请人撤回",
    EXTENDED: "批准延长",
    BARRED: "申请人被禁止申请",
    SUPERSEDED: "证书有了更新的版本",
    WITHOUT_ENTERPRISE: "没有聘用企业的注销",
    ACT_WITHDRAWN: "管理部门撤回所发起的事项",
    RENAMED: "企业更名处理完毕",
}
