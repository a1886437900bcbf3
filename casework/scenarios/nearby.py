"""Where to begin a story that reaches what none reaches: the nearest that one comes by."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from casework.scenarios import coverage
from casework.scenarios.coverage import Place
from casework.scenarios.storyteller import Told
from engine.language.parsing import Sources, bpmn


class Nearby:
    """Finds, for a place, the story that comes nearest, and the node at which it leaves."""

    def __init__(self, sources: Sources, told: Mapping[str, Told]) -> None:
        self._told = dict(sorted(told.items(), key=lambda pair: len(pair[1].steps)))
        self._before = _before(sources)
        self._askers = coverage.askers(sources)

    def of(self, place: Place) -> dict[str, str] | None:
        """Name a scenario and a node of it; None when nothing leads there."""
        return self.to("" if place.kind == "规则" else place.element, place.element)

    def to(self, node: str, row: str) -> dict[str, str] | None:
        """Do the same for a node or flow; without one for a row, "table#3"."""
        start = node or self._askers.get(row.rpartition("#")[0], "")
        seen, waiting = {start}, deque([start])
        while waiting:
            node = waiting.popleft()
            for name, told in self._told.items():
                if node in told.nodes:
                    return {"scenario": name, "node": node}
            for earlier in self._before.get(node, ()):
                if earlier not in seen:
                    seen.add(earlier)
                    waiting.append(earlier)
        return None


def _before(sources: Sources) -> dict[str, list[str]]:
    """Return what leads to each element: flows to nodes, nodes to flows, what it is drawn on."""
    leads: dict[str, list[str]] = {}
    for root in sources.diagrams.values():
        for flow in root.iter(bpmn("sequenceFlow")):
            key, source = flow.get("id") or "", flow.get("sourceRef") or ""
            leads.setdefault(key, []).append(source)
            leads.setdefault(flow.get("targetRef") or "", []).append(source)
        for event in root.iter(bpmn("boundaryEvent")):
            leads.setdefault(event.get("id") or "", []).append(event.get("attachedToRef") or "")
        for call in root.iter(bpmn("callActivity")):
            for process in sources.diagrams.values():
                for called in process.iter(bpmn("process")):
                    if called.get("id") == call.get("calledElement"):
                        for start in called.iter(bpmn("startEvent")):
                            leads.setdefault(start.get("id") or "", []).append(call.get("id") or "")
    return leads
