"""Each rule of the check has a code: in one list, in the manual, and on every finding."""

from __future__ import annotations

import ast
import json
import pickle
from pathlib import Path

import pytest

from professions import positions
from professions.positions import Position
from refusals import rules
from refusals.rules import RULES
from web import cli

ROOT = Path(__file__).parents[3]
PLACES = (
    *(
        "engine/lint",
        "professions/checks",
        "professions/checks/said",
        "professions/checks/ways",
        "professions",
        "professions/texts",
        "casework",
    ),
)


def modules() -> list[Path]:
    return [path for place in PLACES for path in sorted((ROOT / place).glob("*.py"))]


def test_every_rule_is_insisted_on_somewhere() -> None:
    """A code in the list that nothing speaks for would promise what is not checked."""
    named = {
        argument.value
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.Call, ast.Return, ast.IfExp))
        for argument in ast.walk(node)
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("E_")
    }

    assert RULES.keys() - named == set()


def test_whatever_yields_findings_speaks_for_a_rule() -> None:
    """A function that writes what is wrong is under a rule, or is asked by one that is."""
    without = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in modules()
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and _writes_findings(function)
        if not any("insists" in ast.unparse(decorator) for decorator in function.decorator_list)
    ]

    assert sorted(without) == sorted(ASKED_BY_A_RULE)


#: Functions asked by one under a rule, or that pass on what others found, or give other pairs.
ASKED_BY_A_RULE = [
    "engine/lint/schema.py:_misread",
    "engine/lint/tokens.py:_game",
    "professions/checks/conditions.py:_together",
    "professions/checks/conditions.py:faults",
    "professions/checks/parameters.py:_caught",
    "professions/checks/parameters.py:_parameters",
    "professions/checks/said/texts.py:_worded",
    "professions/checks/shapes.py:faults",
    "professions/checks/timers.py:faults",
    "professions/forms.py:helps",
    "professions/texts/help_texts.py:_of_line",
    "professions/texts/wording.py:faults",
    "professions/texts/wording.py:of_units",
    "professions/variables.py:_set_in",
]


def _writes_findings(function: ast.FunctionDef) -> bool:
    """Tell whether a function itself yields a tuple that ends with words for a person."""
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef)][1:]
    hidden = {id(node) for other in inner for node in ast.walk(other)}
    returned = ast.unparse(function.returns) if function.returns else ""
    is_finding = "Finding" in returned or returned.startswith("Iterator[tuple[str, str")
    return is_finding and any(
        isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple)
        for node in ast.walk(function)
        if id(node) not in hidden
    )


def test_the_manual_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """`docs/check-rules.md` says what `zhuce check --rules` says."""
    assert cli.main(["check", "--rules"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert cli.main(["check", "--rules", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)

    rows = [f"| `{rule.code}` | {rule.asks} | {rule.remedy} |" for rule in RULES.values()]
    assert told == [f"{rule.code} {rule.asks}。{rule.remedy}。" for rule in RULES.values()]
    assert [rule["code"] for rule in listed] == [*RULES]
    manual = (ROOT / "docs" / "check-rules.md").read_text("utf-8").splitlines()
    assert [line for line in manual if line.startswith("| `E_")] == rows


def test_a_sentence_keeps_its_code_in_another_process() -> None:
    sentence = rules.said("E_LANE", "不在任何泳道中")

    kept = pickle.loads(pickle.dumps(sentence))

    assert (kept, rules.code_of(kept), rules.code_of("anything")) == (sentence, "E_LANE", "")


@pytest.mark.parametrize(
    ("path", "data", "element", "text", "place"),
    [
        ("a.bpmn", "<a>\n<b id='x'/></a>", "x", "没有名称", Position(2)),
        ("a.dmn", "<a id='t'>\n<rule/>\n<rule/></a>", "t", "第 2 条规则是空行", Position(3)),
        ("a.dmn", "<a", "t", "第 1 行第 3 列：不是", Position(1, 3)),
        ("a.bpmn", "<a", "x", "没有名称", Position()),
        ("f.ui.json", '{\n "photo": {}}', "photo", "裁剪", Position(2)),
        ("type.toml", "[photo]\n\nwidth = 1", "photo.width", "太小", Position(3)),
        ("type.toml", '[[matter]]\ncode = "INITIAL"', "INITIAL", "没有表单", Position(2)),
        ("documents/a.typ", "x", "第 7 行", "没有名称", Position(7)),
        ("help/a.md", "x", "", "是空的", Position()),
    ],
)
def test_an_editor_is_told_the_row(
    path: str, data: str, element: str, text: str, place: Position
) -> None:
    """By the words of the finding, else by the element's name in the file."""
    assert positions.of(path, data.encode(), element, text) == place
