"""What people are told, and who: one row a kind (domain D.5). No text holds an identity number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.actors import role_inbox
from registry.people.officers import OfficerRole

PERSON, ENTERPRISE = "person", "enterprise"
REVIEWER, APPROVER = role_inbox(OfficerRole.REVIEWER), role_inbox(OfficerRole.APPROVER)


@dataclass(frozen=True)
class NoticeText:
    """One recipient's text; `sms` also sends it to the telephone."""

    to: str
    text: str
    sms: bool = True


#: {no} application number, {matter}, {name} applicant, {enterprise}, {reason}, {number}, {due},
#: {why} reasons of the last decision; {CORRECTION_REPLY} a period of the case's own definition,
#: {CORRECTION_REPLY_DAY} its last day when it counts from today
KINDS: Mapping[str, tuple[NoticeText, ...]] = {
    "please_seal": (
        NoticeText(
            ENTERPRISE, "{name}的{matter}申请（{no}）已由本人签名，请登录“待企业确认”签名确认。"
        ),
        NoticeText(PERSON, "您的{matter}申请（{no}）已签名，已通知{enterprise}确认。", sms=False),
    ),
    "enterprise_reminder": (
        NoticeText(ENTERPRISE, "{name}的{matter}申请（{no}）仍待贵企业确认，逾期将退回申请人。"),
    ),
    "enterprise_timeout": (
        NoticeText(
            PERSON, "{enterprise}逾期未确认您的申请（{no}），申请已退回，可再次提交或修改。"
        ),
    ),
    "returned": (
        NoticeText(
            PERSON, "{enterprise}退回了您的申请（{no}），理由：{reason}。请修改或说明后再提交。"
        ),
    ),
    "draft_reminder": (
        NoticeText(
            PERSON,
            "您的{matter}申请（{no}）尚未填写完毕，最后一次保存满{DRAFT}将关闭，请及时办理。",
        ),
    ),
    "sign_reminder": (
        NoticeText(
            PERSON, "您的{matter}申请（{no}）尚未签名，最后一次保存满{DRAFT}将关闭，请及时签署。"
        ),
    ),
    "voided": (
        NoticeText(PERSON, "申请（{no}）内容已修改，已签署的文件自动作废，请重新签名。", sms=False),
        NoticeText(
            ENTERPRISE, "{name}修改了{matter}申请（{no}），原文件已作废，待其重新签名后再确认。"
        ),
    ),
    "reopened": (
        NoticeText(
            PERSON,
            "您的{matter}申请（{no}）原决定已被撤销，现重新办理，{due}前作出决定，无需重新签名。",
        ),
        NoticeText(
            ENTERPRISE, "{name}的{matter}申请（{no}）原决定已被撤销，现重新办理，无需重新签章。"
        ),
    ),
    "closed": (NoticeText(PERSON, "您的{matter}申请（{no}）逾期未办理，已关闭，可重新申请。"),),
    "barred": (
        NoticeText(
            PERSON,
            "您的{matter}申请（{no}）存在依法不予受理的情形，已终止；依据见【新增注册申请】。",
        ),
        NoticeText(ENTERPRISE, "{name}的{matter}申请（{no}）已依法终止办理。", sms=False),
    ),
    "report_answered": (
        NoticeText(PERSON, "您报告的证书信息有误（{no}）已有结果，请在“电子注册证书管理”查看。"),
    ),
    "exchange_barred": (
        NoticeText(PERSON, "您的{matter}申请（{no}）不能再办理，已终止；依据见【新增注册申请】。"),
    ),
    "accepted": (
        NoticeText(PERSON, "您的{matter}申请（{no}）已受理，{due}前作出决定，可下载受理通知书。"),
        NoticeText(ENTERPRISE, "{name}的{matter}申请（{no}）已受理，可下载受理通知书。", sms=False),
    ),
    "correction": (
        NoticeText(
            PERSON,
            "您的{matter}申请（{no}）需要补正，请在{CORRECTION_REPLY}内（至{CORRECTION_REPLY_DAY}）按补正告知书修改并重新签名、盖章。",
        ),
        NoticeText(ENTERPRISE, "{name}的{matter}申请（{no}）需要申请人补正。", sms=False),
    ),
    "not_accepted": (
        NoticeText(PERSON, "您的{matter}申请（{no}）不予受理，请查看不予受理决定书。"),
    ),
    "decision_due_soon": (
        NoticeText(REVIEWER, "申请（{no}）的办理期限将于{due}届满。", sms=False),
        NoticeText(APPROVER, "申请（{no}）的办理期限将于{due}届满。", sms=False),
    ),
    "decision_overdue": (
        NoticeText(APPROVER, "申请（{no}）的办理期限已于{due}届满，请立即处理。", sms=False),
    ),
    "extended": (
        NoticeText(PERSON, "您的申请（{no}）办理期限延长至{due}，理由见延长审查期限通知书。"),
        NoticeText(ENTERPRISE, "{name}的申请（{no}）办理期限延长至{due}。", sms=False),
    ),
    "decided": (
        NoticeText(PERSON, "您的{matter}申请（{no}）已作出决定：{outcome}，请查看决定书。"),
        NoticeText(ENTERPRISE, "{name}的{matter}申请（{no}）已作出决定：{outcome}。", sms=False),
    ),
    "deemed_renewed": (
        NoticeText(
            PERSON, "您的{matter}申请（{no}）至有效期届满未作决定，视为准予延续，请查看决定书。"
        ),
        NoticeText(
            ENTERPRISE,
            "{name}的{matter}申请（{no}）至有效期届满未作决定，视为准予延续。",
            sms=False,
        ),
        NoticeText(
            APPROVER,
            "延续注册申请（{no}）至有效期届满未作决定，已视为准予延续（行政许可法第五十条），请查明原因。",
            sms=False,
        ),
    ),
    "lapsed_while_pending": (
        NoticeText(
            PERSON, "您的注册已到期，{matter}申请（{no}）仍在审查；作出准予延续的决定前不得执业。"
        ),
        NoticeText(
            ENTERPRISE,
            "{name}的注册已到期，{matter}申请（{no}）仍在审查，作出准予延续的决定前不得执业。",
            sms=False,
        ),
        NoticeText(
            APPROVER, "申请（{no}）的注册有效期已届满，延续仍未决定，请尽快处理。", sms=False
        ),
    ),
    "expired_use_initial": (
        NoticeText(
            PERSON,
            "您的注册在{matter}申请（{no}）受理前到期，申请已关闭；可在申请详情中按初始注册（逾期）办理。",
        ),
        NoticeText(ENTERPRISE, "{name}的注册已到期，{matter}申请（{no}）已关闭。", sms=False),
    ),
    "claim_ready": (
        NoticeText(PERSON, "您的电子注册证书已制作完成，请到“电子注册证书管理”领证。"),
    ),
    "exchanged": (
        NoticeText(
            PERSON, "纸质注册证书已换领为电子证书，请到“电子注册证书管理”下载；纸质证书不再有效。"
        ),
    ),
    "exchange_lapsed": (
        NoticeText(PERSON, "您的纸质证书换领（{no}）因注册已失效或证书已换领而关闭，请登录查看。"),
    ),
    "certificate_reissued": (
        NoticeText(
            PERSON, "您的电子注册证书信息已更新，原版本失效，请到“电子注册证书管理”领取新版。"
        ),
    ),
    "claim_reminder": (
        NoticeText(PERSON, "您的电子注册证书尚未领取，请到“电子注册证书管理”领证。"),
    ),
    "act_intended": (
        NoticeText(
            PERSON,
            "市住建委拟对您的注册作出处理（案号{no}），请在{due}前登录查看告知书，可以陈述、申辩。",
        ),
    ),
    "act_decided": (
        NoticeText(
            PERSON,
            "市住建委已对您的注册作出处理决定（案号{no}），注册和证书即日失效，"
            "请登录查看决定书和救济途径。",
        ),
        NoticeText(
            ENTERPRISE, "{name}的注册已被依法处理（案号{no}），即日起不得以注册人员名义执业。"
        ),
    ),
    "act_dropped": (
        NoticeText(PERSON, "市住建委对您的注册不予处理（案号{no}），注册继续有效。理由：{why}"),
    ),
    "identity_corrected": (
        NoticeText(
            PERSON,
            "您的身份信息已更正（案号{no}）。请重新申领个人数字证书，并领取按新信息换发的注册证书。",
        ),
        NoticeText(
            ENTERPRISE,
            "{name}的身份信息已更正（案号{no}），其注册证书按新信息换发。",
            sms=False,
        ),
    ),
    "identity_declined": (NoticeText(PERSON, "更正身份信息（案号{no}）未获同意，理由：{why}"),),
    "cancelled": (
        NoticeText(
            PERSON, "您的注册已注销（申请{no}），电子注册证书同时失效；如需执业，可申请初始注册。"
        ),
        NoticeText(
            ENTERPRISE, "{name}的注册已注销（申请{no}），可查询申请信息和受理通知书。", sms=False
        ),
    ),
    "nothing_to_cancel": (
        NoticeText(PERSON, "注册在办理期间已失效，{matter}申请（{no}）无需继续，已关闭。"),
        NoticeText(ENTERPRISE, "{name}的注册已失效，{matter}申请（{no}）已关闭。", sms=False),
    ),
    "contest_accepted": (
        NoticeText(
            PERSON, "您的{matter}申请（{no}）已受理，{due}前作出决定；已告知聘用企业提出意见。"
        ),
        NoticeText(
            ENTERPRISE,
            "{name}未经贵企业确认申请注销注册（{no}），已受理；如有异议，"
            "请在{OBJECTION}内（至{OBJECTION_DAY}）登录“待企业确认”提出，逾期视为没有异议。",
        ),
    ),
    "contest_accepted/ENTERPRISE_CANCELLATION": (
        NoticeText(
            ENTERPRISE, "贵企业对{name}的注销申请（{no}）已受理，{due}前作出决定。", sms=False
        ),
        NoticeText(
            PERSON,
            "{enterprise}申请注销您的注册（{no}），已受理；如有异议，"
            "请在{OBJECTION}内（至{OBJECTION_DAY}）登录“我的申请”提出，逾期视为没有异议。",
        ),
    ),
    "contest_not_accepted": (
        NoticeText(PERSON, "您的{matter}申请（{no}）不予受理，请查看不予受理决定书。"),
    ),
    "contest_not_accepted/ENTERPRISE_CANCELLATION": (
        NoticeText(ENTERPRISE, "贵企业对{name}的注销申请（{no}）不予受理，请查看不予受理决定书。"),
    ),
    "contest_correction": (
        NoticeText(
            PERSON,
            "您的{matter}申请（{no}）需要补正证明材料，请在{CORRECTION_REPLY}内（至{CORRECTION_REPLY_DAY}）办理。",
        ),
    ),
    "contest_correction/ENTERPRISE_CANCELLATION": (
        NoticeText(
            ENTERPRISE,
            "贵企业对{name}的注销申请（{no}）需要补正，请在{CORRECTION_REPLY}内（至{CORRECTION_REPLY_DAY}）办理。",
        ),
    ),
    "decided/ENTERPRISE_CANCELLATION": (
        NoticeText(
            ENTERPRISE, "贵企业对{name}的注销申请（{no}）已作出决定：{outcome}，请查看决定书。"
        ),
        NoticeText(
            PERSON, "{enterprise}对您的注销申请（{no}）已作出决定：{outcome}，请查看决定书。"
        ),
    ),
    "extended/ENTERPRISE_CANCELLATION": (
        NoticeText(ENTERPRISE, "贵企业对{name}的注销申请（{no}）办理期限延长至{due}。", sms=False),
        NoticeText(PERSON, "{enterprise}对您的注销申请（{no}）办理期限延长至{due}。", sms=False),
    ),
    "nothing_to_cancel/ENTERPRISE_CANCELLATION": (
        NoticeText(
            ENTERPRISE, "{name}的注册在办理期间已失效，贵企业的申请（{no}）已关闭。", sms=False
        ),
        NoticeText(PERSON, "您的注册已失效，{enterprise}的注销申请（{no}）已关闭。", sms=False),
    ),
}

#: Instead of `voided`, when not the person changed the form but the enterprise its name (I16).
VOIDED_BY_RENAME: tuple[NoticeText, ...] = (
    NoticeText(
        PERSON,
        "聘用企业名称已变更为{enterprise}，您的{matter}申请（{no}）原文件作废，"
        "申请表已更新企业名称，请核对后重新保存并签名。",
    ),
    NoticeText(
        ENTERPRISE,
        "因企业名称变更，{name}的{matter}申请（{no}）由其重新签名后再确认。",
        sms=False,
    ),
)


def told(kind: str, matter: str) -> tuple[NoticeText, ...]:
    """Give what people are told in a matter; most kinds are the same in all of them."""
    return KINDS.get(f"{kind}/{matter}") or KINDS[kind]
