"""What persons and enterprises do with their own keys: renew, revoke, change the PIN (§keys 2).

Each act leaves its audit row, and the holder is told: who did not do it himself learns of it. What
was signed before stays as good as it was. The key database is another than the register: the row
of the register is written first and committed last, and acts on keys may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import ReasonFlags

from casework.case import announcements
from casework.keys import outside
from casework.keys.holding import KeyHolder as KeyHolder
from casework.keys.holding import to_holder as to_holder
from casework.office import Office
from engine.actors import Actor
from refusals.days import day_in_words
from refusals.hotline import HOTLINE
from refusals.refusal import Refusal
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise
from registry.trail import audit
from signing import Role
from signing.errors import CertificateInUse, PinWrong
from signing.keys.custody import CertificateFacts
from storage.database import writing

RENEW, REVOKE, CHANGE_PIN, APPLY = (
    "keys.holder_renew",
    "keys.holder_revoke",
    "keys.pin_change",
    "keys.holder_apply",
)


class EnterpriseUnknown(Refusal):
    """企业登记中没有您所在的企业，不能申领企业数字证书。请核对统一社会信用代码，咨询{hotline}。"""

    code = "E_KEY_ENTERPRISE_UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class KeyStanding:
    """How the certificate of a holder stands."""

    facts: CertificateFacts
    state: str  #: GOOD, OVER or REVOKED
    locked_until: datetime | None  #: by wrong codes or PINs


def of(office: Office, holder: KeyHolder) -> KeyStanding | None:
    """Tell how a holder's certificate stands; None: there was never one."""
    facts = office.signatures.custody.credential(holder.role, holder.subject)
    if facts is None:
        return None
    state = state_of(facts, office.now())
    locked_until = office.signatures.challenges.locked_until(holder.role, holder.subject)
    return KeyStanding(facts=facts, state=state, locked_until=locked_until)


def state_of(facts: CertificateFacts, at: datetime) -> str:
    """Say GOOD, OVER or REVOKED of a certificate."""
    if facts.revoked_at is not None:
        return "REVOKED"
    return "GOOD" if facts.not_before <= at <= facts.not_after else "OVER"


def renew(office: Office, holder: KeyHolder, actor: Actor, *, shown: str, pin: str = "") -> None:
    """Give the holder a new key and certificate instead of the `shown` one (its serial).

    Raises: NoCertificate, CertificateRevoked, CertificateReplaced; for an enterprise PinMissing,
    PinWrong, PinLocked; where an authority outside issues, CertificateAwaited, when it comes by
    itself, EnrolmentRefused, CertificateNotAsAsked.
    """
    lifecycle, role, subject = office.signatures.lifecycle, holder.role, holder.subject
    _prove(office, holder, pin)
    with outside.waited_for(office, holder, actor):
        fresh = lifecycle.fresh(role, subject, shown=shown, pin=pin)

    def act() -> str:
        facts = lifecycle.renew(role, subject, shown=shown, pin=pin, fresh=fresh)
        return f"您的{holder.title}已更新，新证书有效期至{day_in_words(facts.not_after)}。"

    _do(office, holder, actor, RENEW, act, shown=shown)


def revoke(
    office: Office,
    holder: KeyHolder,
    actor: Actor,
    *,
    shown: str,
    reason: ReasonFlags,
    pin: str = "",
) -> None:
    """Revoke the `shown` certificate of a holder for good; a second time changes nothing.

    Raises: NoCertificate, CertificateReplaced; for an enterprise PinMissing, PinWrong, PinLocked.
    """
    present = office.signatures.custody.credential(holder.role, holder.subject)
    if present is not None and present.serial == shown and present.revoked_at is not None:
        return

    def act() -> str:
        _prove(office, holder, pin)
        lifecycle = office.signatures.lifecycle
        lifecycle.revoke(holder.role, holder.subject, reason, shown=shown)
        return f"您的{holder.title}已吊销，不能再用于签署；此前签署的文件仍然有效。"

    _do(office, holder, actor, REVOKE, act, shown=shown, why=reason.value)


