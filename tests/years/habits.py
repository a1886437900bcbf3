"""What people of the city want on a day: drawn by chance from what they could do."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy import select

from professions.tasks import Task
from registry.applications.applications import Application
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from tests import people
from tests.years.city import PROFESSIONS, City
from tests.years.deeds import Deed, tasks

_OFFICERS = frozenset(
    {
        *(Task.FORMAL_CHECK, Task.REVIEW, Task.DECIDE, Task.EXAMINE_REPORT),
        *(Task.PROPOSE_ACT, Task.DECIDE_ACT, Task.PROPOSE_CORRECTION, Task.CONFIRM_CORRECTION),
        *(Task.PROPOSE_REOPENING, Task.CONFIRM_REOPENING),
    }
)
#: How likely somebody who is registered does such a thing on a day.
_SELDOM: Mapping[str, float] = {
    "copies": 0.002,
    "reports": 0.0002,
    "proposes_act": 0.0001,
    "dismisses": 0.0002,
    "corrects": 0.0002,
}


def of_day(city: City, day: date, chance: random.Random) -> Iterator[Deed]:
    """Give what people want to do on a day."""
    if day.month == 11 and day.day == 25 and chance.random() < 0.7:
        yield Deed(day=day, verb="publishes", who=day.year + 1)
    yield from _turns(city, day, chance)
    yield from _of_persons(city, day, chance)
    yield from _of_enterprises(city, day, chance)


def _turns(city: City, day: date, chance: random.Random) -> Iterator[Deed]:
    is_worked, is_silent = city.days.is_worked(day), day.month % 7 == 3
    for task in tasks(city):
        number = city.numbers[task.application.person_id]
        if task.node in _OFFICERS:
            likely = 0.0 if not is_worked else 0.03 if is_silent else 0.3
        else:
            likely = 0.005 if number % 12 == 5 else 0.3
        if chance.random() < min(likely * city.size.pace, 0.9):
            yield Deed(
                day=day,
                verb="turn",
                who=number,
                profession=task.application.type,
                about=f"{task.application.matter}/{task.node}",
                chance=chance.random(),
            )


def _of_persons(city: City, day: date, chance: random.Random) -> Iterator[Deed]:
    with city.town.office.sessions() as session:
        registered = {
            (row.person_id, row.type): row
            for row in session.execute(
                select(Registration.person_id, Registration.type, Registration.valid_to).where(
                    Registration.status == "VALID"
                )
            )
        }
        running = {
            (row.person_id, row.type)
            for row in session.execute(
                select(Application.person_id, Application.type).where(
                    Application.closed_at.is_(None)
                )
            )
        }
        on_paper = {
            (row.person_id, row.type)
            for row in session.execute(
                select(Certificate.person_id, Registration.type)
                .join(Registration, Registration.id == Certificate.registration_id)
                .where(Certificate.form == "PAPER", Certificate.validity == "VALID")
            )
        }
    is_first = day - city.size.start < timedelta(days=1)
    for number, person in city.ids.items():
        for profession in PROFESSIONS:
            if not city.works_in(number, profession):
                continue
            key, verb, about, likely = (person, profession), "", "", 0.0
            wish = chance.random()
            if key in registered:
                left = (registered[key].valid_to - day).days
                for name, part in _SELDOM.items():
                    if wish < part:
                        verb, likely = name, 1.0
                        break
                    wish -= part
                if not verb and key not in running:
                    if key in on_paper:
                        verb, about, likely = "starts", "PAPER_EXCHANGE", 0.01
                    if left <= 90:
                        verb, about, likely = "starts", "RENEWAL", 0.06
                    elif chance.random() < 0.0003:
                        verb, about, likely = "starts", "CANCELLATION", 1.0
                elif not verb:
                    verb = "withdraws" if wish < 0.5 else "saves_again"
                    likely = 0.002
            elif key in running:
                verb, likely = ("withdraws" if wish < 0.3 else "saves_again"), 0.003
            elif is_first and number % 4 == 1:
                verb, likely = "brings_paper", 1.0
            elif wish < 0.02:
                verb, likely = "appeals", 0.2
            else:
                late = wish < 0.1
                verb, about, likely = (
                    ("goes_on_late", "", 0.2) if late else ("starts", "INITIAL", 0.03)
                )
            if verb and chance.random() < likely * city.size.pace:
                yield Deed(
                    day=day,
                    verb=verb,
                    who=number,
                    profession=profession,
                    about=about,
                    chance=chance.random(),
                )
        if chance.random() < 0.00005:
            basis = chance.choice(["CRIMINAL", "FALSE_MATERIAL"])
            yield Deed(day=day, verb="bars", who=number, about=basis)
        if chance.random() < 0.002:
            yield Deed(day=day, verb="lifts", who=number)


def _of_enterprises(city: City, day: date, chance: random.Random) -> Iterator[Deed]:
    for number in range(1, city.size.enterprises + 1):
        company = city.town.world.companies[people.uscc(number)]
        is_over = company.status != "ACTIVE"
        if chance.random() < (0.03 if is_over else 0.0002):
            status = "ACTIVE" if is_over else "DEREGISTERED"
            yield Deed(day=day, verb="changes_status", who=number, about=status)
        if chance.random() < 0.0006:
            yield Deed(day=day, verb="is_renamed", who=number, chance=chance.random())
        if company.former_names and chance.random() < 0.02:
            profession = chance.choice(PROFESSIONS)
            verb = chance.choice(["computes_rename", "computes_rename", "repairs_rename"])
            yield Deed(
                day=day, verb=verb, who=number, profession=profession, chance=chance.random()
            )
        if chance.random() < 0.003:
            yield Deed(day=day, verb="renews_seal", who=number)
