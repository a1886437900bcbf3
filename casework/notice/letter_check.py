"""What stands in the register against the letters that were sealed: a changed row is found.

A sealed letter says what it was printed of, which is kept as it was (`LetterIntent`). What the law
does not change afterwards stands in the register as the letter says it: number, name, days, what
was decided and why. Of what changes lawfully (a person's identity, a case decided anew, a form
filed anew, a period extended) only that is compared which holds for the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.certificate import sealed_words
from casework.certificate.sealed_words import Difference, NotSealed, Watch, day
from casework.office import Office
from casework.tables import LetterIntent
from pdfgen.text_layer import folded
from registry import verification_codes
from registry.applications.applications import Application
from registry.applications.decisions import OUTCOMES, Decision, DecisionStep
from registry.applications.documents import Document, DocumentKind, VoidReason
from registry.applications.statuses import Matter
from registry.authority import identities
from registry.certificates import registrations
from registry.law.calendars import shanghai_day
from registry.people.persons import Person
from storage.literals import ONE

#: What an officer found, by the letter that tells it.
_TOLD = {
    DocumentKind.CORRECTION_NOTICE: (DecisionStep.FORMAL_CHECK, {"correct"}),
    DocumentKind.NON_ACCEPTANCE: (DecisionStep.FORMAL_CHECK, {"refuse"}),
    DocumentKind.EXTENSION_NOTICE: (DecisionStep.EXTENSION, {"extend"}),
    DocumentKind.DECISION: (DecisionStep.DECIDE, {"approve", "reject"}),
    DocumentKind.ACT_DECISION: (DecisionStep.DECIDE, {"act"}),
}
_UNTOLD = {DocumentKind.RECEIPT, DocumentKind.ACCEPTANCE_NOTICE, DocumentKind.INTENDED_DECISION}
_LETTERS = sorted(kind.value for kind in (*_TOLD, *_UNTOLD))
_ACCEPTED = {DocumentKind.ACCEPTANCE_NOTICE, DocumentKind.EXTENSION_NOTICE, DocumentKind.DECISION}
_FILED = {
    DocumentKind.RECEIPT,
    DocumentKind.ACCEPTANCE_NOTICE,
    DocumentKind.CORRECTION_NOTICE,
    DocumentKind.NON_ACCEPTANCE,
}
_DUE = {
    DocumentKind.RECEIPT: "答复期限",
    DocumentKind.ACCEPTANCE_NOTICE: "办理期限",
    DocumentKind.EXTENSION_NOTICE: "延长后期限",
}
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日)"
_RESULT = "(准予|不予)行政许可决定书"


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What the register says, where a letter has to say the same."""

    what: str
    value: str  #: as the letter prints it
    at: str = ""  #: where the letter prints it: a pattern of the place, and of what may stand there
    shown: str = ""  #: for people, if not the value
    is_so: bool | None = None  #: told already, from what the letter was printed of

    def holds(self, printed: str) -> bool:
        """Tell whether the letter says so: at its place, else (another layout) anywhere."""
        if self.is_so is not None:
            return self.is_so
        value = folded(self.value)
        there = re.findall(self.at, printed) if self.at else []
        return set(there) == {value} if there else value in printed


def differences(office: Office, *, watch: Watch = iter) -> Iterator[Difference]:
    """Yield the first difference of each sealed letter; `watch` hands their ids through."""
    kept = sa.select(Document.id).where(Document.kind.in_(_LETTERS)).order_by(Document.id)
    with office.sessions() as session:
        listed = session.scalars(kept).all()
    yield from sealed_words.held(office, listed, partial(_difference, office), _named, watch)


def _named(session: Session, document_id: str) -> str:
    document = session.get_one(Document, document_id)
    return f"{document.title}{document.number or ''}"


def _difference(office: Office, session: Session, document_id: str) -> Difference | None:
    """Compare one letter: is it sealed, does it say its rows, and the register of today."""
    document = session.get_one(Document, document_id)
    named = _named(session, document_id)
    try:
        printed = sealed_words.of(office, document.sha256)
    except NotSealed as why:
        return Difference(named=named, what=str(why))
    letter = _letter(session, document)
    if letter is None:
        return Difference(named=named, what="登记中没有该文书的内容")
    application = session.get_one(Application, document.application_id)
    for said in (
        *_of_rows(document, letter),
        *_of_case(session, letter, application),
        *_of_decision(session, letter, application),
    ):
        if not said.holds(printed):
            paper = "文书文件" if said.is_so is None else "文书制作时的记载"
            told = said.shown or said.value
            return Difference(named=named, what=said.what, register=told, paper=paper)
    return None


def _letter(session: Session, document: Document) -> LetterIntent | None:
    """Give what a letter was printed of; by its kind when nothing bears its number any more."""
    query = sa.select(LetterIntent).where(LetterIntent.application_id == document.application_id)
    numbered = session.scalar(query.where(LetterIntent.number == document.number))
    of_kind = query.where(LetterIntent.kind == document.kind).order_by(LetterIntent.at.desc())
    return numbered or session.scalar(of_kind.limit(ONE))


