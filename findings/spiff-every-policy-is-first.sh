#!/usr/bin/env bash
# One would guess  A decision table says by its hit policy what counts when several rows match: UNIQUE calls it a
#                  fault, PRIORITY takes the weightiest output, RULE ORDER and OUTPUT ORDER give all, COLLECT with SUM
#                  adds them up. An engine that takes the file either does this or refuses it.
# What happens     SpiffWorkflow reads two words. Whatever is not COLLECT answers with the first row that matches, in
#                  silence: UNIQUE with three matching rows is no fault, RULE ORDER gives one value, PRIORITY does
#                  not look at the declared order. COLLECT gives a list, with SUM, MIN, MAX and COUNT too: the table
#                  that should say 6 says [1, 2, 3]. No row at all leaves the variable away instead of an empty list
#                  or 0.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           DMN 1.5, 8.2.8 (hit policies) and 8.2.9; SpiffWorkflow/dmn/engine/DMNEngine.py and
#                  dmn/specs/model.py (the parser keeps the word, nobody reads `aggregation`)
# Why it matters   Whether a renewal is accepted by itself or by an officer is a table. UNIQUE is what analysts choose
#                  so that an overlap is told; here the row further up wins, and the last officer who edits the table
#                  decides by where he puts his line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

DIAGRAM = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <process id="renewal" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_decide" sourceRef="begin" targetRef="decide"/>
    <businessRuleTask id="decide">
      <extensionElements><spiffworkflow:calledDecisionId>fee</spiffworkflow:calledDecisionId></extensionElements>
    </businessRuleTask>
    <sequenceFlow id="to_look" sourceRef="decide" targetRef="look"/>
    <userTask id="look"/>
    <sequenceFlow id="to_end" sourceRef="look" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

TABLE = """
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="tables" name="tables" namespace="urn:example">
  <decision id="fee" name="fee">
    <decisionTable id="table" hitPolicy="{policy}" {aggregation}>
      <input id="in"><inputExpression id="asked" typeRef="number"><text>years</text></inputExpression></input>
      <output id="out" name="points" typeRef="number"><outputValues id="weights"><text>3,2,1</text></outputValues></output>
      {rules}
    </decisionTable>
  </decision>
</definitions>"""
RULE = """<rule id="r{n}"><inputEntry id="i{n}"><text>{cell}</text></inputEntry>
  <outputEntry id="o{n}"><text>{n}</text></outputEntry></rule>"""
CELLS = ("&lt; 10", "&lt; 20", "&lt; 30")


def answer(policy: str, aggregation: str = "", years: int = 5) -> object:
    """Give the points of the table for these years, or "no answer"."""
    rules = "".join(RULE.format(n=n, cell=cell) for n, cell in enumerate(CELLS, 1))
    attribute = f'aggregation="{aggregation}"' if aggregation else ""
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(DIAGRAM)
    parser.add_dmn_str(TABLE.format(policy=policy, aggregation=attribute, rules=rules).encode())
    wf = BpmnWorkflow(parser.get_spec("renewal"))
    (begin,) = wf.get_tasks(state=TaskState.READY)
    begin.data["years"] = years
    wf.do_engine_steps()
    (look,) = wf.get_tasks(state=TaskState.READY, manual=True)
    return look.data.get("points", "no answer")


print("SpiffWorkflow", version("SpiffWorkflow"))
WANTED = {"UNIQUE": "a fault", "ANY": "a fault", "PRIORITY": 3, "FIRST": 1, "RULE ORDER": [1, 2, 3], "OUTPUT ORDER": [3, 2, 1]}
for policy, standard in WANTED.items():
    given = answer(policy)
    print(f"{policy:12} three rows match: {given} (DMN: {standard})")
    assert given == 1, policy
for aggregation, standard in {"": [1, 2, 3], "SUM": 6, "MIN": 1, "MAX": 3, "COUNT": 3}.items():
    given = answer("COLLECT", aggregation)
    print(f"COLLECT {aggregation:5} three rows match: {given} (DMN: {standard})")
    assert given == [1, 2, 3], aggregation
none = answer("COLLECT", "SUM", years=99)
print("COLLECT SUM  no row matches:", none)
assert none == "no answer"
PYTHON
