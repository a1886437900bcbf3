"""A new profession on pages: what must differ is walked through, nothing of the old one stays."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import Sit

__all__ = ["app", "clock", "desk", "office", "prepared"]
NEW, OLD = "/studio/new", "builder-2"
RULE = "《中华人民共和国注册建筑师条例实施细则》"
ANSWERS = {
    "key": "architect-2",
    "title": "二级注册建筑师",
    "order": "8",
    "certificate.title": "中华人民共和国二级注册建筑师注册证书",
    "certificate.english": "CERTIFICATE OF REGISTRATION · CLASS 2 ARCHITECT",
    "certificate.type_code": "DEMO00000000000000A02",
    "employer.qualification": "工程勘察设计资质",
    "law.rule": RULE,
    "numbers.application": "31A2{matter}{date}{serial}{check}",
    "numbers.registration": "A2{yy}{province}{serial}",
    "numbers.certificate": "DZ31A2{yyyy}{serial}{check}",
    "english_title": "Class 2 registered architect",
}


def shown(me: Desk) -> dict[str, str]:
    """Give what the form of a page says as it stands."""
    said = {}
    for field in me.soup().select("main form input[name], main form textarea, main form select"):
        chosen = field.select_one("option[selected]")
        value = chosen["value"] if chosen else field.get("value", field.get_text())
        said[str(field["name"])] = str(value).strip()
    return said


def begins(me: Desk, **otherwise: str) -> Desk:
    """Fill in the first page and go on."""
    me.open(f"{NEW}?from={OLD}")
    answers = shown(me) | ANSWERS | otherwise
    me.send(NEW, answers, follow=True)
    found = me.page.request.path.removesuffix("/new-type/facts")
    me.application = found
    return me


def goes_on(me: Desk, station: str, **answers: str) -> None:
    address = f"{me.application}/new-type/{station}"
    me.open(address)
    typed = {name.replace("__", "."): value for name, value in answers.items()}
    me.send(address, shown(me) | typed, follow=True)


def raw(me: Desk, path: str) -> str:
    return me.client.get(f"{me.application}/raw/{path}").data.decode()


@pytest.fixture
def analyst(desk: Sit) -> Desk:
    """Give an analyst with the draft of a new profession."""
    return begins(desk("fenxi"))


def test_numbers_names_and_english_are_its_own(analyst: Desk) -> None:
    """The first page writes them everywhere: manifest, texts, scenarios, English."""
    assert 'key = "architect-2"' in raw(analyst, "type.toml")
    assert "二级建造师" not in raw(analyst, "help/initial.md")
    assert '"application": "31A2C20260302"' in raw(analyst, "examples/initial/registered.json")
    english = raw(analyst, "english/architect-2.po")
    assert 'msgid "二级注册建筑师"\nmsgstr "Class 2 registered architect"' in english
    assert "constructor" not in english
    assert "a class 2 registered architect, are employed" in english
    assert analyst.client.get(f"{analyst.application}/raw/english/builder-2.po").status_code == 404
    assert (
        analyst.client.get(f"{analyst.application}/raw/examples/demonstration.toml").status_code
        == 404
    )


def test_a_name_that_english_pages_do_not_know_is_shown_in_chinese(desk: Sit) -> None:
    """Without an English name nothing English speaks of the other profession."""
    me = begins(desk("fenxi"), key="architect-3", english_title="")

    assert "onstructor" not in raw(me, "english/architect-3.po")


def test_ages_photo_and_years_are_written_where_they_stand(analyst: Desk) -> None:
    """No limit of age, another photo, two years; what cannot be is told at its field."""
    goes_on(analyst, "facts", applicant__maximum_age="999999")
    assert "E_NEW_TYPE_ANSWER" in analyst.text
    goes_on(analyst, "facts", applicant__minimum_age="17")
    assert "minimum_age 应为" in analyst.text
    goes_on(
        analyst,
        "facts",
        applicant__maximum_age="",
        applicant__ends_at_maximum_age="",
        photo__width="295",
        photo__height="413",
        figures__validity_years="2",
    )

    manifest = raw(analyst, "type.toml")
    assert "maximum_age" not in manifest
    assert "photo = [295, 413]" in manifest
    assert "validity_years = 2" in manifest
    assert '"ui:crop": "295x413"' in raw(analyst, "forms/initial.ui.json")
    assert "295×413 像素（25×35 毫米）" in raw(analyst, "help/paper-exchange.md")


def test_hours_are_those_of_the_table_and_its_examples(analyst: Desk) -> None:
    """A number is written into its cell, every other byte stays, and the examples say the same."""
    path = "continuing_education.dmn"
    before = raw(analyst, path)
    analyst.open(f"{analyst.application}/new-type/hours")
    asked = {name: "40" for name, value in shown(analyst).items() if value in ("60", "30")}
    assert len(asked) == 6
    goes_on(analyst, "hours", **dict.fromkeys(asked, "x"))
    assert "E_NEW_TYPE_ANSWER" in analyst.text
    goes_on(analyst, "hours", **asked)

    after = raw(analyst, path)
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    assert sum(was != now for was, now in pairs) == 6
    assert '"compulsory_min": 60' not in raw(analyst, f"examples/tables/{path[:-4]}.json")


def test_each_text_of_the_old_profession_is_asked_for(analyst: Desk) -> None:
    """Rule, qualification, age and hours: proposed, changed by sentence, in English too."""
    goes_on(analyst, "facts", applicant__maximum_age="", applicant__ends_at_maximum_age="")
    analyst.open(f"{analyst.application}/new-type/hours")
    asked = {name: "40" for name, value in shown(analyst).items() if value in ("60", "30")}
    goes_on(analyst, "hours", **asked)
    address = f"{analyst.application}/new-type/wording"
    analyst.open(address)
    page = BeautifulSoup(analyst.page.text, "html.parser")
    fields = {
        name: [str(field.get("value", field.get_text())).strip("\n") for field in found]
        for name in ("old", "new", "message", "english")
        if (found := page.select(f"main [name={name}]"))
    }
    proposals = dict(zip(fields["old"], fields["new"], strict=True))
    assert proposals["年满 65 周岁的，不予注册。"] == ""
    who = next(text for text in proposals if text.startswith("取得二级注册建筑师"))
    assert "工程勘察设计资质的企业、年满 18 周岁、目前" in proposals[who]
    rule = next(text for text in proposals if "第七、九、十条" in text)
    assert proposals[rule] == f"依据：{RULE.strip('《》')}。三年内必修40、选修40学时。"
    at = fields["message"].index(next(text for text in fields["message"] if who in text))
    fields["english"][at] = "People who are class 2 registered architects."

    analyst.open(address)
    fields |= {"mark": [shown(analyst)["mark"]], "csrf_token": [analyst.token()]}
    analyst.client.post(address, data=fields)
    analyst.open(address)
    assert "没有还写着原来的" in analyst.text
    assert "65" not in raw(analyst, "help/initial.md")
    assert "必修 40 学时、选修 40 学时" in raw(analyst, "help/initial.md")
    assert "People who are class 2 registered architects." in raw(analyst, "english/architect-2.po")
    analyst.open(analyst.application)
    assert "没有发现问题" in analyst.text


def test_what_another_analyst_saved_meanwhile_stays(analyst: Desk) -> None:
    """A station that was shown before somebody saved changes nothing."""
    address = f"{analyst.application}/new-type/facts"
    analyst.open(address)
    stale = shown(analyst)
    goes_on(analyst, "facts", figures__validity_years="2")

    assert analyst.send(address, stale | {"figures.validity_years": "4"}).status_code == 409
    assert "E_DRAFT_SAVED_MEANWHILE" in analyst.text
    assert "validity_years = 2" in raw(analyst, "type.toml")


def test_the_walk_says_how_far_it_is(desk: Sit, analyst: Desk) -> None:
    """Who only looks does not read it, and a draft of a known type has none."""
    page = f"{analyst.application}/new-type"
    analyst.open(page)
    assert "自己的字段：注册专业" in analyst.text
    assert "句是原来的" in analyst.text
    assert desk("shouli").open(page).status_code == 403
    analyst.open("/studio/drafts")
    analyst.send("/studio/drafts", {"type": OLD, "title": "说明"}, follow=True)
    assert analyst.open(f"{analyst.page.request.path}/new-type").status_code == 404
