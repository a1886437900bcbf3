"""What the twins are beyond the contracts: a telephone, a world with stories, and switches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from adapters.enterprise_register import EnterpriseTwin
from adapters.errors import WrongAnswer
from adapters.faults import LONGEST_S, Faults, OutsideFault
from adapters.real_name import RealNameTwin, identity_of
from adapters.sms import SmsTwin
from adapters.systems import System
from adapters.wire.http import TIMEOUT_S
from registry.enterprises import enterprises
from registry.errors import (
    EnterpriseInactive,
    EnterpriseNotFound,
    EnterpriseNotQualified,
    EnterpriseRenamed,
    Unavailable,
)
from registry.identifiers import IdType
from registry.people import persons

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TAO = world.CITIZENS[0]
FIRST, _, _, CLOSED, UNQUALIFIED, RENAMED = world.COMPANIES


def test_a_telephone_shows_only_its_own_messages(sessions: sessionmaker[Session]) -> None:
    phone = SmsTwin(sessions, lambda: NOW)
    phone.send(TAO.mobile, "给陶示例", "one")
    phone.send(world.CITIZENS[1].mobile, "给温示例", "two")

    assert [message.text for message in phone.received(TAO.mobile)] == ["给陶示例"]
    assert len(phone.received()) == 2


def test_the_typed_name_finds_the_credit_code() -> None:
    """R24: brackets and blanks do not matter, the code is filled in."""
    verified = enterprises.verify(
        EnterpriseTwin(), FIRST.name.replace("（", " (").replace("）", ")")
    )

    assert verified.facts.uscc == FIRST.uscc
    assert verified.facts.name == FIRST.name


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("上海没有这家（虚构99）有限公司", EnterpriseNotFound),
        (FIRST.former_names[0], EnterpriseRenamed),
        (CLOSED.name, EnterpriseInactive),
        (UNQUALIFIED.name, EnterpriseNotQualified),
    ],
)
def test_each_reason_against_a_name_is_told_apart(name: str, error: type[Exception]) -> None:
    """I2: not found, renamed, de-registered and unqualified are distinct answers."""
    with pytest.raises(error):
        enterprises.verify(EnterpriseTwin(), name)


@pytest.mark.parametrize("citizen", world.CITIZENS, ids=lambda citizen: citizen.subject)
def test_the_facts_of_everybody_agree_with_each_other(citizen: world.Citizen) -> None:
    """R22: birth and sex are those of the number, so that everybody can be registered."""
    identity = RealNameTwin().check(IdType(citizen.id_type), citizen.id_no, citizen.name)

    assert identity == identity_of(citizen)
    persons.check(identity, today=NOW.date())


def test_an_enterprise_that_changed_its_name_is_known_by_both(
    sessions: sessionmaker[Session],
) -> None:
    """R126: the certificates bear the old name, the registers outside the new one."""
    qualification, register = (
        EnterpriseQualificationsTwin(sessions).of(RENAMED.uscc),
        EnterpriseTwin(),
    )

    assert qualification is not None
    assert qualification.name == RENAMED.renamed_to
    with pytest.raises(EnterpriseRenamed, match="集团"):
        enterprises.verify(register, RENAMED.name)
    assert enterprises.verify(register, qualification.name).facts.uscc == RENAMED.uscc


def test_an_enterprise_can_be_told_to_change_its_name(sessions: sessionmaker[Session]) -> None:
    """R126: each new name has a new version, and the register outside follows."""
    twin = EnterpriseQualificationsTwin(sessions)

    for name in ("上海示例甲（虚构01）有限公司", "上海示例乙（虚构01）有限公司"):
        twin.rename(FIRST.uscc, name)

    qualification, facts = twin.of(FIRST.uscc), EnterpriseTwin(sessions).by_uscc(FIRST.uscc)
    assert qualification is not None
    assert facts is not None
    assert (qualification.name, qualification.version) == ("上海示例乙（虚构01）有限公司", "3")
    assert facts.name == qualification.name
    assert FIRST.name in facts.former_names


def test_a_switch_counts_in_every_process(sessions: sessionmaker[Session]) -> None:
    """A fault that is switched on the command line is one of the server, too."""
    here, there = (Faults(System.SMS, sessions) for _ in range(2))
    other = Faults(System.REAL_NAME, sessions)

    here.switch(OutsideFault.DOWN)

    with pytest.raises(Unavailable, match="短信平台"):
        there.before_answer()
    other.before_answer()
    here.switch(OutsideFault.SLOW, 2.5)
    assert there.present() == (OutsideFault.SLOW, 2.5)
    here.switch(OutsideFault.NONE)
    there.before_answer()


def test_a_slow_twin_keeps_nobody_longer_than_a_client_would_wait() -> None:
    """A real client gives up after its time-out; so does whoever asks the twin."""
    waited: list[float] = []
    faults = Faults(System.SMS, sleep=waited.append)

    faults.switch(OutsideFault.SLOW, 1.5)
    faults.before_answer()
    faults.switch(OutsideFault.SLOW, 30)
    with pytest.raises(Unavailable):
        faults.before_answer()

    assert waited == [1.5, TIMEOUT_S]


@pytest.mark.parametrize("seconds", [-1, LONGEST_S + 1, float("nan")])
def test_no_fault_lasts_for_ever(seconds: float) -> None:
    faults = Faults(System.SMS)

    with pytest.raises(ValueError, match="between 0 and 60"):
        faults.switch(OutsideFault.SLOW, seconds)

    assert faults.present() == (OutsideFault.NONE, 0.0)


def test_a_wrong_answer_is_told_as_such() -> None:
    faults = Faults(System.ENTERPRISE_REGISTER)
    faults.switch(OutsideFault.WRONG)

    with pytest.raises(WrongAnswer, match="企业登记查询服务返回的信息与查询的对象不一致"):
        faults.before_answer()
