"""Small diagrams drawn at random, and a token game that says what each of them does.

The game is written from BPMN 2.0.2, chapter 13 (13.3 activities, 13.4 gateways, 13.5 events), and
knows nothing of the engine: tokens wait at tasks, pass exclusive gateways by what was decided at
the task before, take a token from each line at parallel ones, and an interrupting event takes the
token of its activity. A level is over when no token is left, or at a terminate end.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.engine import drawing as d

Values = dict[str, int]  #: what was decided at the last task: gateway → number of the line


@dataclass
class Drawn:
    """A level: nodes with their kinds, lines, and what is inside its subprocesses."""

    kinds: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    attached: dict[str, tuple[str, bool]] = field(default_factory=dict)  #: event → activity, stops
    inside: dict[str, Drawn] = field(default_factory=dict)

    def out(self, node: str) -> list[tuple[str, str]]:
        return [line for line in dict.fromkeys(self.lines) if line[0] == node]

    def xml(self) -> str:
        """Draw it."""
        parts = []
        for node, kind in self.kinds.items():
            ways = [target for _, target in self.out(node)]
            if kind == "start":
                parts.append(d.start(node))
            elif kind == "task":
                parts.append(d.user(node))
            elif kind == "sub":
                parts.append(d.subprocess(node, self.inside[node].xml()))
            elif kind == "and":
                parts.append(f'<parallelGateway id="{node}"/>')
            elif kind == "xor":
                parts.append(d.gateway(node, ways[-1] if len(ways) > 1 else ""))
            elif kind == "event":
                activity, stops = self.attached[node]
                parts.append(d.boundary(node, activity, d.timer('"P5D"'), interrupts=stops))
            elif kind == "stop":
                parts.append(d.end(node, "<terminateEventDefinition/>"))
            else:
                parts.append(d.end(node))
        for source, target in dict.fromkeys(self.lines):
            ways = [way for _, way in self.out(source)]
            decides = self.kinds[source] == "xor" and len(ways) > 1 and target != ways[-1]
            parts.append(d.flow(source, target, f"{source} == {ways.index(target)}" * decides))
        return "".join(parts)

    def gateways(self) -> dict[str, int]:
        """Give the gateways that decide, with the number of their lines, inside too."""
        own = {
            node: len(self.out(node))
            for node, kind in self.kinds.items()
            if kind == "xor" and len(self.out(node)) > 1
        }
        for level in self.inside.values():
            own |= level.gateways()
        return own

    def beside(self) -> set[str]:
        """Give the nodes that follow upon events which do not interrupt."""
        reached = {event for event, (_, stops) in self.attached.items() if not stops}
        for _ in self.lines:
            reached |= {target for source, target in self.lines if source in reached}
        return reached


class TwiceReminded(Exception):
    """A round of a loop began before the reminder of the last one was done; both count."""


class Artist:
    """Draws levels that are mostly sound, with a slip now and then."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.count = 0

    def level(self, depth: int = 0) -> Drawn:
        drawn = Drawn()
        start, end = self._node(drawn, "start"), self._node(drawn, "end")
        first, last = self._block(drawn, depth)
        drawn.lines += [(start, first), (last, end)]
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            self._slip(drawn)
        return drawn

    def _node(self, drawn: Drawn, kind: str) -> str:
        self.count += 1
        name = f"{kind}{self.count}"
        drawn.kinds[name] = kind
        return name

    def _block(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        """Draw a part with one way in and one way out; give its first and last node."""
        kinds = ["task", "task", "event"]
        if depth < 3:
            kinds += ["line", "line", "choice", "fork", "loop", "sub"]
        return getattr(self, f"_{self.chance.choice(kinds)}")(drawn, depth + 1)

    def _task(self, drawn: Drawn, _: int) -> tuple[str, str]:
        task = self._node(drawn, "task")
        return task, task

    def _line(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        first, middle = self._block(drawn, depth)
        after, last = self._block(drawn, depth)
        drawn.lines.append((middle, after))
        return first, last

    def _choice(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        task, split = self._node(drawn, "task"), self._node(drawn, "xor")
        join = self._node(drawn, "xor")
        drawn.lines.append((task, split))
        for _ in range(2):
            first, last = self._block(drawn, depth)
            drawn.lines += [(split, first), (last, join)]
        return task, join

    def _fork(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        split, join = self._node(drawn, "and"), self._node(drawn, "and")
        after = self._node(drawn, "task")
        for _ in range(self.chance.choice((2, 2, 3))):
            first, last = self._block(drawn, depth)
            drawn.lines += [(split, first), (last, join)]
        drawn.lines.append((join, after))
        return split, after

    def _loop(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        merge, split = self._node(drawn, "xor"), self._node(drawn, "xor")
        first, last = self._block(drawn, depth)
        task, after = self._node(drawn, "task"), self._node(drawn, "task")
        drawn.lines += [(merge, first), (last, task), (task, split), (split, merge), (split, after)]
        return merge, after

    def _sub(self, drawn: Drawn, depth: int) -> tuple[str, str]:
        sub, after = self._node(drawn, "sub"), self._node(drawn, "task")
        drawn.inside[sub] = self.level(depth + 1)
        drawn.lines.append((sub, after))
        self._attach(drawn, sub, after)
        return sub, after

    def _event(self, drawn: Drawn, _: int) -> tuple[str, str]:
        task, after = self._node(drawn, "task"), self._node(drawn, "task")
        drawn.lines.append((task, after))
        self._attach(drawn, task, after)
        return task, after

    def _attach(self, drawn: Drawn, activity: str, after: str) -> None:
        for _ in range(self.chance.choice((1, 1, 2))):
            event, stops = self._node(drawn, "event"), self.chance.random() < 0.6
            drawn.attached[event] = (activity, stops)
            then = self._node(drawn, "task")
            way = self.chance.choice(("after", "back", "end", "stop") if stops else ("end",))
            if way == "back":  # by a gateway
                gateway = self._node(drawn, "xor")
                drawn.lines += [(event, gateway), (gateway, activity)]
                del drawn.kinds[then]
                continue
            end = after if way == "after" else self._node(drawn, way)
            drawn.lines += [(event, then), (then, end)]

    def _slip(self, drawn: Drawn) -> None:
        """Take the wrong gateway, or draw a line to the wrong place."""
        gateways = [node for node, kind in drawn.kinds.items() if kind in ("and", "xor")]
        if gateways and self.chance.random() < 0.5:
            node = self.chance.choice(gateways)
            is_and = drawn.kinds[node] == "and"
            splits = len(drawn.out(node)) > 1
            if not (is_and and splits):  # what it would decide by is unknown
                drawn.kinds[node] = "xor" if is_and else "and"
            return
        place = self.chance.randrange(len(drawn.lines))
        source, _ = drawn.lines[place]
        targets = [
            node
            for node, kind in drawn.kinds.items()
            if kind in ("task", "end", "and", "sub") and node != source
        ]
        drawn.lines[place] = (source, self.chance.choice(targets))


class Level:
    """The tokens of one level."""

    def __init__(self, drawn: Drawn, values: Values) -> None:
        self.drawn = drawn
        self.waiting: dict[str, tuple[Values, Level | None]] = {}
        self.armed: set[str] = set()
        self.arrived: Counter[tuple[str, str]] = Counter()
        self.carried: dict[str, Values] = {}
        (start,) = [node for node, kind in drawn.kinds.items() if kind == "start"]
        self._leave(start, values)

    def is_over(self) -> bool:
        return not self.waiting and not self.arrived

    def tasks(self) -> list[str]:
        """Give the tasks that are open, inside too."""
        own = [node for node in self.waiting if self.drawn.kinds[node] == "task"]
        return sorted(own + [task for level in self._inner() for task in level.tasks()])

    def timers(self) -> list[str]:
        """Give the timers that are armed, inside too."""
        return sorted(
            [*self.armed, *(timer for level in self._inner() for timer in level.timers())]
        )

    def complete(self, task: str, values: Values) -> None:
        """Do a task, here or inside."""
        self._act(task, values)

    def fire(self, event: str) -> None:
        """Let a timer fire, here or inside."""
        self._act(event, None)

    def _inner(self) -> list[Level]:
        return [level for _, level in self.waiting.values() if level is not None]

    def _act(self, node: str, values: Values | None) -> None:
        if node in self.armed:
            activity, stops = self.drawn.attached[node]
            carried = self.waiting[activity][0]
            self.armed.discard(node)
            if stops:
                self._end(activity)
            self._leave(node, carried)
        elif self.drawn.kinds.get(node) == "task" and node in self.waiting:
            self._end(node)
            self._leave(node, values or {})
        else:
            for owner, (_, level) in list(self.waiting.items()):
                if level is not None and node in (*level.tasks(), *level.timers()):
                    level._act(node, values)
                    if level.is_over():
                        self._end(owner)
                        self._leave(owner, values or {})

    def _end(self, activity: str) -> None:
        del self.waiting[activity]
        self.armed -= {event for event, (on, _) in self.drawn.attached.items() if on == activity}

    def _leave(self, node: str, values: Values) -> None:
        for line in self.drawn.out(node):
            self._arrive(line, values)

    def _arrive(self, line: tuple[str, str], values: Values) -> None:
        node = line[1]
        kind = self.drawn.kinds[node]
        if kind in ("task", "sub"):
            if node in self.waiting:
                if node in self.drawn.beside():
                    raise TwiceReminded
                raise AssertionError(f"two tokens at {node}")
            self.armed |= {event for event, (on, _) in self.drawn.attached.items() if on == node}
            self.waiting[node] = (values, None)
            if kind == "sub":
                level = Level(self.drawn.inside[node], values)
                self.waiting[node] = (values, level)
        elif kind == "xor":
            ways = self.drawn.out(node)
            self._arrive(ways[min(values.get(node, 0), len(ways) - 1)], values)
        elif kind == "and":
            self.arrived[line] += 1
            lines = [other for other in dict.fromkeys(self.drawn.lines) if other[1] == node]
            if all(self.arrived[other] for other in lines):
                self.arrived -= Counter(lines)
                self._leave(node, values)
        elif kind == "stop":
            self.waiting, self.armed, self.arrived = {}, set(), Counter()
