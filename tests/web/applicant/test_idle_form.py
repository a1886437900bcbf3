"""Half an hour of idleness in the middle of a form: what was typed waits for the same person."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from casework.office import Office
from tests.web.conftest import Clock
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw
from web.visitors import kept_forms, sessions
from web.visitors.sessions import WebSession

Sits = Callable[[str], Desk]
#: What a good form says beside its photo.
CHOSEN = {"qualification_region": "SHANGHAI", "applicant_opinion": "true"}


def typed(desk: Desk, **more: str) -> dict[str, Any]:
    """Give the form of an application with the token that the page bears."""
    return {
        "csrf_token": desk.token(),
        "action": "draft",
        "revision": desk.revision(),
        "enterprise_name": COMPANY.name,
        "enterprise_phone": "021-00000077",
        **more,
    }


def comes_back(desk: Desk, who: str) -> Desk:
    """Go the way to which the form was led, through the portal, as somebody."""
    asked = desk.open(desk.page.location).location
    desk.open(asked)
    desk.send(asked, {"subject": who}, follow=True)
    return desk


@pytest.mark.proves("F:sessions-5")
def test_what_was_typed_comes_back_after_the_sign_in(me: Desk, clock: Clock) -> None:
    """The same person reads it again and sends it by one button; secrets are asked again."""
    fields = typed(me.starts(), pin="123456", explanation="第一行\n第二行")
    clock.turn(minutes=31)
    address = f"{me.base}/form"
    me.page = me.client.post(address, data=fields)
    assert me.page.status_code == 303

    comes_back(me, "person-01")

    assert "您填写的内容已保留" in me.text
    assert COMPANY.name in me.text
    form = me.soup().select_one(f'form[action="{address}"]')
    assert form is not None
    kept = {str(area["name"]): area.text.removeprefix("\n") for area in form.select("textarea")}
    expected = {name: value for name, value in fields.items() if name not in ("csrf_token", "pin")}
    assert kept == expected
    me.send(address, kept, follow=True)
    me.open(address)
    assert me.soup().select("input[value='021-00000077']")
    me.open("/kept", follow=True)
    assert "没有保留的内容" in me.text


@pytest.mark.proves("F:sessions-5")
def test_no_password_of_a_form_is_kept(office: Office, clock: Clock, app: Flask) -> None:
    """What a page asks for as a password is typed again: not in the row, not on the page."""
    clerk = Desk(app).comes_as("enterprise")
    clerk.open("/digital-certificate")
    form = clerk.soup().select_one('form[action="/digital-certificate/pin"]')
    assert form is not None
    secret = {str(field["name"]): "8642097" for field in form.select("input[type=password]")}
    assert len(secret) == 3
    token = clerk.token()
    clock.turn(minutes=31)

    clerk.page = clerk.client.post(str(form["action"]), data={"csrf_token": token, **secret})

    asked = clerk.open(clerk.page.location).location
    clerk.open(asked)
    clerk.send(asked, {"subject": COMPANY.uscc, "pin": str(COMPANY.pin)}, follow=True)
    assert "您填写的内容已保留" in clerk.text
    assert "8642097" not in clerk.page.text
    with office.sessions() as session:
        assert not [row for row in session.scalars(select(WebSession.data)) if "8642097" in row]


def _gives_back(desk: Desk, address: str) -> dict[str, str]:
    """Read what the button of the page would send."""
    form = desk.soup().select_one(f'form[action="{address}"]')
    assert form is not None
    texts = {str(area["name"]): area.text.removeprefix("\n") for area in form.select("textarea")}
    return texts | {"kept_files": str(form.select_one("[name=kept_files]")["value"])}  # type: ignore[index]


@pytest.mark.proves("F:sessions-5")
@pytest.mark.parametrize("ends", [1, 2])
def test_files_come_back_with_their_form(me: Desk, clock: Clock, ends: int) -> None:
    """What was chosen is sent along by the one button, also when the session ends once more."""
    address, photo = f"{me.starts().base}/form", draw(1)
    fields: dict[str, Any] = typed(me, action="save", **CHOSEN)
    for _ in range(ends):
        clock.turn(minutes=31)
        files = {} if "kept_files" in fields else {"photo": (io.BytesIO(photo), "我.jpg")}
        me.page = me.client.post(address, data=fields | files)
        comes_back(me, "person-01")
        assert "我.jpg" in me.text
        fields = {"csrf_token": me.token(), **_gives_back(me, address)}

    me.send(address, fields, follow=True)

    assert "数据校验已通过" in me.text


@pytest.mark.proves("F:sessions-5")
def test_a_second_tab_of_the_session_that_ended_loses_nothing(me: Desk, clock: Clock) -> None:
    """One form was kept and sent; the one that is still open in another tab is kept as well."""
    first = typed(me.starts())
    second = {**first, "enterprise_phone": "021-00000088"}
    clock.turn(minutes=31)
    me.page = me.client.post(f"{me.base}/form", data=first)
    comes_back(me, "person-01")
    me.send(f"{me.base}/form", {**first, "csrf_token": me.token()}, follow=True)

    me.page = me.client.post(f"{me.base}/form", data=second)
    assert me.page.location == "/kept"
    me.open("/kept")

    assert "021-00000088" in me.page.text


def test_files_are_nobody_elses_and_end(me: Desk, clock: Clock, app: Flask, office: Office) -> None:
    """Another person's form gets none of them, whatever it names; they go with their form."""
    address = f"{me.starts().base}/form"
    fields: dict[str, Any] = typed(me, action="save", **CHOSEN)
    clock.turn(minutes=31)
    me.page = me.client.post(address, data=fields | {"photo": (io.BytesIO(draw(1)), "我.jpg")})
    comes_back(me, "person-01")
    named = _gives_back(me, address)["kept_files"]
    with office.sessions() as session:
        [row] = session.scalars(select(WebSession).where(WebSession.id_hash.startswith("aside/")))
        assert row.expires_at <= clock()  # no browser has it

    other = Desk(app).comes_as("person-07").starts()
    other.saves(kept_files=named)
    assert "请上传个人照片" in other.text
    invented = {**fields, "kept_files": "x" * 22, "csrf_token": me.token()}
    me.send(address, invented, follow=True)
    assert "请上传个人照片" in me.text
    me.send("/kept", {}, follow=True)
    with office.sessions() as session:
        kept = select(WebSession).where(WebSession.id_hash.startswith("aside/"))
        assert session.scalars(kept).all() == []


