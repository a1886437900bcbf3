"""Why the system answered as it did: what tables said about a case, in words.

The version, the row and the values are kept with each answer; here they are read out. What nobody
may know a case by, such as names, is never asked of a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.case import reasons
from casework.office import Office
from engine.language.decisions import Table
from engine.running import answers
from engine.tables import TableAnswer
from registry.applications.statuses import Matter
from registry.certificates.registrations import RegistrationStatus
from registry.enterprises.enterprises import EnterpriseStatus

_PLAIN = {True: "是", False: "否", None: "（空）"}
#: What the tables of cases say in codes, beside those of registers and the reasons of refusals.
_WORDS = {
    "AUTO": "自动受理",
    "AUTO_ACCEPT": "自动受理",
    "RISK_BASED": "按风险受理",
    "OFFICER": "由工作人员受理",
    "OFFICER_CHECK": "由工作人员核对",
    "SHANGHAI": "上海市",
    "OTHER": "外省市",
    "DATABASE_READONLY": "由资格数据库取得",
    "MANUAL_WITH_SCAN": "由申请人填写并上传扫描件",
    "NOT_OPEN": "尚未开放",
    "NONE": "没有",
    "PAPER": "纸质",
    "ELECTRONIC": "电子",
    "GOOD": "有效",
    "UNKNOWN": "未能核实",
    "OK": "通过",
    "SIGN": "可以签署",
    "REQUEST": "须获取验证码",
    "RETRY": "可以重试",
    "WAIT_15_MIN": "等待15分钟",
    "PREVIEW_AGAIN": "须重新预览",
    "I_NO_CERTIFICATES": "没有需要更名的证书",
    "E_RENAME_RUNNING": "正在更名",
    "E_OTHER_LEGAL_PERSON": "不是同一法人",
    "E_NOT_CHANGED_IN_REGISTRY": "登记的名称没有变化",
}
#: Said of the signing itself, again and again, and nothing that a letter rests on.
_NOT_PRINTED = frozenset({"sms_challenge", "signer_certificate", "menu_availability"})


@dataclass(frozen=True, kw_only=True)
class Why:
    """One automatic answer about a case."""

    title: str  #: of the table
    said: str
    rules: tuple[str, ...]  #: 第3条：期限内初始注册
    inputs: tuple[tuple[str, str], ...]
    basis: str
    version: int  #: number of the version whose table it was
    at: datetime
    table: str
    definition: str


def words(value: object) -> str:
    """Write a value of a table as people read it.

    >>> words({"a": True, "b": ["INITIAL"]}), words([]), words(None)
    ('a：是，b：初始注册', '（没有）', '（空）')
    """
    if value is None or isinstance(value, bool):
        return _PLAIN[value]
    if isinstance(value, dict):
        return "，".join(f"{name}：{words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "；".join(map(words, value)) or "（没有）"
    text = str(value)
    for known in (Matter, RegistrationStatus, EnterpriseStatus):
        if text in known._value2member_map_:
            return known(text).label
    return _WORDS.get(text) or reasons.explain(text).text


def of(office: Office, session: Session, application_id: str) -> list[Why]:
    """Give the automatic answers of a case, the newest first."""
    kept = answers.of(session, application_id)
    numbers = {
        version: office.definitions.number(version)
        for version in {answer.definition for answer in kept}
    }
    return [_why(office, answer, numbers[answer.definition]) for answer in reversed(kept)]


def printed(office: Office, session: Session, application_id: str) -> list[str]:
    """Give the sentences that a letter prints: the newest answer of each table it rests on."""
    newest = {
        why.table: why
        for why in reversed(of(office, session, application_id))
        if why.table not in _NOT_PRINTED
    }
    return [_sentence(why) for why in newest.values()]


def _sentence(why: Why) -> str:
    by = f"，适用{'、'.join(why.rules)}" if why.rules else ""
    return f"{why.title}（规则第{why.version}版{by}）：{why.said}"


def _why(office: Office, answer: TableAnswer, number: int) -> Why:
    table = office.definitions.get(answer.definition).table(answer.decision)
    return Why(
        title=table.name,
        said=words(named(table, answer.value)),
        rules=tuple(_rules(table, answer.rows)),
        inputs=tuple(
            (column.heading, words(value))
            for column, value in zip(table.read, answer.inputs, strict=True)
        ),
        basis=table.basis,
        version=number,
        at=answer.at,
        table=table.id,
        definition=answer.definition,
    )


def _rules(table: Table, rows: Iterable[int]) -> Iterable[str]:
    notes = {rule.number: rule.note for rule in table.rules}
    for number in rows:
        yield f"第{number}条" + (f"“{notes[number]}”" if notes[number] else "")


def named(table: Table, value: object) -> object:
    """Give an answer with the headings of the outputs instead of their names."""
    headings = {
        name: column.heading for name, column in zip(table.outputs, table.said, strict=True)
    }
    if isinstance(value, dict):
        return {headings.get(name, name): part for name, part in value.items()}
    return value
