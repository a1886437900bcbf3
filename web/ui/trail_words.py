"""The words of the audit trail on screens: what was done, with what result, by whom."""

from __future__ import annotations

import re
from collections.abc import Mapping

from registry.trail.audit import Result

RESULTS: Mapping[str, str] = {Result.OK: "成功", Result.DENIED: "拒绝", Result.ERROR: "出错"}
#: Kind of rows by which operators look → beginnings of the actions that belong to it.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "refused": (
        "被拒绝的操作",
        ("refused.", "sign.code-refused", "second_factor.refused", "channels.email_refused"),
    ),
    "seen": (
        "查看他人资料",
        (
            "case.export",
            "file.",
            "list.",
            "keys.holder_view",
            "person.view",
            "person.search",
            "person.number_shown",
            "person.identity_shown",
            "certificate.download",
            "certificate.copy_d",
        ),
    ),
    "sign_in": ("登录和退出", ("sign_in", "sign_out", "session.", "second_factor.")),
    "privacy": ("个人信息", ("export.", "consent.", "account.", "reads.")),
    "signature": ("签名和签章", ("sign.", "sign", "seal", "rename.confirm", "rename.seal")),
    "operator": ("企业经办人", ("operator.",)),
    "channels": ("消息设置", ("channels.",)),
    "operation": (
        "运行维护",
        (
            *("backup.", "incident_", "twin_fault", "calendar.", "upkeep.", "timer.", "process."),
            *("client.", "webhook.", "version.", "officer.", "draft.", "publication.", "type."),
        ),
    ),
}
#: Beginning of an address → what its page is called; the longest beginning counts.
PAGES: Mapping[str, str] = {
    "": "首页",
    "act-for": "选择办理身份",
    "agency": "机关办理",
    "agency/applications": "重新办理",
    "agency/bans": "禁止申请",
    "agency/cases": "案件查询",
    "agency/done": "已办事项",
    "agency/held": "已领取事项",
    "agency/holidays": "放假安排",
    "agency/inbox": "待办事项",
    "agency/people": "人员查询",
    "agency/registrations": "依职权处理",
    "agency/tasks": "待办事项",
    "agency/templates": "意见模板",
    "agency/workload": "办理量",
    "api": "接口",
    "applications": "我的申请",
    "case-messages": "案件留言",
    "certificates": "电子注册证书管理",
    "change": "变更指南",
    "digital-certificate": "数字证书",
    "enterprise": "企业办理",
    "enterprise/applications": "企业确认",
    "enterprise/confirmed": "企业已确认查询",
    "enterprise/inbox": "待企业确认",
    "enterprise/operators": "经办人",
    "enterprise/overview": "企业首页",
    "enterprise/people": "本企业注册人员",
    "enterprise/rename": "企业名称变更",
    "enterprise/requests": "企业申请注销",
    "enterprise/seals": "批量签章",
    "enterprise/verification": "批量查验",
    "files": "案卷文件",
    "guide": "办事指南",
    "healthz": "运行状态",
    "hearings": "陈述、申辩",
    "kept": "保留的内容",
    "my-data": "我的个人信息",
    "notices": "消息",
    "notices/channels": "消息设置",
    "operations": "运行监视",
    "operations/key-holders": "数字证书持有人",
    "operations/keys": "密钥和证书",
    "operations/officers": "工作人员",
    "operations/outside": "外部系统",
    "operations/trail": "审计记录",
    "operations/versions": "注册类型的版本",
    "overview": "我的首页",
    "phone": "演示手机",
    "pki": "证书和吊销列表",
    "portal": "统一身份认证",
    "privacy": "个人信息保护说明",
    "programs": "程序",
    "readyz": "运行状态",
    "readiness": "申报前的准备",
    "second-factor": "第二重验证",
    "sessions": "登录记录",
    "sign-in": "登录",
    "sign-out": "退出",
    "sign-up": "注册账号",
    "start": "办理导引",
    "static": "页面的样式和图片",
    "studio": "流程设计",
    "tour": "导览",
    "verify": "证书和文件查验",
    "views": "保存的查询",
}
ACTIONS: Mapping[str, str] = {
    "accept": "受理",
    "account.close": "注销账号",
    "answer": "对注销申请提出意见",
    "ask_alone": "单方申请注销",
    "attachment.add": "上传附件",
    "calendar.load": "录入放假安排",
    "backup.restore": "从备份恢复全部数据",
    "backup.take": "备份全部数据",
    "cancel": "注销注册",
    "case.export": "导出案卷",
    "case_message.write": "书写案件留言",
    "certificate.copy": "制作加注使用副本",
    "certificate.copy_made": "加注使用副本制作完成",
    "certificate.copy_download": "下载加注使用副本",
    "certificate.download": "下载电子注册证书",
    "certificate.issue": "签发证书",
    "certificate.prepare": "制作证书文件",
    "certificate.publish": "向电子证照库推送证照",
    "certificate.report": "报告证书信息有误",
    "claim": "领证完成",
    "claim.confirm": "领证确认",
    "client.create": "登记程序",
    "client.revoke": "停用程序",
    "client.rotate": "更换程序密钥",
    "client.secret": "取得程序密钥",
    "client.void": "停用程序密钥",
    "close": "关闭申请",
    "correct": "更正身份信息",
    "consent.give": "重新同意",
    "consent.withdraw": "撤回同意",
    "decide": "作出决定",
    "deem": "视为准予延续",
    "enterprise.missing": "企业登记信息中没有该企业",
    "enterprise.status": "企业登记状态变化",
    "files.renew_keys": "更换文件的加密密钥",
    "not_deemed": "届满未决定，须作出决定",
    "draft.begun": "新建注册类型的草稿",
    "draft.deleted": "删除注册类型的草稿",
    "draft.imported": "导入注册类型的草稿",
    "draft.merged": "把新版本的修改并入草稿",
    "end_registration": "依职权终止注册",
    "exchange": "换领电子证书",
    "exchange.confirm": "确认换领",
    "export.asked": "导出个人信息",
    "export.dropped": "删除导出的个人信息",
    "export.taken": "下载导出的个人信息",
    "extend": "延长办理期限",
    "extension": "延长办理期限",
    "file.view": "查看案卷",
    "form.draft": "暂存申请表",
    "form.print": "生成申请表文件",
    "form.save": "保存申请表",
    "form.void": "作废申请表文件",
    "formal_check": "受理审核",
    "incident_retry": "重试异常任务",
    "incident_skip": "跳过异常任务",
    "issue": "制证完成",
    "keys.agency_enrol": "申领机关电子印章证书",
    "keys.agency_renew": "更新机关电子印章证书",
    "keys.enrol_asked": "申请申领机关电子印章证书",
    "keys.awaited": "申请数字证书，等待签发",
    "keys.awaited_came": "等待的数字证书已签发",
    "keys.awaited_refused": "等待的数字证书没有签发",
    "keys.ending_told": "吊销已告知认证机构",
    "keys.holder_apply": "申领企业数字证书",
    "keys.holder_renew": "更新数字证书",
    "keys.holder_revoke": "吊销数字证书",
    "keys.holder_view": "查看持有人的数字证书",
    "keys.pin_change": "修改证书密码",
    "keys.renew_asked": "申请更新机关电子印章证书",
    "keys.request_declined": "不同意或者撤回对数字证书的申请",
    "keys.revoke": "吊销他人的数字证书",
    "keys.revoke_asked": "申请吊销他人的数字证书",
    "keys.unlock": "解除数字证书的锁定",
    "keys.unlock_asked": "申请解除数字证书的锁定",
    "lapse": "重新领证的期限届满",
    "channels.choose": "修改消息设置",
    "channels.email_asked": "申请使用电子邮箱",
    "channels.email_confirmed": "验证电子邮箱",
    "channels.email_dropped": "停用电子邮箱",
    "channels.email_refused": "电子邮箱的验证码不正确",
    "list.export": "导出列表",
    "letter.reserve": "取得文书编号",
    "list.view": "查看名单",
    "moot": "申请因故终止",
    "notice.send": "发送通知",
    "officer.appoint": "任命工作人员或者变更岗位",
    "officer.asked": "申请任命工作人员或者变更岗位",
    "officer.declined": "不同意或者撤回任职申请",
    "officer.dismiss": "停止工作人员任职",
    "operator.appoint": "任命企业经办人",
    "operator.change": "调整企业经办人权限",
    "operator.factor_reset": "重置企业经办人的第二重验证",
    "operator.second_factor": "企业要求或者不再要求第二重验证",
    "operator.withdraw": "撤销企业经办人",
    "open_act": "启动依职权处理",
    "open_correction": "受理更正身份信息",
    "open_hearing": "告知当事人",
    "open_reopening": "启动重新办理",
    "opinion_template.add": "新增意见模板",
    "opinion_template.drop": "删除意见模板",
    "person.bar": "禁止申请",
    "person.identity_shown": "查看完整身份信息",
    "person.lift_bar": "解除禁止申请",
    "person.number_shown": "查看完整证件号码",
    "person.search": "查询人员",
    "person.view": "查看人员档案",
    "publication.asked": "提请发布注册类型",
    "publication.cancelled": "生效前撤回发布",
    "publication.confirmed": "发布注册类型的新版本",
    "publication.declined": "不同意发布注册类型",
    "process.clock": "核对本机时钟",
    "reads.many": "集中查阅的提醒",
    "recount": "重新计算办理期限",
    "register": "登记注册",
    "registration.expire": "注册有效期届满",
    "registration.take_over": "导入原有注册",
    "reissue": "重新领证",
    "rename": "企业名称变更",
    "reopen": "重新办理",
    "report.answer": "答复信息有误报告",
    "resubmit": "补正后重新提交",
    "retention.erase": "保存期满，删除资料",
    "retention.lock": "限制查阅已终止的资料",
    "return": "企业退回",
    "review": "审查",
    "secret.rotate": "改用新的密钥",
    "seal": "企业签章完成",
    "seal.agree": "企业同意",
    "seal.batch": "确认批量签章",
    "seal.listed": "列入批量签章",
    "seal.failed": "企业签章没有完成",
    "seal.pin": "企业证书密码通过",
    "seal.refused": "批量签章未盖章",
    "seal.stop": "停止批量签章",
    "second_review": "复审",
    "second_factor.codes": "重新生成恢复码",
    "second_factor.enrolled": "登记第二重验证",
    "second_factor.proven": "第二重验证通过",
    "second_factor.refused": "第二重验证没有通过",
    "second_factor.removed": "删除第二重验证",
    "second_factor.reset": "重置第二重验证",
    "second_factor.reset_asked": "申请重置第二重验证",
    "second_factor.reset_declined": "不同意或者撤回重置第二重验证",
    "session.end": "结束登录",
    "session.end_others": "结束其他登录",
    "sign": "个人签名完成",
    "sign.begin": "开始签名",
    "sign.code": "验证码通过",
    "sign.code-refused": "验证码有误",
    "sign.code-sent": "发送验证码",
    "sign.failed": "个人签名没有完成",
    "sign.resend": "重新发送验证码",
    "sign_in": "登录",
    "sign_out": "退出",
    "sign_up": "新用户注册",
    "silence": "逾期未提出意见",
    "start": "新增申请",
    "state_case": "告知事实和理由",
    "task.handed_on": "转交已领取的事项",
    "task.taken_back": "收回已领取的事项",
    "timer.rearm": "重新计算到期时间",
    "twin_fault": "切换外部系统替身",
    "version.case_migrated": "在办申请改按新版本办理",
    "version.case_restored": "在办申请恢复原版本",
    "version.migration_asked": "提出在办申请改按新版本办理",
    "void": "签名作废",
    "withdraw": "撤回申请",
    "type.deployed": "部署注册类型的版本",
    "type.resumed": "恢复受理",
    "type.stopped": "暂停受理",
    "type.withdrawn": "停用注册类型",
    "version.case_corrected": "在办申请改用更正后的版本",
    "version.correction": "确认更正版本",
    "version.correction_asked": "提出更正版本",
    "version.correction_declined": "撤销更正版本",
    "webhook.add": "登记程序的接收地址",
    "webhook.again": "重新向程序推送所选消息",
    "webhook.pause": "暂停向程序推送消息",
    "webhook.remove": "删除程序的接收地址",
    "webhook.replay": "重新向程序推送消息",
    "webhook.stop": "停止向程序推送消息",
}
_BEGINNINGS: Mapping[str, str] = {
    "act-decision": "制发文书",
    "acceptance": "制发文书",
    "correction": "制发文书",
    "decision": "制发文书",
    "extension-": "制发文书",
    "hearing": "制发文书",
    "non-acceptance": "制发文书",
    "incident_": "处理异常任务",
    "intended-decision": "制发文书",
    "keys.": "密钥和证书维护",
    "readiness.": "申报前的准备",
    "receipt": "制发文书",
    "refused.": "操作被拒绝",
    "renewal.invite": "邀请延续注册",
    "rename.": "企业名称变更",
    "upkeep.": "每日事务",
}
_ACTORS: Mapping[str, str] = {
    "anonymous": "未登录者",
    "enterprise": "企业",
    "officer": "工作人员",
    "operator": "企业经办人",
    "person": "个人",
    "system": "系统",
}
_SUBJECTS: Mapping[str, str] = {
    "application": "申请",
    "attachment": "附件",
    "ban": "禁止申请",
    "list": "列表",
    "batch": "批次",
    "calendar": "放假安排",
    "certificate": "证书",
    "client": "程序",
    "copy": "加注使用副本",
    "correction": "版本更正",
    "day": "日期",
    "document": "文件",
    "draft": "注册类型的草稿",
    "enterprise": "企业",
    "files": "存储的文件",
    "job": "任务",
    "key-request": "对数字证书的申请",
    "login": "工作人员账号",
    "opinion_template": "意见模板",
    "page": "页面",
    "register": "全部数据",
    "registration": "注册",
    "retention": "保存期限",
    "rename": "企业名称变更",
    "seals": "批量签章",
    "secrets": "系统密钥",
    "system": "外部系统",
    "task": "待办事项",
    "type": "注册类型",
    "webhook": "程序的接收地址",
}


