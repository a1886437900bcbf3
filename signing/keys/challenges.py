"""What proves the signer's will: the one-time code of a person, the PIN of an enterprise.

Either is checked for one document, named by its SHA-256, and gives an authorization: permission to
make one signature on exactly that file. A file that changes afterwards cannot be signed with it.
Limits of the code: 6 digits, 5 minutes, 5 tries, a new one after 60 seconds (R40, R41, I6).
"""

from __future__ import annotations

import hmac
import math
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.errors import (
    AuthorizationExpired,
    AuthorizationUnknown,
    AuthorizationUsed,
    CodeLocked,
    CodeTooSoon,
    DocumentChanged,
    NoCertificate,
    PinLocked,
    PinMissing,
    PinWrong,
)
from signing.keeping import openings, pins
from signing.keeping.openings import Opened, Openings, digest_of
from signing.keeping.vault import KeyVault
from signing.keys.authority import Clock
from signing.keys.trust import Role
from signing.tables import (
    StoredAuthorization,
    StoredCertificate,
    StoredChallenge,
    StoredCredential,
    StoredKey,
)
from storage.database import insert_of

CODE_LIFE = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
CODE_TRIES = 5
CODE_LOCK = timedelta(minutes=15)
SENDS_AN_HOUR = 10
PIN_TRIES = 5
PIN_LOCK = timedelta(minutes=30)
# Long, because the job that signs may wait for a repair; it is good for one document only.
AUTHORIZATION_LIFE = timedelta(days=7)
# Shorter for a list that was confirmed with one PIN: what is not sealed by then is asked for anew.
LIST_LIFE = timedelta(hours=12)
USED_KEPT = timedelta(days=30)
_HOUR = timedelta(hours=1)
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class CodeSent:
    """A fresh code; it exists in clear only here, for the text message."""

    code: str
    mobile: str
    expires_at: datetime
    resend_at: datetime


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of typing a code.

    `facts` are the inputs of the table `sms_challenge`: exists, used, age_seconds, failures
    (with this one), matches, hash_unchanged; and tries_left. `authorization` only when all is well.
    """

    facts: dict[str, bool | int]
    authorization: str | None


class Challenges:
    """Asks for codes and PINs, gives and takes authorizations."""

    def __init__(
        self, sessions: Sessions, vault: KeyVault, openings: Openings, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._vault = vault
        self._openings = openings
        self._clock = clock

    # -- one-time code -----------------------------------------------------------------------

    def request_code(self, person_id: str, mobile: str, document_sha256: str) -> CodeSent:
        """Make the one live code of a person, for one document; an earlier code dies.

        Raises: CodeTooSoon within 60 seconds or after ten codes in an hour, CodeLocked for 15
        minutes after five wrong tries.
        """
        now = self._clock()
        code = f"{secrets.randbelow(10**6):06d}"
        with writing(self._sessions) as session:
            locked(session, f"challenge/{person_id}")
            row = session.get(StoredChallenge, person_id, with_for_update=True)
            if row is None:
                row = StoredChallenge(person_id=person_id, sends=0, first_sent_at=now, failures=0)
                session.add(row)
            elif row.used_at is None:
                _refuse_sending(row, now)
            if row.used_at is not None or now - row.first_sent_at >= _HOUR:
                row.sends, row.first_sent_at = 0, now
            row.sends += 1
            row.document_sha256 = document_sha256
            row.salt = secrets.token_hex(16)
            row.code_mac = self._mac(row, code)
            row.sent_at, row.used_at, row.locked_until, row.failures = now, None, None, 0
        return CodeSent(
            code=code, mobile=mobile, expires_at=now + CODE_LIFE, resend_at=now + RESEND_AFTER
        )

    def try_code(self, person_id: str, document_sha256: str, code: str) -> Attempt:
        """Check a typed code for a document; never raises, the facts tell.

        A code is used when its signature is made. Typed again before (a double click, a server
        that fell over in between) it gives the same authorization, so it signs once all the same.
        """
        now = self._clock()
        with writing(self._sessions) as session:
            row = session.get(StoredChallenge, person_id, with_for_update=True)
            if row is None:
                return _attempt(exists=False)
            age = int((now - row.sent_at).total_seconds())
            live = not row.used_at and age <= CODE_LIFE.seconds and row.failures < CODE_TRIES
            unchanged = row.document_sha256 == document_sha256
            matches = live and unchanged and hmac.compare_digest(row.code_mac, self._mac(row, code))
            was_used = row.used_at is not None
            if live and unchanged and not matches:
                row.failures += 1
                if row.failures >= CODE_TRIES:
                    row.locked_until = now + CODE_LOCK
            authorization = None
            if matches:
                token = self._vault.mac("authorization", row.salt, person_id, document_sha256, code)
                authorization = self._authorize(
                    session, Role.APPLICANT, person_id, document_sha256, token
                )
            return _attempt(
                used=was_used,
                age_seconds=age,
                failures=row.failures,
                matches=matches,
                hash_unchanged=unchanged,
                authorization=authorization,
            )

    # -- PIN -----------------------------------------------------------------------------------

    def unlock(self, uscc: str, pin: str, document_sha256: str) -> str:
        """Check the PIN of an enterprise for a document and return an authorization (R59).

        Raises: PinMissing (costs no try), NoCertificate, PinWrong, PinLocked (five wrong tries, 30
        minutes).
        """
        return self._with_pin(
            uscc,
            pin,
            lambda session, _, key: self._leave(
                session, uscc, document_sha256, key, AUTHORIZATION_LIFE
            ),
        )

    def unlock_each(self, uscc: str, pin: str, documents: Collection[str]) -> dict[str, str]:
        """Check the PIN once for a list of documents; return an authorization for each SHA-256.

        Each is good for one seal on its one file, for twelve hours (decision 14); the PIN itself is
        kept nowhere. Raises: as `unlock`.
        """

        def allow(session: Session, _: StoredCredential, key: Opened) -> dict[str, str]:
            return {
                sha256: self._leave(session, uscc, sha256, key, LIST_LIFE)
                for sha256 in sorted(set(documents))
            }

        return self._with_pin(uscc, pin, allow)

    def change_pin(self, uscc: str, old: str, new: str) -> None:
        """Wrap the key under a new PIN, given the old one; wrong tries count as for a seal.

        Raises: PinMissing, PinMalformed, PinUnchanged (before a try is counted), PinWrong,
        PinLocked, NoCertificate.
        """
        pins.require_form(new)
        pins.require_other(old, new)

        def write(session: Session, row: StoredCredential, key: Opened) -> None:
            self._openings.close(session, row, key, new)

        self._with_pin(uscc, old, write)

    def confirm_pin(self, uscc: str, pin: str) -> None:
        """Check a PIN that allows no signature. Raises: as `unlock`."""
        self._with_pin(uscc, pin, lambda *_: None)

    def _with_pin(
        self, uscc: str, pin: str, right: Callable[[Session, StoredCredential, Opened], Result]
    ) -> Result:
        """Check a PIN, count a wrong one, and do what a right one allows in one transaction.

        A right one opens the key (decision 17); a key that lies without it is wrapped on the way.
        """
        if not pin:
            raise PinMissing("pin")
        with self._sessions() as session:
            key = self._openings.as_read(*self._guarded(session, uscc))
        opened = self._openings.try_pin(key, pin)
        is_behind = opened is not None and self._openings.is_behind(key)
        # The verdicts fall one after the other: right ones never lock, and of wrong ones at the
        # same moment no more are told than of wrong ones in turn.
        with writing(self._sessions) as session:
            row, stored = self._guarded(session, uscc, lock=True)
            is_current = self._openings.as_read(row, stored) == key
            if is_current and opened is not None:
                row.pin_failures, row.pin_locked_until = 0, None
                if is_behind:
                    self._openings.close(session, row, opened, pin)
                return right(session, row, opened)
            if is_current:
                self._count_wrong_pin(row)
            failures = row.pin_failures
        if not is_current:  # a new PIN was set in the meantime, or the key renewed or wrapped anew
            return self._with_pin(uscc, pin, right)
        if failures >= PIN_TRIES:
            raise PinLocked("pin", minutes=_minutes(PIN_LOCK))
        raise PinWrong("pin", tries_left=PIN_TRIES - failures)

    # -- locks ---------------------------------------------------------------------------------

    def locked_until(self, role: Role, subject: str) -> datetime | None:
        """Tell until when wrong codes or PINs lock a signer out; None: they do not."""
        with self._sessions() as session:
            row = self._lockable(session, role, subject)
            until = _lock_of(row) if row is not None else None
        return until if until is not None and self._clock() < until else None

    def release(self, role: Role, subject: str) -> bool:
        """End a lock before its time; False when there was none. The PIN stays what it is."""
        with writing(self._sessions) as session:
            row = self._lockable(session, role, subject, lock=True)
            until = _lock_of(row) if row is not None else None
            if row is None or until is None or self._clock() >= until:
                return False
            if isinstance(row, StoredCredential):
                row.pin_failures, row.pin_locked_until = 0, None
            else:  # the code that was guessed at stays dead: a new one is asked for
                row.locked_until = None
            return True

    def _lockable(
        self, session: Session, role: Role, subject: str, *, lock: bool = False
    ) -> StoredCredential | StoredChallenge | None:
        if role is Role.APPLICANT:
            return session.get(StoredChallenge, subject, with_for_update=lock)
        query = select(StoredCredential).where(
            StoredCredential.role == role, StoredCredential.subject == subject
        )
        return session.scalars(query.with_for_update() if lock else query).one_or_none()

    def _guarded(
        self, session: Session, uscc: str, *, lock: bool = False
    ) -> tuple[StoredCredential, StoredKey]:
        """Return the credential of an enterprise with the key that it signs with now.

        Raises: NoCertificate, PinLocked.
        """
        query = _GUARDED_LOCKED if lock else _GUARDED
        found = session.execute(query, {"b_uscc": uscc}).one_or_none()
        if found is None:
            raise NoCertificate
        row, key = found
        if row.pin_locked_until is not None and self._clock() < row.pin_locked_until:
            left = row.pin_locked_until - self._clock()
            raise PinLocked("pin", minutes=_minutes(left))
        return row, key

    def _count_wrong_pin(self, row: StoredCredential) -> None:
        if row.pin_locked_until is not None:  # a lock that is over begins a new count
            row.pin_failures, row.pin_locked_until = 0, None
        row.pin_failures += 1
        if row.pin_failures >= PIN_TRIES:
            row.pin_locked_until = self._clock() + PIN_LOCK

    # -- authorizations ------------------------------------------------------------------------

    def spend(
        self, authorization: str, *, role: Role, subject: str, document_sha256: str, key: str
    ) -> None:
        """Use an authorization for the signing job `key`; the same job may repeat it.

        Raises: AuthorizationUnknown, DocumentChanged, AuthorizationUsed, AuthorizationExpired.
        """
        digest, now = digest_of(authorization), self._clock()
        whose = {"b_role": role, "b_subject": subject, "b_sha256": document_sha256, "b_now": now}
        with writing(self._sessions) as session:
            row = session.scalar(_CLAIM, {**whose, "b_digest": digest, "b_key": key})
            if row is None:  # the same job did it before, or it may not
                row = session.get(StoredAuthorization, digest)
            if row is None or (row.role, row.subject) != (role, subject):
                raise AuthorizationUnknown
            if row.document_sha256 != document_sha256:
                raise DocumentChanged
            if row.used_by is None:
                raise AuthorizationExpired
            if row.used_by != key:
                raise AuthorizationUsed
            if role is Role.APPLICANT:
                session.connection().execute(_USE_UP, whose)

    def withdraw(self, authorizations: Collection[str]) -> int:
        """Take back what was allowed and not used yet; return how many can sign no more."""
        row, digests = StoredAuthorization, [digest_of(given) for given in authorizations]
        unused = delete(row).where(row.digest.in_(digests), row.used_by.is_(None))
        with writing(self._sessions) as session:
            withdrawn = session.scalars(unused.returning(row.digest)).all()
            openings.forget(session, withdrawn)
            return len(withdrawn)

    def sweep(self) -> int:
        """Forget authorizations that expired unused, and used ones a month later."""
        now, row = self._clock(), StoredAuthorization
        unused = (row.expires_at <= now) & row.used_by.is_(None)
        stale = delete(row).where(unused | (row.expires_at <= now - USED_KEPT))
        with writing(self._sessions) as session:
            openings.forget_over(session, now)
            return len(session.scalars(stale.returning(row.digest)).all())

    def _leave(
        self, session: Session, uscc: str, document_sha256: str, key: Opened, life: timedelta
    ) -> str:
        """Allow one seal on one file: permission under a new token, which opens the key."""
        token = secrets.token_urlsafe(32)
        self._authorize(session, Role.ENTERPRISE, uscc, document_sha256, token, life=life)
        self._openings.keep(session, token, key)
        return token

    def _authorize(
        self,
        session: Session,
        role: Role,
        subject: str,
        document_sha256: str,
        token: str,
        *,
        life: timedelta = AUTHORIZATION_LIFE,
    ) -> str:
        """Give permission under a secret token; the same token again is the same permission."""
        given = {
            "digest": digest_of(token),
            "role": role,
            "subject": subject,
            "document_sha256": document_sha256,
            "expires_at": self._clock() + life,
        }
        session.connection().execute(_giving(insert_of(session)), given)
        return token

    def _mac(self, row: StoredChallenge, code: str) -> str:
        return self._vault.mac(row.salt, row.person_id, row.document_sha256, code)


@cache
def _giving(insert: Callable[[type[StoredAuthorization]], Any]) -> Any:
    given = insert(StoredAuthorization)
    longer = {"expires_at": given.excluded.expires_at}
    return given.on_conflict_do_update(index_elements=["digest"], set_=longer)


_CLAIM = (
    update(StoredAuthorization)
    .where(
        StoredAuthorization.digest == bindparam("b_digest"),
        StoredAuthorization.used_by.is_(None),
        StoredAuthorization.role == bindparam("b_role"),
        StoredAuthorization.subject == bindparam("b_subject"),
        StoredAuthorization.document_sha256 == bindparam("b_sha256"),
        StoredAuthorization.expires_at > bindparam("b_now"),
    )
    .values(used_by=bindparam("b_key"))
    .returning(StoredAuthorization)
)
_USE_UP = (
    update(StoredChallenge)
    .where(
        StoredChallenge.person_id == bindparam("b_subject"),
        StoredChallenge.document_sha256 == bindparam("b_sha256"),
        StoredChallenge.used_at.is_(None),
    )
    .values(used_at=bindparam("b_now"))
)


#: The credential of an enterprise with its key; both are locked where a verdict falls.
_GUARDED = (
    select(StoredCredential, StoredKey)
    .join(StoredCertificate, StoredCertificate.serial == StoredCredential.serial)
    .join(StoredKey, StoredKey.id == StoredCertificate.key_id)
    .where(
        StoredCredential.role == Role.ENTERPRISE,
        StoredCredential.subject == bindparam("b_uscc"),
        StoredCredential.pin_hash.is_not(None),
    )
)
_GUARDED_LOCKED = _GUARDED.with_for_update(of=(StoredCredential, StoredKey))


def _lock_of(row: StoredCredential | StoredChallenge) -> datetime | None:
    return row.pin_locked_until if isinstance(row, StoredCredential) else row.locked_until


def _refuse_sending(row: StoredChallenge, now: datetime) -> None:
    """Refuse a new code too early; texts cost money and tries add up."""
    if row.locked_until is not None and now < row.locked_until:
        raise CodeLocked(minutes=_minutes(row.locked_until - now))
    waits = [row.sent_at + RESEND_AFTER - now]
    if row.sends >= SENDS_AN_HOUR:
        waits.append(row.first_sent_at + _HOUR - now)
    wait = max(waits)
    if wait > timedelta(0):
        raise CodeTooSoon(seconds=math.ceil(wait.total_seconds()))


def _attempt(
    *,
    exists: bool = True,
    used: bool = False,
    age_seconds: int = 0,
    failures: int = 0,
    matches: bool = False,
    hash_unchanged: bool = True,
    authorization: str | None = None,
) -> Attempt:
    facts: dict[str, bool | int] = {
        "exists": exists,
        "used": used,
        "age_seconds": age_seconds,
        "failures": failures,
        "matches": matches,
        "hash_unchanged": hash_unchanged,
        "tries_left": CODE_TRIES - failures,
    }
    return Attempt(facts=facts, authorization=authorization)


def _minutes(span: timedelta) -> int:
    return math.ceil(span.total_seconds() / 60)
