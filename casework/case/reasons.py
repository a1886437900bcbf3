"""Reason codes of the decision tables and what the person concerned reads: cause and remedy.

The codes come from the tables menu_availability, enterprise_check, sms_challenge and
signer_certificate; every text names the cause and the way out (R19, R35, R55).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from refusals.days import as_read
from refusals.hotline import HOTLINE
from refusals.sentences import stopped_once

TEXTS: Mapping[str, str] = {
    # Whether a matter may be started (R19, R20).
    "E_OPEN_APPLICATION": "您有一项正在申请中的事项（{matter} {application_no}，{status}），"
    "请先办结或撤回后再申请。",
    "E_ALREADY_REGISTERED": "您已有效注册于{enterprise}，有效期至{valid_to}；"
    "如更换聘用企业，请先办理注销注册。",
    "E_NOT_REGISTERED": "您目前没有{profession}注册，请先办理初始注册。",
    "E_EXPIRED_USE_INITIAL": "注册已于{valid_to}到期，请按初始注册（逾期）办理。",
    "E_NOT_VALID": "当前注册状态为“{registration_status}”，不能办理该事项。",
    "E_RENEWAL_NOT_OPEN": "延续注册自{open_on}起可申请（有效期届满前{open_days}日）。",
    "E_NO_PAPER_CERTIFICATE": "您没有可换领的纸质证书。",
    "E_EXCHANGE_FIRST": "您持有的是纸质注册证书，没有电子照片。"
    "请先办理纸质证书换领电子证书（即时办结），再申请延续注册。",
    "E_EXCHANGE_LAPSED": "您的注册已失效或证书已换领，本次换领已关闭。"
    "请在“电子注册证书管理”查看证书状态；注册到期的，请办理初始注册。",
    "E_REALNAME_REQUIRED": "请先完成新用户注册与实名认证。",
    "E_BAN_ACTIVE": "依据{basis}，{until}前不得再次申请。",
    "E_BARRED": "存在不予注册的情形：{ground}。如有异议，请向主管部门查询。",
    # Who may be registered at all (data of the type).
    "E_MINIMUM_AGE": "申请人未满{age}周岁，不能申请注册。",
    "E_MAXIMUM_AGE": "申请人已满{age}周岁，依照规定不予注册。",
    "E_AGE_AT_END": "现有注册届满时申请人已满{age}周岁，依照规定不予延续注册；"
    "注册至有效期届满为止，如有疑问请联系主管部门。",
    "E_ENTERPRISE_RENAMING": "企业正在办理更名，请稍后再试。",
    "E_MATTER_STOPPED": "该事项暂停受理：{notice}",
    "E_NOT_OFFERED": "本系统暂未开通该事项，请通过“一网通办”窗口办理。",
    # Whether the enterprise may seal (R54, R55).
    "E_ENTERPRISE_NOT_FOUND": "未查询到“{enterprise_name}”，请申请人按营业执照全称重新填写"
    "（注意括号）。",
    "E_ENTERPRISE_INACTIVE": "企业登记状态为“{enterprise_status}”，不能聘用注册人员；"
    "请核对企业登记信息，或请申请人撤回申请。",
    "E_ENTERPRISE_NOT_QUALIFIED": "企业没有有效的{qualification}，不能聘用注册人员；"
    "请先办理企业资质后再确认。",
    "E_WRONG_ENTERPRISE": "登录企业与申请表中的聘用企业不是同一企业，请用聘用企业的一证通登录。",
    "E_DOCUMENT_CHANGED": "申请表内容已变化，请重新预览后再办理。",
    "E_PERSONAL_SIGNATURE_INVALID": "申请人的个人数字签名未通过验证，请退回申请人重新签署。",
    "E_OPINION_REQUIRED": "请勾选{opinion}后再点击【签名确认】。",
    "E_REGISTERED_ELSEWHERE": "申请人已在其他单位有效注册，只能受聘于一个单位；"
    "请申请人先办理注销注册。",
    "E_ENTERPRISE_NAME_STALE": "申请表签署后企业名称已变更，请退回申请人按新名称重新填写并签署。",
    # One-time code (R40, R41, I6).
    "E_SMS_NOT_REQUESTED": "请先点击【获取验证码】。",
    "E_SMS_USED": "该验证码已经使用，请重新获取验证码。",
    "E_SMS_EXPIRED": "验证码已超过5分钟有效期，请重新获取验证码。",
    "E_SMS_LOCKED": "验证码连续输入错误5次，请15分钟后重新获取验证码。",
    "E_SMS_WRONG": "验证码不正确，请核对短信后重新输入（还可以输入{tries_left}次）。",
    # Certificate of the signer (R7, I13).
    "E_CERT_UNTRUSTED": f"数字证书不受信任，不能签署；请重新申领数字证书，咨询{HOTLINE}。",
    "E_CERT_REVOKED": f"数字证书已吊销，不能签署；请重新申领数字证书，咨询{HOTLINE}。",
    "E_CERT_EXPIRED": f"数字证书已过期，不能签署；请更新数字证书，咨询{HOTLINE}。",
    "E_CERT_SUBJECT": f"数字证书与登录主体不一致，请使用本人（本企业）的数字证书，咨询{HOTLINE}。",
    "E_CERT_USAGE": f"该数字证书不能用于电子签名，请使用签名证书，咨询{HOTLINE}。",
    "E_REVOCATION_UNKNOWN_RETRY": f"暂时无法核实数字证书的状态，请稍后重试，咨询{HOTLINE}。",
}


@dataclass(frozen=True)
class Reason:
    """Why something may not be done: the code of the table and the text for the person."""

    code: str
    text: str


class _Known(dict[str, Any]):
    """Leave a placeholder readable when a fact is missing instead of failing a refusal."""

    def __missing__(self, key: str) -> str:
        return "—"


def explain(code: str, facts: Mapping[str, Any] | None = None) -> Reason:
    """Give the text of a reason code, filled with `facts`.

    >>> explain("E_BAN_ACTIVE", {"basis": "行政许可法第七十八条", "until": "2027-01-01"}).text
    '依据行政许可法第七十八条，2027年1月1日前不得再次申请。'
    """
    read = _Known({name: as_read(fact) for name, fact in (facts or {}).items()})
    return Reason(code, stopped_once(TEXTS.get(code, code).format_map(read)))


def explain_all(codes: Iterable[str], facts: Mapping[str, Any] | None = None) -> list[Reason]:
    """Give the texts of several codes, each once, in the order of the table (all at once: R19)."""
    return [explain(code, facts) for code in dict.fromkeys(codes)]
