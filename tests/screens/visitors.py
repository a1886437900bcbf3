"""Who looks at pages when all are taken, and which of two addresses are one kind of page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from adapters import world
from casework.office import Office
from tests.databases import TEST_SECRET
from web.demo.people.population import populate
from web.demo.people.seed import seed
from web.process import wiring
from web.settings import Settings

FIRM = world.COMPANIES[0]
TWICE = "yunwei2"  #: who has to prove himself twice
#: Name → how this visitor signs in; None: a stranger.
VISITORS: dict[str, tuple[str, str, str | None] | None] = {
    "public": None,
    "person": ("person", "engineer-practising-2", None),
    "applicant": ("person", "engineer-correcting", None),
    "enterprise": ("enterprise", FIRM.uscc, FIRM.pin),
    "acceptor": ("officer", "shouli", None),
    "reviewer": ("officer", "shencha", None),
    "approver": ("officer", "jueding", None),
    "operator": ("officer", "yunwei", None),
    "analyst": ("officer", "fenxi", None),
    "factors": ("officer", "yunwei", None),
    "proof": ("officer", TWICE, None),
}
#: Where the walk of a visitor begins, and what it takes; the others begin where they sign in.
PARTS: Mapping[str, tuple[str, str]] = {
    "factors": ("/sessions", "^/(sessions|second-factor)"),
    "proof": ("/second-factor/proof", "^/second-factor"),
}
#: Whose stories fill the pages; all of them would take ten minutes more.
STORIES = (
    *("practising-1", "practising-2", "correcting", "renewal-open", "signed", "waiting"),
    *("review", "deciding"),
    *("rejected", "unclaimed", "returned", "paper-1", "contested-review", "banned", "intended"),
)
MOST = 24  #: pages of one visitor
_NO_PAGE = re.compile(
    r"\.(pdf|ofd|csv|xlsx|zip|crl|cer|crt|json|bpmn|svg|png)\b|download|/sign-out"
)

#: Whoever is signed in has these from the stranger, who is taken too.
_NOT_OWN = re.compile(rf"{_NO_PAGE.pattern}|^/($|guide|sign-in|portal|phone|start|pki)")


def peopled(folder: Path, fonts: Path, base: str) -> tuple[Settings, Office]:
    """Make an installation with all people of the demonstration, each where the story says."""
    settings = Settings(
        secret=TEST_SECRET,
        database_url=f"sqlite:///{folder}/zhuce.db",
        keys_url=f"sqlite:///{folder}/keys.db",
        files=str(folder / "files"),
        fonts=fonts,
        base_url=base,
        worker_threads=0,
    )
    wiring.migrate_database(settings)
    office = wiring.open_office_of(settings, clock=lambda: datetime.now(UTC).replace(microsecond=0))
    for _ in wiring.deploy_types(office, wiring.TYPES):
        pass
    seed(office)
    populate(office, only=STORIES)
    office.runner.run_due()
    return settings, office


def kind_of(address: str) -> str:
    """Name what kind of page an address leads to."""
    path = urlsplit(address).path
    return (
        re.sub(r"[0-9a-f]{12,}|[0-9A-Z]{18}|\d{2,}|(?<=/officers/)\w+", "*", path).rstrip("/")
        or "/"
    )


class Walk:
    """The pages that links lead to, one of each kind, nearest first."""

    def __init__(self, start: str, only: str = "") -> None:
        self.taken: list[str] = []
        self._out, self._only = _NO_PAGE if start == "/" else _NOT_OWN, re.compile(only)
        self._waiting, self._seen = [start], set[str]()

    def next(self) -> str | None:
        """Give the next address to try; None when enough were taken or no link is left."""
        while self._waiting and len(self.taken) < MOST:
            address = self._waiting.pop(0)
            if kind_of(address) not in self._seen:
                self._seen.add(kind_of(address))
                return address
        return None

    def take(self, address: str, links: Iterable[str]) -> None:
        """Keep a page that opened, with the links on it."""
        self.taken.append(address)
        self._waiting += [
            link
            for link in links
            if link.startswith("/") and not self._out.search(link) and self._only.search(link)
        ]
