"""Every refusal has a code of its own, a text that names cause and remedy, and its facts."""

from __future__ import annotations

import ast
import doctest
import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from refusals import sentences
from refusals.refusal import NotFound, Refusal, facts_of, text_of
from web.errors import STATUS_OF

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "adapters",
    "casework",
    "engine",
    "pdfgen",
    "professions",
    "refusals",
    "registry",
    "signing",
    "storage",
    "web",
)
_WITH_A_TEXT_OF_THEIR_FACTS = {"{text}"}  #: who is told reasons of a decision table


def _all_of(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _all_of(below)


def _product() -> list[str]:
    return [
        module.name
        for package in PACKAGES
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        if not module.name.endswith("__main__")
    ]


def _refusals() -> list[type[Refusal]]:
    for name in _product():
        importlib.import_module(name)
    return [kind for kind in _all_of(Refusal) if kind.__module__.split(".")[0] in PACKAGES]


REFUSALS = _refusals()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_tells_cause_and_remedy(refusal: type[Refusal]) -> None:
    """R35, R55: the prompt is Chinese, ends as a sentence and has a code E_…"""
    text = text_of(refusal)

    assert re.fullmatch(r"E_[A-Z_]+", refusal.code)
    assert text in _WITH_A_TEXT_OF_THEIR_FACTS or re.search(r"[\u4e00-\u9fff]", text)
    assert text.endswith(("。", "}"))


def test_codes_are_not_shared() -> None:
    """R35: one code, one refusal."""
    codes = [refusal.code for refusal in REFUSALS]

    assert len(codes) > 150
    assert len(codes) == len(set(codes))


def test_names_are_not_shared() -> None:
    """One name, one refusal: who catches it cannot mean another package's."""
    names = [refusal.__name__ for refusal in REFUSALS]

    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_code_that_is_taken_is_refused_at_once() -> None:
    """A second class of a code cannot even be made, nor one without code or text."""
    with pytest.raises(TypeError, match="E_NOT_FOUND names"):
        type("Another", (Refusal,), {"__doc__": "没有。", "code": NotFound.code})
    with pytest.raises(TypeError, match="needs a code"):
        type("Nameless", (NotFound,), {"__doc__": "没有。"})
    with pytest.raises(TypeError, match="and a text"):
        type("Silent", (Refusal,), {"code": "E_SILENT"})


def test_the_table_of_status_speaks_of_refusals() -> None:
    """Every code of the table is that of a refusal, so that none is answered by chance."""
    assert set(STATUS_OF) <= {refusal.code for refusal in REFUSALS}


def test_every_raise_gives_the_facts_of_its_text() -> None:
    """R35: no text is shown with a gap; whoever makes a refusal says what its text asks for."""
    asked = {
        refusal.__name__: facts_of(refusal)
        for refusal in REFUSALS
        if refusal.__init__ is Refusal.__init__
    }
    made = [each for path in _sources() for each in _made(path)]
    gaps = [
        f"{place}: {name} needs {sorted(asked[name])}"
        for place, name, given in made
        if asked.get(name, frozenset()) - given and "**" not in given
    ]

    assert len(made) > 1000
    assert gaps == []


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _made(path: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Yield place, name and given facts of each call and of each bare `raise NAME`.

    What is called through a library's module is not ours, whatever its name.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name, given = ast.unparse(node.func), {each.arg or "**" for each in node.keywords}
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name | ast.Attribute):
            name, given = ast.unparse(node.exc), set()
        else:
            continue
        module, _, own = name.rpartition(".")
        if module in ("", "errors", "wiring"):
            yield f"{path.relative_to(ROOT)}:{node.lineno}", own, given


def test_a_refusal_crosses_processes() -> None:
    """Code, field, facts and text are the same on the other side of a pipe."""
    from registry.errors import QualificationTaken

    refusal = QualificationTaken(
        "qualification_no", certificate_no="5", how="已登记", remedy="请核对"
    )

    crossed = pickle.loads(pickle.dumps(refusal))

    assert (type(crossed), crossed.field, str(crossed)) == (
        QualificationTaken,
        "qualification_no",
        "资格证书编号“5”已登记，请核对。",
    )


def test_a_sentence_ends_once() -> None:
    """F:input-3: a typed reason with its own stop, inside a text that has one too."""
    assert doctest.testmod(sentences) == (0, 2)
