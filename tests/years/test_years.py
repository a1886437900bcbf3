"""A short life of a small city: what `make years` does for ten years, for some weeks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from registry.applications.applications import Application
from registry.applications.decisions import Decision
from registry.authority.bans import Ban
from registry.law import calendars
from storage.database import writing
from tests.years import deeds, law
from tests.years.checks import Inspector, Violation
from tests.years.city import PROFESSIONS, City, Size, city
from tests.years.deeds import Deed
from tests.years.life import Life, again, live, shortest

SMALL = Size(persons=4, enterprises=2, pace=3.0)
FIRST = SMALL.start


def test_three_weeks_of_a_small_city() -> None:
    """§years: everybody does what the law lets him do, and each morning everything holds."""
    life = live(SMALL, days=21, seed=4)

    assert life.violation is None, f"{life.day}: {life.violation}"
    assert life.days == 21
    assert life.files > 5
    assert {verb.split()[0] for verb in life.done} >= {"brings_paper", "starts", "turn"}


def deed(verb: str, who: int, days: int = 0) -> Deed:
    day = FIRST + timedelta(days=days)
    return Deed(day=day, verb=verb, who=who, profession=PROFESSIONS[0], about="INITIAL")


def test_the_shortest_story_names_who_did_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story of many deeds becomes the one that leads to what went wrong."""
    story = [deed("starts", number, days) for days in (0, 1) for number in range(8)]

    def lived(size: Size, story: list[Deed], *, until: date) -> Life:
        guilty = any((deed.who, deed.day) == (5, FIRST) for deed in story)
        return Life(violation=Violation(kind="terms", text="示例") if guilty else None)

    monkeypatch.setattr("tests.years.life.again", lived)
    violation = Violation(kind="terms", text="示例", who=frozenset({5, 6}))
    life = Life(story=story, violation=violation, day=FIRST + timedelta(days=1))

    assert shortest(SMALL, life, seconds=60) == [deed("starts", 5)]


def test_a_story_can_be_lived_again() -> None:
    """What was done is done again, by the same people on the same days."""
    life = again(SMALL, [deed("starts", 0), deed("starts", 0, 1)], until=FIRST + timedelta(days=1))

    assert life.violation is None, life.violation
    assert life.done["starts INITIAL"] == 1
    assert life.refused["E_NOT_AVAILABLE"] == 1


@pytest.mark.parametrize("wrong", ["open", "granted", "too old"])
def test_who_is_barred_or_too_old_is_told(tmp_path: Path, wrong: str) -> None:
    """A case that a ban left open, one granted against it, one granted after the 65th birthday."""
    with city(tmp_path, SMALL) as place:
        who = next(number for number in range(4) if place.works_in(number, "builder-2"))
        place.dawn(FIRST)
        begun = Deed(day=FIRST, verb="starts", who=who, profession="builder-2", about="INITIAL")
        assert deeds.do(place, begun) == ""
        inspector = Inspector(place)
        inspector.look(FIRST)

        _against(place, place.ids[who], wrong)

        with pytest.raises(Violation) as told:
            inspector.look(FIRST)
    assert (told.value.kind, told.value.who) == ("eligible", {who})


def _against(place: City, person: str, wrong: str) -> None:
    """Write down what nobody may do: rows past every rule of the product."""
    now = place.town.clock()
    with writing(place.town.office.sessions) as session:
        case = session.scalars(select(Application).filter_by(person_id=person)).one()
        if wrong != "too old":
            since = FIRST - timedelta(days=1)
            session.add(Ban(person_id=person, basis="FRAUD", since=since, imposed_by="x"))
        if wrong != "open":
            case.decided_on = FIRST
            session.add(
                Decision(
                    application_id=case.id,
                    step="decide",
                    outcome="approve",
                    reasons=[],
                    opinion="",
                    officer_id="officer:x",
                    officer_name="x",
                    revision=1,
                    at=now,
                )
            )
    if wrong == "too old":
        place.births[person] = FIRST.replace(year=FIRST.year - 65)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 23), date(2029, 11, 22)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2033, 3, 1), date(2036, 2, 29)),
    ],
)
@pytest.mark.proves("F:years-5")
def test_terms_are_counted_by_the_civil_code(first: date, last: date) -> None:
    """§years 5, Civil Code 201–203: three years, also around 29 February."""
    following = calendars.renewed_until(last, law.YEARS)

    assert calendars.valid_until(first, law.YEARS) == last == law.last_of_term(first)
    assert following == law.renewed(last, date(1990, 1, 1), PROFESSIONS[0])


@pytest.mark.proves("F:years-8")
def test_feasts_are_kept_in_years_without_a_notice() -> None:
    """§years 8: 1 January, 1–2 May and 1–3 October of a year that nobody has published."""
    days, shipped = law.Days(), calendars.shipped()
    year = [date(2037, 1, 1) + timedelta(days=number) for number in range(365)]

    assert [days.is_worked(date(2037, *feast)) for feast in sorted(law.FEASTS)] == [False] * 6
    assert [shipped.is_workday(day) for day in year] == [days.is_worked(day) for day in year]
