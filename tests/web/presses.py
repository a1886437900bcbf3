"""Every button that a walk came to, pressed: once, again, and by two browsers at once."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.browser import asks_once_more
from tests.web.desk import Desk, pdf
from tests.web.fields import value_of
from tests.web.ground import Ground, fitting
from tests.web.lived_in import DEPUTY, VISITORS
from web.demo.portrait import draw

Fields = dict[str, Any]
#: Endpoint and button of what was asked once more → tables that had more rows by then.
ASKED: dict[tuple[str, str], list[str]] = {}

#: What would do in a field of a form, where its name alone does not say so.
_FITS: Mapping[str, Mapping[str, str]] = {
    "enterprise_operators.appoint": {"name": DEPUTY.name, "id_no": DEPUTY.id_no},
    "acts.open_correction": {"id_no": "310101199003072997"},
    "holidays.load": {
        "holidays": "2027-01-01 至 2027-01-03\n2027-02-05 至 2027-02-12\n2027-04-05\n"
        "2027-05-01 至 2027-05-05\n2027-06-09\n2027-09-15\n2027-10-01 至 2027-10-07",
        "workdays": "",
    },
    "studio_new_types.begin": {"key": "example-engineer"},
    "reopenings.open_reopening": {"ruled_on": "2026-11-24"},
}


@dataclass(frozen=True)
class Button:
    """A button of a form, and what is sent with it."""

    who: str
    endpoint: str
    name: str  #: of the button, with its value; "": the only one
    action: str
    fields: Fields
    files: Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Pressed:
    """What a press was answered, and what it left."""

    answer: TestResponse
    button: Button  #: with all that was sent at last
    rows: Counter[str]  #: that there are more, by table


def buttons(app: Flask, who: str, forms: Sequence[tuple[str, Tag]]) -> Iterator[Button]:
    """Give every button of the forms that somebody came to, all filled in, then the least."""
    urls = app.url_map.bind("127.0.0.1")
    for action, form in forms:
        endpoint = str(urls.match(urlsplit(action).path, method="POST")[0])
        filled = [_filled(form, who, endpoint, is_full=is_full) for is_full in (True, False)]
        pressed = [b for b in form.select("button") if b.get("type", "submit") == "submit"]
        for button in pressed or [None]:
            name, value = _name(button)
            for fields in filled:
                sent = {**fields, name: value} if name else fields
                known = f"{name}={value}" if name and len(value) < 20 else name
                yield Button(who, endpoint, known, action, sent, _files(form))


def _name(button: Tag | None) -> tuple[str, str]:
    if button is None:
        return "", ""
    return str(button.get("name") or ""), str(button.get("value") or "")


def _filled(form: Tag, who: str, endpoint: str, *, is_full: bool) -> Fields:
    """Fill a form in: as it stands, the first of what is chosen from, boxes ticked."""
    sent: Fields = {}
    for entry in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(entry["name"]), str(entry.get("type", entry.name))
        if name == "csrf_token" or kind == "file":
            continue
        if kind == "radio":
            if entry.has_attr("checked") or name not in sent:
                sent[name] = str(entry.get("value", "on"))
        elif kind == "checkbox" or (kind == "hidden" and name in sent):
            before = sent.get(name, [])
            sent[name] = [*(before if isinstance(before, list) else [before]), value_of(entry)]
        else:
            sent[name] = _typed(entry, name, who, endpoint, is_full=is_full)
    return sent


def _typed(entry: Tag, name: str, who: str, endpoint: str, *, is_full: bool) -> str:
    pin, stands = VISITORS[who][2], value_of(entry)
    if name in ("pin", "old_pin") and pin:
        return pin
    if entry.get("type") == "hidden" or stands:
        return stands
    if (fits := _FITS.get(endpoint, {}).get(name)) is not None:
        return fits
    if entry.name == "select":
        values = [str(option.get("value") or "") for option in entry.select("option")]
        return next(filter(None, values), "") if is_full else ""
    return fitting(name) if is_full else ""


def _files(form: Tag) -> dict[str, tuple[str, bytes]]:
    return {
        str(entry["name"]): ("我.jpg", draw(1))
        if "image" in str(entry.get("accept", ""))
        else ("证明.pdf", pdf())
        for entry in form.select("input[type=file][name]")
    }


def press(desk: Desk, button: Button) -> TestResponse:
    """Press a button as it was filled in."""
    files = {name: (io.BytesIO(data), file) for name, (file, data) in button.files.items()}
    fields = {"csrf_token": desk.token(), **button.fields, **files}
    return desk.client.post(button.action.partition("#")[0], data=fields)


def pressed(ground: Ground, desk: Desk, button: Button) -> Pressed:
    """Press a button on fresh ground, and again on each page that asks once more."""
    ground.again()
    before = ground.counted()
    answer = press(desk, button)
    for _ in range(2):
        more = _confirming(answer, button)
        if more is None:
            break
        if "confirmed" in more.fields:
            ASKED[button.endpoint, button.name] = sorted(ground.counted() - before)
        button = more
        answer = press(desk, button)
    return Pressed(answer, button, ground.counted() - before)


def _confirming(answer: TestResponse, button: Button) -> Button | None:
    """Give the button of a page that shows once more what was sent."""
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return None
    more: Fields = {}
    if asks_once_more(answer) and button.fields.get("confirmed") != "yes":
        more = {"confirmed": "yes"}
    elif button.fields.get("action") != "confirm":
        page = BeautifulSoup(answer.text, "html.parser")
        if page.select_one('main button[name="action"][value="confirm"]') is not None:
            more = {"action": "confirm"}
    if not more:
        return None
    sent = {**button.fields, **more}
    return Button(button.who, button.endpoint, button.name, button.action, sent, button.files)


def pressed_at_once(ground: Ground, desks: Sequence[Desk], button: Button) -> Pressed:
    """Press a button in two browsers of the same person at once; give the worse answer."""
    ground.again()
    before, together = ground.counted(), Barrier(len(desks))
    for desk in desks:
        desk.token()

    def go(desk: Desk) -> TestResponse:
        together.wait()
        return press(desk, button)

    with ThreadPoolExecutor(len(desks)) as pool:
        answers = list(pool.map(go, desks))
    worse = max(answers, key=lambda answer: answer.status_code)
    return Pressed(worse, button, ground.counted() - before)


#: Endpoints whose button ends the visitor: whoever presses is gone.
ENDS = frozenset({"sign_in.sign_out"})
#: What a second press is refused with, because the first one went on: endpoint → codes.
GONE_ON: Mapping[str, frozenset[str]] = {
    "own_data.close": frozenset({"E_CSRF"}),  # the session that the form was of has ended with it
    "sign_up.register": frozenset({"E_CSRF"}),  # likewise: who has signed up has another session
    "programs.give_secret": frozenset({"E_CHANGED_MEANWHILE"}),  # a secret is shown once
    "studio_form_editor.save": frozenset({"E_DRAFT_SAVED_MEANWHILE"}),  # one step further down
}


#: What one of two who press at once is refused with, while the other goes on.
AT_ONCE: Mapping[str, frozenset[str]] = {
    "roster.put_seal": frozenset({"E_TASK_NOT_OPEN"}),  # the other is at it
    "sessions.end_others": frozenset({"E_CSRF"}),  # the other has ended this one
}


def codes(answer: TestResponse) -> list[str]:
    """Give the codes of the refusals of a page."""
    return sorted(set(re.findall(r"\bE_[A-Z][A-Z_]+\b", answer.text)))


def is_told(button: Button, answer: TestResponse, *, at_once: bool = False) -> bool:
    """Tell whether a second press is done, or refused as its act says."""
    if answer.status_code < 400:
        return True
    known = GONE_ON.get(button.endpoint, frozenset())
    if at_once:
        known |= AT_ONCE.get(button.endpoint, frozenset())
    return bool(known & set(codes(answer)))