def change_pin(office: Office, uscc: str, actor: Actor, *, old: str, new: str) -> None:
    """Give an enterprise's key a new PIN; wrong old ones count as they do at a seal.

    Raises: PinMissing, PinMalformed, PinUnchanged, PinWrong, PinLocked, NoCertificate.
    """
    holder = KeyHolder(role=Role.ENTERPRISE, subject=uscc)

    def act() -> str:
        office.signatures.challenges.change_pin(uscc, old, new)
        office.signatures.lifecycle.withdraw(Role.ENTERPRISE, uscc)  # it lies under the old PIN
        return f"您的{holder.title}的密码已修改。"

    def has_changed() -> bool:
        known = _has_done(office, holder, actor, CHANGE_PIN)
        return known and old != new and _opens(office, uscc, new)

    try:
        if not has_changed():
            _do(office, holder, actor, CHANGE_PIN, act)
    except PinWrong:
        if not has_changed():
            raise  # nobody has pressed it before: the new one is not the PIN


def _has_done(office: Office, holder: KeyHolder, actor: Actor, action: str) -> bool:
    """Tell whether somebody has done this to a key a moment ago: he may press a second time."""
    since = office.now() - audit.SECOND_PRESS
    with office.sessions() as session:
        return audit.is_known(
            session, action, actor=actor.id, subject=holder.name_in_trail, since=since
        )


def apply(office: Office, uscc: str, actor: Actor, *, pin: str) -> None:
    """Give an enterprise a certificate with a PIN of its own (R5): its first, or a new one.

    Who acts was let in by the portal as its operator; its name is that of the enterprise register.
    Raises: EnterpriseUnknown, Unavailable, CertificateInUse, PinMalformed; of an authority outside
    as `renew`.
    """
    holder = KeyHolder(role=Role.ENTERPRISE, subject=uscc)
    with office.sessions() as session:
        employer = session.get(Enterprise, uscc)
    if employer is None:
        registered = office.enterprises.by_uscc(uscc)
        if registered is None:
            raise EnterpriseUnknown
        with writing(office.sessions) as session:
            employer = enterprises.record(session, registered, at=office.now())
    name = employer.name

    def has_applied() -> bool:
        return _has_done(office, holder, actor, APPLY) and _opens(office, uscc, pin)

    lifecycle = office.signatures.lifecycle

    def act() -> str:
        facts = lifecycle.apply(uscc, name, pin, fresh=fresh)
        return f"您已申领{holder.title}，有效期至{day_in_words(facts.not_after)}。"

    try:
        if has_applied():
            return
        with outside.waited_for(office, holder, actor):
            fresh = lifecycle.fresh_application(uscc, name, pin)
        _do(office, holder, actor, APPLY, act)
    except CertificateInUse:
        if not has_applied():
            raise  # nobody has pressed it before


def _opens(office: Office, uscc: str, pin: str) -> bool:
    """Tell whether this is the PIN; a wrong one counts as it does at a seal."""
    try:
        office.signatures.challenges.confirm_pin(uscc, pin)
    except Refusal:
        return False
    return True


def _prove(office: Office, holder: KeyHolder, pin: str) -> None:
    if holder.role is Role.ENTERPRISE:
        office.signatures.challenges.confirm_pin(holder.subject, pin)


def _do(
    office: Office,
    holder: KeyHolder,
    actor: Actor,
    action: str,
    act: Callable[[], str],
    **facts: str,
) -> None:
    """Act on a key, with the audit row and the word to the holder."""
    now = office.now()
    with writing(office.sessions) as session:
        audit.record(
            session,
            action,
            actor=actor.id,
            acting_for=actor.uscc,
            subject=holder.name_in_trail,
            at=now,
            facts=facts,
        )
        session.flush()
        text = act() + f"如非本人操作，请立即拨打{HOTLINE}。"
        key = f"{action}/{holder.name_in_trail}/{now:%Y%m%d%H%M%S}"
        announcements.tell(session, [to_holder(session, holder, text, key)], now)
        outside.tell_endings(session, office)
