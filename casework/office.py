"""The office: everything the work on cases needs, gathered once at the start of the process.

`web` opens one office and hands it to the functions of this package; the runner hands the same
office to the operations. Nothing here is global, so that tests open as many as they like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from casework.tallies import Tallies
from engine.definitions import Definitions
from engine.language.decisions import Answer
from engine.operations import CaseCall, Opened, Retry
from engine.running.runner import Runner
from pdfgen import Templates, open_templates
from professions import manifests
from professions.forms import Form
from professions.manifests import RegistrationType
from registry.law import parameters
from registry.law.calendars import WorkCalendar, shanghai_day
from registry.ports import (
    CertificateStore,
    EnterpriseQualifications,
    EnterpriseRegister,
    FileStore,
    QualificationRegister,
    RealNameRegister,
    SmsGateway,
    WebhookSender,
)
from signing import Signatures

#: For jobs whose failure may be a passing one: tried for some eight minutes, then an incident.
PATIENT = Retry(attempts=8)
#: For what waits for others (gateway, time stamps): tried for some four hours.
OUTAGE = Retry(attempts=56)
KEPT_TEMPLATES = 16  #: definition versions whose templates stay open
KEPT_TYPES = 64


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the authority may set without a new version of a diagram."""

    acceptance_mode: str = "RISK_BASED"  #: or AUTO: the manual to the letter (G4)
    base_url: str = "http://127.0.0.1:8000"  #: where the QR codes lead
    authority: str = "上海市住房和城乡建设管理委员会"
    contact: str = "021-00000000"  #: telephone of the authority, fictitious in demonstrations
    authority_uscc: str = "11310000MADE00009X"  #: issuer part of certificate identifiers
    province: str = "31"  #: of registration numbers; 99 in demonstrations
    watermark: str = ""  #: on every document of a demonstration
    checkpoints: Path | None = None  #: folder of the trail's checkpoints, outside the database
    store_takes_ofd: bool = False  #: the certificate store is handed both forms
    national_codes: bool = False  #: certificates need the type codes of the national list


def _nothing_to_check(_: Session) -> None:
    """Refuse nothing: an act of nobody who looked at a page."""


@dataclass(kw_only=True)
class Office:
    """The collaborators of casework; `runner` is set last because it knows the office."""

    sessions: sessionmaker[Session]
    definitions: Definitions
    signatures: Signatures
    files: FileStore
    enterprises: EnterpriseRegister
    qualifications: QualificationRegister
    realnames: RealNameRegister
    sms: SmsGateway
    enterprise_qualifications: EnterpriseQualifications
    certificate_store: CertificateStore
    webhooks: WebhookSender
    calendar: WorkCalendar
    fonts: Path
    policy: Policy
    clock: Callable[[], datetime]
    runner: Runner = field(init=False)
    #: Refuses inside the transaction of an act, see `provided`; nothing does in the office itself.
    check: Callable[[Session], None] = field(
        default_factory=lambda: _nothing_to_check, init=False, repr=False
    )
    #: The case that the page of an act has opened already, see `opened.open_`.
    at_hand: Opened | None = field(default=None, init=False, repr=False)
    tallies: Tallies = field(default_factory=Tallies, init=False, repr=False)
    _templates: dict[str, Templates] = field(default_factory=dict, init=False, repr=False)
    _types: dict[str, RegistrationType] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def provided(self, check: Callable[[Session], None]) -> Office:
        """Give this office for one act, which `check(session)` may refuse in its transaction.

        The runner asks it by itself; who writes in a transaction of his own calls `office.check`.
        """
        office = copy(self)
        office.check, office.runner = check, self.runner.provided(check)
        return office

    def about(self, case: Opened | None) -> Office:
        """Give this office for an act on a case that was opened for it a moment ago."""
        office = copy(self)
        office.at_hand = case
        return office

    def now(self) -> datetime:
        """Give the moment of this office's clock, in UTC."""
        return self.clock().astimezone(UTC)

    def today(self) -> date:
        """Give the day in Shanghai: dates of law are days there."""
        return shanghai_day(self.now())

    def decide(self, definition: str, table: str, facts: Mapping[str, Any]) -> Any:
        """Ask a table of a case's definition version; shapes as `engine.language.decisions`."""
        return self.definitions.get(definition).decide(table, facts)

    def answer(self, definition: str, table: str, facts: Mapping[str, Any]) -> Answer:
        """Ask as `decide` does; give the rows with it, for who keeps the answer."""
        asked = self.definitions.get(definition).table(table)
        return asked.answer(asked.inputs_of(facts))

    def form(self, definition: str, key: str) -> Form:
        """Give a form of a definition version."""
        return self.type_of(definition).form(key)

    def type_of(self, definition: str) -> RegistrationType:
        """Give the registration type as a definition version describes it."""
        with self._lock:
            read = self._types.get(definition)
        if read is None:
            read = manifests.read(self.definitions.get(definition).files)
        with self._lock:
            if len(self._types) >= KEPT_TYPES:
                self._types.clear()
            return self._types.setdefault(definition, read)

    def figures(self, session: Session, definition: str) -> Mapping[str, Any]:
        """Give the parameters that count for a case now: the agency's, under those of its type."""
        return {**parameters.load(session, at=self.now()), **self.type_of(definition).figures}

    def templates(self, definition: str) -> Templates:
        """Give the document templates of a definition version, kept open once used."""
        with self._lock:
            opened = self._templates.get(definition)
        if opened is None:
            files = self.definitions.get(definition).files
            opened = open_templates(files, fonts=self.fonts)
        with self._lock:
            if len(self._templates) >= KEPT_TEMPLATES:
                self._templates.clear()
            return self._templates.setdefault(definition, opened)


def reading(call: CaseCall) -> Session:
    """Give the session that an inline operation reads through."""
    if call.session is None:
        raise RuntimeError(f"{call.node} runs an inline operation as a job")
    return call.session
