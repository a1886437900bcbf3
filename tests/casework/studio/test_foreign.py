"""Diagrams of other modelers: taken over where the meaning is the same, else refused."""

from __future__ import annotations

import pytest

from casework.studio import foreign
from engine.language.xml import read_xml
from professions import folders
from professions.checks.checker import Checker, Problem
from professions.operations import DECLARED
from tests.offices import ROOT

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
ZEEBE = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
SIGNAVIO = 'xmlns:signavio="http://www.signavio.com"'
COLOUR = 'xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0"'
FILES = {
    "forms/initial.schema.json": b"{}",
    "deadline.dmn": b"<x/>",
    "common-parts/change_path.dmn": b"",
}


def diagram(inside: str, spaces: str = "", prefix: str = "") -> bytes:
    """Draw a process as another tool writes it: one start, what is inside, one end."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{BPMN}" {DI} {spaces} '
        f'id="d" targetNamespace="http://example.com/other" exporter="Another Modeler" '
        f'exporterVersion="5.1">\n  <!-- drawn elsewhere -->\n'
        f'  <process id="strange" name="外来流程" isExecutable="true">\n'
        f'    <startEvent id="s"/>\n    {inside}\n    <endEvent id="e"/>\n'
        f'    <sequenceFlow id="f1" sourceRef="s" targetRef="t"/>\n'
        f'    <sequenceFlow id="f2" sourceRef="t" targetRef="e"/>\n  </process>\n</definitions>\n'
    ).encode()


def told(content: bytes) -> list[Problem]:
    """Return what the check says of a file in a shipped package."""
    files = folders.collect(ROOT / "bpmn" / "structural-engineer-2")
    problems = Checker(DECLARED).check({**files, "strange.bpmn": content})
    return [problem for problem in problems if problem.file == "strange.bpmn"]


def extended(inside: str, task: str = "userTask", more: str = "") -> str:
    own = f"<extensionElements>{inside}</extensionElements>"
    return f'<{task} id="t" name="审查" {more}>{own}</{task}>'


def test_what_only_looks_or_tunes_is_left_out_and_told() -> None:
    """Colours, layout notes and settings of another engine go; every other byte stays."""
    content = diagram(
        extended('<signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffcc"/>').replace(
            "<userTask", '<userTask camunda:asyncBefore="true" camunda:priority="50"'
        ),
        f"{CAMUNDA} {SIGNAVIO}",
    ).replace(b"<process ", b'<process camunda:historyTimeToLive="180" ')

    taken = foreign.taken(content, FILES)

    assert taken.said == (
        "去掉另一引擎的运行设置 historyTimeToLive",
        "去掉另一引擎的运行设置 asyncBefore",
        "去掉另一引擎的运行设置 priority",
        "去掉Signavio 的绘图信息",
    )
    assert b"<!-- drawn elsewhere -->" in taken.content
    assert b"signavioMetaData" not in taken.content
    assert b'exporter="Another Modeler"' in taken.content
    assert not any(problem.code == "E_FOREIGN" for problem in told(taken.content))


@pytest.mark.parametrize(
    ("task", "attribute", "written"),
    [
        (
            "userTask",
            'camunda:candidateGroups="reviewer"',
            '<spiffworkflow:property name="actorRole" value="reviewer"/>',
        ),
        (
            "userTask",
            'camunda:formKey="initial"',
            '<spiffworkflow:property name="formKey" value="initial"/>',
        ),
        ("businessRuleTask", 'camunda:decisionRef="deadline"', "<spiffworkflow:calledDecisionId"),
    ],
)
def test_what_means_the_same_is_written_as_here(task: str, attribute: str, written: str) -> None:
    """One role, one form, one table of the package: there is one meaning only, and it is told."""
    taken = foreign.taken(diagram(f'<{task} id="t" name="审查" {attribute}/>', CAMUNDA), FILES)

    assert written in taken.content.decode()
    assert "改写为本系统的设置" in taken.said[0]
    assert attribute not in taken.content.decode()
    read_xml(taken.content)


@pytest.mark.parametrize(
    "inside",
    [
        '<userTask id="t" name="审查" camunda:assignee="anna"/>',
        '<userTask id="t" name="审查" camunda:candidateGroups="reviewer,decider"/>',
        '<userTask id="t" name="审查" camunda:candidateGroups="${group}"/>',
        '<userTask id="t" name="审查" camunda:candidateGroups="accounting"/>',
        '<userTask id="t" name="审查" camunda:formKey="embedded:app:forms/f.html"/>',
        (
            '<businessRuleTask id="t" name="期限" camunda:decisionRef="deadline" '
            'camunda:resultVariable="r"/>'
        ),
        '<serviceTask id="t" name="调用" camunda:topic="charge"/>',
    ],
)
def test_what_cannot_be_guessed_is_refused_where_it_stands(inside: str) -> None:
    """A person, several groups, an expression, a program: nothing is written, and it is told."""
    content = diagram(inside, CAMUNDA)

    assert foreign.taken(content, FILES) == foreign.Taken(content=content, said=())
    [problem, *_] = [found for found in told(content) if "camunda.org" in str(found.text)]
    assert problem.element == "t"
    assert problem.remedy


@pytest.mark.parametrize(
    ("inside", "spaces", "name"),
    [
        (extended('<zeebe:taskDefinition type="charge"/>', "serviceTask"), ZEEBE, "Camunda 8"),
        (
            extended(
                '<zeebe:assignmentDefinition candidateGroups="reviewer"/>'
                '<zeebe:ioMapping><zeebe:input source="=a" target="b"/></zeebe:ioMapping>'
            ),
            ZEEBE,
            "Camunda 8",
        ),
        (
            extended(
                '<camunda:inputOutput><camunda:inputParameter name="a">1'
                "</camunda:inputParameter></camunda:inputOutput>"
            ),
            CAMUNDA,
            "Camunda 7",
        ),
    ],
)
def test_what_another_engine_runs_is_refused_once_at_its_outermost_element(
    inside: str, spaces: str, name: str
) -> None:
    """One mistake a kind, with the tool's name and what to do."""
    content = diagram(inside, spaces)

    assert foreign.taken(content, FILES).content == content
    found = [problem for problem in told(content) if problem.code == "E_FOREIGN"]
    assert found
    assert all(problem.element == "t" and name in problem.remedy for problem in found)
    assert not any("inputParameter" in str(problem.text) for problem in found)


