"""The closed language of diagrams: names, literals, comparisons, and/or/not, in, x["k"], + and -.

Python syntax, walked by simpleeval, never compiled or evaluated by Python. What is not on the list
is refused when a definition is deployed (`compile_expression`), and once more when it runs.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from simpleeval import DEFAULT_OPERATORS, DISALLOW_FUNCTIONS, SimpleEval

from engine.errors import ExpressionFailed, ExpressionRefused

MAX_LENGTH = 500  #: characters of one expression
MAX_NODES = 100  #: nodes of its syntax tree
MAX_DEPTH = 12  #: nesting of its syntax tree
MAX_NUMBER = 10**15  #: magnitude of a constant or of a result

#: Functions a diagram may call with one value each, and what that must be when it is written
#: there; `engine.running.runner` binds all but `len` to the case.
FUNCTIONS: Mapping[str, tuple[type, ...]] = {
    "len": (str,),
    "days": (int, float),
    "minutes": (int, float),
    "workdays": (int,),
    "deadline": (str,),
    "date_time": (str,),
}

_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
_WANTED: Mapping[type, str] = {str: "带引号的文字", int: "数"}
_STRUCTURE = (ast.Load, ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Is, ast.IsNot)

Functions = Mapping[str, Callable[..., object]]


def _number(value: object) -> int | float:
    """Return `value` when it is a finite number of sane size, never a truth value."""
    if type(value) is int or type(value) is float:
        if abs(value) <= MAX_NUMBER:  # neither holds for infinity nor for no number
            return value
        raise ValueError("数值过大")
    raise TypeError("只有数可以加减")


def _added(left: int | float, right: int | float) -> int | float:
    """Add as people do: 0.1 and 0.2 are 0.3."""
    if type(left) is int and type(right) is int:
        return _number(left + right)
    return _number(float(Decimal(repr(left)) + Decimal(repr(right))))


_KEPT: tuple[type[ast.AST], ...] = (
    ast.Name,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Call,
    ast.Subscript,
    ast.Constant,
)
_OPERATORS: dict[type[ast.AST], Callable[..., object]] = {
    **{kind: DEFAULT_OPERATORS[kind] for kind in (*_COMPARISONS, ast.Not)},
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.Add: lambda a, b: _added(_number(a), _number(b)),
    ast.Sub: lambda a, b: _added(_number(a), -_number(b)),
    ast.USub: lambda a: -_number(a),
}


class _Walker(SimpleEval):  # type: ignore[misc]  # simpleeval has no types
    """simpleeval with everything taken away that the language does not have."""

    def __init__(self, names: Mapping[str, object], functions: Functions) -> None:
        super().__init__(names=names, functions={"len": len, **functions})
        kept = {kind: handler for kind, handler in vars(self)["nodes"].items() if kind in _KEPT}
        self.nodes = {**kept, ast.List: self._eval_items, ast.Tuple: self._eval_items}
        self.operators = _OPERATORS

    def _eval_items(self, node: ast.List | ast.Tuple) -> list[object]:
        return [self._eval(item) for item in node.elts]

    def _eval_subscript(self, node: ast.Subscript) -> object:
        container = self._eval(node.value)
        if type(container) not in (dict, list):
            raise TypeError("只有记录和列表可以取项")
        return container[node.slice.value]  # type: ignore[attr-defined]  # the check allows constants only


_idle: deque[_Walker] = deque(maxlen=32)  #: of all threads: making one costs more than its walk


@contextmanager
def _walking(names: Mapping[str, object], functions: Functions) -> Iterator[_Walker]:
    """Lend a walker for one walk; a function that walks in turn is lent another."""
    try:
        walker = _idle.pop()
    except IndexError:
        walker = _Walker({}, {})
    walker.names, walker.functions = names, {"len": len, **functions}
    if not DISALLOW_FUNCTIONS.isdisjoint(functions.values()):
        raise TypeError("有的函数不得使用")
    try:
        yield walker
    finally:
        walker.names, walker.functions = {}, {}
        _idle.append(walker)


@dataclass(frozen=True)
class Expression:
    """An expression that passed the check; build it with `compile_expression`."""

    source: str
    tree: ast.expr
    names: frozenset[str]  #: the variables it reads

    def value(self, names: Mapping[str, object], functions: Functions | None = None) -> object:
        """Compute the value for the variables `names`; raise ExpressionFailed when it has none."""
        try:
            with _walking(names, functions or {}) as walker:
                return walker.eval(self.source, self.tree)
        except ExpressionFailed:
            raise
        except Exception as error:  # whatever else a host function or a type clash raises ends here
            if _is_of_database(error):  # a database that is away is no slip in a diagram
                raise
            raise ExpressionFailed(source=self.source, reason=_reason(error)) from error


def _is_of_database(error: Exception) -> bool:
    """Tell by its name: a diagram can be checked, and run, where no database is installed."""
    return any(
        kind.__module__ == "sqlalchemy.exc" and kind.__name__ == "SQLAlchemyError"
        for kind in type(error).__mro__
    )


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError | IndexError):
        return f"没有项 {error}"
    return str(error) or type(error).__name__


class _Check:
    """Walk a tree once and refuse what the language does not have."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.names: set[str] = set()
        self.count = 0

    def refuse(self, reason: str, remedy: str | None = None) -> ExpressionRefused:
        return ExpressionRefused(source=self.source[:80], reason=reason, remedy=remedy)

    def node(self, node: ast.AST, depth: int = 0) -> None:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise self.refuse("表达式过于复杂")
        check = getattr(self, f"_{type(node).__name__.lower()}", None)
        if check is not None:
            check(node)
        elif isinstance(node, ast.Attribute):
            remedy = f'取记录中的一项请写 {ast.unparse(node.value)}["{node.attr}"]'
            raise self.refuse("不允许使用 Attribute", remedy)
        elif not isinstance(node, (*_STRUCTURE, *_COMPARISONS, ast.BoolOp, ast.List, ast.Tuple)):
            raise self.refuse(f"不允许使用 {type(node).__name__}")
        skip = node.func if isinstance(node, ast.Call) else None
        for child in ast.iter_child_nodes(node):
            if child is not skip:
                self.node(child, depth + 1)

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        if value is None or type(value) in (bool, str):
            return
        if type(value) not in (int, float):
            raise self.refuse(f"不允许使用 {type(value).__name__} 常量")
        if not abs(value) <= MAX_NUMBER:  # type: ignore[arg-type]  # a number here
            raise self.refuse("数值过大")

    def _name(self, node: ast.Name) -> None:
        if node.id in _OTHERS_WORDS:
            raise self.refuse(f"没有 {node.id} 这个词", f"请写 {_OTHERS_WORDS[node.id]}")
        if node.id.startswith("_") or not node.id.isascii():
            raise self.refuse(f"变量名 {node.id} 不允许")
        if node.id in FUNCTIONS:
            raise self.refuse(f"{node.id} 是函数，不能当变量使用")
        self.names.add(node.id)

    def _unaryop(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, ast.Not | ast.USub):
            raise self.refuse("只有 not 和负号可以放在前面")

    def _binop(self, node: ast.BinOp) -> None:
        if not isinstance(node.op, ast.Add | ast.Sub):
            raise self.refuse("只有加号和减号可以使用")

    def _compare(self, node: ast.Compare) -> None:
        for kind, right in zip(node.ops, node.comparators, strict=True):
            none = isinstance(right, ast.Constant) and right.value is None
            if isinstance(kind, ast.Is | ast.IsNot) and not none:
                remedy = '比较请写 == 或者 !=，真假直接写变量，例如 check["ok"]'
                raise self.refuse("is 只能与 None 比较", remedy)

    def _subscript(self, node: ast.Subscript) -> None:
        key = node.slice
        if not (isinstance(key, ast.Constant) and type(key.value) in (str, int)):
            inside = key.id if isinstance(key, ast.Name) else "ok"
            remedy = f'方括号中的文字要加引号，例如 {ast.unparse(node.value)}["{inside}"]'
            raise self.refuse("方括号中只能写文字或整数常量", remedy)

    def _call(self, node: ast.Call) -> None:
        if not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
            raise self.refuse("只能调用规定的函数")
        if node.keywords:
            raise self.refuse("函数参数不能带名称")
        if len(node.args) != 1:
            raise self.refuse(f"{node.func.id} 须有且只有一个参数")
        value = node.args[0]
        if isinstance(value, ast.Constant) and type(value.value) not in FUNCTIONS[node.func.id]:
            raise self.refuse(f"{node.func.id} 的参数须为{_WANTED[FUNCTIONS[node.func.id][0]]}")