def _of_rows(document: Document, letter: LetterIntent) -> Iterator[_Said]:
    """Give what the letter's own rows say, which nothing changes."""
    data: dict[str, Any] = letter.data
    kind = DocumentKind(letter.kind)
    yield _Said(what="文号", value=document.number or "（没有）")
    yield _Said(what="文号", value=letter.number)
    yield _Said(
        what="文书种类", value=DocumentKind(document.kind).label, is_so=document.kind == kind
    )
    yield _named_in(data["number"], data["person_name"])
    yield _Said(what="申请编号", value=data["application_no"])
    yield _Said(what="落款日期", value=day(data["date"]), at=_at(data["authority"]))
    yield _Said(what="落款日期", value=day(shanghai_day(letter.at)), at=_at(data["authority"]))
    if "verify_code" in data:
        yield _Said(what="查验码", value=verification_codes.grouped(letter.token))
    if kind is DocumentKind.RECEIPT:
        yield _Said(what="收件日期", value=day(data["received_on"]), at=_at("收件日期"))
    if kind in _ACCEPTED:
        yield _Said(what="受理日期", value=day(data["accepted_on"]), at=_at("受理日期"))
    if kind in _DUE:
        yield _Said(what=_DUE[kind], value=day(data["due_on"]), at=_at(_DUE[kind]))
    if kind is DocumentKind.DECISION:
        yield _result("不予" if data["is_refused"] else "准予")


def _of_case(session: Session, letter: LetterIntent, application: Application) -> Iterator[_Said]:
    """Give what the register says of the case and the person today, as far as it has to agree."""
    data: dict[str, Any] = letter.data
    kind, number = DocumentKind(letter.kind), data.get("registration_no")
    yield _Said(what="申请编号", value=application.no)
    asked_by_person = application.matter != Matter.ENTERPRISE_CANCELLATION
    if asked_by_person and not identities.former(session, application.person_id):
        name = session.scalar(sa.select(Person.name).where(Person.id == application.person_id))
        yield _named_in(data["number"], str(name))
    if number:
        held = registrations.of(session, application.person_id, application.type)
        numbers = [registration.no for registration in held]
        yield _Said(what="注册号", value=number, shown="、".join(numbers), is_so=number in numbers)
        yield _Said(what="注册号", value=number)
    filed, is_final = application.filed_at, kind is DocumentKind.ACCEPTANCE_NOTICE
    if kind in _FILED and filed and (is_final or filed <= letter.at):  # else filed anew since
        yield _Said(what="收件日期", value=day(shanghai_day(filed)), at=_at("你于"))
    if _is_decided_anew_since(session, letter):
        return
    if kind in _ACCEPTED:
        yield _Said(what="受理日期", value=_on(application.accepted_on), at=_at("受理日期"))
    if kind is DocumentKind.DECISION:
        decided = _on(application.decided_on)
        yield _Said(what="决定日期", value=decided, is_so=decided == day(data["decided_on"]))


def _of_decision(
    session: Session, letter: LetterIntent, application: Application
) -> Iterator[_Said]:
    """Give what was decided, with its reasons, as the officer's result says it today."""
    kind = DocumentKind(letter.kind)
    if kind not in _TOLD:
        return
    step, outcomes = _TOLD[kind]
    query = sa.select(Decision).where(
        Decision.application_id == application.id, Decision.step == step, Decision.at <= letter.at
    )
    decision = session.scalar(query.order_by(Decision.id.desc()).limit(ONE))
    if decision is None:
        yield _Said(what="决定", value="", shown="（没有记录）", is_so=False)
        return
    told = decision.outcome_in(application.matter)
    yield _Said(what="结果", value=told, is_so=decision.outcome in outcomes)
    if kind is DocumentKind.DECISION:
        yield _result("不予" if decision.outcome == "reject" else "准予", shown=told)
        deemed = application.deemed_renewed
        yield _Said(
            what="视为准予延续",
            value="是" if deemed else "否",
            is_so=deemed == letter.data["deemed"],
        )
    if decision.outcome != "approve":
        for reason in decision.reasons:
            yield _Said(what="理由", value=reason)


def _is_decided_anew_since(session: Session, letter: LetterIntent) -> bool:
    """Tell whether a ruling had the case accepted and decided anew after a letter."""
    annulled = sa.select(sa.func.max(Document.voided_at)).where(
        Document.application_id == letter.application_id,
        Document.void_reason == VoidReason.ANNULLED.value,
    )
    moment = session.scalar(annulled)
    return moment is not None and letter.at <= moment


def _named_in(number: str, name: str) -> _Said:
    """Give whom a letter addresses, below its number."""
    at = rf"{re.escape(folded(number))}([^:\d]{{1,100}}):"
    return _Said(what="姓名或者名称", value=name, at=at)


def _result(word: str, *, shown: str = "") -> _Said:
    return _Said(what="结果", value=word, at=_RESULT, shown=shown or OUTCOMES[_OUTCOME[word]])


_OUTCOME = {"准予": "approve", "不予": "reject"}


def _on(recorded: date | None) -> str:
    return day(recorded) if recorded else "（没有）"


def _at(label: str) -> str:
    """Give the pattern of a day that stands after its label."""
    return re.escape(folded(label)) + _DAY
