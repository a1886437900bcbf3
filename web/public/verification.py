"""Public verification: a paper by its code or number, a file by its content (R115, I7, I14).

What anybody may know is little (D.4): a masked name, numbers, the employer, the status. A file is
judged twice: by its signatures, and by what the register says of it today.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask import url_for as to
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from casework.notice import letter_answers
from casework.notice.letter_answers import LetterAnswer
from casework.office import Office
from ofd import package
from ofd.judging import Report
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import verification_codes
from registry.applications import documents, ofd_files, statements
from registry.applications.documents import Document, DocumentKind
from registry.certificates import certificates, copies, public_answers
from registry.certificates.certificates import Validity
from registry.certificates.copies import CopyState, PublicCopy
from registry.certificates.public_answers import PublicAnswer
from registry.enterprises import renames
from registry.people.persons import mask_name
from signing import Role
from signing.errors import ExaminersBusy
from signing.judging import structure, verify
from signing.judging.findings import ROLE_NAMES, UNDECIDED, Code, Finding
from signing.judging.reports import FileReport, SignatureReport
from signing.judging.verify import Expected
from web.extensions import csrf, office
from web.public import looked_up
from web.visitors import access
from web.visitors.rate_limits import limit, require_below

bp = Blueprint("verification", __name__, url_prefix="/verify")

_PDF_HEAD, _FIRST = re.compile(rb"%PDF-"), 1024  #: bytes in which a file says what it is
LARGEST_BYTES = verify.LARGEST_BYTES  #: of a file to verify
#: Codes and numbers that led to nothing, for whom asks and for one number: who guesses is stopped
_MISSES, _MISSES_OF_NUMBER, _MISSES_PER_S = 60, 20, 600


class NotACode(Refusal):
    """查验码有误。请对照二维码旁的12位查验码重新输入；也可输入证书、文书的编号和姓名。"""

    code = "E_VERIFY_CODE"
    is_denial = True


class NoNameGiven(Refusal):
    """输入的不是12位查验码；用编号查验的，请同时填写证书持有人或者文书当事人的姓名（单位填写名称）。"""

    code = "E_VERIFY_NAME"


class NothingFound(Refusal):
    """没有与编号和姓名都相符的证书或者文书。请对照原件核对后重新输入，或者扫描二维码查验。"""

    code = "E_VERIFY_NOTHING"
    is_denial = True


class NothingToVerify(Refusal):
    """请选择需要查验的PDF或者OFD文件。"""

    code = "E_VERIFY_NO_FILE"


class NotAPdf(Refusal):
    """所选文件不是PDF或者OFD文件，或超过10M。请选择从本系统下载的原始文件。"""

    code = "E_VERIFY_NOT_PDF"


@dataclass(frozen=True, kw_only=True)
class FileStanding:
    """What the register says today of the bytes of a file."""

    title: str
    counts: bool  #: the file is current, not void, superseded or ended
    words: str  #: why, for people
    waits: bool = False  #: genuine as far as it goes: the enterprise has not sealed it yet


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer about a file."""

    sha256: str
    report: FileReport  #: of the signatures
    standing: FileStanding | None  #: None: these bytes were never ours
    certificate: PublicAnswer | None
    copy: PublicCopy | None
    letter: LetterAnswer | None
    ofd: Report | None = None  #: what an OFD file says of itself, and how it is sealed

    @property
    def ok(self) -> bool:
        """Tell whether the file is complete, genuine, and counts today."""
        standing = self.standing
        return self.report.ok and standing is not None and standing.counts and not standing.waits

    @property
    def waits(self) -> bool:
        """Tell whether the file is genuine, counts, and waits for the enterprise's seal."""
        standing = self.standing
        return self.report.ok and standing is not None and standing.counts and standing.waits

    @property
    def is_unsigned(self) -> bool:
        """Tell whether the file could be read and carries no signature at all."""
        return bool({Code.NO_SIGNATURE, Code.OFD_NOT_SEALED} & self.report.codes())

    @property
    def is_only_stamped_elsewhere(self) -> bool:
        """Tell whether nothing is odd but a time stamp of somebody else's on what we signed."""
        return self.report.codes() == {Code.FOREIGN_STAMP} and bool(self.report.is_intact)

    @property
    def is_undecided(self) -> bool:
        """Tell whether nothing is missing but whether a signer's certificate was revoked."""
        return self.report.codes() == {Code.STATUS_UNKNOWN}

    @property
    def signatures(self) -> list[dict[str, Any]]:
        """Give the signatures for the public: of a person only the surname."""
        return [
            self._shown(signature)
            for signature in (*self.report.signatures, *self.report.strangers)
        ]

    def _shown(self, signature: SignatureReport) -> dict[str, Any]:
        is_person, is_ours = signature.field == Role.APPLICANT, signature.field in ROLE_NAMES
        is_good = self.report.holds(signature)
        untold = not is_good and {finding.code for finding in signature.findings} <= UNDECIDED
        return {
            "role": ROLE_NAMES.get(signature.field, "其他签名（不是本系统所作）"),
            "signer": mask_name(signature.signer) if is_person or not is_ours else signature.signer,
            "signed_at": signature.signed_at,
            "issuer": signature.issuer,
            "ok": is_good,
            "words": "有效" if is_good else "无法判断" if untold and signature.findings else "无效",
        }

    def to_json(self) -> dict[str, Any]:
        """Give the answer as plain data."""
        return {
            "ok": self.ok,
            "sha256": self.sha256,
            "standing": self.standing
            and {
                "title": self.standing.title,
                "counts": self.standing.counts,
                "words": self.standing.words,
            },
            "report": self.report.to_json(),
        }


