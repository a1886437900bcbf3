"""All ways of a case of one matter: its process with everything that it calls, as one graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from engine.language.parsing import Sources, bpmn, spiff

#: parameters that are told with their operation
NAMING = ("kind", "status", "reason", "role", "deemed")
DEADLINE = re.compile(r"""deadline\(\s*["']([^"']*)["']\s*\)""")
_CALL, _SUB = bpmn("callActivity"), bpmn("subProcess")
_START, _END, _BOUNDARY = bpmn("startEvent"), bpmn("endEvent"), bpmn("boundaryEvent")


class Step(NamedTuple):
    """A node at its place: inside these activities, outermost first."""

    file: str
    inside: tuple[str, ...]
    node: str

    @property
    def within(self) -> tuple[str, ...]:
        """Return the place of what this activity holds."""
        return (*self.inside, self.node)


#: Each is made once, and looked up more often than all else here.
Step.__hash__ = object.__hash__  # type: ignore[method-assign]


class Ways:
    """The graph of a matter; `done` tells what each step does: operations, and its own id."""

    def __init__(self, process_id: str, sources: Sources) -> None:
        self._sources = sources
        self.elements: dict[Step, etree._Element] = {}
        self.after: dict[Step, list[Step]] = {}
        self.start: Step | None = None
        self._done: dict[Step, tuple[str, ...]] = {}
        #: condition and target of each flow that leaves an exclusive gateway
        self.branches: dict[Step, list[tuple[str, Step]]] = {}
        self._events: dict[tuple[str, ...], list[etree._Element]] = {}  #: by place of the activity
        self._asides: dict[tuple[str, ...], list[Step]] = {}  #: events that do not interrupt
        if process_id in sources.processes:
            file, process = self._process(process_id)
            self.start, _ = self._level(file, process, (), frozenset({process_id}))

    def done(self, step: Step) -> tuple[str, ...]:
        """Return the id of a task, the operation of a service, with the word that says which."""
        if step not in self._done:
            self._done[step] = tuple(self._acts(step))
        return self._done[step]

    def _acts(self, step: Step) -> Iterator[str]:
        element = self.elements[step]
        if element.tag == bpmn("userTask"):
            yield step.node
        for operator in element.iterfind(
            f"{bpmn('extensionElements')}/{spiff('serviceTaskOperator')}"
        ):
            yield operator.get("id") or ""
            for parameter in operator.iter(spiff("parameter")):
                if parameter.get("id") in NAMING:
                    word = (parameter.get("value") or "").strip("\"'")
                    yield f"{operator.get('id')}:{word}"

    def reached(self, *, without: Collection[str] = (), aside: bool = True) -> set[Step]:
        """Return the steps to which a case can come that does none of these before.

        Without `aside` what only follows upon events that do not interrupt is left out.
        """
        queue = [self.start] if self.start else []
        found, barred = set(queue), frozenset(without)
        while queue:
            step = queue.pop()
            if barred and not barred.isdisjoint(self.done(step)):
                continue
            for later in self.after.get(step, ()):
                if later not in found and (aside or not self._is_aside(later)):
                    found.add(later)
                    queue.append(later)
        return found

    def _is_aside(self, step: Step) -> bool:
        return self.elements[step].get("cancelActivity") == "false"

    @cached_property
    def known(self) -> frozenset[Step]:
        """The steps to which a case can come."""
        return frozenset(self.reached())

    def is_event(self, step: Step) -> bool:
        """Tell whether a step is an event at the border of an activity."""
        return self.elements[step].tag == _BOUNDARY

    def soon(self, start: Step, *but: Step) -> set[str]:
        """Return what is done from a step on until somebody acts; what follows `but` is left.

        An activity that the end of a period interrupts is told as `until:` with its name.
        """
        queue, found, done = [start], {start, *but}, set[str]()
        while queue:
            step = queue.pop()
            done.update(self.done(step))
            done.update(f"until:{period}" for period in self.ended_by(step))
            if self.elements[step].tag == bpmn("userTask"):
                continue
            for later in self.after.get(step, ()):
                if later not in found and self.elements[later].tag != _BOUNDARY:
                    found.add(later)
                    queue.append(later)
        return done

    def events(self, step: Step) -> list[etree._Element]:
        """Return the interrupting events at a step and at all that it is inside of."""
        places = (step.within[:length] for length in range(1, len(step.within) + 1))
        return [event for place in places for event in self._events.get(place, ())]

    def ended_by(self, step: Step) -> Iterator[str]:
        """Yield the periods at the end of which an activity is interrupted."""
        for event in self._events.get(step.within, ()):
            for definition in event.iter(bpmn("timerEventDefinition")):
                yield from DEADLINE.findall("".join(map(str, definition.itertext())))

    def asides(self, step: Step) -> list[Step]:
        """Return the events at a step and at all that it is inside of that do not interrupt."""
        places = (step.within[:length] for length in range(1, len(step.within) + 1))
        return [event for place in places for event in self._asides.get(place, ())]

    def between(
        self,
        start: Step,
        *,
        closed: Collection[tuple[Step, Step]] = (),
        without: Collection[str] = (),
    ) -> set[Step]:
        """Return the steps to which a case can come from here on, but for these flows and acts.

        Not by an event at the step itself. The step is among them where a case can come back.
        """
        queue, found = [start], set[Step]()
        while queue:
            step = queue.pop()
            for later in self.after.get(step, ()):
                is_own = step == start and self.is_event(later)
                if later in found or is_own or (step, later) in closed:
                    continue
                if not without or not {*self.done(later)} & {*without}:
                    found.add(later)
                    queue.append(later)
        return found

    def _process(self, process_id: str) -> tuple[str, etree._Element]:
        file = self._sources.processes[process_id]
        root = self._sources.diagrams[file]
        (process,) = [
            process for process in root.findall(bpmn("process")) if process.get("id") == process_id
        ]
        return file, process

    def _level(
        self, file: str, level: etree._Element, inside: tuple[str, ...], calling: frozenset[str]
    ) -> tuple[Step | None, list[Step]]:
        """Take a level in; give its start and its ends."""
        steps: dict[str, Step] = {}
        for element in level:
            if element.get("id") and element.tag != bpmn("sequenceFlow"):
                step = Step(file=file, inside=inside, node=element.get("id") or "")
                steps[step.node] = step
                self.elements[step] = element
                self.after[step] = []
        leaves: dict[str, list[Step]] = {}
        for key, step in steps.items():
            leaves[key] = self._leaves(file, step, calling)
        for flow in level.findall(bpmn("sequenceFlow")):
            target = steps.get(flow.get("targetRef") or "")
            for leaving in leaves.get(flow.get("sourceRef") or "", ()) if target else ():
                self.after[leaving].append(target)  # type: ignore[arg-type]  # it is there
            source = steps.get(flow.get("sourceRef") or "")
            if source and target and self.elements[source].tag == bpmn("exclusiveGateway"):
                condition = (flow.findtext(bpmn("conditionExpression")) or "").strip()
                self.branches.setdefault(source, []).append((condition, target))
        for step in steps.values():
            element = self.elements[step]
            activity = steps.get(element.get("attachedToRef") or "")
            if element.tag == _BOUNDARY and activity:
                self.after[activity].append(step)
                if element.get("cancelActivity") != "false":
                    self._events.setdefault(activity.within, []).append(element)
                else:
                    self._asides.setdefault(activity.within, []).append(step)
        start = next((steps[key] for key in steps if self.elements[steps[key]].tag == _START), None)
        return start, self._ends(start, [*steps.values()])

    def _ends(self, start: Step | None, steps: list[Step]) -> list[Step]:
        """Return the ends by which a level is left: none that throws, none that stands aside."""
        queue = [start] if start else []
        found = set(queue)
        while queue:
            for later in self.after.get(queue.pop(), ()):
                if later not in found and not self._is_aside(later):
                    found.add(later)
                    queue.append(later)
        ends = (step for step in steps if self.elements[step].tag == _END)
        return [
            step
            for step in ends
            if step in found and self.elements[step].find(bpmn("errorEventDefinition")) is None
        ]

    def _leaves(self, file: str, step: Step, calling: frozenset[str]) -> list[Step]:
        """Take in what a step holds or calls; give where a case leaves it."""
        element = self.elements[step]
        called = element.get("calledElement") or ""
        if element.tag == _SUB:
            start, ends = self._level(file, element, step.within, calling)
        elif element.tag == _CALL and called in self._sources.processes and called not in calling:
            inner, process = self._process(called)
            start, ends = self._level(inner, process, step.within, calling | {called})
        else:
            return [step]
        if start is None:
            return [step]
        self.after[step].append(start)
        return ends
