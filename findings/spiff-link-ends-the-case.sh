#!/usr/bin/env bash
# One would guess  Two link events of the same name stand for an arrow that would cross the page: what reaches the one goes on from the
#                  other. An engine either joins them or refuses the file, as this one refuses a complex gateway by name.
# What happens     SpiffWorkflow takes the throwing link for an event of no kind at which the process ends. What comes after the other
#                  link is not even parsed, its tasks are not among the specs. The case is complete and a success after the first
#                  page, and nothing is raised. A mistake in the second half of the diagram is not found either.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/parser/event_parsers.py, get_event_definition (what it does not know is NoneEventDefinition), and
#                  ProcessParser (nodes are reached from the start event along flows); BPMN 2.0.2, 10.5.5, Link Event Definition
# Why it matters   A long procedure is drawn on two pages and the second one has the review. Registered after page one. A check of
#                  diagrams has to refuse every event definition that the engine does not read, and every node that nothing reaches.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_fill" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    {between}
    <userTask id="review"/>
    <sequenceFlow id="to_end" sourceRef="review" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""
ARROW = '<sequenceFlow id="to_review" sourceRef="fill" targetRef="review"/>'
LINKS = """
    <sequenceFlow id="to_next_page" sourceRef="fill" targetRef="next_page"/>
    <intermediateThrowEvent id="next_page"><linkEventDefinition id="to_page_2" name="page 2"/></intermediateThrowEvent>
    <intermediateCatchEvent id="page_2"><linkEventDefinition id="from_page_1" name="page 2"/></intermediateCatchEvent>
    <sequenceFlow id="to_review" sourceRef="page_2" targetRef="review"/>"""
COMPLEX = """
    <sequenceFlow id="to_gateway" sourceRef="fill" targetRef="gateway"/>
    <complexGateway id="gateway"/>
    <sequenceFlow id="to_review" sourceRef="gateway" targetRef="review"/>"""


def parsed(between: str) -> BpmnWorkflow:
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(between=between).encode())
    return BpmnWorkflow(parser.get_spec("registration"))


def after_the_form(between: str) -> tuple[list[str], bool, bool]:
    """Fill the form. Give the tasks that are open then, whether the case is complete, and whether the review is known at all."""
    wf = parsed(between)
    wf.do_engine_steps()
    (fill,) = wf.get_tasks(state=TaskState.READY, manual=True)
    fill.run()
    wf.do_engine_steps()
    tasks = [task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True)]
    return tasks, wf.is_completed() and wf.success, "review" in wf.spec.task_specs


print("SpiffWorkflow", version("SpiffWorkflow"))
drawn, linked = after_the_form(ARROW), after_the_form(LINKS)
print("an arrow: open", drawn[0], "complete", drawn[1], "· review is known:", drawn[2])
print("two links: open", linked[0], "complete", linked[1], "· review is known:", linked[2])
assert (drawn, linked) == ((["review"], False, True), ([], True, False))
try:
    parsed(COMPLEX)
except ValidationException as refused:
    print("a complex gateway:", refused)
else:
    raise AssertionError("taken")
PYTHON
