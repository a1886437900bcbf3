"""A diagram read as an ordered list: what is done by whom, one after the other.

People who do not see the picture are told the same: the steps of the line that every case takes,
each followed by what may come in between (what a boundary event or a choice leads to).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from engine.definitions import Definition
from engine.language.parsing import bpmn, spiff
from engine.queries import Passage, Position

_CALL, _USER, _SUB = bpmn("callActivity"), bpmn("userTask"), bpmn("subProcess")
_START, _END, _FLOW = bpmn("startEvent"), bpmn("endEvent"), bpmn("sequenceFlow")
_BOUNDARY, _ERROR = bpmn("boundaryEvent"), bpmn("errorEventDefinition")


@dataclass(frozen=True, kw_only=True)
class OutlineStep:
    """One step; `nodes` are the ids that show it active or done in a picture."""

    node: str
    name: str
    role: str  #: `actorRole` of its user task; "" for what the service does by itself
    stage: str  #: name of the called diagram that it is part of, "" in the case's own
    is_usual: bool  #: every case that goes well passes here
    place: str  #: where it stands in the case's own diagram: itself, or what calls its part
    nodes: frozenset[str]


def of(definition: Definition, process: str) -> tuple[OutlineStep, ...]:
    """Read the steps of a process of a version, in their order; raises NoSuchDefinition."""
    definition.diagram(process)
    return _outline(definition.hash, _Held(definition), process)


class _Held:
    """A definition that takes no part in the key of what is kept."""

    def __init__(self, definition: Definition) -> None:
        self.sources = definition.sources

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _outline(_: str, held: _Held, process: str) -> tuple[OutlineStep, ...]:
    steps: dict[str, OutlineStep] = {}
    for step in _steps(held, process, stage="", is_usual=True, called=frozenset()):
        steps.setdefault(step.node, step)  # another call of the same part is another way to it
    return tuple(steps.values())


def _steps(
    held: _Held, process: str, *, stage: str, is_usual: bool, called: frozenset[str]
) -> Iterator[OutlineStep]:
    graph = _Graph(_element(held, process))
    needed = graph.needed(is_whole=not stage)
    for node in graph.ordered():
        element = graph.elements[node]
        usual = is_usual and node in needed
        name = element.get("name") or node
        if element.tag == _USER:
            role = _property(element, "actorRole")
            yield OutlineStep(
                node=node,
                name=name,
                role=role,
                stage=stage,
                is_usual=usual,
                place=node,
                nodes=frozenset({node}),
            )
        elif element.tag == _CALL:
            target = element.get("calledElement") or ""
            if target in called or target not in held.sources.processes:
                continue
            inner = list(_steps(held, target, stage=name, is_usual=usual, called=called | {target}))
            yield from (replace(step, place=node) for step in inner)
            if usual and not inner:
                yield OutlineStep(
                    node=node,
                    name=name,
                    role="",
                    stage=stage,
                    is_usual=usual,
                    place=node,
                    nodes=frozenset({node}),
                )


def _element(held: _Held, process: str) -> etree._Element:
    root = held.sources.diagrams[held.sources.processes[process]]
    return next(found for found in root.iter(bpmn("process")) if found.get("id") == process)


def _property(element: etree._Element, name: str) -> str:
    for held in element.iter(spiff("property")):
        if held.get("name") == name:
            return held.get("value") or ""
    return ""


class _Graph:
    """The nodes of one process with their flows; what stands in a subprocess counts as in place."""

    def __init__(self, process: etree._Element) -> None:
        self.elements = {
            element.get("id") or "": element
            for element in process.iter()
            if isinstance(element.tag, str) and element.get("id")
        }
        self.flows: dict[str, list[str]] = {}
        self.starts = [element.get("id") or "" for element in process.iterchildren(_START)]
        for flow in process.iter(_FLOW):
            self.flows.setdefault(flow.get("sourceRef") or "", []).append(
                flow.get("targetRef") or ""
            )
        self.turned_back = set[str]()  #: ends of subprocesses that do not go well
        self._open_subprocesses(process)
        self.watchers: dict[str, list[str]] = {}
        for event in process.iter(_BOUNDARY):
            self.watchers.setdefault(event.get("attachedToRef") or "", []).append(
                event.get("id") or ""
            )

    def _open_subprocesses(self, process: etree._Element) -> None:
        """Go into a subprocess where it begins, and on from its ends where it is left.

        The end of its longest way is how it goes well.
        """
        for inner in process.iter(_SUB):
            node = inner.get("id") or ""
            left = list(self.flows.get(node, ()))
            starts = [start.get("id") or "" for start in inner.iterchildren(_START)]
            ends = {end.get("id") or "" for end in inner.iterchildren(_END)}
            met = [end for end in self.reached(starts, set()) if end in ends]
            self.turned_back |= set(met[:-1])
            self.flows[node] = starts
            for end in ends:
                self.flows[end] = left

    def ordered(self) -> list[str]:
        """Give every node that a token can come to: the line, asides after what they watch.

        Where ways meet, what stands on the longer one is told before what they lead to.
        """
        line = self._one_after_another(self.reached(self.starts, set()))
        seen, listed = set(line), list[str]()
        for node in line:
            listed.append(node)
            aside = self.reached(self.watchers.get(node, ()), seen)
            seen |= set(aside)
            listed += aside
            for other in aside:
                more = self.reached(self.watchers.get(other, ()), seen)
                seen |= set(more)
                listed += more
        return listed

    def _one_after_another(self, line: Sequence[str]) -> list[str]:
        """Put each node after all that lead to it, but for ways back; otherwise in their order."""
        before: dict[str, set[str]] = {node: set() for node in line}
        entered, left = set[str](), set[str]()
        for start in line:
            ways = [(start, iter(self.flows.get(start, ())))] if start not in entered else []
            entered.add(start)
            while ways:
                node, targets = ways[-1]
                target = next(targets, None)
                if target is None:
                    left.add(node)
                    ways.pop()
                elif target not in entered:
                    before[target].add(node)
                    entered.add(target)
                    ways.append((target, iter(self.flows.get(target, ()))))
                elif target in left:  # otherwise it is on this very way, which leads back
                    before[target].add(node)
        ordered = dict[str, None]()
        while len(ordered) < len(line):
            known = ordered.keys()
            following = (node for node in line if node not in known and before[node] <= known)
            ordered[next(following)] = None
        return list(ordered)

    def reached(self, begin: Iterable[str], but: set[str]) -> list[str]:
        reached: dict[str, None] = {}
        waiting = deque(node for node in begin if node not in but)
        while waiting:
            node = waiting.popleft()
            if node in reached or node in but:
                continue
            reached[node] = None
            waiting.extend(self.flows.get(node, ()))
        return list(reached)

    def is_end(self, node: str) -> bool:
        """Tell whether a case goes on, or ends, here as it should: by no error and no message."""
        element = self.elements[node]
        tags = [str(child.tag) for child in element]
        is_plain = not any(tag.endswith("EventDefinition") for tag in tags)
        return element.tag == _END and is_plain and not self.flows.get(node)

    def needed(self, *, is_whole: bool) -> frozenset[str]:
        """Give the nodes without which no case goes well: ends of a part are all as good.

        A whole process goes well where its line is longest. Calls of one part are one node.
        """
        line = self.reached(self.starts, self.turned_back)
        ends = [node for node in line if self.is_end(node)]
        well = set(ends[-1:] if is_whole else ends)
        return frozenset(
            node
            for node in line
            if well.isdisjoint(self.reached(self.starts, self.turned_back | self.alike(node)))
        )

    def alike(self, node: str) -> set[str]:
        called = self.elements[node].get("calledElement")
        if not called:
            return {node}
        return {
            other
            for other, element in self.elements.items()
            if element.get("calledElement") == called
        }


@dataclass(frozen=True, kw_only=True)
class Told:
    """A step of one case, as often as it was done, where it is, or as it lies ahead."""

    step: OutlineStep
    state: str  #: "done", "current", "ahead", or "again": ahead though it was done before
    round: int = 1  #: how often the case was begun, counted from 1: it is turned back between
    result: str = ""  #: what the case was turned back with, in the words of the diagram


def told(
    definition: Definition,
    processes: Sequence[str],
    position: Position,
    *,
    same: Mapping[str, object],
) -> list[Told]:
    """Tell the steps of a case: what was done round by round, where it is, what it still needs.

    `processes` are those that it ran on, one after the other; `position` says where it stands and
    how it came there. Nodes with one value in `same` are
    done in one act, so that they are told as one step. What a case was led back behind without
    being turned back (a form changed by the applicant) is not told as done.
    Raises: NoSuchDefinition.
    """
    began = [place for place, passage in enumerate(position.went) if passage.kind == "STARTED"]
    history, upcoming = _History(same), list(processes)
    for place, passage in enumerate(position.went):
        if place in began and upcoming:
            process = upcoming.pop(0)
            history.begins(of(definition, process), _whole(definition, process))
        history.takes(passage)
    process = processes[-1]
    current = [step for step in of(definition, process) if step.nodes & position.active]
    for step in current:
        history.goes_back_to(step)
    here = [Told(step=step, state="current", round=history.round) for step in current]
    ahead = [
        Told(
            step=step,
            state="again" if step.node in history.seen else "ahead",
            round=history.round,
        )
        for step in _needed(definition.hash, _Held(definition), process, position.active)
        if not any(history.is_same(step, now) for now in current)
    ]
    return [*history.lines, *here, *ahead]


class _History:
    """What was done in a case, as its events tell it one after the other."""

    def __init__(self, same: Mapping[str, object]) -> None:
        self.lines: list[Told] = []
        self.seen: set[str] = set()  #: nodes of what was done at any time
        self.round = 0
        self._same = same
        self._steps: Mapping[str, OutlineStep] = {}
        self._services: Mapping[str, OutlineStep] = {}
        self._errors: Mapping[str, str] = {}

    def begins(self, steps: Sequence[OutlineStep], whole: _Whole) -> None:
        """Go on with a process from its start, which is a round of its own."""
        self.round += 1
        self._steps, self._errors = {step.node: step for step in steps}, whole.errors
        self._services = {
            other: step
            for step in steps
            if not step.role
            for other in whole.alike.get(step.node, {step.node})
        }

    def takes(self, passage: Passage) -> None:
        """Note what an event tells: a task that was done, what the case passed after it."""
        step = self._steps.get(passage.node or "")
        if step is not None and passage.kind == "TASK":
            self._done(step)
        for node in passage.passed:
            if node in self._services:
                self._done(self._services[node])
            elif node in self._errors and self.lines:
                self.lines[-1] = replace(self.lines[-1], result=self._errors[node])
                self.round += 1

    def is_same(self, one: OutlineStep, other: OutlineStep) -> bool:
        """Tell whether two steps are one act of a person."""
        if one.node == other.node:
            return True
        return one.node in self._same and self._same[one.node] is self._same.get(other.node)

    def goes_back_to(self, step: OutlineStep) -> OutlineStep | None:
        """Forget what was done in this round from a step on; give what this round called it."""
        for place, line in enumerate(self.lines):
            if line.round == self.round and self.is_same(line.step, step):
                del self.lines[place:]
                return line.step
        return None

    def _done(self, step: OutlineStep) -> None:
        known = self.goes_back_to(step) or step
        self.seen.add(step.node)
        self.lines.append(Told(step=known, state="done", round=self.round))


Path = tuple[str, ...]  #: a node with the calls around it, outermost first


class _Whole:
    """A process with all that it calls in place: from a call into its part and on from its ends."""

    def __init__(self, held: _Held, process: str) -> None:
        self.flows: dict[Path, list[Path]] = {}
        self.errors: dict[str, str] = {}  #: boundary events that turn a case back, by name
        self.alike: dict[str, set[str]] = {}  #: calls of one part, by each of them
        outer = _Graph(_element(held, process))
        line = outer.reached(outer.starts, outer.turned_back)
        self.ends = {(end,) for end in [node for node in line if outer.is_end(node)][-1:]}
        self._opens(held, outer, (), frozenset({process}))

    def _opens(self, held: _Held, graph: _Graph, around: Path, called: frozenset[str]) -> None:
        for node, element in graph.elements.items():
            if element.tag == _BOUNDARY and element.find(_ERROR) is not None:
                self.errors[node] = element.get("name") or ""
            left = [] if node in graph.turned_back else graph.flows.get(node, [])
            onward = [(*around, target) for target in left]
            target = element.get("calledElement") or ""
            if element.tag != _CALL or target in called or target not in held.sources.processes:
                self.flows[*around, node] = onward
                continue
            self.alike[node] = graph.alike(node)
            part, inside = _Graph(_element(held, target)), (*around, node)
            self.flows[inside] = [(*inside, start) for start in part.starts]
            self._opens(held, part, inside, called | {target})
            for end in filter(part.is_end, part.elements):
                self.flows[*inside, end] = onward

    def leads_to_end(self, begin: Iterable[Path], *, without: Set[str]) -> bool:
        """Tell whether a case can go well from here, though nothing passes these nodes."""
        waiting, reached = list(begin), set[Path]()
        while waiting:
            node = waiting.pop()
            if node in self.ends:
                return True
            if node not in reached and node[-1] not in without:
                reached.add(node)
                waiting.extend(self.flows.get(node, ()))
        return False


def _whole(definition: Definition, process: str) -> _Whole:
    return _opened(definition.hash, _Held(definition), process)


@lru_cache(maxsize=64)
def _opened(_: str, held: _Held, process: str) -> _Whole:
    return _Whole(held, process)


@lru_cache(maxsize=1024)
def _needed(
    version: str, held: _Held, process: str, active: frozenset[str]
) -> tuple[OutlineStep, ...]:
    """Give what every case that goes well still passes from where this one stands, in its order."""
    whole = _opened(version, held, process)
    inner = [path for path in whole.flows if path[-1] in active and path[-1] not in whole.alike]
    here = [path for path in inner if active.issuperset(path)] or inner
    onward = [target for path in here for target in whole.flows[path]]
    if not whole.leads_to_end(onward, without=frozenset()):
        return ()
    return tuple(
        step
        for step in _outline(version, held, process)
        if not step.nodes & active
        and not whole.leads_to_end(onward, without=whole.alike.get(step.node, {step.node}))
    )
