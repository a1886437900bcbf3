"""Public verification: a certificate by its QR token, a file by its content (R115, I7, I14).

What anybody may know is little (D.4): a masked name, numbers, the employer, the status. A file is
judged twice: by its signatures, and by what the register says of it today.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask import url_for as to
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from casework.office import Office
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications import documents, statements
from registry.applications.documents import Document, DocumentKind
from registry.certificates import certificates, copies, public_answers
from registry.certificates.certificates import Validity
from registry.certificates.copies import CopyState, PublicCopy
from registry.certificates.public_answers import PublicAnswer
from registry.enterprises import renames
from registry.people.persons import mask_name
from signing import Role
from signing.errors import ExaminersBusy
from signing.judging import verify
from signing.judging.findings import ROLE_NAMES, UNTOLD, Code
from signing.judging.reports import FileReport, SignatureReport
from signing.judging.verify import Expected
from web.extensions import csrf, office
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("verification", __name__, url_prefix="/verify")

LARGEST_BYTES = verify.LARGEST_BYTES  #: of a file to verify
_TOKEN = re.compile(r"[0-9a-f]{32}")


class NotACode(Refusal):
    """查验码应为32位数字和字母。请扫描证书上的二维码，或核对后重新输入。"""

    code = "E_VERIFY_CODE"


class NothingToVerify(Refusal):
    """请选择需要查验的PDF文件。"""

    code = "E_VERIFY_NO_FILE"


class NotAPdf(Refusal):
    """所选文件不是PDF文件，或超过10M。请选择从本系统下载的原始PDF文件。"""

    code = "E_VERIFY_NOT_PDF"


def token_of(pasted: str) -> str:
    """Give the code out of what was typed or pasted: grouped, in capitals, or a whole address.

    >>> token_of("0F3C-1A2B 3C4D5E6F 00112233 44556677")
    '0f3c1a2b3c4d5e6f0011223344556677'
    >>> token_of("https://zhuce.example/verify/0f3c1a2b3c4d5e6f0011223344556677")
    '0f3c1a2b3c4d5e6f0011223344556677'
    """
    folded = readings.number(pasted).lower().rpartition("/verify/")[2]
    return re.split("[?#]", folded)[0].replace("-", "").strip("/")


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
        return Code.NO_SIGNATURE in self.report.codes()

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
        untold = not is_good and {finding.code for finding in signature.findings} <= UNTOLD
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


def examine(office: Office, pdf: bytes) -> Verdict:
    """Judge a file by its signatures and by the register."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    with office.sessions() as session:
        certificate = certificates.by_sha256(session, sha256)
        answer = certificate and public_answers.of(session, certificate, on=office.today())
        document = documents.by_sha256(session, sha256)
        is_newest = documents.is_newest(session, sha256)
        made = document and copies.by_document(session, document.id)
        copy = copies.public_answer(session, made, on=office.today()) if made else None
        renamed = renames.by_sealed(session, sha256)
        alone = document is not None and _is_asked_alone(session, document)
    is_ours = certificate is not None or document is not None or renamed is not None
    judge = office.signatures.examine if is_ours else office.signatures.examine_stranger
    expected = Expected.enterprise(renamed.uscc) if renamed else None
    report = judge(pdf, expected=Expected.signed() if alone else expected)
    waits = document is not None and report.codes() == {Code.SIGNATURE_MISSING}
    if waits and document is not None and document.kind == DocumentKind.APPLICATION:
        report = judge(pdf, expected=Expected.signed())
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
        sha256=sha256, report=report, standing=standing, certificate=answer or None, copy=copy
    )


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
    """Ask for a code or a file; a typed code leads to its answer."""
    if code := request.args.get("code"):
        folded = token_of(code)
        if not _TOKEN.fullmatch(folded):
            faults = {"code": Fault.of(NotACode())}
            return render_template("verification/form.html", faults=faults), 422
        return redirect(to("verification.by_token", token=folded), 303)
    return render_template("verification/form.html", faults={})


@bp.post("")
# It changes nothing, and whoever only asks gets no session and so no token.
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@access.public
def by_file() -> str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Verify an uploaded PDF; it is not kept."""
    limit("verify file", times=20, per_s=60)
    upload = request.files.get("file")
    content = upload.stream.read(LARGEST_BYTES + 1) if upload else b""
    fault: Refusal | None = None
    if not content:
        fault = NothingToVerify()
    elif len(content) > LARGEST_BYTES or b"%PDF-" not in content[:1024]:
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
    """Answer what a certificate is worth today (R115)."""
    limit("verify token", times=120, per_s=60)
    place = office()
    answer: PublicAnswer | None = None
    copy: PublicCopy | None = None
    if _TOKEN.fullmatch(token):
        with place.sessions() as session:
            try:
                certificate = certificates.by_token(session, token)
            except NotFound:
                certificate = None
            if certificate is not None:
                answer = public_answers.of(session, certificate, on=place.today())
            elif made := copies.by_token(session, token):
                copy = copies.public_answer(session, made, on=place.today())
                answer = copy.certificate
    page = render_template(
        "verification/certificate.html", answer=answer, copy=copy, at=place.now()
    )
    return page if answer else (page, 404)