def examine(office: Office, content: bytes) -> Verdict:
    """Judge a PDF or OFD file by its signatures and by the register."""
    is_ofd, digest = _is_ofd(content), hashlib.sha256(content).hexdigest()
    with office.sessions() as session:
        paper = ofd_files.paper_of(session, digest) if is_ofd else None
        sha256 = paper.sha256 if paper else digest  # an OFD file is worth what its PDF is
        certificate = certificates.by_sha256(session, sha256)
        answer = certificate and public_answers.of(session, certificate, on=office.today())
        document = documents.by_sha256(session, sha256)
        is_newest = documents.is_newest(session, sha256)
        made = document and copies.by_document(session, document.id)
        copy = copies.public_answer(session, made, on=office.today()) if made else None
        renamed = renames.by_sealed(session, sha256)
        alone = document is not None and _is_asked_alone(session, document)
        letter = document and letter_answers.of_document(session, document, on=office.today())
        is_ours = certificate is not None or document is not None or renamed is not None
        cause = None if is_ours else _padding(session, content, is_ofd=is_ofd)
    told = None
    if is_ofd:
        signatures = office.signatures
        told = (signatures.examine_ofd if paper else signatures.examine_strange_ofd)(content)
    judge = office.signatures.examine if is_ours else office.signatures.examine_stranger
    expected = Expected.enterprise(renamed.uscc) if renamed else None
    expected = Expected.signed() if alone else expected
    report = told[0] if told else judge(content, expected=expected)
    if cause is not None and cause.code not in report.codes():
        report = replace(report, findings=(cause, *report.findings))
    waits = document is not None and report.codes() == {Code.SIGNATURE_MISSING}
    if waits and document is not None and document.kind == DocumentKind.APPLICATION:
        report = judge(content, expected=Expected.signed())
    standing = None
    if renamed:
        words = f"企业已确认，{renamed.state_label}"
        standing = FileStanding(title="企业名称变更清单", counts=True, words=words)
    elif certificate and certificate.kind == certificates.CANCELLATION:
        words = "注册已注销，本注销证书真实有效" if is_newest else "该文件不是最新的注销证书"
        standing = FileStanding(title="注销注册证书", counts=is_newest, words=words)
    elif answer:
        words = f"证书当前状态：{answer.status.label}"
        standing = FileStanding(
            title="电子注册证书", counts=answer.status is Validity.VALID, words=words
        )
    elif copy:
        standing = FileStanding(
            title="注册执业证书加注副本", counts=copy.state is CopyState.VALID, words=copy.words
        )
    elif letter:
        words = letter.words
        if letter.counts and not is_newest:
            words = "该文件已有后续签署版本，请以最新文件为准"
        standing = FileStanding(title=letter.title, counts=letter.counts and is_newest, words=words)
    elif document:
        whole = "文件有效（本人提请市住建委处理，没有企业签章）" if alone else "文件有效"
        words = whole if is_newest else "该文件已有后续签署版本，请以最新文件为准"
        if waits and is_newest:
            words = "申请人已签名，正在等待企业签章；企业签章后请查验新文件"
        if document.is_void:
            reason = documents.VoidReason(document.void_reason or "REPLACED").label
            words = f"文件已作废（{reason}）"
        standing = FileStanding(title=document.title, counts=is_newest, words=words, waits=waits)
    return Verdict(
        sha256=digest,
        report=report,
        standing=standing,
        certificate=answer or None,
        copy=copy,
        letter=letter or None,
        ofd=told[1] if told else None,
    )


def _is_ofd(content: bytes) -> bool:
    """Tell whether a file wants to be an OFD and not a PDF, whatever was put in front of it."""
    return package.is_package(content) and not _PDF_HEAD.search(content[:_FIRST])


