"""The text that was ticked is, letter for letter, the text in the PDF that is signed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.office import Office
from professions.checks import examination
from registry.applications import applications, documents
from registry.applications.documents import DocumentKind
from tests.offices import FONTS
from tests.professions.folders import edited
from tests.web.changed import Change, app, change, clock, desk, me, office, prepared
from tests.web.desk import Desk
from tests.web.printed import text_of
from web.demo.portrait import draw

__all__ = ["app", "change", "clock", "desk", "me", "office", "prepared"]

TYPE = "structural-engineer-2"
TICKED = (
    "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；"
    "如有不实，愿承担相应的法律责任。"
)
FORM, FILE = "forms/initial.schema.json", "documents/application.typ"
AGREED = "我单位同意聘用该申请人，所填聘用信息属实。"


def sealed_file(office: Office, application: str) -> str:
    """Give the words of the form as it stands."""
    with office.sessions() as session:
        form = documents.current(session, application, DocumentKind.APPLICATION)
    assert form is not None
    return text_of(office.files.get(form.sha256))


@pytest.mark.proves("F:trust-1")
@pytest.mark.parametrize("changed", [False, True])
def test_what_is_ticked_is_signed(
    me: Desk, desk: Callable[[str], Desk], office: Office, change: Change, changed: bool
) -> None:
    """Applicant and enterprise: shown, printed, kept and sealed is one text, whatever it says."""
    ticked, agreed = TICKED, AGREED
    if changed:
        ticked, agreed = (
            "本人保证以上各项属实，自愿申请。",
            "本单位确认上述情况，同意聘用并同意其注册。",
        )
        change(
            (f"{TYPE}/forms/initial.schema.json", TICKED, ticked),
            (f"{TYPE}/type.toml", AGREED, agreed),
        )
    me.starts().open(f"{me.base}/form")
    assert me.soup().select_one(".statement").get_text(strip=True) == ticked  # type: ignore[union-attr]
    me.saves(photo=("我.jpg", draw(1)))
    me.signs()
    clerk = desk("enterprise")
    clerk.open(f"/enterprise/applications/{me.application}")
    box = clerk.soup().select_one('label[for="opinion"]')
    assert box is not None
    assert box.get_text(strip=True) == agreed

    clerk.seals(me.application)

    printed = sealed_file(office, me.application)
    assert printed.count(ticked) == 1
    assert printed.count(agreed) == 1
    with office.sessions() as session:
        kept = applications.current_revision(session, me.application)
    assert kept is not None
    assert (kept.content["statement"], kept.content["confirmation"]) == (ticked, agreed)
    for other in ("劳动关系", "一切法律责任"):
        assert other not in printed


@pytest.mark.proves("F:trust-1")
@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (FILE, "data.statement", "data.title", "没有印出申请人所勾选的意见"),
        (FILE, "data.confirmation", "data.title", "没有印出企业所勾选的意见"),
        (FORM, f'"description": "{TICKED}",', "", "没有申请人所勾选意见的全文"),
        ("type.toml", "[matter.confirmation]", "[matter.confirmatio]", "confirmatio"),
    ],
)
def test_a_text_of_ones_own_in_the_file_is_refused(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    """The check compares: a file that prints another text than the one ticked is not deployed."""
    root = edited(tmp_path / "bpmn", (f"{TYPE}/{file}", old, new))

    [(_, problems)] = examination.examine(root, FONTS, only=[TYPE])

    assert any(told in str(problem) for problem in problems), problems
