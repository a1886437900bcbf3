"""The operations that a diagram may call, with their parameters; `casework` says what they do.

They stand here so that a folder can be checked without opening an office, and a test holds them
against the handlers. Each says whether operators may go on without it, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.operations import Declared
from professions.kinds import FLAG, NUMBER, TEXT, Kind, items
from professions.vocabulary import kind


@dataclass(frozen=True, kw_only=True)
class Skipping:
    """Whether two operators may go on without a step that failed for good."""

    allowed: bool
    why: str  #: in Chinese, for the operators' page
    title: str = ""  #: what the case reads it went on without, in Chinese


@dataclass(frozen=True)
class Declaration:
    """One operation: what it may be given, and whether it may be skipped."""

    skipping: Skipping
    parameters: Mapping[str, type] = field(default_factory=dict)
    result: Mapping[str, Kind] = field(default_factory=dict)  #: what conditions may read of it
    words: Mapping[str, str] = field(default_factory=dict)  #: parameter → its vocabulary
    errors: frozenset[str] = frozenset()  #: codes of the business errors that it may end in


def _never(why: str) -> Skipping:
    return Skipping(allowed=False, why=why)


_STATE = _never("改变申请的状态或者材料的效力")
_REGISTER = _never("改变注册信息或者注册人员的权利")
_LETTER = _never("出具送达当事人的文书")
_SIGNATURE = _never("形成电子签名、电子签章或者其证据")
_RULE = _never("后续环节依据其结果作出判断")


def _may(title: str, why: str) -> Skipping:
    return Skipping(allowed=True, why=why, title=title)


_TOLD = _may("发送通知", "仅为提醒，文书和办理进度以系统内记载为准")
_SMS = _may("发送短信", "仅为提醒，消息已留在系统内，可以查阅")
_PROGRAM = _may("通知程序", "仅为提醒，程序可以通过接口重新读取")
_CODE = _may("发送验证码", "申请人可以重新获取验证码")
_ERASED = _never("依法删除案卷的文件，跳过后文件仍在文件库")
_DAILY = _may("每日事务", "每日执行，次日执行时补齐")

_JUDGED = _may("查找没有情景会发现的改动", "分析人员可以重新查找")
_TRIAL = _may("试运行草稿", "分析人员可以重新试运行")

_EXPORT = _never("本人依法要求的文件，没有做完以前不能重新导出")

_UNAUTHORIZED = frozenset({"SIGNING_FAILED"})  #: the consent lapsed: it is asked for again

OPERATIONS: Mapping[str, Declaration] = {
    "application/accept": Declaration(_STATE, {"deemed": bool}),
    "application/check_form": Declaration(_RULE, result={"ok": FLAG, "reasons": items(TEXT)}),
    "application/check_idle": Declaration(_RULE, result={"expired": FLAG}),
    "application/close": Declaration(_STATE, {"status": str}, words={"status": "ending"}),
    "application/end_moot": Declaration(_STATE, {"application_id": str}),
    "application/judge_filing": Declaration(_RULE, result={"in_time": FLAG}),
    "application/void_files": Declaration(_STATE, {"reason": str}, words={"reason": "void_reason"}),
    "cancellation/note_silence": Declaration(_STATE),
    "certificate/check_exchange": Declaration(_RULE, result={"ok": FLAG}),
    "certificate/claim": Declaration(_REGISTER),
    "certificate/end_wait": Declaration(_STATE, {"application_id": str}),
    "certificate/exchange": Declaration(_REGISTER),
    "certificate/issue": Declaration(_REGISTER),
    "certificate/lapse": Declaration(_REGISTER),
    "certificate/make_copy": Declaration(_LETTER, {"copy_id": str}),
    "certificate/publish": Declaration(_REGISTER, {"certificate_id": str, "why": str}),
    "certificate/reserve": Declaration(_REGISTER),
    "decision/deem": Declaration(_REGISTER, result={"deemed": FLAG}),
    "decision/extend": Declaration(_STATE),
    "document/issue_notice": Declaration(_LETTER, {"kind": str}, words={"kind": "letter"}),
    "document/render_application": Declaration(_SIGNATURE),
    "enterprise/check": Declaration(_RULE, result=kind("enterprise_facts").keys),
    "ex_officio/end_open_case": Declaration(_STATE, {"application_id": str}),
    "ex_officio/end_registration": Declaration(_REGISTER),
    "ex_officio/open_hearing": Declaration(_STATE),
    "identity/correct": Declaration(_REGISTER),
    "identity/reissue": Declaration(_REGISTER),
    "keys/restamp": Declaration(_SIGNATURE, {"day": str, "after": str}),
    "keys/complete": Declaration(_SIGNATURE, {"role": str, "subject": str}),
    "keys/tell": Declaration(_SIGNATURE, {"serial": str}),
    "notice/deliver_sms": Declaration(_SMS, {"sms_id": str}),
    "notice/send": Declaration(_TOLD, {"kind": str}, words={"kind": "notice"}),
    "privacy/export": Declaration(_EXPORT, {"export_id": str}),
    "version/correct": Declaration(_STATE, {"correction_id": str, "after": str}),
    "version/migrate": Declaration(_STATE, {"correction_id": str, "after": str}),
    "version/try": Declaration(_STATE, {"correction_id": str, "after": str}),
    "registration/cancel": Declaration(_REGISTER, result={"cancelled": FLAG}),
    "rename/apply": Declaration(_REGISTER, {"batch_id": str, "chunk": int}),
    "rename/begin": Declaration(_STATE),
    "rename/cancel": Declaration(_STATE),
    "rename/check_result": Declaration(_RULE, result={"left": NUMBER, "failed": NUMBER}),
    "rename/compute": Declaration(_RULE),
    "rename/print_list": Declaration(_LETTER),
    "rename/seal_list": Declaration(_SIGNATURE, errors=_UNAUTHORIZED),
    "rename/tell": Declaration(_TOLD),
    "reopening/decide_anew": Declaration(_STATE, {"application_id": str, "definition": str}),
    "reopening/reopen": Declaration(_STATE),
    "signing/augment": Declaration(_SIGNATURE, {"document_id": str}),
    "signing/check_certificate": Declaration(
        _RULE, {"role": str, "subject": str}, kind("certificate_facts").keys, {"role": "signer"}
    ),
    "signing/check_readiness": Declaration(_RULE, result=kind("readiness").keys),
    "signing/seal_application": Declaration(_SIGNATURE, errors=_UNAUTHORIZED),
    "signing/seal_item": Declaration(_SIGNATURE, {"item_id": str}),
    "signing/seal_request": Declaration(_SIGNATURE, errors=_UNAUTHORIZED),
    "signing/send_code": Declaration(_CODE, errors=frozenset({"SMS_FAILED"})),
    "signing/sign_application": Declaration(_SIGNATURE, errors=_UNAUTHORIZED),
    "studio/notice": Declaration(_JUDGED, {"draft_id": str, "content": str}),
    "studio/try": Declaration(_TRIAL, {"draft_id": str, "content": str}),
    "retention/drop": Declaration(_ERASED, {"digests": list}),
    "upkeep/bars": Declaration(_REGISTER, {"day": str}),
    "upkeep/checkpoint": Declaration(_DAILY, {"day": str}),
    "upkeep/expire": Declaration(_REGISTER, {"day": str}),
    "upkeep/keys": Declaration(_SIGNATURE, {"day": str}),
    "upkeep/publish": Declaration(_DAILY, {"day": str}),
    "upkeep/recount": Declaration(_DAILY, {"day": str}),
    "upkeep/remind": Declaration(_DAILY, {"day": str}),
    "upkeep/retention": Declaration(_REGISTER, {"day": str}),
    "upkeep/sync_enterprises": Declaration(_DAILY, {"day": str}),
    "webhook/deliver": Declaration(_PROGRAM, {"delivery_id": str}),
}

DECLARED = Declared({name: declaration.parameters for name, declaration in OPERATIONS.items()})

_TIMER = _never("期限届满必须生效")
_UNKNOWN = _never("未登记的操作")


def skipping(operation: str | None) -> Skipping:
    """Say whether `operation` may be skipped; None is a timer, which has to fire."""
    if operation is None:
        return _TIMER
    declaration = OPERATIONS.get(operation)
    return _UNKNOWN if declaration is None else declaration.skipping
