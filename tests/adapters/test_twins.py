"""The twins answer like the systems they stand for, and fail like them when told to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.certificate_store import CertificateStoreTwin, as_json
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from adapters.enterprise_register import EnterpriseTwin
from adapters.errors import Unavailable
from adapters.qualification_register import QualificationTwin
from adapters.real_name import RealNameTwin, identity_of
from adapters.sms import SmsTwin
from registry import enterprises, persons
from registry.errors import (
    EnterpriseInactive,
    EnterpriseNotFound,
    EnterpriseNotQualified,
    EnterpriseRenamed,
)
from registry.identifiers import IdType
from registry.ports import (
    CertificateEntry,
    CertificateState,
    QualificationFacts,
    StoreOperation,
)

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TAO = world.CITIZENS[0]
FIRST, _, _, CLOSED, UNQUALIFIED, RENAMED = world.COMPANIES


@pytest.fixture
def phone(sessions: sessionmaker[Session]) -> SmsTwin:
    return SmsTwin(sessions, lambda: NOW)


def test_a_message_is_delivered_once_per_key(phone: SmsTwin) -> None:
    """I6: a repeated delivery of the same message does not reach the telephone twice."""
    for _ in range(3):
        phone.send(TAO.mobile, "验证码123456", "challenge-1")
    phone.send(TAO.mobile, "验证码654321", "challenge-2")

    assert [message.text for message in phone.received(TAO.mobile)] == [
        "验证码654321",
        "验证码123456",
    ]


def test_a_telephone_shows_only_its_own_messages(phone: SmsTwin) -> None:
    phone.send(TAO.mobile, "给陶示例", "one")
    phone.send(world.CITIZENS[1].mobile, "给温示例", "two")

    assert [message.text for message in phone.received(TAO.mobile)] == ["给陶示例"]
    assert len(phone.received()) == 2


def test_a_gateway_that_is_down_says_so(phone: SmsTwin) -> None:
    """I6: a message that cannot be sent is told with a remedy."""
    phone.down = True

    with pytest.raises(Unavailable, match="短信平台暂时无法连接") as refused:
        phone.send(TAO.mobile, "验证码123456", "challenge-1")

    assert refused.value.code == "E_SERVICE_DOWN"


def test_the_typed_name_finds_the_credit_code() -> None:
    """R24: brackets and blanks do not matter, the code is filled in."""
    found = enterprises.verify(EnterpriseTwin(), FIRST.name.replace("（", " (").replace("）", ")"))

    assert found.facts.uscc == FIRST.uscc
    assert found.facts.name == FIRST.name


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


def test_registers_that_are_down_say_so(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(Unavailable, match="企业登记"):
        EnterpriseTwin(down=True).by_name(FIRST.name)
    with pytest.raises(Unavailable, match="企业登记"):
        EnterpriseTwin(down=True).by_uscc(FIRST.uscc)
    with pytest.raises(Unavailable, match="实名制"):
        RealNameTwin(down=True).check(IdType.RESIDENT_ID, TAO.id_no, TAO.name)
    with pytest.raises(Unavailable, match="资格数据库"):
        QualificationTwin(sessions, down=True).find(IdType.RESIDENT_ID, TAO.id_no)


def test_qualifications_are_found_by_their_holder(sessions: sessionmaker[Session]) -> None:
    """R31: what was issued in Shanghai is read from the database, newest first."""
    register = QualificationTwin(sessions)
    older = QualificationFacts(certificate_no="DEMO-1", issued_on=date(2020, 1, 2), issuer="甲")
    newer = QualificationFacts(certificate_no="DEMO-2", issued_on=date(2026, 1, 2), issuer="乙")
    for facts in (older, newer, older):
        register.enter(IdType.RESIDENT_ID, TAO.id_no, facts)

    assert register.find(IdType.RESIDENT_ID, TAO.id_no) == [newer, older]
    assert register.find(IdType.PASSPORT, TAO.id_no) == []


@pytest.mark.parametrize("citizen", world.CITIZENS, ids=lambda citizen: citizen.subject)
def test_the_real_name_system_knows_everybody(citizen: world.Citizen) -> None:
    """R22: the six facts come from the real-name system and agree with each other."""
    found = RealNameTwin().check(IdType(citizen.id_type), citizen.id_no, citizen.name)

    assert found == identity_of(citizen)
    persons.check(found, today=NOW.date())


def test_a_name_that_is_not_the_numbers_is_nobody() -> None:
    twin = RealNameTwin()

    assert twin.check(IdType.RESIDENT_ID, TAO.id_no, "别人") is None
    assert twin.check(IdType.RESIDENT_ID, "310000199001019911", TAO.name) is None


def test_an_enterprise_that_changed_its_name_is_known_by_both(
    sessions: sessionmaker[Session],
) -> None:
    """R126: the certificates bear the old name, the registers outside the new one."""
    found = EnterpriseQualificationsTwin(sessions).of(RENAMED.uscc)
    register = EnterpriseTwin(sessions)

    assert found is not None
    assert (found.name, found.version) == (RENAMED.renamed_to, "2")
    assert found.design_qualifications
    with pytest.raises(EnterpriseRenamed, match="集团"):
        enterprises.verify(register, RENAMED.name)
    assert enterprises.verify(register, found.name).facts.uscc == RENAMED.uscc
    assert EnterpriseQualificationsTwin(sessions).of("91310100MADE999999") is None


def test_an_enterprise_can_be_told_to_change_its_name(sessions: sessionmaker[Session]) -> None:
    """R126: a new name has a new version, and the register outside follows."""
    twin = EnterpriseQualificationsTwin(sessions)

    for name in ("上海示例甲（虚构01）有限公司", "上海示例乙（虚构01）有限公司"):
        twin.rename(FIRST.uscc, name)

    found, facts = twin.of(FIRST.uscc), EnterpriseTwin(sessions).by_uscc(FIRST.uscc)
    assert found is not None
    assert facts is not None
    assert (found.name, found.version) == ("上海示例乙（虚构01）有限公司", "3")
    assert facts.name == found.name
    assert FIRST.name in facts.former_names


def entry(identifier: str = "1.2.156.3005.2.DEMO") -> CertificateEntry:
    return CertificateEntry(
        identifier=identifier,
        name="二级注册结构工程师注册执业证书",
        no="DEMO-1",
        version=1,
        registration_no="S22699000010",
        holder_name=TAO.name,
        holder_id_type=IdType(TAO.id_type),
        holder_id_no=TAO.id_no,
        enterprise_name=FIRST.name,
        uscc=FIRST.uscc,
        issuer="上海市住房和城乡建设管理委员会",
        issuer_uscc="11310000MADE00009X",
        issued_on=date(2026, 11, 24),
        valid_from=date(2026, 11, 24),
        valid_to=date(2029, 11, 23),
        state=CertificateState.VALID,
        operation=StoreOperation.NEW,
        sha256="a" * 64,
    )


def test_the_store_keeps_what_it_was_told_once(sessions: sessionmaker[Session]) -> None:
    """C.3: a repeated job publishes nothing twice and takes no state back."""
    store = CertificateStoreTwin(sessions, lambda: NOW)
    told = entry()

    for _ in range(2):
        store.publish(told, b"%PDF", "one")
        store.update_state(
            told.identifier, CertificateState.CANCELLED, StoreOperation.ENDING, "two"
        )

    assert store.state_of(told.identifier) is CertificateState.CANCELLED
    assert [event.operation for event in store.told(told.identifier)] == ["05", "01"]
    assert store.told()[-1].entry == {**as_json(told), "issued_on": "2026-11-24"}


def test_the_store_says_what_it_never_had(sessions: sessionmaker[Session]) -> None:
    store = CertificateStoreTwin(sessions, lambda: NOW)

    known = store.update_state("none", CertificateState.INVALID, StoreOperation.EXPIRY, "key")

    assert known is False
    assert store.state_of("none") is None
