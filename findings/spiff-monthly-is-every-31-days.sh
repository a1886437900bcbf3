#!/usr/bin/env bash
# One would guess  A cycle of "P1M" from 1 January comes on the first of each month; the engine knows that months
#                  differ, its code counts their days.
# What happens     The days of the first month are counted once and kept as a duration in seconds. From 1 January
#                  that is 31 days for ever: 1 February, 4 March, 4 April, 5 May ... and in December the reminder of
#                  the first comes on the eighth. A cycle begun in February comes every 28 days, 13 times a
#                  year. A single "P1M" from 31 January ends on 3 March, where the law says the last of February.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/event_definitions/timer.py: parse_iso_recurring_interval returns a
#                  timedelta, cycle_complete adds it; ISO 8601-1, 5.6 (recurring time interval); Civil Code of
#                  China, art. 202 (the day of the last month that corresponds, else its last day)
# Why it matters   Reports are due monthly and terms of law are months. Nobody sees it in a test of one cycle, and
#                  after a year the reminder comes a week late. Periods in months belong to a calendar, outside of
#                  the engine's timers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timezone
from importlib.metadata import version

from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="reports" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_work" sourceRef="begin" targetRef="work"/>
    <userTask id="work"/>
    <sequenceFlow id="worked" sourceRef="work" targetRef="end"/>
    <boundaryEvent id="monthly" attachedToRef="work" cancelActivity="false">
      <timerEventDefinition id="clock"><timeCycle>"CYCLE"</timeCycle></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="to_report" sourceRef="monthly" targetRef="report"/>
    <userTask id="report"/>
    <sequenceFlow id="reported" sourceRef="report" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def days(cycle: str) -> list[str]:
    """Return the days that the engine waits for, as far as one sees them between two looks at its clock."""
    parser = BpmnParser(validator=BpmnValidator())
    parser.add_bpmn_str(DIAGRAM.replace("CYCLE", cycle).encode())
    workflow = BpmnWorkflow(parser.get_spec("reports"))
    seen = []
    for _ in range(20):
        workflow.do_engine_steps()
        for task in workflow.get_tasks(spec_name="monthly"):
            waits = task._get_internal_data("event_value") or {}
            if waits.get("next") and waits["next"][:10] not in seen:
                seen.append(waits["next"][:10])
        workflow.refresh_waiting_tasks()
    return seen


print("SpiffWorkflow", version("SpiffWorkflow"))
january = days("R12/2025-01-01T00:00:00Z/P1M")
february = days("R14/2025-02-01T00:00:00Z/P1M")
print("monthly from 1 January: ", *january)
print("monthly from 1 February:", *february)
start = datetime(2026, 1, 31, tzinfo=timezone.utc)
month = TimerEventDefinition.get_timedelta_from_start(TimerEventDefinition.parse_iso_duration("P1M"), start)
print("one month from 31 January 2026 ends on", (start + month).date())
assert "2025-12-08" in january and not any(day.endswith("-01") for day in january), january
assert "2026-01-31" in february, february
assert str((start + month).date()) == "2026-03-03"
PYTHON