_INSIDE: Mapping[str, str] = {"inside": "系统内部", "zhuce": "命令 zhuce"}
#: What the operations of diagrams are for, by the family of their names.
_WORK: Mapping[str, str] = {
    "application": "申请办理",
    "cancellation": "注销办理",
    "certificate": "证书",
    "decision": "审查决定",
    "document": "文书",
    "enterprise": "企业信息核对",
    "ex_officio": "依职权处理",
    "identity": "身份信息更正",
    "keys": "数字证书维护",
    "notice": "通知",
    "privacy": "个人信息",
    "registration": "注册登记",
    "rename": "企业名称变更",
    "reopening": "重新办理",
    "signing": "签名签章",
    "timer": "到期提醒",
    "upkeep": "每日事务",
}


def action(name: str) -> str:
    """Say an action in Chinese; of one that nobody gave words to, that it was done.

    >>> action("sign.code"), action("refused.E_PIN_WRONG"), action("upkeep.expire")
    ('验证码通过', '操作被拒绝', '每日事务')
    """
    if name in ACTIONS:
        return ACTIONS[name]
    return next((words for start, words in _BEGINNINGS.items() if name.startswith(start)), "办理")


def fault_code(name: str) -> str:
    """Give the code of a refusal that an action is named for, else nothing.

    >>> fault_code("refused.E_PIN_WRONG"), fault_code("sign.code")
    ('E_PIN_WRONG', '')
    """
    code = name.removeprefix("refused.")
    return code if code.startswith("E_") else ""


