"""Proving somebody: a code counts once (RFC 6238 5.2), within one step of the clock."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from casework.office import Office
from casework.second_factors import trail
from refusals.refusal import Refusal
from registry import readings
from registry.people import second_factors
from registry.people.second_factors import FactorKind
from storage.database import writing

PERIOD_S, DIGITS = 30, 6  #: what every authenticator knows
SECRET_BYTES = 20  #: RFC 4226 4, R6
MOST_FAILURES = 10  #: codes that were none, since the last that counted


class CodeRefused(Refusal):
    """验证码不正确或者已经用过。请填写身份验证器现在显示的6位数字；刚用过的，请等下一个。"""

    code = "E_SECOND_FACTOR"


class AuthenticatorLocked(Refusal):
    """身份验证器已连续{times}次填错，不能再用。请使用通行密钥或者恢复码；都没有的，请由两名运行维护人员重置。"""

    code = "E_SECOND_FACTOR_LOCKED"


class PasskeyRefused(Refusal):
    """通行密钥没有通过核对。请再试一次，或者改用身份验证器、恢复码；仍不能登录的，请由两名运行维护人员重置。"""

    code = "E_PASSKEY"


def prove(office: Office, holder: str, typed: str) -> FactorKind:
    """Prove somebody by what he typed: six digits, or a recovery code, which is gone then.

    Raises: CodeRefused, AuthenticatorLocked; both are counted and in the trail.
    """
    code, now = read(typed), office.now()
    refusal: Refusal | None = None
    with writing(office.sessions) as session:
        if len(code) != DIGITS:
            kind = FactorKind.RECOVERY
            if not second_factors.take_code(session, holder, code):
                refusal = CodeRefused("code")
        else:
            kind = FactorKind.TOTP
            refusal = _totp_refusal(session, holder, code, now)
        cause = {} if refusal is None else {"code": refusal.code}
        trail.proof(office, session, holder, kind, is_proven=refusal is None, **cause)
    if refusal is not None:
        raise refusal
    return kind


def _totp_refusal(session: Session, holder: str, code: str, now: datetime) -> Refusal | None:
    """Judge six digits: None when they count. What is no code of now is counted as a failure."""
    for factor in second_factors.of(session, holder):
        if factor.kind != FactorKind.TOTP:
            continue
        if factor.failures >= MOST_FAILURES:
            return AuthenticatorLocked("code", times=MOST_FAILURES)
        step = step_of(factor.secret, code, now)
        if step is not None and second_factors.advance(session, holder, factor.id, step, now):
            return None
        second_factors.failed(session, holder, factor.id)
    return CodeRefused("code")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Give the step of time whose code this is: the present one, one before or one after.

    >>> from datetime import datetime, UTC  # RFC 6238 B, its last six digits
    >>> key = base64.b32encode(b"12345678901234567890").decode()
    >>> step_of(key, "287082", datetime.fromtimestamp(59, UTC))
    1
    >>> step_of(key, "287082", datetime.fromtimestamp(120, UTC)) is None
    True
    """
    present, totp = int(now.timestamp()) // PERIOD_S, _totp(secret)
    found = None
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate(step * PERIOD_S), code.encode()):
            found = step
    return found


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), PERIOD_S)  # noqa: S303  # RFC 6238: all authenticators know HMAC-SHA-1


def passkeys(session: Session, holder: str) -> dict[str, dict[str, Any]]:
    """Give the passkeys of somebody by their handles: `id` and `key` as stored, and `counter`."""
    return {
        factor.handle: {**json.loads(factor.secret), "counter": factor.counter}
        for factor in second_factors.of(session, holder)
        if factor.kind == FactorKind.PASSKEY
    }


def passkey_proved(office: Office, holder: str, handle: str, counter: int) -> None:
    """Note that a passkey has signed, for the `counter`-th time (0: it does not count)."""
    now = office.now()
    with writing(office.sessions) as session:
        for factor in second_factors.of(session, holder):
            if factor.handle == handle:
                factor.counter, factor.used_at = counter, now
        trail.proof(office, session, holder, FactorKind.PASSKEY, is_proven=True)


def turned_away(office: Office, holder: str, refusal: Refusal) -> None:
    """Note that somebody tried too often to be heard."""
    with writing(office.sessions) as session:
        kind, code = FactorKind.TOTP, refusal.code
        trail.proof(office, session, holder, kind, is_proven=False, code=code)


def passkey_refused(office: Office, holder: str) -> None:
    """Note that a passkey did not prove, and refuse. Raises: PasskeyRefused."""
    refusal = PasskeyRefused("passkey")
    with writing(office.sessions) as session:
        kind = FactorKind.PASSKEY
        trail.proof(office, session, holder, kind, is_proven=False, code=refusal.code)
    raise refusal


def new_secret() -> str:
    """Make the secret of an authenticator, in base32 as it is typed off a screen."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address_of(secret: str, login: str, issuer: str) -> str:
    """Give the `otpauth:` address that an authenticator reads from a QR code."""
    return _totp(secret).get_provisioning_uri(login, issuer)


def read(typed: str) -> str:
    """Read a code as people type it: wide digits, blanks and hyphens do not matter."""
    return "".join(readings.line(typed).upper().replace("-", " ").split())
