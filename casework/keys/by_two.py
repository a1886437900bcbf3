"""Two operators act on the key of another: unlock it by the hotline, revoke it on legal grounds.

The agency's seal is theirs: two give it a certificate, renew it before its time, and revoke it. It
has no PIN, because the service seals by itself what officers have decided (decision 17).

One asks, with a reason and how the holder's identity was proven; another confirms or declines. The
act, its audit row and the word to the holder stand or fall together (§keys 2).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import announcements, texts
from casework.case.two_operators import TwoOperators, note
from casework.keys import agency_seal, holders, outside, reasons
from casework.keys.holders import KeyHolder
from casework.office import Office
from engine import actors
from engine.actors import Actor
from refusals.hotline import HOTLINE
from refusals.refusal import Refusal
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import key_requests
from registry.trail.asked import RequestState
from registry.trail.key_requests import KeyAct, KeyRequest, Wanted
from signing import Role
from signing.errors import (
    CertificateInUse,
    CertificateReplaced,
    CertificateRevoked,
    NoCertificate,
)
from signing.keys.issuing import Issued
from storage.database import writing

ASKED = {
    KeyAct.UNLOCK: "keys.unlock_asked",
    KeyAct.REVOKE: "keys.revoke_asked",
    KeyAct.ENROL: "keys.enrol_asked",
    KeyAct.RENEW: "keys.renew_asked",
}
DONE = {
    KeyAct.UNLOCK: "keys.unlock",
    KeyAct.REVOKE: "keys.revoke",
    KeyAct.ENROL: agency_seal.ENROLLED,
    KeyAct.RENEW: "keys.agency_renew",
}
OF_THE_SEAL = (KeyAct.ENROL, KeyAct.RENEW)  #: holders do these themselves
DECLINED = "keys.request_declined"


class KeyReasonMissing(Refusal):
    """请填写申请的原因或者法律依据（5至500个字），由另一名运行维护人员核对。"""

    code = "E_KEY_REASON"


class KeyProofMissing(Refusal):
    """请填写怎样核实了持有人的身份（5至500个字），由另一名运行维护人员核对。"""

    code = "E_KEY_PROOF"


class NotLocked(Refusal):
    """没有锁定，不需要解除；请刷新页面，查看最新状态。"""

    code = "E_KEY_NOT_LOCKED"


class AlreadyRevoked(Refusal):
    """证书已经吊销，不需要再次吊销；请刷新页面，查看最新状态。"""

    code = "E_KEY_ALREADY_REVOKED"


class NotTheSeal(Refusal):
    """个人和企业的数字证书由持有人自己申领和更新，只有机关电子印章由运行维护人员办理。"""

    code = "E_KEY_NOT_THE_SEAL"


class KeyNeedsAnother(Refusal):
    """须由另一名运行维护人员确认。提出申请的人不能自己确认。"""

    code = "E_KEY_NEEDS_ANOTHER"
    is_denial = True


class KeyNotAsked(Refusal):
    """该申请已经撤回或者已经处理。请刷新页面，查看最新状态。"""

    code = "E_KEY_NOT_ASKED"


class KeyAsked(Refusal):
    """{who}已于{when}提出同一数字证书的{act}申请，等待确认。请先确认或者撤回该申请，再提出新的申请。"""

    code = "E_KEY_ASKED"


class NoSuchOperator(Refusal):
    """没有登录名为“{login}”的在任运行维护人员，请核对登录名。"""

    code = "E_NO_SUCH_OPERATOR"


_BY_TWO = TwoOperators(needs_another=KeyNeedsAnother, not_asked=KeyNotAsked, waits=KeyAsked)


def operator(office: Office, login: str) -> Actor:
    """Give the operator of today with a login, for the command. Raises: NoSuchOperator."""
    with office.sessions() as session:
        officer = officers.by_login(session, login)
    if officer is None or not officer.active or OfficerRole.OPERATOR not in officer.roles:
        raise NoSuchOperator(login=login)
    return actors.officer(officer.id, *officer.roles)


def present(office: Office, subject: str) -> tuple[KeyHolder, str]:
    """Give the holder with a credit code, person id or agency name and the serial in use.

    For the command. Raises: NoCertificate.
    """
    for role in (Role.ENTERPRISE, Role.APPLICANT, Role.AGENCY):
        facts = office.signatures.custody.credential(role, subject)
        if facts is not None:
            return KeyHolder(role=role, subject=subject), facts.serial
    raise NoCertificate


def ask(
    office: Office,
    act: KeyAct,
    holder: KeyHolder,
    actor: Actor,
    *,
    shown: str,
    reason: str,
    proof: str,
    cause: str = "",
) -> None:
    """Ask to act on the `shown` certificate ("": none); the same again changes nothing.

    `cause` is the name of a reason of RFC 5280, for a revocation. Raises: NotTheSeal,
    NoCertificate, CertificateReplaced, NotLocked, AlreadyRevoked, CertificateInUse,
    CertificateRevoked, KeyReasonMissing, KeyProofMissing, RevocationReasonMissing, KeyAsked.
    """
    _require_askable(office, act, holder, shown)
    why = reasons.read(cause).value if act is KeyAct.REVOKE else None
    reason = _said(office, reason, KeyReasonMissing("reason"))
    proof = _said(office, proof, KeyProofMissing("proof"))
    now = office.now()
    with writing(office.sessions) as session:
        wanted = Wanted(
            act=act,
            role=holder.role,
            subject=holder.subject,
            serial=shown,
            cause=why,
            reason=reason,
            proof=proof,
        )
        request_id = key_requests.ask(session, wanted, actor=actor.id, at=now)
        if request_id is None:
            waits = KeyRequest.waiting_about(session, wanted.about)
            _BY_TWO.again(session, waits, actor, wanted.values, act=act.label)
            return
        _audit(office, session, ASKED[act], holder, actor, request=request_id, serial=shown)
        text = f"有一份{act.label}的申请待另一名运行维护人员确认，请在“数字证书持有人”页面办理。"
        word = announcements.to_role(OfficerRole.OPERATOR, "key", text, f"key-request/{request_id}")
        announcements.tell(session, [word], now)


def _require_askable(office: Office, act: KeyAct, holder: KeyHolder, shown: str) -> None:
    if act in OF_THE_SEAL and holder.role is not Role.AGENCY:
        raise NotTheSeal
    standing = holders.of(office, holder)
    if standing is None and act is not KeyAct.ENROL:
        raise NoCertificate
    if shown != (standing.facts.serial if standing is not None else ""):
        raise CertificateReplaced
    if standing is None:
        return
    is_revoked = standing.facts.revoked_at is not None
    if act is KeyAct.UNLOCK and standing.locked_until is None:
        raise NotLocked
    if act is KeyAct.REVOKE and is_revoked:
        raise AlreadyRevoked
    if act is KeyAct.ENROL and standing.state == "GOOD":
        raise CertificateInUse
    if act is KeyAct.RENEW and is_revoked:
        raise CertificateRevoked


def confirm(office: Office, request_id: str, actor: Actor) -> None:
    """Do what another operator asked for, in one transaction with the audit row; twice is once.

    Raises: KeyNotAsked, KeyNeedsAnother, CertificateReplaced when the holder has another
    certificate by now.
    """
    with _BY_TWO.once(office, KeyRequest, request_id, actor, RequestState.CONFIRMED):
        _confirm(office, request_id, actor)


def _confirm(office: Office, request_id: str, actor: Actor) -> None:
    with office.sessions() as session:
        request = _BY_TWO.confirmable(session, KeyRequest.get(session, request_id), actor)
    holder, act, now = holder_of(request), KeyAct(request.act), office.now()
    fresh = _fresh(office, holder, request)
    with writing(office.sessions) as session:
        office.check(session)
        _BY_TWO.insist(KeyRequest.confirm(session, request_id, actor=actor.id, at=now))
        facts = {"request": request_id, "asked_by": request.asked_by, "serial": request.serial}
        _audit(office, session, DONE[act], holder, actor, **facts, why=request.cause or "")
        text = _text(holder, request) + f"如有疑问，请拨打{HOTLINE}。"
        word = holders.to_holder(session, holder, text, f"key-done/{request_id}")
        announcements.tell(session, [word], now)
        _do(office, holder, request, fresh)
        outside.tell_endings(session, office)


def decline(office: Office, request_id: str, actor: Actor) -> None:
    """Turn a request down, or take one's own back. Raises: KeyNotAsked."""
    now = office.now()
    with (
        _BY_TWO.once(office, KeyRequest, request_id, actor, RequestState.DECLINED),
        writing(office.sessions) as session,
    ):
        request = _BY_TWO.waiting(KeyRequest.get(session, request_id))
        _BY_TWO.insist(KeyRequest.decline(session, request_id, actor=actor.id, at=now))
        facts = {"request": request_id, "asked_by": request.asked_by}
        _audit(office, session, DECLINED, holder_of(request), actor, **facts)


