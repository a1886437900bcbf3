"""The messages that this house sends to running cases; a diagram may wait for no other."""

from __future__ import annotations

from collections.abc import Mapping

SENT: Mapping[str, str] = {  #: name → when it is sent, for the author of a diagram
    "application.changed": "签署后、受理前修改了内容",
    "application.withdrawn": "申请人撤回",
    "decision.extended": "批准延长",
    "person.barred": "申请人被禁止申请",
    "certificate.superseded": "证书有了更新的版本",
    "cancellation.without_enterprise": "没有聘用企业的注销",
    "act.withdrawn": "管理部门撤回所发起的事项",
    "rename.applied": "企业更名处理完毕",
}