def origin(name: str | None) -> str:
    """Say whence something was done, without the words of programs.

    >>> origin("127.0.0.1 POST /agency/tasks/<task_id> > job notice/send"), origin("inside")
    ('127.0.0.1 提交“待办事项”，后台通知', '系统内部')
    """
    return "，".join(_whence(part) for part in name.split(" > ")) if name else "—"


def _whence(part: str) -> str:
    kind, _, rest = part.partition(" ")
    if kind == "job":
        return f"后台{work(rest)}"
    if kind in _INSIDE:
        return f"{_INSIDE[kind]} {rest}".strip()
    method, _, path = rest.partition(" ")
    did = "打开" if method in ("GET", "HEAD") else "提交"
    return f"{kind} {did}“{page(path)}”"


def page(path: str) -> str:
    """Say what a page is called, by the longest beginning of its address that has a name.

    >>> page("/agency/tasks/<task_id>/claim"), page("/verify/<token>"), page("/nowhere")
    ('待办事项', '证书和文件查验', '其他页面')
    """
    parts = path.split("/")[1:]
    begun = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((PAGES[start] for start in begun if start in PAGES), "其他页面")


def work(operation: str) -> str:
    """Say what an operation of a diagram is for, by the family of its name.

    >>> work("notice/send"), work("certificate/issue"), work("own/thing")
    ('通知', '证书', '办理')
    """
    return _WORK.get(re.split("[/ ]", operation)[0], "办理")


def actor(name: str) -> str:
    """Say who acted when his name is not known.

    >>> actor("system"), actor("officer:17")
    ('系统', '工作人员')
    """
    return _ACTORS.get(name.partition(":")[0], "其他")


def subject(name: str) -> str:
    """Say what kind of thing a row is about.

    >>> subject("application:17"), subject("page:/operations")
    ('申请', '页面')
    """
    return {**_ACTORS, **_SUBJECTS}.get(name.partition(":")[0], "其他")
