"""Each automatic answer is kept with version, row, inputs and basis, and given again when asked."""

from __future__ import annotations

from sqlalchemy import select

from engine import definitions
from engine.running import answers
from engine.tables import TableAnswer
from registry.applications.documents import DocumentKind
from storage.database import writing
from tests.professions.folders import structural_engineer
from tests.web.browser import Tab
from tests.web.place import TAO, Place

TABLES = {
    "acceptance_route",
    "continuing_education",
    "enterprise_check",
    "menu_availability",
    "qualification_source",
    "signer_certificate",
    "sms_challenge",
}


def _kept(place: Place) -> list[TableAnswer]:
    with place.office.sessions() as session:
        return list(session.scalars(select(TableAnswer).order_by(TableAnswer.id)))


def test_every_answer_is_given_again_by_the_same_row(place: Place) -> None:
    """A whole registration asked seven tables; a newer version changes none of what they said."""
    of_case = [answer for answer in _kept(place) if answer.business_key == place.application_id]
    assert {answer.decision for answer in of_case} == TABLES
    kind = structural_engineer()
    text = kind.files["continuing_education.dmn"].decode()
    files = {**kind.files, "continuing_education.dmn": text.replace(">60<", ">70<").encode()}
    with writing(place.office.sessions) as session:
        definitions.deploy(session, kind.key, files, "system", place.office.now())
    place.office.definitions.forget()

    kept = _kept(place)

    assert len(kept) >= len(TABLES)
    get = place.office.definitions.get
    assert [answer for answer in kept if not answers.holds(answer, get(answer.definition))] == []


def test_an_answer_that_was_tampered_with_is_found(place: Place) -> None:
    """The replay is no formality: another row, or another input, does not hold."""
    route = next(answer for answer in _kept(place) if answer.decision == "acceptance_route")
    definition = place.office.definitions.get(route.definition)
    route.rows = [number + 1 for number in route.rows]

    assert not answers.holds(route, definition)


def test_applicant_officer_and_letter_say_why(place: Place) -> None:
    """Rule, values and basis stand on both pages; the letter prints what it rests on."""
    app = place.tab.client.application
    person, officer = Tab(app), Tab(app)
    person.sign_in("person", TAO.subject)
    officer.sign_in("officer", "shencha")

    for tab, page in ((person, "applications"), (officer, "agency/cases")):
        tab.open(f"/{page}/{place.application_id}")
        assert "逾期与继续教育要求" in tab.text
        assert "适用第3条“期限内初始注册”" in tab.text
        assert "事项为初始注册" in tab.text
        assert "管理规定第11、12、17条" in tab.text

    printed = place.letter(DocumentKind.DECISION).data["automatic"]
    assert [sentence for sentence in printed if sentence.startswith("逾期与继续教育要求")]
    assert not [sentence for sentence in printed if "验证码" in sentence]


def test_who_is_refused_at_the_start_is_refused_on_record(place: Place) -> None:
    """陶示例 is registered: 初始注册 is not for him, and the row that says so is kept."""
    person = Tab(place.tab.client.application)
    person.sign_in("person", TAO.subject)
    person.open("/applications/new")

    person.send("/applications/new", {"matter": "INITIAL", "type": "structural-engineer-2"})

    refused = [answer for answer in _kept(place) if answer.business_key.startswith("person:")]
    assert [answer.value for answer in refused] == [["E_ALREADY_REGISTERED"]]
