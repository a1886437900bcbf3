"""A diagram read as an ordered list: what is done by whom, one after the other.

People who do not see the picture are told the same: the steps of the line that every case takes,
each followed by what may come in between (what a boundary event or a choice leads to).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from engine.definitions import Definition
from engine.language.parsing import bpmn, spiff

_CALL, _USER, _SUB = bpmn("callActivity"), bpmn("userTask"), bpmn("subProcess")
_START, _END, _FLOW = bpmn("startEvent"), bpmn("endEvent"), bpmn("sequenceFlow")
_BOUNDARY = bpmn("boundaryEvent")


@dataclass(frozen=True, kw_only=True)
class OutlineStep:
    """One step; `nodes` are the ids that show it active or done in a picture."""

    node: str
    name: str
    role: str  #: `actorRole` of its user task; "" for what the service does by itself
    stage: str  #: name of the called diagram that it is part of, "" in the case's own
    is_usual: bool  #: every case that goes well passes here
    place: str  #: where it stands in the case's own diagram: itself, or what calls its part
    back_to: str  #: of what comes in between, the place at which the case goes on
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
    back = graph.back_of()
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
                back_to=back.get(node, ""),
                nodes=frozenset({node}),
            )
        elif element.tag == _CALL:
            target = element.get("calledElement") or ""
            if target in called or target not in held.sources.processes:
                continue
            inner = list(_steps(held, target, stage=name, is_usual=usual, called=called | {target}))
            if inner:
                yield from (replace(step, place=node, back_to="") for step in inner)
            elif usual:
                yield OutlineStep(
                    node=node,
                    name=name,
                    role="",
                    stage=stage,
                    is_usual=usual,
                    place=node,
                    back_to="",
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
            met = [end for end in self._reached(starts, set()) if end in ends]
            self.turned_back |= set(met[:-1])
            self.flows[node] = starts
            for end in ends:
                self.flows[end] = left

    def ordered(self) -> list[str]:
        """Give every node that a token can come to: the line, asides after what they watch.

        Where ways meet, what stands on the longer one is told before what they lead to.
        """
        line = self._one_after_another(self._reached(self.starts, set()))
        seen, listed = set(line), list[str]()
        for node in line:
            listed.append(node)
            aside = self._reached(self.watchers.get(node, ()), seen)
            seen |= set(aside)
            listed += aside
            for other in aside:
                more = self._reached(self.watchers.get(other, ()), seen)
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

    def _reached(self, begin: Iterable[str], but: set[str]) -> list[str]:
        reached: dict[str, None] = {}
        waiting = deque(node for node in begin if node not in but)
        while waiting:
            node = waiting.popleft()
            if node in reached or node in but:
                continue
            reached[node] = None
            waiting.extend(self.flows.get(node, ()))
        return list(reached)

    def _is_end(self, node: str) -> bool:
        """Tell whether a case goes on, or ends, here as it should: by no error and no message."""
        element = self.elements[node]
        tags = [str(child.tag) for child in element]
        is_plain = not any(tag.endswith("EventDefinition") for tag in tags)
        return element.tag == _END and is_plain and not self.flows.get(node)

    def back_of(self) -> dict[str, str]:
        """Give of each aside the first node of the line, with people in it, that it leads to."""
        line = set(self._reached(self.starts, set()))
        worked = {node for node in line if self.elements[node].tag in (_USER, _CALL)}
        back = {}
        for node in self.ordered():
            if node not in line:
                ways = self._reached([node], set())
                back[node] = next((way for way in ways if way in worked), "")
        return back

    def needed(self, *, is_whole: bool) -> frozenset[str]:
        """Give the nodes without which no case goes well: ends of a part are all as good.

        A whole process goes well where its line is longest. Calls of one part are one node.
        """
        line = self._reached(self.starts, self.turned_back)
        ends = [node for node in line if self._is_end(node)]
        well = set(ends[-1:] if is_whole else ends)
        return frozenset(
            node
            for node in line
            if well.isdisjoint(self._reached(self.starts, self.turned_back | self._alike(node)))
        )

    def _alike(self, node: str) -> set[str]:
        called = self.elements[node].get("calledElement")
        if not called:
            return {node}
        return {
            other
            for other, element in self.elements.items()
            if element.get("calledElement") == called
        }


def where(
    steps: Sequence[OutlineStep], active: Iterable[str], done: Iterable[str]
) -> Mapping[str, str]:
    """Tell of each step, by its node, whether it is "current", "done", "ahead", "again" or "aside".

    What every case passes and is not done lies ahead; what was done before the case was led back
    is to be done again. Other steps only count once they are there.
    """
    now, passed = set(active), set(done)
    states = {}
    cut = len(steps)
    for number, step in enumerate(steps):
        if step.nodes & now:
            states[step.node] = "current"
            places = [place for place, other in enumerate(steps) if other.place == step.back_to]
            cut = min(cut, places[0] if step.back_to and places else number + 1)
    for number, step in enumerate(steps):
        if step.node in states:
            continue
        if step.is_usual and (number >= cut or not step.nodes & passed):
            states[step.node] = "again" if step.nodes & passed else "ahead"
        else:
            states[step.node] = "done" if step.nodes & passed else "aside"
    return states
