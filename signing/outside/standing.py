"""How the certificates of an authority outside stand: its lists and answers, kept while they count.

A list is fetched once an hour for all processes, kept in the key database, and used until the time
that it tells itself, also while nobody answers. What it revokes is noted at our own rows, so that
nobody signs with it; a certificate that was only on hold is good again when the list says so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from refusals.refusal import Refusal
from signing.database import Sessions, locked, writing
from signing.outside import anchors, answers
from signing.outside.answers import Answer, RevocationList
from signing.outside.port import CertificationAuthority
from signing.tables import StoredCertificate, StoredList
from storage.literals import ONE

KEPT = timedelta(hours=1)  #: after this a newer list is asked for
PAUSE = timedelta(minutes=1)  #: until it is tried again after nothing came
HOLD = x509.ReasonFlags.certificate_hold.value
_MOST = 1024  #: answers that are kept in memory
_LOG = logging.getLogger(__name__)
Clock = Callable[[], datetime]
#: Notes a revocation at a row of ours: serial, reason and since when.
Note = Callable[[Session, str, x509.ReasonFlags, datetime], None]


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What was found last of a list, and how long nobody looks again."""

    listed: RevocationList | None
    since: datetime
    until: datetime

    def is_due(self, now: datetime) -> bool:
        """Tell whether it is to be looked up anew; also when a clock went back."""
        ended = self.listed is not None and not self.listed.counts_at(now)
        return ended or not self.since <= now < self.until


class Standing:
    """Keeps what is published, and notes what it revokes."""

    def __init__(
        self, sessions: Sessions, outside: CertificationAuthority, clock: Clock, note: Note
    ) -> None:
        self._sessions = sessions
        self._outside = outside
        self._clock = clock
        self._note = note
        self._lock = threading.RLock()
        self._lists: dict[str, _Kept] = {}
        self._answers: dict[str, Answer] = {}
        self._resting: dict[str, datetime] = {}  #: until when a place is left alone

    # -- lists -----------------------------------------------------------------------------

    def lists(self) -> tuple[tuple[str, bytes], ...]:
        """Return the lists that count now, by the names of issuers and who is above them, DER."""
        believed = self._outside.anchors
        names = [*believed.above(), *(anchor.name for anchor in believed)]
        current = [(name, self.current(name)) for name in names]
        return tuple((name, listed.der) for name, listed in current if listed is not None)

    def current(self, name: str) -> RevocationList | None:
        """Return the list of somebody in a chain; None: none counts now, or it issued nothing."""
        now = self._clock()
        kept = self._lists.get(name)
        if kept is not None and not kept.is_due(now):
            return kept.listed
        # One looks; others go on with what counts still, and wait only where nothing does.
        counts = kept is not None and kept.listed is not None and kept.listed.counts_at(now)
        if not self._lock.acquire(blocking=not counts):
            return kept.listed if kept is not None else None
        try:
            kept = self._lists.get(name)
            if kept is None or kept.is_due(now):
                listed, until = self._looked_up(name, now)
                kept = self._lists[name] = _Kept(listed=listed, since=now, until=until)
            return kept.listed
        finally:
            self._lock.release()

    def _looked_up(self, name: str, now: datetime) -> tuple[RevocationList | None, datetime]:
        """Give the list that counts, and until when nobody need look again."""
        issuer, url = self._published(name)
        if url is None:
            return None, now  # its first certificate will tell
        with self._sessions() as session:
            row = session.get(StoredList, name)
        before = answers.listed(row.der, issuer) if row is not None else None
        counts = before is not None and before.counts_at(now)
        if row is not None and counts and timedelta() <= now - row.fetched_at < KEPT:
            return before, row.fetched_at + KEPT
        fresh = self._fetched(url, issuer, before, now)
        if fresh is not None:
            self._keep(name, fresh, now)
            return fresh, now + KEPT
        return before if counts else None, now + PAUSE

    def _published(self, name: str) -> tuple[x509.Certificate, str | None]:
        """Tell whose list that is and where: in a certificate that it may name."""
        believed = self._outside.anchors
        if (above := believed.above().get(name)) is not None:
            return above, anchors.list_of(believed.below(above))
        query = select(StoredCertificate.der).where(StoredCertificate.issuer == name)
        with self._sessions() as session:
            der = session.scalar(query.order_by(StoredCertificate.not_before.desc()).limit(ONE))
        issuer = next(one.certificate for one in believed if one.name == name)
        return issuer, None if der is None else anchors.list_of(x509.load_der_x509_certificate(der))

    def _fetched(
        self, url: str, issuer: x509.Certificate, before: RevocationList | None, now: datetime
    ) -> RevocationList | None:
        place = urlsplit(url).netloc
        if now < self._resting.get(place, now):
            return None  # a moment ago nobody answered there
        try:
            fresh = answers.listed(self._outside.published(url), issuer)
            if not fresh.counts_at(now):
                raise ValueError("a list that does not count now")
            if before is not None and fresh.begin < before.begin:
                raise ValueError("a list older than the one that was there")
        except Refusal as refusal:
            _LOG.warning("outside_list_missing url=%s code=%s", url, refusal.code)
            self._resting[place] = now + PAUSE
            return None
        except (ValueError, TypeError) as error:
            _LOG.warning("outside_list_refused url=%s why=%s", url, error)
            return None
        return fresh

    def _keep(self, name: str, fresh: RevocationList, now: datetime) -> None:
        """Store a list and note what it says of our rows, in one transaction."""
        with writing(self._sessions) as session:
            locked(session, f"list/{name}")
            row = session.get(StoredList, name) or StoredList(name=name)
            row.der, row.fetched_at = fresh.der, now
            session.add(row)
            query = select(StoredCertificate).where(
                StoredCertificate.issuer == name,
                StoredCertificate.revoked_at.is_(None) | (StoredCertificate.reason == HOLD),
            )
            for certificate in session.scalars(query):
                gone = fresh.revoked.get(int(certificate.serial, 16))
                if gone is not None and certificate.reason != gone.reason.value:
                    certificate.revoked_at = certificate.reason = None
                    self._note(session, certificate.serial, gone.reason, gone.at)
                elif gone is None and certificate.reason == HOLD and now < certificate.not_after:
                    certificate.revoked_at = certificate.reason = None

    # -- answers ---------------------------------------------------------------------------

    def answer(self, row: StoredCertificate, issuer: x509.Certificate) -> bytes | None:
        """Return an answer about a certificate, DER; None: nobody gives one that counts now."""
        now = self._clock()
        kept = self._answers.get(row.serial)
        if kept is not None and now < kept.end:
            return kept.der
        certificate = x509.load_der_x509_certificate(row.der)
        url = anchors.responder_of(certificate)
        if url is None:
            return None
        try:
            asked = answers.question(certificate, issuer)
            told = answers.answered(self._outside.answer(url, asked), certificate, issuer, at=now)
        except Refusal as refusal:
            _LOG.warning("outside_answer_missing url=%s code=%s", url, refusal.code)
            return None
        except (ValueError, TypeError) as error:
            _LOG.warning("outside_answer_refused url=%s why=%s", url, error)
            return None
        with self._lock:
            while len(self._answers) >= _MOST:
                self._answers.pop(next(iter(self._answers)))
            self._answers[row.serial] = told
        if told.revocation is not None and row.revoked_at is None:
            with writing(self._sessions) as session:
                self._note(session, row.serial, told.revocation.reason, told.revocation.at)
        return told.der
