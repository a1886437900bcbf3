"""A button pressed again after the answer: what is already so is answered as done."""

from __future__ import annotations

import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from casework.office import Office
from tests.web.applicant.test_exchange import PHOTO, give_paper, starts
from tests.web.desk import Desk
from tests.web.furnished import Clock

#: Forms that are good for one use: the sign-in at the portal.
_ONCE = ("/portal", "/sign-in", "/sign-out")
_TOLD = ".govuk-error-summary, .govuk-error-message, .govuk-notification-banner[role=alert]"


class Twice(Desk):
    """Sends every form a second time, as it was, and notes what the second answer complains of."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.complaints: list[str] = []
        self._open = self.client.open
        self.client.open = self._twice  # type: ignore[method-assign]  # what posts goes through it

    def _twice(self, *args: Any, **more: Any) -> TestResponse:
        if args and isinstance(args[0], dict):  # a form with files, as `Desk.post` sends it
            environ: dict[str, Any] = args[0]
            path, is_post = str(environ["PATH_INFO"]), True
            body = environ["wsgi.input"].read()
            environ["wsgi.input"] = io.BytesIO(body)
            again = {**environ, "wsgi.input": io.BytesIO(body)}
        else:
            path, is_post = str(args[0]), more.get("method") == "POST"
            again = args[0]
        if not is_post or path.startswith(_ONCE):
            return self._open(*args, **more)
        first = self._ends(self._open(*args, **more))
        self.pressed(path)
        second = self._ends(self._open(again, **more))
        self.pressed(path, again=True)
        if first.status_code < 400 and (told := _told(second)):
            self.complaints.append(f"{path}: {second.status_code} {told}")
        return first

    def pressed(self, path: str, *, again: bool = False) -> None:
        """Look at what a press has left; a story that looks there says how."""

    def _ends(self, answer: TestResponse) -> TestResponse:
        while answer.status_code in (301, 302, 303):
            answer = self._open(answer.location)
        return answer


def _told(answer: TestResponse) -> list[str]:
    marks = BeautifulSoup(answer.text, "html.parser").select(_TOLD)
    words = [mark.get_text(" ", strip=True) for mark in marks]
    return words or ([answer.text] if answer.status_code >= 400 else [])


@pytest.fixture
def hands(app: Flask) -> dict[str, Twice]:
    names = ("person-01", "enterprise", "shouli", "shencha", "jueding")
    hands: dict[str, Twice] = {}
    for name in names:
        hands[name] = Twice(app)
        hands[name].comes_as(name)
    return hands


def complaints(hands: dict[str, Twice]) -> list[str]:
    return [complaint for hand in hands.values() for complaint in hand.complaints]


@pytest.mark.proves("F:crossed-7")
def test_every_button_of_a_registration_pressed_again(hands: dict[str, Twice]) -> None:
    """From the start over return, resubmission and decision to the claim and the cancellation."""
    me, clerk = hands["person-01"], hands["enterprise"]
    me.fills().signs()
    review = f"/enterprise/applications/{me.application}"
    clerk.send(review, {"action": "return", "reason": "劳动合同尚未签订，请核对。"})
    me.send(f"{me.base}/resubmit")
    clerk.seals(me.application)
    for login, step in (("shencha", "review"), ("jueding", "decide")):
        officer = hands[login]
        officer.send(officer.task(), {"action": "claim"})
        if step == "decide":
            officer.send(officer.task(), {"action": "extend", "extension_reason": "材料需要核对。"})
        officer.does(step, outcome="approve", opinion="材料齐全，符合条件。")
    me.open("/certificates")
    link = me.soup().select_one("a[href$='/claim']")
    assert link is not None, me.text
    me.send(str(link["href"]))
    me.starts("CANCELLATION")
    me.post(
        f"{me.base}/form",
        {
            "action": "save",
            "revision": me.revision(),
            "cancel_reason": "EMPLOYMENT_ENDED",
            "applicant_opinion": "true",
        },
    )
    me.signs()
    clerk.send(f"/enterprise/applications/{me.application}", {"action": "agree", "opinion": "true"})
    me.open(f"{me.base}/withdraw")
    me.send(f"{me.base}/withdraw", follow=True)
    assert "申请已撤回" in me.text

    assert "\n".join(complaints(hands)) == ""


@pytest.mark.proves("F:crossed-7")
def test_the_seal_page_of_a_withdrawn_case_says_so(hands: dict[str, Twice]) -> None:
    """Nobody is told that all is well, or asked for a PIN, when the applicant has withdrawn."""
    me, clerk = hands["person-01"], hands["enterprise"]
    me.fills().signs()
    review = f"/enterprise/applications/{me.application}"
    clerk.send(review, {"action": "agree", "opinion": "true"}, follow=True)
    me.send(f"{me.base}/withdraw")

    clerk.open(f"{review}/seal?sign=1", follow=True)

    assert "已撤回" in clerk.text
    assert "核验已通过" not in clerk.text
    assert not clerk.soup().select("input[name=pin]")
    clerk.send(f"{review}/seal", {"pin": "135790"}, follow=True)
    assert "已撤回" in clerk.text


@pytest.mark.proves("F:crossed-7")
def test_an_exchange_and_a_report_pressed_again(hands: dict[str, Twice], office: Office) -> None:
    """换领, its photo, and 信息有误: each second press is told what the first one did."""
    me = hands["person-01"]
    give_paper(office)
    me.open("/certificates")
    report = me.soup().select_one("a[href$='/report']")
    assert report is not None
    address = starts(me)
    me.post(address, {"action": "upload"}, {"photo": PHOTO})
    me.post(address, {"action": "confirm", "checked": "true"})
    assert "换领成功" in me.text
    me.open("/certificates")
    report = me.soup().select_one("a[href$='/report']")
    assert report is not None
    me.send(str(report["href"]), {"text": "注册专业与资格证书不符。"}, follow=True)

    assert "已告知管理部门" in me.text
    assert "\n".join(complaints(hands)) == ""
    me.client.open = me._open  # type: ignore[method-assign]  # from here on once
    me.send(str(report["href"]), {"text": "还有一处有误，请核对。"})
    assert me.page.status_code == 422
    assert "还有一处有误" in me.page.text


@pytest.mark.proves("F:crossed-7")
def test_an_exchange_after_the_registration_has_ended(
    me: Desk, office: Office, clock: Clock
) -> None:
    """The last day passed between the page and the press: refused with its reason and a way."""
    give_paper(office)
    address = starts(me)
    me.post(address, {"action": "upload"}, {"photo": PHOTO})
    clock.turn(days=400)
    me.comes_as("person-01")
    me.open(address, follow=True)

    me.post(address, {"action": "confirm", "checked": "true"})

    assert me.page.status_code in (200, 409, 422)
    assert "换领成功" not in me.text
    assert "期" in me.text
