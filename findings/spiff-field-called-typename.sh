#!/usr/bin/env bash
# One would guess  What is plain JSON goes into a saved workflow and comes out of it: dictionaries of strings and
#                  numbers are the data of forms, whatever their fields are called. What cannot be saved is refused
#                  when it is saved.
# What happens     SpiffWorkflow marks its own objects by a key "typename". A form with a field of that name is
#                  saved without a word, and the case can never be loaded again: TypeError, 'NoneType' object is not
#                  callable. If the value happens to be the name of a type that the library knows, it does load, and
#                  what was a dictionary is now another thing (a set, a span of time).
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/serializer/helpers/dictionary.py, DictionaryConverter (its text says
#                  that unrecognized dictionaries come back as they are)
# Why it matters   Fields are named by those who draw the forms, and `typename` is a good name for the type of a
#                  house or a course. The person submits, gets a receipt, and his case is lost with the next step.
#                  Data of forms belong beside the engine's state, or into one string.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

DIAGRAM = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="course" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_form" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    <sequenceFlow id="to_review" sourceRef="fill" targetRef="review"/>
    <userTask id="review"/>
    <sequenceFlow id="reviewed" sourceRef="review" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def come_back(form: dict) -> str:
    """Submit the form, save the case, load it, and return what the reviewer is given."""
    parser = BpmnParser(validator=BpmnValidator())
    parser.add_bpmn_str(DIAGRAM)
    workflow = BpmnWorkflow(parser.get_spec("course"))
    workflow.do_engine_steps()
    [task] = workflow.get_tasks(state=TaskState.READY, manual=True)
    task.set_data(course=form)
    task.run()
    workflow.do_engine_steps()
    serializer = BpmnWorkflowSerializer()
    saved = serializer.serialize_json(workflow)
    try:
        loaded = serializer.deserialize_json(saved)
    except TypeError as error:
        return f"not loaded: {error}"
    [task] = loaded.get_tasks(state=TaskState.READY, manual=True)
    return repr(task.data["course"])


print("SpiffWorkflow", version("SpiffWorkflow"))
plain = {"type_name": "evening course", "days": 2}
named = {"typename": "evening course", "days": 2}
known = {"typename": "timedelta", "days": 2, "seconds": 0}
for form in (plain, named, known):
    print(f"{form} comes back as: {come_back(form)}")
assert come_back(plain) == repr(plain)
assert come_back(named).startswith("not loaded")
assert come_back(known) == "datetime.timedelta(days=2)"
PYTHON
