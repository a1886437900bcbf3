"""Engineers in all states of all matters, so that every screen of a demonstration lives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import world
from casework.office import Office
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.authority import bans
from registry.certificates.registrations import Registration
from storage.literals import ONE
from web.demo.people import plays, seed
from web.demo.people import plays_of_agency as agency
from web.demo.people.engineer import Engineer

_RENAMED = 5  #: place of the company with another name by now
_HOURS = {"ce_compulsory_hours": "60", "ce_elective_hours": "60"}
_PLAYS: Mapping[str, plays.Play] = {
    "practising-1": plays.practising(400),
    "practising-2": plays.copied,
    "practising-3": plays.practising(800),
    "renewal-open": plays.practising(60),
    "renewal-late": plays.practising(15),
    "expired": lambda engineer: engineer.was_registered(ends_in=-20),
    "paper-1": lambda engineer: engineer.was_registered(ends_in=500),
    "paper-2": plays.exchanging,
    "reissued": agency.reissued,
    "intended": agency.intended,
    "cancelled": plays.cancelled,
    "revoked": agency.revoked,
    "banned": agency.banned,
    "renewal-signed": plays.registered("RENEWAL", "signs", ends_in=70, **_HOURS),
    "renewal-review": plays.registered("RENEWAL", "signs", "seals", ends_in=50, **_HOURS),
    "cancellation-signed": plays.registered(
        "CANCELLATION", "signs", ends_in=200, cancel_reason="EMPLOYMENT_ENDED"
    ),
    "cancellation-returned": plays.cancellation_returned,
    "rename-1": plays.practising(350),
    "rename-2": plays.practising(450),
    "rename-3": plays.registered("CANCELLATION", "signs", ends_in=250, cancel_reason="VOLUNTARY"),
    "draft": plays.initial(),
    "ready": plays.initial("fills"),
    "signed": plays.initial("fills", "signs"),
    "returned": plays.returned,
    "waiting": plays.initial("fills_from_elsewhere", "signs", "seals"),
    "correcting": plays.correcting,
    "not-accepted": plays.not_accepted,
    "review": plays.initial("fills", "signs", "seals"),
    "deciding": plays.initial("fills", "signs", "seals", "reviewed"),
    "rejected": plays.rejected,
    "withdrawn": plays.withdrawn,
    "unclaimed": plays.initial("fills", "signs", "seals", "reviewed", "decided"),
    "completed": plays.initial("fills", "signs", "seals", "reviewed", "decided", "claims"),
    "misnamed": plays.practising(430),
    "renaming": agency.corrected,
    "left": plays.practising(380),
    "contested": plays.contested,
    "contested-review": plays.objected,
    "gone": plays.practising(410),
    "unreachable": plays.unreachable,
    "rescinded": agency.rescinded,
    "closed": agency.closed,
    "annulled": agency.annulled,
    "rename-4": plays.renamed,
}


def populate(
    office: Office,
    said: Callable[[str], None] = lambda _: None,
    only: Collection[str] = (),
    *,
    watch: Callable[[Sequence[world.Citizen]], Iterable[world.Citizen]] = iter,
) -> int:
    """Bring the engineers to where their stories say; who is there already is left alone.

    `only` names those who are wanted, by the keys of their stories; all when empty. `watch` hands
    the engineers through, to see how far it is.
    """
    done = 0
    numbers = {citizen.subject: number for number, citizen in enumerate(world.ENGINEERS, 1)}
    for citizen in watch(world.engineers()):
        key, number = citizen.subject.removeprefix("engineer-"), numbers[citizen.subject]
        if only and key not in only:
            continue
        seed.welcome(office, citizen)
        turn = _RENAMED if key.startswith("rename-") else number % 3
        engineer = Engineer(office, citizen, world.employer(citizen.subject, turn), number)
        play = _PLAYS.get(world.plays(citizen.subject) or key)
        if play and not _has_begun(office, engineer.person_id):
            try:
                play(engineer)
            except Refusal as error:  # one story less is no reason not to serve
                said(f"{citizen.name}：{citizen.story}——未完成：{error}")
                continue
            said(f"{citizen.name}：{citizen.story}")
            done += 1
    return done


def _has_begun(office: Office, person_id: str) -> bool:
    def any_of(session: Session, table: Any) -> bool:
        query = select(table.id).where(table.person_id == person_id).limit(ONE)
        return session.scalar(query) is not None

    with office.sessions() as session:
        tables = (Application, Registration, bans.Ban)
        return any(any_of(session, table) for table in tables)