def holder_of(request: KeyRequest) -> KeyHolder:
    """Return whose key a request is about."""
    return KeyHolder(role=Role(request.role), subject=request.subject)


def _said(office: Office, typed: str, missing: Refusal) -> str:
    said = "".join(texts.said(office, [typed], field=missing.field, most=1))
    if len(said) < texts.LEAST_REASON:
        raise missing
    return said


def _fresh(office: Office, holder: KeyHolder, request: KeyRequest) -> Issued | None:
    """Have the certificate that the act needs issued before the transaction: that may be slow."""
    signatures = office.signatures
    if request.act == KeyAct.RENEW:
        return signatures.lifecycle.fresh(holder.role, holder.subject, shown=request.serial)
    if request.act == KeyAct.ENROL:
        return signatures.custody.fresh_seal(holder.subject)
    return None


def _do(office: Office, holder: KeyHolder, request: KeyRequest, fresh: Issued | None) -> None:
    """Act on the key; doing it again changes nothing, should the register not commit."""
    if request.act == KeyAct.UNLOCK:
        office.signatures.challenges.release(holder.role, holder.subject)
        return
    lifecycle = office.signatures.lifecycle
    if request.act == KeyAct.RENEW:
        lifecycle.renew(holder.role, holder.subject, shown=request.serial, fresh=fresh)
        return
    if request.act == KeyAct.ENROL:
        office.signatures.custody.enrol_agency(holder.subject, fresh=fresh)
        return
    cause = reasons.read(str(request.cause))
    lifecycle.revoke(holder.role, holder.subject, cause, shown=request.serial)


def _text(holder: KeyHolder, request: KeyRequest) -> str:
    if request.act == KeyAct.UNLOCK:
        return f"您的{holder.title}的锁定已由工作人员核实身份后解除。"
    if request.act in OF_THE_SEAL:
        done = "更新" if request.act == KeyAct.RENEW else "申领"
        return f"{holder.subject}的电子印章证书已由两名运行维护人员{done}。"
    if holder.role is Role.AGENCY:
        why = reasons.words(request.cause)
        return (
            f"{holder.subject}的电子印章证书已由两名运行维护人员吊销，原因：{why}；"
            "在重新申领以前不能加盖印章，此前盖章的文件仍然有效。"
        )
    why = reasons.words(request.cause)
    return f"您的{holder.title}已由工作人员吊销，原因：{why}；此前签署的文件仍然有效。"


def _audit(
    office: Office, session: Session, action: str, holder: KeyHolder, actor: Actor, **facts: str
) -> None:
    note(office, session, action, actor, subject=holder.name_in_trail, facts=facts)
