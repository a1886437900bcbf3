#!/usr/bin/env bash
# One would guess  A cell `"A","B"` of a decision table is true for A and for B, `not("A")` for everything but A: two
#                  of the first things that the DMN standard says and every editor of tables offers. An engine that
#                  takes DMN files either does this or refuses the file.
# What happens     SpiffWorkflow reads a cell as Python, `(v) == ("A","B")` and `(v) == (not("A"))`: a value against
#                  a pair, a value against False. Both are valid Python and never true. No row answers, nothing is
#                  raised, the task counts as done, and its result is the empty dictionary. Comparisons such as
#                  `< 5` do work, `[1..5]` raises an error, so that the table looks tried.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           DMN 1.3, 10.3.1.2, grammar rules 7 to 17 (unary tests); SpiffWorkflow/dmn/engine/DMNEngine.py,
#                  evaluate and needs_eq
# Why it matters   The row "status is refused, withdrawn or lapsed" never fires, and the case takes the default way,
#                  which may be the one that grants. Tables need a reader of the standard's own tests, and a table
#                  without an answer has to be an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from xml.sax.saxutils import escape

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

DIAGRAM = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
    xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <process id="answer" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_rule" sourceRef="begin" targetRef="rule"/>
    <businessRuleTask id="rule"><extensionElements>
      <spiffworkflow:calledDecisionId>table</spiffworkflow:calledDecisionId>
    </extensionElements></businessRuleTask>
    <sequenceFlow id="answered" sourceRef="rule" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""
TABLE = """
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="tables" name="tables" namespace="urn:example">
  <decision id="table" name="table"><decisionTable id="rows" hitPolicy="UNIQUE">
    <input id="input"><inputExpression id="asked"><text>v</text></inputExpression></input>
    <output id="output" name="said" typeRef="string"/>
    <rule id="row"><inputEntry id="cell"><text>CELL</text></inputEntry>
      <outputEntry id="says"><text>"it matches"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def ask(cell: str, value: object) -> str:
    """Return what a table of one row, with this cell, says to this value."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM)
    parser.add_dmn_str(TABLE.replace("CELL", escape(cell)).encode())
    workflow = BpmnWorkflow(parser.get_spec("answer"))
    for task in workflow.get_tasks():
        task.data["v"] = value
    try:
        workflow.do_engine_steps()
    except WorkflowTaskException:
        return "an error"
    assert workflow.is_completed()
    return workflow.data.get("said", "no row, no error")


print("SpiffWorkflow", version("SpiffWorkflow"))
cases = [
    ('"A","B"', "A", "no row, no error"),
    ("1,2,3", 2, "no row, no error"),
    ('not("A")', "B", "no row, no error"),
    ('"A"', "A", "it matches"),
    ("< 5", 3, "it matches"),
    ("-", 3, "it matches"),
    ("[1..5]", 3, "an error"),
]
for cell, value, expected in cases:
    said = ask(cell, value)
    print(f"{cell:9} asked for {value!r}: {said}")
    assert said == expected, (cell, said)
PYTHON