def _padding(session: Session, content: bytes, *, is_ofd: bool) -> Finding | None:
    """Tell what is more around a file of ours, or lacks of its last part; None: it is none.

    What the register keeps is known by its hash, also a form that waits for its seal.
    """
    cut = package.without_padding(content)
    wholes = [cut or b""] if is_ofd else structure.without_padding(content)
    for whole in wholes:
        if whole == content:
            continue
        sha256 = hashlib.sha256(whole).hexdigest()
        paper = ofd_files.paper_of(session, sha256) if is_ofd else None
        kept = paper.sha256 if paper else sha256
        if documents.by_sha256(session, kept) or certificates.by_sha256(session, kept):
            return verify.about_padding(content, whole)
    return None


def _is_asked_alone(session: Session, document: Document) -> bool:
    """Tell whether a form is whole without the seal: the person went to the agency (G9)."""
    if document.kind != DocumentKind.APPLICATION:
        return False
    said = statements.of(session, document.application_id)
    return any(
        (statement.party, statement.kind) == ("person", statements.StatementKind.REQUEST)
        for statement in said
    )


@bp.get("")
@access.public
def form() -> Response | str | tuple[str, int]:
    """Ask for a code, a number with its name, or a file; a code in the address leads on."""
    if code := request.args.get("code"):
        return _look_up(code, "")
    return render_template("verification/form.html", faults={})


def _look_up(code: str, name: str) -> Response | tuple[str, int]:
    """Lead to the answer about a code or number, or tell beside its field what is wrong."""
    typed = looked_up.understand(code, name)
    if typed.code:
        return redirect(to("verification.by_token", token=typed.code), 303)
    if typed.is_mistyped_code or not typed.number:
        return _fault("code", NotACode())
    if not typed.name:
        return _fault("name", NoNameGiven())
    of_number = {"times": _MISSES_OF_NUMBER, "per_s": _MISSES_PER_S}
    require_below("verify number", typed.number, **of_number)
    require_below("verify miss", times=_MISSES, per_s=_MISSES_PER_S)
    with office().sessions() as session:
        token = looked_up.code_of(session, typed)
    if token is None:
        limit("verify number", typed.number, **of_number)
        limit("verify miss", times=_MISSES, per_s=_MISSES_PER_S)
        return _fault("code", NothingFound())
    return redirect(to("verification.by_token", token=token), 303)


def _fault(field: str, refusal: Refusal) -> tuple[str, int]:
    faults = {field: Fault.of(refusal)}
    return render_template("verification/form.html", faults=faults), 422


@bp.post("")
# It changes nothing, and whoever only asks gets no session and so no token.
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@access.public
def by_form() -> Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Look up what was typed, or verify an uploaded PDF, which is not kept."""
    if "code" in request.form:
        limit("verify typed", times=60, per_s=60)
        return _look_up(request.form["code"], request.form.get("name", ""))
    return _by_file()


def _is_a_file_of_ours(content: bytes) -> bool:
    """Tell whether bytes want to be a PDF or a package."""
    return bool(_PDF_HEAD.search(content[:_FIRST])) or package.is_package(content)


def _by_file() -> str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    limit("verify file", times=20, per_s=60)
    upload = request.files.get("file")
    content = upload.stream.read(LARGEST_BYTES + 1) if upload else b""
    fault: Refusal | None = None
    if not content:
        fault = NothingToVerify()
    elif len(content) > LARGEST_BYTES or not _is_a_file_of_ours(content):
        fault = NotAPdf()
    if fault:
        return render_template("verification/form.html", faults={"file": Fault.of(fault)}), 422
    try:
        return render_template("verification/file.html", verdict=examine(office(), content))
    except ExaminersBusy as busy:
        page = render_template("verification/form.html", faults={"file": Fault.of(busy)})
        return page, 503, {"Retry-After": "2"}


@bp.get("/<token>")
@access.public
def by_token(token: str) -> str | tuple[str, int]:
    """Answer what a certificate, copy or letter is worth today (R115)."""
    limit("verify token", times=120, per_s=60)
    require_below("verify miss", times=_MISSES, per_s=_MISSES_PER_S)
    place = office()
    with place.sessions() as session:
        code = verification_codes.read(token)
        answers = looked_up.of_code(session, code, on=place.today())
    if not answers.is_known:
        limit("verify miss", times=_MISSES, per_s=_MISSES_PER_S)
    name = "letter" if answers.letter else "certificate"
    page = render_template(f"verification/{name}.html", answers=answers, at=place.now())
    return page if answers.is_known else (page, 404)
