"""Enrolling what proves somebody, and removing it; recovery codes are told once."""

from __future__ import annotations

import json
import secrets

from sqlalchemy.orm import Session

from casework.office import Office
from casework.second_factors import trail
from casework.second_factors.proofs import CodeRefused, passkeys, read, step_of
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.people import second_factors
from registry.people.second_factors import LASTING, FactorKind
from storage.database import writing

RECOVERY_CODES = 10
MOST_PASSKEYS = 5
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  #: none is taken for another when read from paper
_GROUPS, _GROUP = 4, 4  #: of a recovery code: 16 characters, 79 bits
_LONGEST_LABEL = 40


class TooManyPasskeys(Refusal):
    """通行密钥最多登记{most}个。请先删除不再使用的。"""

    code = "E_PASSKEY_MANY"


class LastFactor(Refusal):
    """这是您唯一的验证方式，删除后不能再登录。请先登记另一个，再删除这一个。"""

    code = "E_SECOND_FACTOR_LAST"


def enrol_authenticator(office: Office, holder: str, secret: str, typed: str) -> list[str]:
    """Note an authenticator that has shown its first code, instead of the one before.

    Returns recovery codes to be shown once, when he had none. Raises: CodeRefused.
    """
    now = office.now()
    step = step_of(secret, read(typed), now)
    if step is None:
        with writing(office.sessions) as session:
            code = CodeRefused.code
            trail.proof(office, session, holder, FactorKind.TOTP, is_proven=False, code=code)
        raise CodeRefused("code")
    with writing(office.sessions) as session:
        second_factors.remove(session, holder, FactorKind.TOTP)
        second_factors.add(
            session,
            holder,
            FactorKind.TOTP,
            label=FactorKind.TOTP.label,
            secret=secret,
            at=now,
            counter=step,  # the code that was shown is used up
        )
        return _enrolled(office, session, holder, FactorKind.TOTP)


def enrol_passkey(
    office: Office,
    holder: str,
    label: str,
    *,
    handle: str,
    stored: dict[str, str],
    counter: int,
) -> list[str]:
    """Note a passkey by the digest of its id; returns recovery codes as `enrol_authenticator`.

    Raises: TooManyPasskeys.
    """
    label = readings.line(label)[:_LONGEST_LABEL] or FactorKind.PASSKEY.label
    with writing(office.sessions) as session:
        if len(passkeys(session, holder)) >= MOST_PASSKEYS:
            raise TooManyPasskeys(most=MOST_PASSKEYS)
        second_factors.add(
            session,
            holder,
            FactorKind.PASSKEY,
            label=label,
            secret=json.dumps(stored),
            at=office.now(),
            handle=handle,
            counter=counter,
        )
        return _enrolled(office, session, holder, FactorKind.PASSKEY)


def renew_codes(office: Office, holder: str) -> list[str]:
    """Give an officer new recovery codes; those before count no more."""
    with writing(office.sessions) as session:
        if not second_factors.is_held(session, holder):
            raise NotFound
        trail.note(office, session, trail.CODES, holder)
        return _new_codes(office, session, holder)


def remove(office: Office, holder: str, factor_id: str, *, is_required: bool) -> None:
    """Remove one factor, once for two presses; with the last one the recovery codes go too.

    Raises: NotFound, LastFactor when officers must have one.
    """
    with writing(office.sessions) as session:
        held = [row for row in second_factors.of(session, holder) if row.kind in LASTING]
        chosen = next((row for row in held if row.id == factor_id), None)
        if chosen is None:
            if trail.has_done(office, session, trail.REMOVED, holder):
                return  # the second press
            raise NotFound
        if is_required and len(held) == 1:
            raise LastFactor
        if len(held) == 1:
            second_factors.remove(session, holder)
        second_factors.remove(session, holder, factor_id=factor_id)
        trail.note(office, session, trail.REMOVED, holder, kind=chosen.kind)


def _enrolled(office: Office, session: Session, holder: str, kind: FactorKind) -> list[str]:
    trail.note(office, session, trail.ENROLLED, holder, kind=kind.value)
    held = second_factors.of(session, holder)
    if any(factor.kind == FactorKind.RECOVERY for factor in held):
        return []
    return _new_codes(office, session, holder)


def _new_codes(office: Office, session: Session, holder: str) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]
    now = office.now()
    second_factors.put_codes(session, holder, [read(code) for code in codes], now)
    return codes
