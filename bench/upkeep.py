"""The nightly expiry over a large register: how long it takes, and that memory stays flat."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bench.inside import town
from bench.measure import rss_mb
from casework.registration import expiry
from engine.tables import DefinitionVersion
from registry.applications.applications import Application
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.identifiers import certificate_identifier
from registry.law import calendars
from registry.people.persons import Person
from storage import vault
from storage.database import new_id, writing
from tests import people
from tests.offices import TYPE, Town

REGISTERED = 100_000
#: A register of that size loses some hundred a day; ten days' worth is what an outage leaves.
DUE = 1_000
BATCH = 5_000


def expiry_sweep(folder: Path, fonts: Path) -> dict[str, float]:
    """Give the seconds for 100,000 registrations of which 1,000 are due, and for each of them due.

    The second figure is the hard case, by so many as are registered: everything ends in one night.
    `expiry_rss_growth_mb` is how much the process grew over the hard case.
    """
    with town(folder / "expiry", fonts) as place:
        _settle(place)
        place.clock.forward(days=1)
        began = time.perf_counter()
        ended = expiry.expire(place.office, place.office.now())
        usual_s = time.perf_counter() - began
        assert ended == DUE, ended
        place.clock.forward(days=400)
        before, began = rss_mb(os.getpid()), time.perf_counter()
        ended = expiry.expire(place.office, place.office.now())
        all_s = time.perf_counter() - began
        assert ended == REGISTERED - DUE, ended
        return {
            "expiry_sweep_100k_s": usual_s,
            "expiry_of_all_100k_s": all_s,
            "expiry_rss_growth_mb": rss_mb(os.getpid()) - before,
        }


def _settle(place: Town) -> None:
    """Put the people on record, in bulk: one registration and one claimed certificate each."""
    today = place.office.today()
    with place.office.sessions() as session:
        newest = select(DefinitionVersion.hash).where(DefinitionVersion.key == TYPE)
        definition = session.scalars(newest).one()
    for start in range(0, REGISTERED, BATCH):
        rows = list(_rows(place, today, definition, range(start, start + BATCH)))
        with writing(place.office.sessions) as session:
            for number, table in enumerate((Person, Application, Registration, Certificate)):
                session.execute(insert(table), [row[number] for row in rows])


def _rows(
    place: Town, today: date, definition: str, numbers: range
) -> Iterator[tuple[dict[str, Any], ...]]:
    index, now = vault.current_vault().blind_index, place.office.now()
    for number in numbers:
        last = today if number < DUE else today + timedelta(days=2 + number % 360)
        ids = [new_id() for _ in range(4)]
        id_no, no = f"X{number:08d}", f"S299{number:06d}"
        yield (
            {
                "id": ids[0],
                "name": f"示例{number}",
                "sex": "F",
                "birth": date(1990, 1, 1),
                "id_type": "PASSPORT",
                "id_no": id_no,
                "id_no_index": index(id_no),
                "mobile": f"199{number:08d}",
                "created_at": now,
            },
            {
                "id": ids[1],
                "no": f"31S2C{number:09d}",
                "person_id": ids[0],
                "type": TYPE,
                "matter": "INITIAL",
                "definition": definition,
                "status": "COMPLETED",
                "status_since": now,
                "created_at": now,
                "saved_at": now,
            },
            {
                "id": ids[2],
                "no": no,
                "person_id": ids[0],
                "type": TYPE,
                "uscc": people.uscc(number % 200),
                "enterprise_name": people.enterprise(number % 100).name,
                "valid_from": calendars.add_years(last, -3),
                "valid_to": last,
                "status": "VALID",
                "status_since": now,
                "application_id": ids[1],
            },
            {
                "id": ids[3],
                "registration_id": ids[2],
                "application_id": ids[1],
                "person_id": ids[0],
                "kind": "REGISTRATION",
                "cause": "ISSUE",
                "no": f"DZ{number:08d}",
                "identifier": certificate_identifier(
                    "DEMO00000000000000S02", place.office.policy.authority_uscc, no, 1
                ),
                "version": 1,
                "qr_token": ids[3],
                "facts": {"name": f"示例{number}"},
                "claim_state": "CLAIMED",
                "reserved_at": now,
            },
        )
