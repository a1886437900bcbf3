"""A diagram read as words: its steps in order, what comes in between, where a case is."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine import outline
from engine.definitions import Definition
from engine.language.parsing import BPMN as BPMN_MODEL
from engine.language.parsing import bpmn
from engine.queries import Passage, Position

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
    asides = {step.node for step in steps if not step.is_usual}
    assert {"fix_or_resubmit", "correct_form", "complete_readiness", "formal_check"} <= asides


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


SIGNED = ("fill_form", "preview_document", "enter_code")
SAME = {"fill_form": "form", "correct_form": "form"}


def tells(
    shipped: Definition, process: str, went: list[str], *active: str
) -> list[tuple[str, str, int, str]]:
    """Tell a case that did these tasks (`!` before the boundary that turned it back)."""
    passages = [Passage("STARTED", None, [])]
    for node in went:
        is_error = node.startswith("!")
        passages.append(
            Passage("SERVICE", None, [node[1:]]) if is_error else Passage("TASK", node, [])
        )
    position = Position(active=frozenset(active), done=frozenset(), went=passages)
    lines = outline.told(shipped, [process], position, same=SAME)
    return [(line.step.node, line.state, line.round, line.result) for line in lines]


def test_what_an_enterprise_returned_goes_to_it_once_more(shipped: Definition) -> None:
    """What it looked at stays told with how that ended; what comes next is nothing that is over."""
    process, went = "initial_registration", [*SIGNED, "review_application"]

    told = tells(shipped, process, [*went, "!returned_to_applicant"], "fix_or_resubmit")

    assert told[:3] == [(node, "done", 1, "") for node in SIGNED]
    assert told[3:6] == [
        ("review_application", "done", 1, "退回"),
        ("fix_or_resubmit", "current", 2, ""),
        ("review_application", "again", 2, ""),
    ]
    assert told[6:8] == [("seal_document", "ahead", 2, ""), ("review", "ahead", 2, "")]


def test_a_form_that_is_corrected_is_not_filled_in_twice(shipped: Definition) -> None:
    """After 补正 the file is looked at and signed again; the form is one step, however drawn."""
    process, went = "initial_registration", [*SIGNED, "review_application", "seal_document"]
    went += ["formal_check", "!correction_asked"]
    sign, seal = "sign_stage", ("seal_stage", "confirm_employment")

    asked = tells(shipped, process, went, "correct_form")
    back = tells(shipped, process, [*went, "correct_form", "fill_form"], "preview_document", sign)
    sealing = [*went, "correct_form", *SIGNED, "review_application"]
    last = tells(shipped, process, sealing, "seal_document", *seal)

    assert asked[5:7] == [("formal_check", "done", 1, "补正"), ("correct_form", "current", 2, "")]
    assert [line[:2] for line in asked[7:11]] == [
        (node, "again")
        for node in ("preview_document", "enter_code", "review_application", "seal_document")
    ]
    assert back[6:9] == [
        ("correct_form", "done", 2, ""),
        ("preview_document", "current", 2, ""),
        ("enter_code", "again", 2, ""),
    ]
    assert [node for node, state, round_, _ in last if (state, round_) == ("done", 2)] == [
        *("correct_form", "preview_document", "enter_code", "review_application"),
    ]
    assert all(state != "again" for _, state, _, _ in last)


def test_a_form_changed_after_the_signature_is_signed_anew(shipped: Definition) -> None:
    """What the change undid is told as ahead, not as done, and it is the same round."""
    told = tells(
        shipped, "initial_registration", [*SIGNED, "fill_form"], "preview_document", "sign_stage"
    )

    assert told[:4] == [
        ("fill_form", "done", 1, ""),
        ("preview_document", "current", 1, ""),
        ("enter_code", "again", 1, ""),
        ("review_application", "ahead", 1, ""),
    ]


def test_a_way_round_the_enterprise_tells_what_lies_on_it(shipped: Definition) -> None:
    """A cancellation without the employer: his seal is no longer awaited, the decision is."""
    went = [*SIGNED, "review_application", "!returned_to_applicant", "fix_or_resubmit"]
    went += ["request_without_enterprise", "formal_check"]

    told = tells(
        shipped,
        "cancellation_registration",
        went,
        *("answer_as_enterprise", "contested_stage"),
    )

    assert [node for node, state, *_ in told if state in ("ahead", "again")] == [
        *("review", "decide", "cancel_after_seal"),
    ]


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
