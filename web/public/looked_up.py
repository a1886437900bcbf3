"""What a code or a number with its name leads to: a certificate, a copy or a letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.notice import letter_answers
from casework.notice.letter_answers import LetterAnswer
from refusals.refusal import NotFound
from registry import numbering, readings, verification_codes
from registry.certificates import certificates, copies, public_answers, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.copies import PublicCopy
from registry.certificates.public_answers import PublicAnswer
from registry.people import persons

_KINDS = "|".join(sorted(numbering.NOTICE_WORDS.values(), key=len, reverse=True))
#: A letter's number with whatever brackets: 沪建注受〔2026〕第00001号
_LETTER = re.compile(rf"沪?建注({_KINDS})\W?([0-9]{{4}})\W?第?([0-9]{{1,6}})号?")
_LATIN = re.compile(r"[0-9A-Z][0-9A-Z ./:?=&_-]*[0-9A-Z]")
#: What people paste along with what they mean
_LABELS = re.compile(
    "(证书编号|文书编号|文号|注册号|编号|查验码|姓名|申请人|当事人|持证人|单位名称)[:：]?|[:：,，;；、|]"
)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed into the code field and the field of the name, as it was understood."""

    code: str  #: empty when it is no code
    number: str  #: of a certificate, registration or letter; empty when there is none
    name: str

    @property
    def is_mistyped_code(self) -> bool:
        """Tell whether it looks like a code whose check character does not fit."""
        return not self.name and verification_codes.looks_like(self.number)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a code leads to; at most one of certificate and letter."""

    certificate: PublicAnswer | None = None
    copy: PublicCopy | None = None
    letter: LetterAnswer | None = None

    @property
    def is_known(self) -> bool:
        """Tell whether the code is of anything."""
        return self.certificate is not None or self.letter is not None


def understand(typed: str, name: str) -> Typed:
    """Read a code, or a number with a name, however they were pasted.

    >>> understand("查验码：7k3m-q2x9-rafh", "").code
    '7K3MQ2X9RAFH'
    >>> understand("https://zhuce.example/verify/7K3MQ2X9RAFJ", "").number
    ''
    >>> understand("沪建注受[2026]第1号", "陶示例").number
    '沪建注受〔2026〕第00001号'
    >>> understand("证书编号：dz31s2 2026 0000 1a，姓名：陶 示例", "")
    Typed(code='', number='DZ31S2202600001A', name='陶示例')
    """
    code = verification_codes.read(typed)
    if verification_codes.is_code(code):
        return Typed(code=code, number="", name="")
    if "://" in typed:  # the address of a code that is none: it has no number to look for
        return Typed(code="", number="", name="")
    said = _LABELS.sub(" ", readings.line(typed))
    letter = _LETTER.search(readings.number(said))
    if letter:
        word, year, serial = letter.groups()
        number = f"沪建注{word}〔{year}〕第{int(serial):05d}号"
        rest = re.sub("沪?建注.*?([号號]|$)", " ", said)
    else:
        folded = readings.line(said).upper()
        latin = max(_LATIN.findall(folded), key=len, default="")
        number = re.sub("[^0-9A-Z]", "", readings.number(latin))
        rest = folded.replace(latin, " ") if latin else ""
    return Typed(code="", number=number, name=readings.name(name or rest))


def code_of(session: Session, typed: Typed) -> str | None:
    """Give the code of what has this number and belongs to this name, former names too."""
    if typed.number.startswith("沪"):
        return letter_answers.token_of(session, typed.number, typed.name)
    certificate = _numbered(session, typed.number)
    if certificate is None:
        return None
    person = persons.get(session, certificate.person_id)
    names = (person.name, str(certificate.facts.get("name", "")))
    is_holder = any(persons.is_same_name(name, typed.name) for name in names)
    return certificate.qr_token if is_holder else None


def _numbered(session: Session, number: str) -> Certificate | None:
    """Find an issued certificate by its own number or that of its registration."""
    certificate = session.scalar(select(Certificate).where(Certificate.no == number))
    if certificate is not None:
        is_issued = certificate.claim_state != certificates.ClaimState.RESERVED
        return certificate if is_issued else None
    registration = registrations.by_no(session, number)
    return certificates.newest(session, registration.id) if registration else None


def of_code(session: Session, code: str, *, on: date) -> Answers:
    """Give what a code is of, as it stands `on` that day."""
    if not verification_codes.is_code(code):
        return Answers()
    try:
        certificate = certificates.by_token(session, code)
    except NotFound:
        pass
    else:
        return Answers(certificate=public_answers.of(session, certificate, on=on))
    if made := copies.by_token(session, code):
        copy = copies.public_answer(session, made, on=on)
        return Answers(certificate=copy.certificate, copy=copy)
    return Answers(letter=letter_answers.of_token(session, code, on=on))
