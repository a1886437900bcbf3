"""The ways that tokens take through one level of a diagram, tried before anybody walks them.

A small token game (BPMN 2.0.2, chapter 13): a task holds its token until it is done or interrupted,
an exclusive gateway passes it on, a parallel one takes a token from every line. Told are joins that
wait in vain, steps that would be done twice, and ways that lead to no end. Part of `lint`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from lxml import etree

from engine.language.parsing import bpmn
from refusals.rules import insists

Finding = tuple[str, str, str]
Marking = frozenset[tuple[str, int]]  #: place → tokens; a place is a node, or a line into a join

MOST_MARKINGS = 5_000  #: more nobody can read; what is left is tried when it runs
_EXCLUSIVE, _PARALLEL = bpmn("exclusiveGateway"), bpmn("parallelGateway")
_END, _BOUNDARY, _START = bpmn("endEvent"), bpmn("boundaryEvent"), bpmn("startEvent")
_PASSING = (_EXCLUSIVE, _PARALLEL, _START, bpmn("intermediateThrowEvent"))


def check(
    nodes: Mapping[str, etree._Element], flows: Sequence[etree._Element]
) -> Iterator[Finding]:
    """Yield what is wrong with the ways through the nodes of one level."""
    level = _Level(nodes, flows)
    structure = [
        *level.straight_back(),
        *level.in_loops(),
        *level.without_end(),
        *level.rejoining(),
    ]
    yield from structure or level.played()


class _Level:
    """One level as a graph."""

    def __init__(
        self, nodes: Mapping[str, etree._Element], flows: Sequence[etree._Element]
    ) -> None:
        self.nodes = nodes
        lines = [
            (flow.get("id") or "", flow.get("sourceRef") or "", flow.get("targetRef") or "")
            for flow in flows
        ]
        self.lines = {key: (source, target) for key, source, target in lines if target in nodes}
        self.out: dict[str, list[str]] = {key: [] for key in nodes}
        self.into: dict[str, list[str]] = {key: [] for key in nodes}
        for key, (source, target) in self.lines.items():
            self.out.setdefault(source, []).append(key)
            self.into[target].append(key)
        self.events: dict[str, list[str]] = {}
        for key, node in nodes.items():
            if node.tag == _BOUNDARY:
                self.events.setdefault(node.get("attachedToRef") or "", []).append(key)

    def interrupts(self, event: str) -> bool:
        return self.nodes[event].get("cancelActivity") != "false"

    def after(self, key: str, *, side: bool = True) -> list[str]:
        """Give the nodes to which a token can come next; with `side`, by any event."""
        events = [event for event in self.events.get(key, ()) if side or self.interrupts(event)]
        return [self.lines[line][1] for line in self.out.get(key, ())] + events

    def reached(self, *starts: str, side: bool = True) -> set[str]:
        """Give all nodes to which tokens can come from these, themselves included."""
        found, queue = set(starts), list(starts)
        while queue:
            for key in self.after(queue.pop(), side=side):
                if key not in found:
                    found.add(key)
                    queue.append(key)
        return found

    def _before(self, ends: set[str]) -> set[str]:
        """Give all nodes from which tokens can come to these, themselves included."""
        earlier: dict[str, list[str]] = {}
        for key in self.nodes:
            for later in self.after(key):
                earlier.setdefault(later, []).append(key)
        found, queue = set(ends), list(ends)
        while queue:
            for key in earlier.get(queue.pop(), ()):
                if key not in found:
                    found.add(key)
                    queue.append(key)
        return found

    # -- what the drawing alone tells -----------------------------------------------------------

    @insists("E_STRAIGHT_BACK")
    def straight_back(self) -> Iterator[Finding]:
        """Tell events whose line leads straight back to where they stand: that loses the case."""
        for activity, events in self.events.items():
            for event in events:
                if activity in [self.lines[line][1] for line in self.out[event]]:
                    text = f"边界事件的连线直接回到它所附的“{activity}”，办理会就此停住"
                    yield event, text, "请先连到一个排他网关，再从网关连回去"

    @insists("E_PARALLEL_LOOP")
    def in_loops(self) -> Iterator[Finding]:
        """Tell parallel gateways in loops: the next round would take the tokens of the last."""
        for key, node in self.nodes.items():
            is_split_or_join = len(self.out[key]) > 1 or len(self.into[key]) > 1
            if node.tag != _PARALLEL or not is_split_or_join:
                continue
            if key in self.reached(*self.after(key)):
                text = "并行网关在循环之中，下一轮会与上一轮混在一起"
                yield key, text, "请把并行的部分放进子流程，让循环绕过整个子流程"

    @insists("E_NO_END")
    def without_end(self) -> Iterator[Finding]:
        """Tell nodes from which no way leads to an end."""
        ends = {key for key, node in self.nodes.items() if node.tag == _END}
        if not ends:  # told with the level
            return
        ending = self._before(ends)
        for key, node in self.nodes.items():
            if node.tag != _BOUNDARY and self.out[key] and key not in ending:
                yield key, "从此处走不到任何结束事件", "请画出循环的出口，连到结束事件"

    @insists("E_DONE_TWICE")
    def rejoining(self) -> Iterator[Finding]:
        """Tell events that do not interrupt and whose way leads into that of the task itself."""
        starts = [key for key, node in self.nodes.items() if node.tag == _START]
        main = self.reached(*starts, side=False)
        inner = {key for key in main if self.nodes[key].tag != _END}
        for events in self.events.values():
            for event in events:
                met = sorted(self.reached(event) & inner - {event})
                if not self.interrupts(event) and met:
                    text = f"不中断的事件之后走到“{met[0]}”，任务仍在办理，这一步会办理两次"
                    yield event, text, "请为它另画一个结束事件，或者改为中断"

    # -- what the game tells --------------------------------------------------------------------

    @insists("E_PARALLEL_JOIN")
    def played(self) -> Iterator[Finding]:
        """Play the game from the start and from each event that does not interrupt."""
        if not any(node.tag == _PARALLEL for node in self.nodes.values()):
            return  # one token goes one way
        starts = [key for key, node in self.nodes.items() if node.tag == _START]
        starts += [
            event
            for events in self.events.values()
            for event in events
            if not self.interrupts(event)
        ]
        told: set[str] = set()
        for start in starts:
            for element, text, remedy in self._game(start):
                if element not in told:
                    told.add(element)
                    yield element, text, remedy

    def _game(self, start: str) -> Iterator[Finding]:
        queue: list[Marking] = []
        seen: set[Marking] = set()

        def note(markings: Iterator[Counter[str]]) -> None:
            for marking in markings:
                frozen = frozenset(marking.items())
                if frozen not in seen and len(seen) < MOST_MARKINGS:
                    seen.add(frozen)
                    queue.append(frozen)

        note(self._come(Counter(), self.out[start]))
        while queue:
            marking = Counter(dict(queue.pop()))
            if twice := sorted(place for place, count in marking.items() if count > 1):
                element = self._merge_before(twice[0])
                text = "并行的分支在此处汇合而不互相等待，之后的步骤会办理两次"
                yield element, text, "请改用并行网关汇合"
                continue
            held = [place for place in marking if place in self.nodes]
            if not held and marking:
                yield self._vain(marking)
                continue
            for place in held:
                left = marking - Counter([place])
                note(self._come(left, self.out[place]))
                for event in self.events.get(place, ()):
                    if self.interrupts(event):
                        note(self._come(left, self.out[event]))

    def _come(self, marking: Counter[str], lines: Sequence[str]) -> Iterator[Counter[str]]:
        """Yield the markings to which a token on each of these lines can lead."""
        for arrivals in product(*(self._arrive(line, frozenset()) for line in lines)):
            together = Counter(marking)
            if any(_TERMINATED in arrival for arrival in arrivals):
                yield Counter()
                continue
            for arrival in arrivals:
                together.update(arrival)
            yield from self._joined(together)

    def _joined(self, marking: Counter[str]) -> Iterator[Counter[str]]:
        """Let every join take its tokens that has one on each line."""
        for key, node in self.nodes.items():
            if node.tag == _PARALLEL and len(self.into[key]) > 1:
                taken = Counter(self.into[key])
                if all(marking[line] for line in taken):
                    yield from self._come(marking - taken, self.out[key])
                    return
        yield marking

    def _arrive(self, line: str, passed: frozenset[str]) -> Iterator[tuple[str, ...]]:
        """Yield the places to which a token on a line can come, however gateways choose."""
        target = self.lines[line][1]
        node = self.nodes[target]
        if target in passed:  # a loop of gateways
            return
        further = passed | {target}
        if node.tag == _END:
            yield (_TERMINATED,) if node.find(_TERMINATE) is not None else ()
        elif node.tag == _PARALLEL and len(self.into[target]) > 1:
            yield (line,)
        elif node.tag == _PARALLEL:
            for parts in product(*(self._arrive(way, further) for way in self.out[target])):
                yield tuple(place for part in parts for place in part)
        elif node.tag in _PASSING:
            for way in self.out[target]:
                yield from self._arrive(way, further)
        else:
            yield (target,)

    def _merge_before(self, place: str) -> str:
        """Give the node at which tokens came together before a place."""
        key = place if place in self.nodes else self.lines[place][0]
        seen: set[str] = set()
        while len(self.into.get(key, ())) == 1 and key not in seen:
            seen.add(key)
            key = self.lines[self.into[key][0]][0]
        return key

    def _vain(self, marking: Mapping[str, int]) -> Finding:
        """Tell a join that waits for what will never come."""
        line = sorted(marking)[0]
        join = self.lines[line][1]
        missing = sorted(other for other in self.into[join] if not marking.get(other))
        names = "、".join(f"“{self.lines[other][0]}”" for other in missing)
        text = f"并行网关有时等不到从{names}来的一路，办理会就此停住"
        remedy = "排他网关分出的路请用排他网关汇合；并行网关分出的路才能由并行网关汇合"
        return join, text, remedy


_TERMINATED = "\0terminated"
_TERMINATE = bpmn("terminateEventDefinition")
