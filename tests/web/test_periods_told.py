"""A period that is changed in the table changes page, message, letter and sealed PDF alike."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from casework.office import Office
from registry.applications import documents
from registry.applications.documents import DocumentKind
from registry.trail.notices import Sms
from tests.web.applicant.test_application_form import FROM_ELSEWHERE
from tests.web.changed import Change, app, change, clock, desk, me, office, prepared
from tests.web.desk import Desk, pdf
from tests.web.printed import text_of
from web.demo.portrait import draw

__all__ = ["app", "change", "clock", "desk", "me", "office", "prepared"]

TABLE = "structural-engineer-2/deadline.dmn"
ROW = '"CORRECTION_REPLY"</text></inputEntry>\n        <outputEntry id="deadline_row11_out1"><text>'
OBJECTION = (
    '"OBJECTION"</text></inputEntry>\n        <outputEntry id="deadline_objection_out1"><text>'
)


def test_the_time_to_correct(
    me: Desk, desk: Callable[[str], Desk], office: Office, change: Change
) -> None:
    """CORRECTION_REPLY is eight working days: so say the page, the message and the letter."""
    change((TABLE, f"{ROW}15<", f"{ROW}8<"))
    me.starts().saves(
        **FROM_ELSEWHERE, photo=("我.jpg", draw(1)), qualification_scans=("证书.pdf", pdf())
    )
    me.signs()
    desk("enterprise").seals(me.application)

    desk("shouli").does("formal_check", outcome="correct", reasons="资格证书扫描件缺少盖章页")

    me.open(me.base)
    assert "2026-12-04" in me.page.text or "2026年12月4日" in me.text
    with office.sessions() as session:
        sent = session.scalars(select(Sms).where(Sms.application_id == me.application))
        [told] = [sms.text for sms in sent if "需要补正" in sms.text]
    assert "请在8个工作日内（至2026年12月4日）" in told
    assert "请在8个工作日内（至2026年12月4日）" in me.open("/notices").text
    with office.sessions() as session:
        letter = documents.current(session, me.application, DocumentKind.CORRECTION_NOTICE)
    assert letter is not None
    sealed = text_of(office.files.get(letter.sha256))
    assert "八个工作日" in sealed
    assert "2026年12月4日" in sealed
    assert "补正通知后8个工作日未补正的" in me.open("/guide/initial").text
    for page in (told, sealed, me.text):
        assert "15个工作日" not in page.replace("15个工作日未办的退回", "")
        assert "十五个工作日" not in page


def test_the_times_of_a_request(me: Desk, desk: Callable[[str], Desk], change: Change) -> None:
    """The page on which an enterprise begins names the periods of the present version."""
    change((TABLE, f"{OBJECTION}10<", f"{OBJECTION}12<"))

    me.open("/guide/cancellation")

    assert "可以在12个工作日内" in me.text
    assert "可以在10个工作日内" not in me.text
