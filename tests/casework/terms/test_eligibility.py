"""Conditions of the register are asked where they matter, not only at 【保存】."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from casework import deployment
from casework.application import new_application
from casework.application.new_application import MatterChoice
from casework.certificate import copy_requests
from casework.certificate.copy_requests import CopyFaults
from casework.registration import expiry
from casework.terms import eligibility
from registry.authority import bans
from registry.certificates import certificates, registrations
from registry.enterprises import enterprises
from registry.law.calendars import add_years, last_day_under
from registry.people import persons
from registry.trail import notices
from storage.database import new_id, writing
from tests import holders, people
from tests.casework.terms.renewals import TODAY, noon
from tests.offices import Town, person_id
from tests.professions.folders import BPMN

BUILDER = "builder-2"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Builder:
    """A builder with a registration; his birthday is what the story needs."""

    def __init__(self, town: Town, *, born: date, ends: date) -> None:
        self.town, self.actor = town, town.person()
        self.id = person_id(self.actor)
        list(deployment.deploy(town.office, BPMN))
        with writing(town.office.sessions) as session:
            persons.get(session, self.id).birth = born
        company = people.enterprise(1)
        town.enterprise()
        self.registration = holders.hold(
            town.office, self.id, ends=ends, uscc=company.uscc, name=company.name, type=BUILDER
        )

    def offer(self, matter: str) -> MatterChoice:
        choices = new_application.availability(self.town.office, self.id, BUILDER)
        return next(choice for choice in choices if choice.matter == matter)

    def codes(self, matter: str) -> list[str]:
        return [reason.code for reason in self.offer(matter).reasons]

    def told(self) -> list[str]:
        with self.town.office.sessions() as session:
            return [notice.text for notice in notices.inbox(session, self.actor.id)]

    def status(self) -> str:
        with self.town.office.sessions() as session:
            registration = registrations.get(session, self.registration)
        return registration.status_on(self.town.office.today())


ENDS = TODAY + timedelta(days=60)


@pytest.mark.proves("F:years-2")
def test_who_is_too_old_is_neither_offered_nor_urged_to_renew(town: Town) -> None:
    """He hears when it ends and why there is no renewal, and no enterprise has to push him."""
    town.clock.now = noon(TODAY)
    builder = Builder(town, born=add_years(ENDS + timedelta(days=1), -65), ends=ENDS)

    expiry.remind(town.office, town.office.now())

    assert builder.codes("RENEWAL") == ["E_AGE_AT_END"]
    [told] = builder.told()
    assert "65周岁" in told
    assert "申请延续注册" not in told
    with town.office.sessions() as session:
        employer = notices.inbox(session, f"enterprise:{people.enterprise(1).uscc}")
    assert employer == []


@pytest.mark.proves("F:years-2")
def test_a_registration_ends_before_the_age_limit(town: Town) -> None:
    """One that was granted beyond it, before the rule or elsewhere, ends on the birthday."""
    town.clock.now = noon(TODAY)
    builder = Builder(town, born=add_years(TODAY + timedelta(days=1), -65), ends=ENDS)

    expiry.expire(town.office, town.office.now())
    assert builder.status() == "VALID"
    town.clock.now = noon(TODAY + timedelta(days=1))
    expiry.expire(town.office, town.office.now())

    assert builder.status() == "EXPIRED"
    [told] = builder.told()
    assert "已满65周岁" in told
    assert "初始注册" not in told
    assert builder.codes("INITIAL") == ["E_MAXIMUM_AGE"]
    assert expiry.expire(town.office, town.office.now()) == 0


@pytest.mark.proves("F:years-2")
def test_terms_are_cut_at_the_age_limit(town: Town) -> None:
    """Granted and renewed to the last day under 65, and not a day beyond."""
    town.clock.now = noon(TODAY)
    born = add_years(ENDS + timedelta(days=400), -65)
    builder = Builder(town, born=born, ends=ENDS)
    kind = town.office.type_of(town.office.definitions.latest(BUILDER).hash)
    last = eligibility.last_day(born, kind)

    with writing(town.office.sessions) as session:
        registration = registrations.get(session, builder.registration)
        end = registrations.renew(session, registration, years=3, at=town.office.now(), last=last)

    assert end == last == last_day_under(born, 65) == ENDS + timedelta(days=399)


@pytest.mark.proves("F:calendar-6")
@pytest.mark.parametrize("until", [45, 400])
def test_a_copy_ends_with_the_age_limit(town: Town, until: int) -> None:
    """建办市〔2021〕40号: to the day before 65 at most, where the registration lasts longer."""
    town.clock.now = noon(TODAY)
    born = add_years(TODAY + timedelta(days=until), -65)
    builder = Builder(town, born=born, ends=ENDS)
    with town.office.sessions() as session:
        certificate = certificates.newest(session, builder.registration)
    assert certificate is not None

    usual = copy_requests.usual(town.office, certificate.id)

    expected = min(last_day_under(born, 65), ENDS)
    assert usual.last == expected
    with pytest.raises(CopyFaults) as refused:
        copy_requests.ask(
            town.office,
            certificate.id,
            request=new_id(),
            purpose="上海示例项目投标",
            first=TODAY,
            last=expected + timedelta(days=1),
            actor=builder.actor,
        )
    assert set(refused.value.faults) == {"last"}
    assert ("年满65周岁" in refused.value.faults["last"]) == (expected < ENDS)


@pytest.mark.proves("F:years-2")
def test_bans_and_employers_are_asked_when_a_renewal_is_offered(town: Town) -> None:
    """The offer names every ground, and so does the reminder of the end."""
    town.clock.now = noon(TODAY)
    builder = Builder(town, born=date(1980, 1, 1), ends=ENDS)
    assert builder.codes("RENEWAL") == []
    company = people.enterprise(1)
    with writing(town.office.sessions) as session:
        bans.impose(session, builder.id, bans.Basis.CRIMINAL, actor="system", at=town.office.now())
        facts = town.world.companies[company.uscc]
        enterprises.record(session, facts, at=town.office.now()).status = "BANKRUPT"

    expiry.remind(town.office, town.office.now())

    assert builder.codes("RENEWAL") == ["E_BARRED", "E_ENTERPRISE_INACTIVE"]
    [told] = builder.told()
    assert "不予注册的情形" in told
    assert "申请延续注册" not in told
