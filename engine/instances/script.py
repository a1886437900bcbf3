"""What SpiffWorkflow evaluates with: our closed language, in the *environment*.

Overriding the script engine alone is not enough: some library code asks
`script_engine.environment` directly. Scripts and direct service calls always raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from engine.language.decisions import Answer
from engine.language.expressions import Functions, compile_expression
from engine.language.timers import due
from engine.operations import BpmnError, Commit
from refusals.refusal import Refusal


class ScriptRefused(Refusal):
    """流程图中不允许使用脚本。请改用决策表或者登记的操作。"""

    code = "E_SCRIPT_REFUSED"


#: Gives the host functions for the data at a node.
Bind = Callable[[Mapping[str, Any]], Functions]


class Environment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]  # untyped library
    """The only place where a text of a diagram is computed."""

    def __init__(self, functions: Bind) -> None:
        super().__init__()
        self.functions = functions

    def evaluate(
        self,
        expression: str,
        context: Mapping[str, object],
        external_context: Mapping[str, object] | None = None,
    ) -> object:
        """Compute an expression of the closed language over the case data."""
        return compile_expression(expression).value(context, self.functions(context))

    def execute(self, *_: object, **__: object) -> bool:
        """Refuse: there are no scripts."""
        raise ScriptRefused

    def call_service(self, *_: object, **__: object) -> str:
        """Refuse: services are jobs."""
        raise ScriptRefused


#: Runs an inline operation; returns (True, value, commit) when done, (False, None, None) for a job.
Serve = Callable[[Any, str, dict[str, object]], tuple[bool, object, Commit | None]]


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job that the computed action asks for."""

    task_id: str
    node: str
    operation: str
    params: dict[str, object]


@dataclass
class Thrown:
    """A business error that an inline operation raised, to be thrown by the step loop."""

    task: Any
    error: BpmnError


@dataclass
class Effects:
    """What one action leaves to be written, in the order in which it happened."""

    jobs: list[NewJob] = field(default_factory=list)
    writes: list[Any] = field(default_factory=list)  #: commits and `Passed` nodes with properties
    passed: list[str] = field(default_factory=list)  #: ids of the nodes the token went through
    thrown: list[Thrown] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)  #: of the tables, by their node


class Engine(PythonScriptEngine):  # type: ignore[misc]  # untyped library
    """The script engine of one action: it computes, and gathers the effects."""

    def __init__(self, functions: Bind, now: datetime, serve: Serve) -> None:
        super().__init__(Environment(functions))
        self.now = now
        self.effects = Effects()
        self._serve = serve

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> object:
        """Compute an expression over the data of a task; raise ExpressionFailed unwrapped."""
        return self.environment.evaluate(expression, task.data)

    def execute(self, *_: object, **__: object) -> bool:
        """Refuse: there are no scripts."""
        raise ScriptRefused

    def call_service(self, *_: object, **__: object) -> str:
        """Refuse: services are jobs (the library's own method hides errors behind a NameError)."""
        raise ScriptRefused

    def due(self, value: object) -> datetime:
        """Return the moment a timer value means, counted from this action."""
        return due(value, self.now)

    def serve(self, task: Any, operation: str, params: dict[str, object]) -> tuple[bool, object]:
        """Run an inline operation or note the job; tell whether the task is done, and its value."""
        try:
            done, value, commit = self._serve(task, operation, params)
        except BpmnError as error:
            self.effects.thrown.append(Thrown(task, error))
            return False, None
        if not done:
            job = NewJob(
                task_id=task.id.hex,
                node=task.task_spec.bpmn_id,
                operation=operation,
                params=params,
            )
            self.effects.jobs.append(job)
        elif commit is not None:
            self.effects.writes.append(commit)
        return done, value