def test_files_without_end_are_not_kept_and_told(me: Desk, clock: Clock) -> None:
    """What is too large together is chosen anew; the words are kept all the same."""
    address = f"{me.starts().base}/form"
    fields: dict[str, Any] = typed(me)
    clock.turn(minutes=31)
    large = {"photo": (io.BytesIO(bytes(kept_forms.MOST_BYTES + 1)), "我.jpg")}

    me.page = me.client.post(address, data=fields | large)
    comes_back(me, "person-01")

    assert "合计过大" in me.text
    assert COMPANY.name in me.text


def test_nobody_else_gets_it(me: Desk, clock: Clock, app: Flask) -> None:
    """Another person who signs in at the same browser reads nothing of it."""
    fields = typed(me.starts())
    clock.turn(minutes=31)
    me.page = me.client.post(f"{me.base}/form", data=fields)

    comes_back(me, "person-02")

    assert "没有保留的内容" in me.text
    assert "021-00000077" not in me.page.text
    comes_back(me, "person-01") if me.page.status_code == 303 else None
    me.open("/kept", follow=True)
    assert "没有保留的内容" in me.text


@pytest.mark.parametrize("case", ["another token", "signed out", "ended long ago"])
def test_what_is_no_form_of_that_session_is_not_kept(
    me: Desk, clock: Clock, office: Office, case: str
) -> None:
    """A forged form, and one of a session that its owner has ended, are refused as before."""
    fields = typed(me.starts())
    if case == "another token":
        fields["csrf_token"] = Desk(me.client.application).token() or "forged"
    if case == "signed out":
        with office.sessions() as database:
            visitor = database.scalars(select(WebSession.visitor)).one()
        sessions.end_all_of(office.sessions, str(visitor))
    clock.turn(minutes=31)
    if case == "ended long ago":
        clock.turn(hours=12)
        assert sessions.sweep(office.sessions, clock()) == 1

    answer = me.client.post(f"{me.base}/form", data=fields)

    assert answer.status_code == 400
    assert "E_CSRF" in answer.text


@pytest.mark.proves("F:sessions-5")
def test_a_sign_in_in_another_tab_loses_nothing(me: Desk) -> None:
    """The form of the first tab bears the old token: it is kept, told, and sent by one button."""
    fields = typed(me.starts(), explanation="第一行")
    address = f"{me.base}/form"
    signs_in_again(me, "person-01")
    me.page = me.client.post(address, data=fields)
    assert me.page.status_code == 303

    me.open(me.page.location)

    assert "您在其他窗口重新登录过" in me.text
    form = me.soup().select_one(f'form[action="{address}"]')
    assert form is not None
    kept = {str(area["name"]): area.text.removeprefix("\n") for area in form.select("textarea")}
    me.send(address, kept, follow=True)
    me.open(address)
    assert me.soup().select("input[value='021-00000077']")


@pytest.mark.proves("F:sessions-5")
def test_after_the_end_and_a_sign_in_in_another_tab(me: Desk, clock: Clock) -> None:
    """The session ended, another tab signed in first: the form still finds its person."""
    fields = typed(me.starts())
    clock.turn(minutes=31)
    signs_in_again(me, "person-01")

    me.page = me.client.post(f"{me.base}/form", data=fields)

    me.open(me.page.location)
    assert "您填写的内容已保留" in me.text
    assert "021-00000077" in me.page.text


def test_another_person_in_another_tab_sends_nothing_and_reads_nothing(me: Desk) -> None:
    """The form of one is no act of the other; it waits until the first is there again."""
    fields = typed(me.starts())
    signs_in_again(me, "person-02")

    me.page = me.client.post(f"{me.base}/form", data=fields)

    assert me.page.status_code == 409
    assert "E_OTHER_ACCOUNT" in me.text
    assert "021-00000077" not in me.page.text
    me.open("/kept", follow=True)
    assert "没有保留的内容" in me.text


def signs_in_again(desk: Desk, who: str) -> None:
    """Sign in once more, as in another tab of the same browser."""
    asked = desk.open("/sign-in/person").location
    desk.open(asked)
    desk.send(asked, {"subject": who}, follow=True)


@pytest.mark.parametrize("token", ["", "garbage", "IjAwIg.aaaa.bbbb"])
def test_a_token_of_nobody_keeps_nothing(me: Desk, token: str) -> None:
    """What bears no token of this browser's sessions is refused as before."""
    fields = typed(me.starts()) | {"csrf_token": token}

    me.page = me.client.post(f"{me.base}/form", data=fields)

    assert me.page.status_code == 400
    assert "E_CSRF" in me.text
    me.open("/kept", follow=True)
    assert "没有保留的内容" in me.text
