"""Which way a gateway takes, however its conditions are spelt.

`not filing["in_time"]` and two lines that were exchanged say the same; what a branch must do is
told by the case in which it is taken, so that every case that a condition of the house tells apart
is tried. An act that rests upon an answer is reached by the branches of that answer and no other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from engine.errors import ExpressionRefused
from engine.language.expressions import Expression, compile_expression
from professions import vocabulary
from professions.checks import conditions
from professions.checks.ways.graph import Step, Ways
from professions.kinds import ANYTHING, Kind, record
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do
Kinds = Mapping[str, Kind]  #: what each variable of a type may be
Branches = list[tuple[str, Step]]  #: condition and target; the default has no condition


@insists("E_BRANCH")
def faults(ways: Ways, kinds: Kinds) -> Iterator[Finding]:
    """Yield branches that are taken in a case of which the house says that they are not."""
    for gateway, branches in sorted(ways.branches.items(), key=lambda item: item[0]):
        texts = {plain(condition) for condition, _ in branches}
        told = set[tuple[str, str]]()
        for known, acts in vocabulary.CONSEQUENCES.items():
            if (
                known.startswith(_ELSE)
                or plain(known) in texts
                or not _concerns(known, branches, kinds)
            ):
                continue
            otherwise = vocabulary.CONSEQUENCES.get(f"{_ELSE}{known}", ())
            for is_so, (condition, target) in _taken(known, branches, kinds):
                soon = ways.soon(target, gateway)
                wrong = _wrong(known, is_so, acts, () if condition else otherwise, soon)
                if wrong and (known, target.node) not in told:
                    told.add((known, target.node))
                    text = f"“{known}”{'' if is_so else '不'}成立时到“{target.node}”，{wrong}"
                    yield gateway.file, gateway.node, text, "请改正条件，或者改连"


def _wrong(
    known: str, is_so: bool, acts: vocabulary.Acts, otherwise: vocabulary.Acts, soon: set[str]
) -> str:
    """Say what a branch does, or leaves, in a case of which a condition is so or not."""
    for wanted in acts if is_so else otherwise:
        if not soon & wanted:
            return f"没有办理“{'”或者“'.join(sorted(wanted))}”"
    also = set[str]() if is_so else soon & frozenset().union(*acts)
    return f"却办理“{min(also)}”" if also else ""


@insists("E_BRANCH")
def only(ways: Ways, kinds: Kinds) -> Iterator[Finding]:
    """Insist that after an answer what rests upon it is done by the branches of that answer."""
    for act, resting in vocabulary.ONLY.items():
        for task, known in resting:
            closed = {
                (gateway, target)
                for gateway, branches in ways.branches.items()
                for target in _only_when(known, branches, kinds)
            }
            for start in sorted(step for step in ways.known if step.node == task):
                found = (
                    step for step in ways.between(start, closed=closed) if act in ways.done(step)
                )
                for step in sorted(found):
                    text = f"从“{task}”有一条路不问“{known}”就到了“{act}”"
                    yield step.file, step.node, text, "请让它只在这个条件成立时办理"


def _only_when(known: str, branches: Branches, kinds: Kinds) -> Iterator[Step]:
    """Yield where branches lead that are taken only if a condition of the house holds."""
    taken: list[tuple[bool, tuple[str, Step]]] = []
    if _concerns(known, branches, kinds):
        taken = [*_taken(known, branches, kinds)]
    for condition, target in branches:
        so = [is_so for is_so, (of, _) in taken if of == condition]
        if plain(condition) == plain(known) or (so and all(so)):
            yield target


def _taken(known: str, branches: Branches, kinds: Kinds) -> Iterator[tuple[bool, tuple[str, Step]]]:
    """Yield, for all that conditions can tell apart, whether one is so, and the branch taken."""
    texts = (known, *(condition for condition, _ in branches))
    names = sorted({name for text in texts if (at := _compiled(text)) for name in at.names})
    told = tuple((name, kinds[name]) for name in names if name in kinds)
    for is_so, place in _cases(known, texts[1:], told):
        yield is_so, branches[place]


@lru_cache(maxsize=1024)
def _cases(
    known: str, texts: tuple[str, ...], kinds: tuple[tuple[str, Kind], ...]
) -> tuple[tuple[bool, int], ...]:
    drawn = [_compiled(text) for text in texts]
    given = [condition for condition in drawn if condition is not None]
    asked = _compiled(known)
    assert asked is not None  # noqa: S101 (of the vocabulary, tried by its test)
    default = [place for place, condition in enumerate(drawn) if condition is None]
    told = dict(kinds)
    taken = dict[tuple[bool, int], None]()
    for world in conditions.worlds([asked, *given], lambda name: _told_apart(told.get(name))):
        holding = [place for place, at in enumerate(drawn) if at and conditions.holds(at, world)]
        for place in (holding or default)[:1]:
            taken[conditions.holds(asked, world), place] = None
    return tuple(taken)


def _concerns(known: str, branches: Branches, kinds: Kinds) -> bool:
    """Tell whether conditions of a gateway ask what one of the house asks.

    A word means one thing after one task and another after another (outcome): they say its words.
    """
    asked, drawn = _said(known), [_said(condition) for condition, _ in branches if condition]
    if asked is None or None in drawn:
        return False
    if not any(at and at.reads == asked.reads for at in drawn):
        return False
    if all(kinds.get(name, ANYTHING).name == "items" for name in asked.names):
        return True
    return asked.words <= {word for at in drawn if at for word in at.words}


class _Said(NamedTuple):
    """What a condition says: the variables and items of records that it reads, and its words."""

    names: frozenset[str]
    reads: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=1024)
def _said(text: str) -> _Said | None:
    condition = _compiled(text)
    if condition is None:
        return None
    nodes = list(ast.walk(condition.tree))
    items = [node for node in nodes if isinstance(node, ast.Subscript)]
    records = {node.value.id for node in items if isinstance(node.value, ast.Name)}
    keys = {id(node.slice) for node in items}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in keys]
    return _Said(
        names=condition.names,
        reads=frozenset({*map(ast.unparse, items), *(condition.names - records)}),
        words=frozenset(node.value for node in constants if isinstance(node.value, str)),
    )


def _told_apart(kind: Kind | None) -> Kind:
    """Return a kind of which only those words count that conditions name: others are one case."""
    if kind is None or kind.words:
        return ANYTHING
    if kind.keys:
        return record({key: _told_apart(of) for key, of in kind.keys.items()})
    return kind


@lru_cache(maxsize=512)
def _compiled(text: str) -> Expression | None:
    try:
        return compile_expression(text.strip())
    except ExpressionRefused:  # the default way, or told by `lint`
        return None


@lru_cache(maxsize=1024)
def plain(condition: str) -> str:
    """Write a condition as its table has it: blanks and quotes do not count."""
    return "".join(condition.split()).replace("'", '"')


_ELSE = "else "