_OTHERS_WORDS = {"true": "True", "false": "False", "null": "None", "TRUE": "True", "FALSE": "False"}
#: What other languages and keyboards write, and what to write here.
_SLIPS: tuple[tuple[str, str], ...] = (
    ("[“”‘’＂]", "引号请用英文引号"),
    ("[，；（）＝＞＜！【】]", "请改用英文标点"),
    (r"\$\{|#\{", "请去掉 ${ }，直接写表达式"),
    ("&&", "并且请写 and"),
    (r"\|\|", "或者请写 or"),
    ("===|!==", "比较请写 == 或者 !="),
    ("<>", "不等于请写 !="),
    ("=>|=<", "请写 >= 或者 <="),
    (r"!(?!=)", "否定请写 not"),
    (r"(?<![=!<>])=(?!=)", "比较请写 =="),
    (r"^[^\"']*[\"'][^\"']*$", "引号没有成对"),
)


def _meant(text: str) -> str | None:
    """Say what was meant by a text that is none of the language."""
    outside = re.sub(r"""(["'])(?:(?!\1).)*\1""", "x", text)
    return next((remedy for slip, remedy in _SLIPS if re.search(slip, outside)), None)


@lru_cache(maxsize=4096)
def compile_expression(source: str) -> Expression:
    """Check `source` and return it ready to compute; raise ExpressionRefused.

    >>> compile_expression('check["ok"] and hours >= 60').value({"check": {"ok": 1}, "hours": 61})
    True
    """
    text = source.strip() if isinstance(source, str) else ""
    check = _Check(text)
    if not text or len(text) > MAX_LENGTH:
        raise check.refuse("表达式为空或者过长", f"请填写，不超过 {MAX_LENGTH} 个字符")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        remedy = _meant(text) or '请写成比较，例如 outcome == "approve"'
        raise check.refuse("语法错误", remedy) from error
    check.node(tree)
    return Expression(text, tree, frozenset(check.names))
