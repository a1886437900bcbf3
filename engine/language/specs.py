"""Our own kinds of node under SpiffWorkflow's parser: jobs, decision tables and timers.

Traps of SpiffWorkflow 3.2.0 closed here: service tasks do no I/O and do not hide errors, decision
results replace (never merge into) what was there, timers follow our clock and our job rows.
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any, ClassVar

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import PendingBpmnEvent
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffIntermediateCatchEventParser,
)
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import (
    CallActivityParser,
    ServiceTaskParser,
    SpiffTaskParser,
    SubWorkflowParser,
)
from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask

from engine.errors import ExpressionFailed
from engine.language.decisions import Table

MARK = "@"  #: set before ids of operators and parameters, which the library takes for nodes


class JobTask(ServiceTask):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A service task that asks the engine: done at once when inline, else STARTED until its job."""

    def _execute(self, task: Any) -> bool | None:
        engine = task.workflow.script_engine
        params = {
            name.removeprefix(MARK): _plain(engine.evaluate(task, parameter["value"]))
            for name, parameter in self.operation_params.items()
        }
        done, value = engine.serve(task, self.operation_name.removeprefix(MARK), params)
        if done:
            self.store(task, value)
            return True
        return None

    def store(self, task: Any, value: object) -> None:
        """Put the result where the diagram wants it, if it does."""
        operator = self.extensions["serviceTaskOperator"]
        if operator["resultVariable"]:
            task.data[operator["resultVariable"]] = value


def _plain(value: object) -> object:
    """Copy a parameter, so that no handler changes the case data in place; moments become text."""
    return value.isoformat() if isinstance(value, datetime) else copy.deepcopy(value)


class RuleTask(SpiffBpmnTask):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A business rule task: the answer of a decision table under the table's id."""

    def __init__(self, wf_spec: Any, name: str, table: Table, **attributes: Any) -> None:
        super().__init__(wf_spec, name, **attributes)
        self.table = table

    def _run_hook(self, my_task: Any) -> bool:
        answer = self.table.answer(self.table.inputs_of(my_task.data))
        my_task.workflow.script_engine.effects.answers.append((self.bpmn_id, answer))
        my_task.data[self.table.id] = answer.value
        super()._run_hook(my_task)
        return True


class RuleTaskParser(SpiffTaskParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Binds a business rule task to the table of the same closed set."""

    def create_task(self) -> RuleTask:
        """Make the node."""
        decision = self.parse_extensions()["calledDecisionId"].strip()
        table = self.process_parser.parser.tables[decision]
        return RuleTask(self.spec, self.bpmn_id, table, **self.bpmn_attributes)


class Timer(TimerEventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A timer that fires when our job row does; `due` is fixed when the token arrives."""

    def has_fired(self, my_task: Any) -> bool:
        """Fix the moment on arrival; tell whether the row has fired."""
        if "due" not in my_task.internal_data:
            engine = my_task.workflow.script_engine
            value = engine.evaluate(my_task, self.expression)
            try:
                moment = engine.due(value)
            except ValueError as error:
                raise ExpressionFailed(source=self.expression, reason=str(error)) from error
            my_task.internal_data["due"] = moment.isoformat()
        return bool(my_task.internal_data.get("event_fired", False))

    def details(self, my_task: Any) -> Any:
        """Describe the waiting timer."""
        return PendingBpmnEvent(self.name, "Timer", my_task.internal_data.get("due"))


class Condition(_BpmnCondition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A condition of a gateway: true or false, and nothing that merely counts as one of them."""

    def __init__(self, flow: str, source: str) -> None:
        super().__init__(source)
        self.flow = flow  #: name or id of the line, for who mends it

    def _matches(self, task: Any) -> bool:
        value = super()._matches(task)
        if type(value) is not bool:
            reason = f"连线“{self.flow}”的条件得出“{str(value)[:40]}”，不是真假"
            raise ExpressionFailed(source=self.args[0], reason=reason)
        return value


class _GatewayParser(ConditionalGatewayParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Exclusive gateways whose conditions are truth-valued."""

    def connect_outgoing(self, outgoing: Any, flow: etree._Element, is_default: bool) -> None:
        """Connect a way out with its condition."""
        condition = None if is_default else self.parse_condition(flow)
        if condition is None:
            super().connect_outgoing(outgoing, flow, is_default)
            return
        name = flow.get("name") or flow.get("id") or ""
        self.task.connect_if(Condition(name, condition), outgoing)


class _OwnTimers:
    """Reads timer events into `Timer`, whatever their kind: the value says what it is."""

    node: etree._Element

    def parse_timer_event(self, event: etree._Element) -> Timer:
        """Make the definition."""
        (value,) = [child for child in event if str(child.tag).startswith(f"{{{_BPMN}}}time")]
        return Timer(self.node.get("name") or self.node.get("id"), (value.text or "").strip())


_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


class _BoundaryEventParser(_OwnTimers, SpiffBoundaryEventParser):  # type: ignore[misc]  # untyped
    """Boundary events with our timers."""


class _CatchEventParser(_OwnTimers, SpiffIntermediateCatchEventParser):  # type: ignore[misc]  # untyped
    """Intermediate catch events with our timers."""


class Parser(SpiffBpmnParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """The library's parser with our nodes; branches are tried in document order, not by height."""

    # A copy: the library's own table is shared by everybody.
    OVERRIDE_PARSER_CLASSES: ClassVar = dict(SpiffBpmnParser.OVERRIDE_PARSER_CLASSES)

    def __init__(self, tables: dict[str, Table], validator: Any) -> None:
        super().__init__(validator=validator)
        self.tables = tables

    def get_document_positions(self, root: etree._Element) -> dict[str, Any]:
        """Forget the layout: moving a box must not change which condition is asked first."""
        return {}

    def _find_dependencies(self, process: etree._Element) -> None:
        """Leave finding to the library's caller: our sets are closed."""


def _override(tag: str, parser: type, kind: type | None = None) -> None:
    classes = {**Parser.PARSER_CLASSES, **Parser.OVERRIDE_PARSER_CLASSES}
    known = classes[full_tag(tag)]
    Parser.OVERRIDE_PARSER_CLASSES[full_tag(tag)] = (parser, kind or known[1])


_override("serviceTask", ServiceTaskParser, JobTask)
_override("businessRuleTask", RuleTaskParser, RuleTask)
_override("exclusiveGateway", _GatewayParser)
_override("boundaryEvent", _BoundaryEventParser)
_override("intermediateCatchEvent", _CatchEventParser)
_override("callActivity", CallActivityParser)
_override("subProcess", SubWorkflowParser)
