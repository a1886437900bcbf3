"""What waits for a second operator is told to whoever asks for it too: who, when, what now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from casework.office import Office
from engine.jobs import queue
from engine.tables import Job, JobState
from registry.trail.asked import Asked
from registry.trail.factor_requests import FactorRequest
from registry.trail.key_requests import KeyRequest
from registry.trail.post_requests import PostRequest
from registry.trail.skips import Skip
from registry.trail.version_corrections import VersionCorrection
from storage.database import writing
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import app, clock, office, prepared
from tests.web.operations.test_versions import corrected, newest
from tests.web.sign_in.test_second_factor import enrol

__all__ = ["app", "clock", "office", "prepared"]

Request = tuple[str, dict[str, Any]]  #: address and fields of a form


def key(app: Flask) -> Request:
    page = f"/operations/key-holders/enterprise/{COMPANY.uscc}"
    desk = Desk(app).comes_as("yunwei")
    desk.open(page)
    serial = str(desk.soup().select('input[name="serial"]')[0]["value"])
    why = {"proof": "裁定书原件已核对", "cause": "privilegeWithdrawn"}
    return page, {"action": "revoke", "serial": serial, **why}


def post(app: Flask) -> Request:
    return "/operations/officers", {"login": "gu", "name": "顾受理", "roles": ["acceptor"]}


def reset(app: Flask) -> Request:
    enrol(Desk(app).comes_as("shencha"), app.extensions["zhuce_office"].clock)
    return "/operations/officers/shencha/second-factor", {"confirmed": "true"}


def skip(app: Flask) -> Request:
    office: Office = app.extensions["zhuce_office"]
    with writing(office.sessions) as session:
        queue.add(session, "notice/deliver_sms", {"sms_id": "nobody"}, "broken", office.now())
        job = session.query(Job).filter_by(key="broken").one()
        job.state, job.attempts, job.error = JobState.DEAD, 5, "Unavailable: 短信平台"
        return f"/operations/incidents/{job.id}", {"action": "skip"}


def correction(app: Flask) -> Request:
    office: Office = app.extensions["zhuce_office"]
    Desk(app).comes_as("person-01").starts()
    old = corrected(office, "deadline.dmn", "<text>90</text>", "<text>100</text>")
    return f"/operations/versions/{old}", {"to": newest(office)}


@pytest.mark.proves("F:crossed-7")
@pytest.mark.parametrize(
    ("asking", "table", "code"),
    [
        (key, KeyRequest, "E_KEY_ASKED"),
        (post, PostRequest, "E_POST_ASKED"),
        (reset, FactorRequest, "E_RESET_ASKED"),
        (skip, Skip, "E_SKIP_ASKED"),
        (correction, VersionCorrection, "E_CORRECTION_WAITS"),
    ],
)
def test_who_asks_for_what_waits_already_is_told(
    app: Flask, office: Office, asking: Callable[[Flask], Request], table: type[Asked], code: str
) -> None:
    """The same person for the same reason has pressed twice; any other asks for nothing more."""
    page, fields = asking(app)
    first, second = Desk(app).comes_as("yunwei"), Desk(app).comes_as("yunwei2")
    why = {**fields, "reason": "沪建任〔2026〕5号，原件已核对"}
    other = {**fields, "reason": "沪建任〔2026〕6号，原件已核对"}

    for _ in range(2):
        assert first.send(page, why).status_code == 303, first.text
    for desk, asked, who in (
        (second, why, "路运维"),
        (second, other, "路运维"),
        (first, other, "您"),
    ):
        assert desk.send(page, asked).status_code == 422
        assert code in desk.text
        assert f"{who}已于2026年" in desk.text
        assert "请先确认或者撤回" in desk.text

    with office.sessions() as session:
        assert session.query(table).count() == 1
