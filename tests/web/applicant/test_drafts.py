"""What is typed is kept as it is typed; two windows overwrite nothing; a draft can be deleted."""

from __future__ import annotations

import pytest

from adapters import world
from casework.application import form_entry
from casework.office import Office
from tests.web.desk import Desk
from tests.web.furnished import Clock
from web.demo.people import plays
from web.demo.people.engineer import Engineer


def window(me: Desk) -> dict[str, str]:
    """Open the form in a window; give what it posts of itself."""
    me.open(f"{me.base}/form")
    form = me.soup().select_one("form[data-autosave]")
    assert form is not None
    assert str(form["data-autosave"]) == f"{me.base}/form/draft"
    names = ("csrf_token", "revision", "draft")
    fields = {name: form.select_one(f'input[name="{name}"]') for name in names}
    return {name: str(field["value"]) for name, field in fields.items() if field is not None}


def keeps(me: Desk, shown: dict[str, str], **typed: str) -> tuple[int, dict[str, str]]:
    """Do what the script of the page does a moment after the last key."""
    answer = me.client.post(f"{me.base}/form/draft", data={**shown, **typed})
    return answer.status_code, answer.get_json()


def phone(me: Desk) -> str:
    me.open(f"{me.base}/form")
    field = me.soup().select_one('input[name="enterprise_phone"]')
    assert field is not None
    return str(field.get("value", ""))


def test_what_is_typed_is_kept_as_it_is_typed(me: Desk) -> None:
    """The page says so, and the next window has it; half a number is no fault yet."""
    me.starts()
    shown = window(me)

    status, told = keeps(me, shown, enterprise_phone="021-0")
    assert (status, told["text"][:12]) == (200, "已自动保存（10:00）")
    status, told = keeps(me, {**shown, "draft": told["draft"]}, enterprise_phone="021-00000001")

    assert status == 200
    assert phone(me) == "021-00000001"


def test_the_second_window_is_told_and_overwrites_nothing(me: Desk) -> None:
    """Typed, kept by hand or saved with faults: what the other window has kept stays."""
    me.starts()
    first, second = window(me), window(me)
    keeps(me, first, enterprise_phone="021-00000001")

    status, told = keeps(me, second, enterprise_phone="021-00000002")
    assert (status, "E_STALE_DRAFT" in told["text"], "draft" in told) == (409, True, False)
    for action in ("draft", "save"):
        fields = {**second, "action": action, "enterprise_phone": "021-00000002"}
        answer = me.post(f"{me.base}/form", fields)
        assert (answer.status_code, "E_STALE_DRAFT" in me.text) == (422, True), action
    assert "您刚才填写的内容仍在本页" in me.text
    seen = {
        str(field["name"]): str(field["value"])
        for field in me.soup().select('input[name="draft"], input[name="enterprise_phone"]')
    }
    assert seen["enterprise_phone"] == "021-00000002"
    assert phone(me) == "021-00000001"

    fields = {**second, **seen, "action": "draft"}  # pressed again, knowing it
    me.post(f"{me.base}/form", fields)

    assert phone(me) == "021-00000002"


def test_the_same_in_both_windows_is_no_conflict(me: Desk) -> None:
    """A press that follows its own automatic keeping is not told that it was overtaken."""
    me.starts()
    shown = window(me)
    keeps(me, shown, enterprise_phone="021-00000001")

    assert keeps(me, shown, enterprise_phone="021-00000001")[0] == 200


def test_keeping_needs_the_form_to_be_ones_own_and_open(me: Desk) -> None:
    """Somebody else's is not there; what has ended is not changed by a late key."""
    me.fills()
    shown = window(me)
    stranger = Desk(me.client.application).comes_as("person-07")
    answer = stranger.client.post(
        f"{me.base}/form/draft", data={"csrf_token": stranger.token(), "draft": shown["draft"]}
    )
    assert answer.status_code == 404
    me.send(f"{me.base}/withdraw", {}, follow=True)

    assert "已撤回" in me.text, me.text
    status, told = keeps(me, shown, enterprise_phone="021-00000009")

    assert (status, "draft" in told) == (422, False)


def test_a_draft_is_deleted_after_a_question(me: Desk, office: Office) -> None:
    """The page says what is lost; nothing typed is kept, only that there was one (R16)."""
    me.starts()
    keeps(me, window(me), enterprise_phone="021-00000001")
    me.open(me.base)
    assert "删除草稿" in me.text
    me.open(f"{me.base}/withdraw")
    assert "已填写的内容不能恢复" in me.text

    me.send(f"{me.base}/withdraw", {}, follow=True)

    assert "草稿已删除" in me.text
    assert "已撤回" in me.soup().select("tbody tr")[0].get_text()
    with office.sessions() as session:
        assert form_entry.typed_last(session, me.application) == {}


@pytest.mark.parametrize(("minutes", "left"), [(5, 1500), (28, 120)])
def test_a_page_asks_how_long_the_sign_in_lasts(
    me: Desk, clock: Clock, minutes: int, left: int
) -> None:
    """Asking prolongs nothing; the button of the warning does."""
    me.open("/applications")
    dialog = me.soup().select_one("dialog[data-session-left]")
    assert dialog is not None
    assert dialog["data-session-left"] == "1800"
    told = me.soup().select_one("footer noscript")
    assert told is not None  # who has no script cannot be warned in time
    assert "30分钟没有操作，登录会自动结束" in told.get_text()
    clock.turn(minutes=minutes)

    assert me.client.get("/sessions/left?by=page").get_json() == {"left": left}
    assert me.client.get("/sessions/left?by=page").get_json() == {"left": left}
    stayed = me.client.post("/sessions/stay", data={"csrf_token": str(dialog["data-token"])})

    assert stayed.get_json() == {"left": 1800}
    clock.turn(minutes=29)
    assert me.client.get("/sessions/left?by=page").get_json() == {"left": 60}


def test_a_renewal_brings_the_telephone_of_last_time(
    me: Desk, office: Office, clock: Clock
) -> None:
    """What the person typed for the same enterprise last time stands in the next form."""
    steps = ("fills", "signs", "seals", "reviewed", "decided", "claims")
    company = world.COMPANIES[0]
    plays.initial(*steps)(Engineer(office, world.CITIZENS[0], company, 0))
    clock.turn(days=3 * 365 - 60)

    me = Desk(me.client.application).comes_as("person-01").starts("RENEWAL")

    assert phone(me) == company.phone