@pytest.mark.parametrize(
    "inside",
    [
        '<sendTask id="t" name="告知"/>',
        '<manualTask id="t" name="归档"/>',
        '<subProcess id="t" name="评审"><adHocSubProcess id="a"/></subProcess>',
        (
            '<userTask id="t" name="审查"/><dataObjectReference id="o" dataObjectRef="x"/>'
            '<dataObject id="x"/>'
        ),
    ],
)
def test_what_reference_diagrams_draw_and_nothing_runs_is_refused(inside: str) -> None:
    """Kinds of BPMN as reference files of the interchange group have them: told with a remedy."""
    found = [problem for problem in told(diagram(inside)) if problem.code == "E_ELEMENT"]

    assert found
    assert all(problem.remedy and problem.element for problem in found)


@pytest.mark.parametrize("engine", ["flowable.org", "activiti.org"])
def test_engines_of_one_house_mean_the_same_by_the_same_names(engine: str) -> None:
    """One role is taken over; a program is refused once, though it stands in attributes alone."""
    spaces = f'xmlns:other="http://{engine}/bpmn"'
    task = '<userTask id="t" name="审查" other:candidateGroups="reviewer" other:async="true"/>'
    program = diagram(
        '<serviceTask id="t" name="调用" other:class="org.X" other:skip="a"/>', spaces
    )

    taken = foreign.taken(diagram(task, spaces), FILES)

    assert '<spiffworkflow:property name="actorRole" value="reviewer"/>' in taken.content.decode()
    assert len(taken.said) == 2
    [problem] = told(program)
    assert (problem.code, problem.element) == ("E_FOREIGN", "t")
    assert "不支持的属性 class" in str(problem.text)
    assert "共 2 处" in str(problem.text)
    assert engine.partition(".")[0] in problem.remedy.lower()


@pytest.mark.parametrize(
    ("content", "kind", "remedy"),
    [
        (b"<mxfile><diagram/></mxfile>", "这是 draw.io 的图，最外面的元素是 mxfile", "重画"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "这是一张图片", "重画"),
        (b'<Package xmlns="http://www.wfmc.org/2009/XPDL2.2"/>', "这是 XPDL 文件", "导出为 BPMN"),
        (b'<definitions xmlns="http://schema.omg.org/spec/BPMN/2.0"/>', "的草案", "导出为 BPMN"),
        (
            b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
            "这是决策表",
            ".dmn",
        ),
        (b"<process/>", "不是 BPMN 2.0 文件，最外面的元素是 process", "重新导出"),
    ],
)
def test_what_is_no_diagram_is_called_by_its_name(content: bytes, kind: str, remedy: str) -> None:
    """Whoever sent the file of another tool reads what it is, and what becomes of it."""
    [problem] = told(content)

    assert problem.code == "E_XML"
    assert kind in str(problem.text)
    assert remedy in problem.remedy


def test_a_plain_diagram_is_what_it_was() -> None:
    """What bpmn.io draws without anything of an engine, and what is no diagram, stays."""
    for content in (
        diagram('<userTask id="t" name="审查"/>'),
        b"<html/>",
        b"",
        b"\xff\xfe",
        b"<a" * 9,
    ):
        assert foreign.taken(content, FILES) == foreign.Taken(content=content, said=())
    for path in sorted((ROOT / "bpmn").rglob("*.bpmn")):
        assert foreign.taken(path.read_bytes(), FILES).said == ()
