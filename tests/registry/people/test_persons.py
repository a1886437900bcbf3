from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from registry.errors import ConsentWithdrawn, IdentityInvalid, MobileInvalid, PersonNotRegistered
from registry.identifiers import IdType, Sex
from registry.people import consents, persons
from registry.people.persons import Person
from registry.ports import Identity
from storage.database import new_id, writing
from tests.registry.conftest import NOW, resident

Sessions = sessionmaker[Session]


def test_a_person_is_registered_with_the_six_facts(sessions: Sessions, person: Person) -> None:
    """R12, R22: 新用户注册 takes the facts of the real-name system."""
    with sessions() as session:
        kept = persons.get(session, person.id)

    assert (kept.name, kept.sex_label, kept.id_type_label) == ("陶示例", "男", "居民身份证")
    assert (kept.id_no, kept.mobile) == (resident().id_no, resident().mobile)
    assert kept.realname_verified_at == NOW


def test_registering_again_brings_the_facts_up_to_date(sessions: Sessions, person: Person) -> None:
    """R22: the mobile number changes only in the real-name system; no second account appears."""
    newer = dataclasses.replace(resident(), mobile="19900009999")
    with writing(sessions) as session:
        again = persons.register(session, newer, at=NOW + timedelta(days=1))

    assert again.id == person.id
    with sessions() as session:
        assert persons.get(session, person.id).mobile == "19900009999"


def test_identity_numbers_are_found_but_not_readable(sessions: Sessions, person: Person) -> None:
    """Numbers and mobiles are encrypted; equality goes over the blind index."""
    with sessions() as session:
        assert persons.by_identity(session, IdType.RESIDENT_ID, resident().id_no).id == person.id
        assert persons.by_identity(session, IdType.PASSPORT, resident().id_no) is None
        row = session.execute(text("SELECT * FROM person")).one()

    assert resident().id_no.encode() not in b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for value in row
    )
    assert resident().id_no not in repr(row)
    assert resident().mobile not in repr(row)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"birth": date(1991, 1, 1)}, "出生日期不一致"),
        ({"sex": Sex.FEMALE}, "性别不一致"),
        ({"id_no": "310000900101991"}, "15位"),
        ({"id_no": "310000199001019919"}, "校验码"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(
    sessions: Sessions, changes: dict[str, object], cause: str
) -> None:
    """R22, R34: number, birthday and sex must belong together."""
    identity = dataclasses.replace(resident(), **changes)

    with writing(sessions) as session, pytest.raises(IdentityInvalid, match=cause) as refused:
        persons.register(session, identity, at=NOW)

    assert refused.value.field == "id_no"


@pytest.mark.parametrize(
    "mobile", ["12900000000", "1990000000", "021-00000000", "１９９００００００００", ""]
)
def test_a_wrong_mobile_is_refused(sessions: Sessions, mobile: str) -> None:
    """The code goes to this number."""
    with writing(sessions) as session, pytest.raises(MobileInvalid):
        persons.register(session, dataclasses.replace(resident(), mobile=mobile), at=NOW)


def test_a_foreigner_registers_with_a_passport(sessions: Sessions) -> None:
    """R22: no number inside tells the birthday, so none contradicts it."""
    identity = Identity(
        name="Ana·María Ñandú",
        sex=Sex.FEMALE,
        birth=date(1990, 2, 28),
        id_type=IdType.PASSPORT,
        id_no="X0000001",
        mobile="19900000001",
    )
    with writing(sessions) as session:
        assert persons.register(session, identity, at=NOW).id_type_label == "护照"


@pytest.mark.parametrize("name", ["𠮷示例", "买买提·艾力", "䶮"])
def test_rare_names_are_kept(sessions: Sessions, name: str) -> None:
    """R22: the name on the certificate is the person's own."""
    with writing(sessions) as session:
        person = persons.register(session, resident(name=name), at=NOW)
    with sessions() as session:
        assert persons.get(session, person.id).name == name


def test_readiness_tells_what_is_missing(sessions: Sessions, person: Person) -> None:
    """R1–R4: card reading, certificate, signature image; each is ticked when done."""
    assert persons.readiness(person).to_json() == {
        "ok": False,
        "registered": True,
        "card_read": False,
        "certificate": False,
        "signature_image": False,
    }
    with writing(sessions) as session:
        current = persons.get(session, person.id)
        persons.read_card(current, at=NOW)
        persons.bind_certificate(current, at=NOW)
        assert not persons.readiness(current).complete
        persons.set_signature(current, "a" * 64, at=NOW)

    with sessions() as session:
        assert persons.readiness(persons.get(session, person.id)).complete


def test_consents_are_kept(sessions: Sessions, person: Person) -> None:
    """R3: the separate consent, with the version agreed to; the last word counts."""
    portrait = consents.PORTRAIT
    with writing(sessions) as session:
        consents.give(session, person.id, portrait, version="2026-11", at=NOW)
    with writing(sessions) as session:
        given = consents.last(session, person.id, portrait)
        assert given is not None
        assert given.policy_version == "2026-11"
        consents.insist(session, person.id, portrait)
        consents.withdraw(session, person.id, portrait, version="2026-11", at=NOW)
    with sessions() as session, pytest.raises(ConsentWithdrawn):
        consents.insist(session, person.id, portrait)


def test_an_unknown_person_must_register_first(sessions: Sessions) -> None:
    """R12: no business before 新用户注册."""
    with sessions() as session, pytest.raises(PersonNotRegistered, match="新用户注册"):
        persons.get(session, new_id())
