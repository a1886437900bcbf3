"""Conditions say something: each is true or false, and compares with what can really come.

`outcome == "approve" or "accept"` always holds, `outcome == "aprove"` never; both decide about
people's professions without a word. What a variable may be is known from
whoever sets it: the act at a task (`tasks.ACTS`), an operation's result, the outputs of a table.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from lxml import etree

from engine.errors import ExpressionFailed, ExpressionRefused
from engine.language.decisions import SEVERAL, Table
from engine.language.expressions import FUNCTIONS, Expression, compile_expression
from engine.language.nearest import hint
from engine.language.parsing import Sources, bpmn, spiff
from professions import variables
from professions.kinds import ANYTHING, FLAG, NUMBER, TEXT, Kind, either, items, record, words
from professions.operations import OPERATIONS
from professions.tasks import ACTS
from professions.vocabulary import SHAPES, UNITS, VARIABLES
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do
_MOST_WORLDS = 4000  #: combinations of values that are tried for one gateway
_SETTERS = tuple(map(bpmn, ("userTask", "serviceTask", "businessRuleTask")))
_CALL = bpmn("callActivity")
_OTHER = "…"  #: a text that no condition names
_EXAMPLE = '请写成比较，例如 outcome == "approve"'


def faults(sources: Sources) -> Iterator[Finding]:
    """Yield the conditions that are not true or false, never or always hold, or hold together."""
    anywhere = everything(sources)
    for file in sources.diagrams:
        for finding in of_diagram(file, sources, anywhere):
            yield (file, *finding)


def of_diagram(
    file: str, sources: Sources, anywhere: Mapping[str, Kind]
) -> Iterator[tuple[str, str, str]]:
    """Yield it of one diagram; of the others, what it calls counts and what is set `anywhere`."""
    nodes = _Nodes(sources.diagrams[file], sources, anywhere)
    for gateway in sources.diagrams[file].iter(bpmn("exclusiveGateway")):
        yield from list(_at(gateway, nodes))


def within(file: str, sources: Sources) -> frozenset[str]:
    """Return the diagrams that have to do with what one may say: itself, and all that it calls."""
    calls = (call.get("calledElement") or "" for call in sources.diagrams[file].iter(_CALL))
    called = (reached for key in set(calls) for reached, _ in variables.reached(key, sources))
    return frozenset((file, *called))


@insists("E_CONDITION")
def _at(gateway: etree._Element, nodes: _Nodes) -> Iterator[tuple[str, str, str]]:
    drawn: dict[str, Expression] = {}
    is_clean = True
    for flow in nodes.out_of(gateway):
        text = flow.findtext(bpmn("conditionExpression"))
        try:
            condition = compile_expression((text or "").strip())
        except ExpressionRefused:  # told by `lint`, or the default way
            continue
        if not condition.names:  # told by `lint`
            is_clean = False
            continue
        kinds = {name: nodes.kind(gateway, name) for name in condition.names}
        key = flow.get("id") or ""
        findings = list(Meaning(kinds).of_condition(condition))
        is_clean = is_clean and not findings and all(map(nodes.is_known, condition.names))
        yield from ((key, *finding) for finding in findings)
        drawn[key] = condition
    if is_clean and drawn:
        yield from _apart(gateway, drawn, lambda name: nodes.kind(gateway, name))


# -- what a variable may be -------------------------------------------------------------------


def of_table(table: Table) -> Kind:
    """Tell what a table may answer, from its rules."""
    columns = [
        _of_values(rule.outputs[place] for rule in table.rules)
        for place in range(len(table.outputs))
    ]
    said = (
        columns[0] if len(columns) == 1 else record(dict(zip(table.outputs, columns, strict=True)))
    )
    shape = SHAPES.get(table.id)
    is_list = table.policy in SEVERAL if shape is None else shape.is_list
    if not is_list:
        return said
    return NUMBER if table.aggregation and shape is None else items(said)


def _of_values(values: Iterable[object]) -> Kind:
    listed = [*values]
    kind = _of_present([value for value in listed if value is not None])
    return replace(kind, or_null=True) if None in listed and kind != ANYTHING else kind


def _of_present(given: list[object]) -> Kind:
    if given and all(type(value) is bool for value in given):
        return FLAG
    if given and all(type(value) is str for value in given):
        return words(*map(str, given))
    if given and all(type(value) in (int, float) for value in given):
        return NUMBER
    return ANYTHING


def _set_at(node: etree._Element, sources: Sources) -> Mapping[str, Kind]:
    """Tell what a node itself sets."""
    tag = etree.QName(node).localname
    if tag == "userTask":
        act = ACTS.get(node.get("id") or "")
        listed = [
            name
            for setting in node.iter(spiff("property"))
            if setting.get("name") == "gives"
            for name in (setting.get("value") or "").split()
        ]
        return {**dict.fromkeys(listed, ANYTHING), **(act.gives if act else {})}
    if tag == "serviceTask":
        for operator in node.iter(spiff("serviceTaskOperator")):
            if name := operator.get("resultVariable"):
                known = OPERATIONS.get(operator.get("id") or "")
                return {name: record(known.result) if known and known.result else ANYTHING}
    if tag == "businessRuleTask":
        for decision in node.iter(spiff("calledDecisionId")):
            key = (decision.text or "").strip()
            table = sources.tables.get(key)
            return {key: of_table(table) if table else ANYTHING}
    return {}


def everything(sources: Sources) -> Mapping[str, Kind]:
    """Tell what each variable may be: with which a process starts, and wherever it is set."""
    told: dict[str, Kind] = dict(VARIABLES)
    for root in sources.diagrams.values():
        for node in root.iter(*_SETTERS):
            for name, kind in _set_at(node, sources).items():
                told[name] = either(told[name], kind) if name in told else kind
    return told


class _Nodes:
    """The nodes of one diagram, and what a variable may be where a gateway reads it."""

    def __init__(
        self, root: etree._Element, sources: Sources, anywhere: Mapping[str, Kind]
    ) -> None:
        self._sources, self._anywhere = sources, anywhere
        self._nodes = {
            node.get("id") or "": node
            for process in root.findall(bpmn("process"))
            for node in process.iter("{*}*")
            if node.get("id")
        }
        self._flows = list(root.iter(bpmn("sequenceFlow")))

    def is_known(self, name: str) -> bool:
        """Tell whether something sets a variable; another one is told by `variables`."""
        return name in self._anywhere

    def out_of(self, gateway: etree._Element) -> list[etree._Element]:
        return [flow for flow in self._flows if flow.get("sourceRef") == gateway.get("id")]

    def kind(self, gateway: etree._Element, name: str) -> Kind:
        """Tell what `name` may be here: what the nearest nodes before the gateway set it to."""
        kinds: list[Kind] = []
        queue, seen = [gateway], {gateway.get("id")}
        while queue:
            node = queue.pop()
            before = [self._nodes[key] for key in self._before(node) if key in self._nodes]
            if not before:  # the values come from whoever calls the process
                kinds.append(self._anywhere.get(name, ANYTHING))
            for earlier in before:
                if earlier.get("id") in seen:
                    continue
                seen.add(earlier.get("id"))
                if self._calls_nothing(earlier):  # told by `lint`: who knows what it would set
                    return ANYTHING
                told = [
                    kind
                    for inner in self._within(earlier)
                    if (kind := _set_at(inner, self._sources).get(name))
                ]
                kinds += told
                if not told:
                    queue.append(earlier)
        return either(*kinds) if kinds else self._anywhere.get(name, ANYTHING)

    def _calls_nothing(self, node: etree._Element) -> bool:
        """Tell whether a call, or one that it leads to, finds no process."""
        calls = [node] if node.tag == _CALL else []
        if calls:
            for _, process in variables.reached(node.get("calledElement") or "", self._sources):
                calls += process.iter(_CALL)
        return any(call.get("calledElement") not in self._sources.processes for call in calls)

    def _within(self, node: etree._Element) -> Iterator[etree._Element]:
        """Yield the nodes that work where this one is drawn: itself, and what it holds or calls."""
        yield from node.iter(*_SETTERS)
        if node.tag == _CALL:
            for _, process in variables.reached(node.get("calledElement") or "", self._sources):
                yield from process.iter(*_SETTERS)

    def _before(self, node: etree._Element) -> Iterator[str]:
        if node.tag == bpmn("boundaryEvent"):
            yield node.get("attachedToRef") or ""
        parent = node.getparent()
        is_inner = parent is not None and parent.tag == bpmn("subProcess")
        if parent is not None and is_inner and node.tag == bpmn("startEvent"):
            yield from self._before(parent)
        for flow in self._flows:
            if flow.get("targetRef") == node.get("id"):
                yield flow.get("sourceRef") or ""


# -- what a condition says --------------------------------------------------------------------


class Meaning:
    """Follows an expression with the kinds of its variables."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self.findings: list[tuple[str, str]] = []

    def of_condition(self, condition: Expression) -> list[tuple[str, str]]:
        """Give what is wrong with a condition, and what to do."""
        self._truth(condition.tree)
        return self.findings

    def _tell(self, text: str, remedy: str) -> None:
        self.findings.append((text, remedy))

    def _truth(self, node: ast.expr) -> None:
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                self._truth(part)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._truth(node.operand)
        elif self.kind(node) not in (FLAG, ANYTHING):
            self._tell(f"“{ast.unparse(node)}”不是真假，总是同一结果", _EXAMPLE)

    def kind(self, node: ast.expr) -> Kind:
        """Give what an expression can be; what is wrong with it is added to the findings."""
        match node:
            case ast.Name():
                return self._kinds.get(node.id, ANYTHING)
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                return self._item(node, self.kind(node.value), key)
            case ast.Subscript():
                container = self.kind(node.value)
                if container.keys:
                    text = f"{ast.unparse(node.value)} 是记录，不能按序号取项"
                    self._tell(text, f"请用：{'、'.join(sorted(container.keys))}")
                return container.member or ANYTHING
            case ast.Compare():
                return self._compared(node)
            case ast.Constant():
                return _of_values([node.value])
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                self._truth(node)
                return FLAG
            case ast.BinOp(left=left, right=right):
                return self._of_one_unit(left, right)
            case ast.Call() | ast.UnaryOp():
                return NUMBER
        return ANYTHING

    def _item(self, node: ast.Subscript, container: Kind, key: str) -> Kind:
        if not container.keys:
            return ANYTHING
        if key not in container.keys:
            text = f"{ast.unparse(node.value)} 中没有“{key}”"
            known = "、".join(sorted(container.keys))
            self._tell(text, f"{hint(key, container.keys)}请用：{known}")
            return ANYTHING
        return container.keys[key]

    def _compared(self, node: ast.Compare) -> Kind:
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            self._of_one_unit(left, right)
            if isinstance(operator, ast.In | ast.NotIn):
                self._among(left, right)
            elif isinstance(operator, ast.Eq | ast.NotEq):
                self._alike(left, right)
                self._alike(right, left)
            elif isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                for side in (left, right):
                    if self.kind(side) not in (NUMBER, ANYTHING):
                        text = f"“{ast.unparse(side)}”不是数，不能比较大小"
                        self._tell(text, "请用 == 或者 in")
                        break
        return FLAG

    def _of_one_unit(self, left: ast.expr, right: ast.expr) -> Kind:
        """Insist that figures which are compared or added count the same."""
        first, second = self.kind(left), self.kind(right)
        if first.unit and second.unit and first.unit != second.unit:
            names = [ast.unparse(side) for side in (left, right)]
            units = [UNITS[side.unit][0] for side in (first, second)]
            text = f"“{names[0]}”以{units[0]}计，“{names[1]}”以{units[1]}计，不能放在一起"
            self._tell(text, "请改用同一单位的数")
        return replace(NUMBER, unit=first.unit or second.unit)

    def _alike(self, side: ast.expr, other: ast.expr) -> None:
        """Insist that a constant is one that `side` can be."""
        kind = self.kind(side)
        if isinstance(other, ast.List) and kind.member is not None:
            for item in other.elts:
                self._may_be(side, kind.member, item)
        elif isinstance(side, ast.Name | ast.Subscript):
            self._may_be(side, kind, other)

    def _among(self, side: ast.expr, other: ast.expr) -> None:
        if isinstance(other, ast.List | ast.Tuple):
            for item in other.elts:
                self._may_be(side, self.kind(side), item)
        elif isinstance(other, ast.Constant) and isinstance(other.value, str):
            text = f"in 后面是一段文字“{other.value}”，只要含有其中几个字就成立"
            self._tell(text, f'比较一个词请写 ==，比较几个词请写列表，例如 in ["{other.value}", …]')
        elif (member := self.kind(other).member) is not None:
            self._may_be(other, member, side)

    def _may_be(self, side: ast.expr, kind: Kind, constant: ast.expr) -> None:
        if not isinstance(constant, ast.Constant) or constant.value is None or kind == ANYTHING:
            return
        name, value = ast.unparse(side), constant.value
        if kind.words and isinstance(value, str):
            if value not in kind.words:
                text = f"“{name}”不会是“{value}”"
                known = "、".join(word or '""' for word in sorted(kind.words))
                self._tell(text, f"{hint(value, kind.words, cutoff=0.5)}请用：{known}")
        elif _of_values([value]).name != kind.name and not (kind == TEXT and type(value) is str):
            self._tell(f"“{name}”是{kind.title}，不能与 {ast.unparse(constant)} 比较", _EXAMPLE)


