"""The city: people of three professions, enterprises, officers, and the systems outside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from casework import upkeep
from casework.opening import open_office
from casework.terms import due_dates
from engine import actors, definitions
from engine.actors import Actor
from professions import manifests
from registry import tables
from registry.identifiers import IdType, Sex
from registry.law import calendars
from registry.law.calendars import HolidayNotice
from registry.people import persons
from registry.people.persons import Person
from registry.ports import Identity, QualificationFacts, Systems
from signing import open_signatures
from storage import vault
from storage.database import open_database, sessions_of, writing
from tests import offices, people
from tests.databases import TEST_KEY
from tests.offices import HandClock, Policy, Town, World
from tests.years.law import Days

PROFESSIONS = ("structural-engineer-2", "builder-2", "supervising-engineer")
TITLES = dict(zip(PROFESSIONS, ("二级注册结构工程师", "二级建造师", "监理工程师"), strict=True))
_SURNAMES, _FIRST = "陶温柏凌简阮裴卓伏宓", "示样演测范"
_ISSUER = "上海市人力资源和社会保障局（虚构）"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a city is."""

    persons: int = 60
    enterprises: int = 6
    start: date = date(2026, 9, 7)
    pace: float = 1.0  #: how much likelier than usual everything is on a day


@dataclass
class City:
    """Everybody, and the office that they deal with."""

    size: Size
    town: Town
    days: Days = field(default_factory=Days)
    ids: dict[int, str] = field(default_factory=dict)  #: person's number → id
    numbers: dict[str, int] = field(default_factory=dict)  #: id → number
    births: dict[str, date] = field(default_factory=dict)  #: id → birth
    officers: dict[str, Actor] = field(default_factory=dict)  #: role → officer

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return self.town.office.today()

    def person(self, number: int) -> Actor:
        """Give a person as actor."""
        return actors.person(self.ids[number])

    def operator(self, uscc: str) -> Actor:
        """Give who acts for an enterprise."""
        return actors.operator(f"op-{uscc[-6:]}", uscc)

    def employer(self, number: int) -> str:
        """Give the credit code of an enterprise by its number, counted round."""
        return people.uscc(1 + number % self.size.enterprises)

    def works_in(self, number: int, profession: str) -> bool:
        """Tell whether somebody belongs to a profession: most to one, a tenth to all of them."""
        own = PROFESSIONS.index(profession)
        return number % 10 == 2 or own in {number % 3, number // 3 % 5}

    # -- days ---------------------------------------------------------------------------------

    def dawn(self, day: date) -> None:
        """Let a day begin: at ten past midnight the workers do what is due, duties among it."""
        self.town.clock.now = calendars.start_of(day) + timedelta(minutes=10)
        upkeep.arm(self.town.office)
        self.town.works()

    def morning(self, day: date) -> None:
        """Let it be ten o'clock."""
        self.town.clock.now = datetime.combine(day, time(2), UTC)

    def publishes(self, year: int) -> None:
        """Have the holidays of a year published and entered, as an approver does."""
        begin = date(year, 2, 1) + timedelta(days=(year * 11) % 19)
        free = frozenset(
            [begin + timedelta(days=n) for n in range(8)]
            + [
                date(year, 1, 1),
                date(year, 4, 5),
                date(year, 6, 15),
                *(date(year, 5, n) for n in (1, 2, 3)),
            ]
            + [date(year, 10, n) for n in range(1, 8)]
        )
        beside = (begin - timedelta(days=n) for n in range(1, 14))
        worked = frozenset([next(day for day in beside if day.weekday() == 6 and day not in free)])
        notice = HolidayNotice(year=year, holidays=free, workdays=worked)
        source = f"国办发明电〔{year - 1}〕虚构号"
        approver = self.officers["approver"]
        due_dates.load_year(self.town.office, notice, source=source, actor=approver)
        self.days.notices[year] = (free, worked)


@contextmanager
def city(folder: Path, size: Size) -> Iterator[City]:
    """Found a city in an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    eve = size.start - timedelta(days=1)
    clock, world = HandClock(datetime.combine(eve, time(1), UTC)), World()
    vault.configure(vault.Vault(TEST_KEY))
    database = open_database(f"sqlite:///{folder / 'city.db'}")
    with database.connect().execution_options(writes=True) as connection, connection.begin():
        tables.metadata.create_all(connection)
    sessions = sessions_of(database)
    signatures = open_signatures(
        f"sqlite:///{folder / 'keys.db'}",
        kek=offices.KEK,
        base_url="http://127.0.0.1:8000",
        fonts=offices.FONTS,
        clock=clock,
    )
    signatures.custody.enrol_agency(offices.AUTHORITY)
    with writing(sessions) as session:
        for profession in PROFESSIONS:
            files = manifests.collect(offices.ROOT / "bpmn" / profession)
            definitions.deploy(session, profession, files, "system", clock())
    office = open_office(
        sessions=sessions,
        signatures=signatures,
        files=_Shelf(folder / "files"),  # type: ignore[arg-type]  # a store without fsync
        systems=Systems(
            enterprises=world,
            qualifications=world,
            realnames=world,
            sms=world,
            enterprise_qualifications=world,
            certificate_store=world,
        ),
        calendar=calendars.shipped(),
        fonts=offices.FONTS,
        policy=Policy(watermark="演示", province="99", checkpoints=folder / "checkpoints"),
        clock=clock,
    )
    place = City(size=size, town=Town(office, world, clock))
    try:
        _settle(place)
        yield place
    finally:
        signatures.close()
        database.dispose()


class _Shelf:
    """A store of files in a folder that need not survive a power cut."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep a file; return its address."""
        sha256 = hashlib.sha256(content).hexdigest()
        (self._folder / sha256).write_bytes(content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Give a file."""
        return (self._folder / sha256).read_bytes()

    def drop(self, sha256: str) -> None:
        """Erase a file; what is not there is erased already."""
        (self._folder / sha256).unlink(missing_ok=True)

    def fold(self, earlier: Mapping[str, int], content: bytes) -> int:
        """Keep every file whole."""
        return 0

    def unfold(self, sha256: str) -> None:
        """Every file stands by itself."""

    def has(self, sha256: str) -> bool:
        """Tell whether a file is here."""
        return (self._folder / sha256).exists()


def _settle(place: City) -> None:
    town = place.town
    for number in range(1, place.size.enterprises + 1):
        town.enterprise(number)
        uscc = people.uscc(number)
        company = town.world.companies[uscc]
        lasting = [replace(company.design_qualifications[0], valid_to=date(2099, 1, 1))]
        town.world.companies[uscc] = replace(company, design_qualifications=tuple(lasting))
    for role in ("acceptor", "reviewer", "approver"):
        place.officers[role] = town.officer(role, role)
    place.officers["second"] = town.officer("second", "approver", "acceptor")
    for number in range(place.size.persons):
        _settle_person(place, number)


def _settle_person(place: City, number: int) -> None:
    town, now = place.town, place.town.clock()
    identity = identity_of(number)
    with writing(town.office.sessions) as session:
        person = persons.register(session, identity, at=now)
        persons.read_card(person, at=now)
        persons.bind_certificate(person, at=now)
        persons.set_signature(person, town.office.files.put(people.signature_picture()), at=now)
    town.office.signatures.custody.enrol_person(person.id, person.name, "digest")
    place.ids[number], place.numbers[person.id] = person.id, number
    place.births[person.id] = identity.birth
    town.world.identities.append(identity)
    issued = place.size.start - timedelta(days=30 + 17 * number % 1500)
    town.world.certificates[identity.id_no] = [
        QualificationFacts(
            certificate_no=f"DEMO-{profession[0].upper()}-{number:04d}",
            issued_on=issued,
            issuer=_ISSUER,
            profession=TITLES[profession],
        )
        for profession in PROFESSIONS
        if place.works_in(number, profession)
    ]


def identity_of(number: int) -> Identity:
    """Make somebody up: most of middle age, some who turn 65 soon, some born on 29 February."""
    male = number % 2 == 1
    born = date(1972 + number % 25, 1 + number % 12, 1 + number % 28)
    if number % 7 == 3:
        born = date(1962 + number % 6, 1 + number % 12, 1 + (5 * number) % 28)
    if number % 10 == 9:
        born = date(1964 + 4 * (number // 10 % 6), 2, 29)
    surname, given = _SURNAMES[number % 10], _FIRST[number // 10 % 5]
    return Identity(
        name=f"{surname}{given}{'市城'[number // 50 % 2]}",
        sex=Sex.MALE if male else Sex.FEMALE,
        birth=born,
        id_type=IdType.RESIDENT_ID,
        id_no=people.resident_id(born, male=male),
        mobile=f"1990000{number:04d}",
    )


def names(place: City) -> dict[str, str]:
    """Give the present names of persons, by id."""
    with place.town.office.sessions() as session:
        return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}
