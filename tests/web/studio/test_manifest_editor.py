"""`type.toml` by a form: what was answered otherwise is written, everything else stays."""

from __future__ import annotations

import tomllib

import pytest

from tests.offices import TYPE
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import Sit, begins

__all__ = ["app", "clock", "desk", "office", "prepared"]


@pytest.fixture
def analyst(desk: Sit) -> Desk:
    return begins(desk("fenxi"), TYPE)


def answers(me: Desk, **changed: str) -> int:
    """Fill in the page as it stands but for some entries, and save; give the status."""
    address = f"{me.application}/manifest"
    me.open(address)
    form = me.soup().select_one("form[method=post] input[name=seen]")
    entries = {"seen": str(form["value"]) if form else "0"}
    for field in me.soup().select("main input[type=text], main textarea, main select"):
        chosen = field.select_one("option[selected]")
        shown = chosen["value"] if chosen else field.get("value", field.get_text())
        entries[str(field["name"])] = str(shown).strip()
    entries |= {name.replace("__", "."): value for name, value in changed.items()}
    return int(me.send(address, entries, follow=True).status_code)


def text(me: Desk) -> str:
    return me.client.get(f"{me.application}/raw/type.toml").data.decode()


def test_what_is_not_answered_otherwise_stays_byte_for_byte(analyst: Desk) -> None:
    """The page as it stands changes nothing; one name changes one line, and its note stays."""
    before = text(analyst)

    assert answers(analyst) == 200
    assert text(analyst) == before
    answers(analyst, certificate__type_code="DEMO00000000000000S99")

    pairs = zip(before.splitlines(), text(analyst).splitlines(), strict=True)
    (line,) = [after for was, after in pairs if was != after]
    assert line.startswith('type_code = "DEMO00000000000000S99" # 证照类型代码（GB/T 36904）')


def test_every_kind_of_entry_is_written_as_the_house_reads_it(analyst: Desk) -> None:
    answers(
        analyst,
        applicant__maximum_age="70",
        applicant__ends_at_maximum_age="true",
        law__review_bodies="上海市人民政府\n住房和城乡建设部\n",
        figures__validity_years="4",
        figures__policy_rereg_ce="true",
        matter__0__title="首次注册",
        matter__0__confirmation__text="我单位同意聘用该申请人。",
    )

    manifest = tomllib.loads(text(analyst))
    assert manifest["applicant"] == {
        "minimum_age": 18,
        "photo": [295, 413],
        "maximum_age": 70,
        "ends_at_maximum_age": True,
    }
    assert manifest["figures"] == {"validity_years": 4, "policy_rereg_ce": True}
    assert manifest["matter"][0]["title"] == "首次注册"
    assert manifest["matter"][0]["confirmation"]["text"] == "我单位同意聘用该申请人。"
    answers(analyst, applicant__maximum_age="", applicant__ends_at_maximum_age="")
    assert "maximum_age" not in tomllib.loads(text(analyst))["applicant"]


def test_a_slip_is_told_at_its_entry_and_nothing_is_saved(analyst: Desk) -> None:
    """What the house could not read is not saved; what was typed stands on the page."""
    before = text(analyst)
    for slip, code in (
        ({"title": ""}, "E_MANIFEST_ANSWER"),
        ({"order": "一"}, "E_MANIFEST_ANSWER"),
        ({"law__rule": "没有书名号的规定"}, "E_REGISTRATION_TYPE"),
        ({"numbers__application": "31{none}"}, "E_REGISTRATION_TYPE"),
    ):
        assert answers(analyst, **slip) == 422, slip
        assert code in analyst.text, slip
        assert next(iter(slip.values())) in analyst.page.text
    assert text(analyst) == before


def test_who_comes_later_loses_nothing(analyst: Desk) -> None:
    answers(analyst, authority="上海市城乡建设委员会")

    late = analyst.send(f"{analyst.application}/manifest", {"authority": "另一机关", "seen": "0"})

    assert late.status_code == 409
    assert "E_DRAFT_SAVED_MEANWHILE" in analyst.text
    assert "另一机关" in analyst.page.text