# -- conditions of one gateway ----------------------------------------------------------------


@insists("E_CONDITIONS_APART")
def _apart(
    gateway: etree._Element, drawn: Mapping[str, Expression], kind: Callable[[str], Kind]
) -> Iterator[tuple[str, str, str]]:
    """Yield conditions that hold together, never, or leave nothing to the default way."""
    together = list(_together(drawn, kind))
    yield from together
    cases = list(worlds(drawn.values(), kind))
    if together or not cases:
        return
    if not all(_is_known(condition.tree, kind) for condition in drawn.values()):
        return
    taken: set[str | None] = set()
    for world in cases:
        ways = [key for key, condition in drawn.items() if holds(condition, world)]
        taken.update(ways or [None])
    for key in drawn.keys() - taken:
        text = "条件永远不会成立，这条连线永远走不到"
        yield key, text, "请改写条件，或者删除连线"
    default = gateway.get("default")
    if default and None not in taken and drawn.keys() <= taken:
        text = "其他连线的条件已经包括一切情形，默认出口永远走不到"
        yield default, text, "请改写其他连线的条件，或者删除多余的连线"


def _is_known(tree: ast.expr, kind: Callable[[str], Kind]) -> bool:
    """Tell whether all that a condition reads has known values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            keys = kind(node.value.id).keys
            if not (isinstance(node.slice, ast.Constant) and node.slice.value in keys):
                return False
            if keys[str(node.slice.value)] == ANYTHING:
                return False
        elif isinstance(node, ast.Name) and node.id not in FUNCTIONS and kind(node.id) == ANYTHING:
            return False
    return True


def holds(condition: Expression, world: Mapping[str, object]) -> bool:
    """Tell whether a condition is true with these values."""
    try:
        return bool(condition.value(world))
    except ExpressionFailed:  # a combination that no case has
        return False


def _together(
    drawn: Mapping[str, Expression], kind: Callable[[str], Kind]
) -> Iterator[tuple[str, str, str]]:
    """Yield conditions that can hold together: the order of lines in the file would decide."""
    for (first, earlier), (second, later) in combinations(drawn.items(), 2):
        for world in worlds((earlier, later), kind):
            try:
                both = earlier.value(world) and later.value(world)
            except ExpressionFailed:  # a combination that no case has
                continue
            if both:
                example = "，".join(f"{name} = {value!r}" for name, value in world.items())
                text = f"条件与连线“{first}”的条件可以同时成立，例如 {example}"
                yield second, text, "请改写条件，使同一网关的条件互相排斥"
                break


def worlds(
    conditions: Iterable[Expression], kind: Callable[[str], Kind]
) -> Iterator[Mapping[str, object]]:
    """Yield what the variables of conditions may be together; nothing when that is too much."""
    nodes = [node for condition in conditions for node in ast.walk(condition.tree)]
    constants: list[object] = [node.value for node in nodes if isinstance(node, ast.Constant)]
    lists: list[list[object]] = [
        [item.value for item in node.elts if isinstance(item, ast.Constant)]
        for node in nodes
        if isinstance(node, ast.List)
    ]
    items = {
        (node.value.id, key): kind(node.value.id).keys.get(str(key), ANYTHING)
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Constant)
        and (key := node.slice.value) is not None
    }
    records = {name for name, _ in items}
    whole = {
        (node.id, None): kind(node.id)
        for node in nodes
        if isinstance(node, ast.Name) and node.id not in records | FUNCTIONS.keys()
    }
    paths = [*items, *whole]
    values = [
        may_be.values(constants, lists, _OTHER) for may_be in (*items.values(), *whole.values())
    ]
    if math.prod(map(len, values)) > _MOST_WORLDS:
        return
    for chosen in product(*values):
        world: dict[str, Any] = {}
        for (name, key), value in zip(paths, chosen, strict=True):
            if key is None:
                world[name] = value
            else:
                world.setdefault(name, {})[key] = value
        yield world
