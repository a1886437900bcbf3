"""J10: a case whose period of retention is over is closed to everybody, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from registry.applications import attachments
from registry.applications.applications import Application
from storage.database import writing
from tests.web.desk import Desk

Sits = Callable[[str], Desk]


@pytest.mark.proves("J10")
def test_a_case_that_is_over_is_shown_to_nobody(me: Desk, desk: Sits, office: Office) -> None:
    """Its pages and files answer 410 with the reason to its own people, 404 to others."""
    me.fills().signs()
    clerk = desk("enterprise").seals(me.application)
    with office.sessions() as session:
        [photo, *_] = attachments.of(session, me.application)
    own = [me.base, f"{me.base}/form", f"/files/attachments/{photo.id}"]
    assert [me.open(page, follow=True).status_code for page in own] == [200, 200, 200]

    for retired, said in (("LOCK", "已封存"), ("ERASE", "已依法删除")):
        with writing(office.sessions) as session:
            session.get_one(Application, me.application).retired = retired
        for page in own:
            assert me.open(page).status_code == 410, page
            assert said in me.text
        assert me.send(f"{me.base}/withdraw").status_code == 410
        assert clerk.open(f"/enterprise/applications/{me.application}").status_code == 410
        assert desk("shencha").open(f"/agency/cases/{me.application}").status_code == 410
        assert desk("person-06").open(me.base).status_code == 404
    me.open("/applications")
    assert "初始注册" in me.text
