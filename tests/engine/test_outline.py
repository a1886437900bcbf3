"""A diagram read as words: its steps in order, what comes in between, where a case is."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine import outline
from engine.definitions import Definition
from engine.language.parsing import BPMN as BPMN_MODEL
from engine.language.parsing import bpmn

BPMN = Path(__file__).parents[2] / "bpmn"
LINE = [
    *("fill_form", "preview_document", "enter_code", "review_application", "seal_document"),
    *("review", "decide", "issuing_stage", "confirm_claim"),
]


def _shipped(profession: str) -> Definition:
    folders = (BPMN / profession, BPMN / "common-parts")
    files = {
        str(path.relative_to(BPMN)): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".bpmn", ".dmn")
    }
    return Definition(profession, files)


@pytest.fixture(scope="module")
def shipped() -> Definition:
    return _shipped("structural-engineer-2")


@pytest.mark.proves("I1")
@pytest.mark.parametrize("process", ["initial_registration", "renewal_registration"])
def test_the_line_is_told_in_its_order(shipped: Definition, process: str) -> None:
    """Also where two ways of the diagram lead through the same part."""
    steps = outline.of(shipped, process)

    assert [step.node for step in steps if step.is_usual] == LINE
    asides = {step.node: step.back_to for step in steps if not step.is_usual}
    assert asides["fix_or_resubmit"] == "seal_stage"
    assert asides["correct_form"] == "fill_form"
    assert {"complete_readiness", "formal_check"} < asides.keys()


@pytest.mark.parametrize(
    "profession", ["structural-engineer-2", "builder-2", "supervising-engineer"]
)
def test_no_work_of_people_is_left_out(profession: str) -> None:
    """Every user task of a diagram of its own is told once, whatever the profession."""
    definition = _shipped(profession)
    for process, file in definition.sources.processes.items():
        steps = [step.node for step in outline.of(definition, process)]
        root = definition.sources.diagrams[file]
        drawn = {
            task.get("id")
            for part in root.iter(bpmn("process"))
            if part.get("id") == process
            for task in part.iter(bpmn("userTask"))
        }

        assert len(steps) == len(set(steps))
        assert drawn <= set(steps)


def test_where_a_case_is_and_what_comes_next(shipped: Definition) -> None:
    """What was done before a case was led back lies ahead again; other ways are not told."""
    steps = outline.of(shipped, "initial_registration")
    signed = {"fill_form", "sign_stage", "preview_document", "enter_code", "review_application"}

    back = outline.where(steps, {"fix_or_resubmit"}, signed)
    again = outline.where(steps, {"fill_form"}, signed)
    over = outline.where(steps, set(), {"fill_form"})

    assert (back["fill_form"], back["fix_or_resubmit"]) == ("done", "current")
    assert (back["review_application"], back["seal_document"]) == ("again", "ahead")
    assert back["formal_check"] == "aside"
    assert (again["fill_form"], again["enter_code"]) == ("current", "again")
    assert (over["fill_form"], over["decide"]) == ("done", "ahead")


def test_what_lies_on_the_longer_way_is_told_before_where_both_ways_meet() -> None:
    """A second review that some cases pass stands between the review and the decision."""
    task = '<userTask id="{0}" name="{0}"/>'
    flows = ["start review", "review ask", "ask decide", "ask second_review"]
    flows += ["second_review decide", "decide end", "decide review"]
    drawn = "".join(
        f'<sequenceFlow id="flow_{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(map(str.split, flows))
    )
    tasks = "".join(map(task.format, ("decide", "second_review", "review")))
    graph = outline._Graph(
        etree.fromstring(
            f'<process xmlns="{BPMN_MODEL}" id="p"><startEvent id="start"/>{tasks}'
            f'<exclusiveGateway id="ask"/><endEvent id="end"/>{drawn}</process>'
        )
    )

    assert graph.ordered() == ["start", "review", "ask", "second_review", "decide", "end"]
