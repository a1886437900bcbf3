"""Publishing a draft: tried, asked for by one, agreed to by another, offered from its day."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from casework import deployment
from casework.application import new_application
from casework.application.new_application import NotAvailable
from casework.deployment import DeploymentState
from casework.studio import drafts, publishing, stops, trials
from casework.studio.refusals import (
    DraftPublished,
    NoticeMissing,
    NotReady,
    PublicationNeedsAnother,
    StopLifted,
)
from engine import actors
from registry.applications.applications import Application
from registry.trail import audit
from tests.offices import ROOT, TYPE, Town

ANNA, BERTA = actors.officer("anna", "analyst"), actors.officer("berta", "publisher")
HELP, EXAMPLES = "help/renewal.md", ROOT / "bpmn" / TYPE / "examples"
WHY, EXCEPTION = "说明写得更清楚，办理不变", "只改说明，流程没有变化"


@pytest.fixture
def draft(town: Town) -> str:
    """Give a draft with a changed guide and one scenario."""
    office = town.office
    draft = drafts.begin(office, office.definitions.offered()[TYPE], "说明", ANNA)
    files = {
        f"examples/{name}": (EXAMPLES / name).read_bytes()
        for name in ("usual.json", "approved-and-claimed.json")
    }
    shipped = drafts.open_(office, draft).files
    files[HELP] = shipped[HELP].content + "\n如有疑问，请来电。\n".encode()
    files["renewal.bpmn"] = shipped["renewal.bpmn"].content + b"\n"
    drafts.save_all(office, draft, files, {}, ANNA)
    return draft


@pytest.fixture
def tried(town: Town, draft: str) -> str:
    """Give the same after its scenario was told."""
    trials.ask(town.office, draft, ANNA)
    town.office.runner.run_due()
    return draft


def test_a_draft_is_tried_before_it_is_published(town: Town, draft: str) -> None:
    """A red scenario blocks it; unreached places need a reason; a change needs another trial."""
    office, red = town.office, "examples/approved-and-claimed.json"
    said = drafts.open_(office, draft).files[red].content
    wrong = said.replace(b'"told": ["please_seal"', b'"told": ["please_sign"')
    assert wrong != said
    drafts.save(office, draft, red, wrong, seen=1, actor=ANNA)
    trials.ask(office, draft, ANNA)
    office.runner.run_due()

    came = trials.of(office, drafts.open_(office, draft))
    assert came is not None
    assert came.red == ["approved-and-claimed"]
    with pytest.raises(NotReady, match="1个情景的结果与所写的不同"):
        publishing.ask(office, draft, ANNA, why=WHY, exception=EXCEPTION)

    drafts.save(office, draft, red, said, seen=2, actor=ANNA)
    with pytest.raises(NotReady, match="修改以后还没有试运行"):
        publishing.ask(office, draft, ANNA, why=WHY, exception=EXCEPTION)
    trials.ask(office, draft, ANNA)
    office.runner.run_due()
    came = trials.of(office, drafts.open_(office, draft))
    assert came is not None
    assert came.is_green


@pytest.mark.both_databases
def test_another_publishes_from_a_day_by_the_clock_alone(town: Town, tried: str) -> None:
    """New cases start on it from its moment, whoever runs or not; what runs stays.

    Before its day it can be taken back and asked for again.
    """
    office, person = town.office, town.person(issued=date(2025, 6, 2))
    before = office.definitions.offered()[TYPE]
    tomorrow = office.now() + timedelta(days=1)
    told = {"why": WHY, "effective_at": tomorrow, "exception": EXCEPTION}
    asked = publishing.ask(office, tried, ANNA, **told)
    assert publishing.ask(office, tried, ANNA, **told) == asked  # the second press
    with pytest.raises(DraftPublished):
        drafts.save(office, tried, HELP, b"other", seen=1, actor=ANNA)
    with pytest.raises(PublicationNeedsAnother):
        publishing.confirm(office, asked, ANNA)

    publishing.confirm(office, asked, BERTA)
    for _ in range(2):
        publishing.cancel(office, asked, BERTA)
    with pytest.raises(NotReady, match="没有情景走到"):
        publishing.ask(office, tried, ANNA, why=WHY)
    asked = publishing.ask(office, tried, ANNA, why=WHY, effective_at=tomorrow, exception=EXCEPTION)

    version = publishing.confirm(office, asked, BERTA)
    assert publishing.confirm(office, asked, BERTA) == version

    assert office.definitions.latest(TYPE).hash == before != version
    old = new_application.start(office, person.id.removeprefix("person:"), "INITIAL", person, TYPE)
    town.clock.forward(days=1)
    office.definitions.forget()
    assert office.definitions.offered()[TYPE] == version
    assert office.definitions.latest(TYPE).hash == version
    with office.sessions() as session:
        assert session.get_one(Application, old).definition == before
        said = {event.action: event.facts for event in audit.of(session, f"type:{TYPE}")}
    assert said["publication.confirmed"]["asked_by"] == ANNA.id
    assert said["publication.confirmed"]["version"] == version


def test_a_stopped_matter_tells_its_applicants_why(town: Town) -> None:
    """Emergency stop: nothing new starts, the notice is read, and it goes on when it is lifted."""
    office, person = town.office, town.person(issued=date(2025, 6, 2))
    who = person.id.removeprefix("person:")
    with pytest.raises(NoticeMissing):
        stops.stop(office, TYPE, "INITIAL", "", BERTA)
    stop = stops.stop(office, TYPE, "INITIAL", "系统维护，12月1日恢复受理。", BERTA)

    choice = next(
        item for item in new_application.availability(office, who, TYPE) if item.matter == "INITIAL"
    )
    assert "12月1日恢复" in choice.reasons[-1].text
    with pytest.raises(NotAvailable, match="12月1日恢复"):
        new_application.start(office, who, "INITIAL", person, TYPE)

    stops.lift(office, stop, BERTA)
    with pytest.raises(StopLifted):
        stops.lift(office, stop, BERTA)
    assert new_application.start(office, who, "INITIAL", person, TYPE)


def test_a_folder_as_it_was_does_not_take_back_what_analysts_published(
    town: Town, tried: str, tmp_path: Path
) -> None:
    """Whoever starts the service anew deploys its folders: the published version stays."""
    office = town.office
    asked = publishing.ask(office, tried, ANNA, why=WHY, exception=EXCEPTION)
    publishing.confirm(office, asked, BERTA)
    published = office.definitions.offered()[TYPE]
    for name in ("common-parts", TYPE):
        shutil.copytree(ROOT / "bpmn" / name, tmp_path / name)

    [came] = deployment.deploy(office, tmp_path)

    assert (came.state, came.version) == (DeploymentState.SUPERSEDED, published), came.problems
    assert office.definitions.offered()[TYPE] == published
