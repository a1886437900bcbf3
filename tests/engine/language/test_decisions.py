"""Decision tables: S-FEEL cells, hit policies, overlaps and gaps."""

from __future__ import annotations

import pytest

from engine.errors import DecisionFailed, DecisionRefused, ExpressionFailed
from engine.language import feel
from engine.language.dmn import read_tables
from engine.language.xml import read_xml
from engine.lint.overlaps import overlaps

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d">'


def dmn(rules, inputs=("hours",), outputs=("years",), policy="UNIQUE", extra="", ranks=None):
    """Write a table: `rules` are lists of cells, inputs first."""
    rows = "".join(
        "<rule>"
        + "".join(
            f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>"
            for cell in row[: len(inputs)]
        )
        + "".join(
            f"<outputEntry><text><![CDATA[{cell}]]></text></outputEntry>"
            for cell in row[len(inputs) :]
        )
        + "</rule>"
        for row in rules
    )
    columns = "".join(
        f"<input><inputExpression><text>{text}</text></inputExpression></input>" for text in inputs
    )
    order = f"<outputValues><text>{ranks}</text></outputValues>" if ranks else ""
    columns += "".join(f'<output name="{name}">{order}</output>' for name in outputs)
    text = (
        f'{HEAD}<decision id="rule" name="规则"><decisionTable hitPolicy="{policy}" {extra}>'
        f"{columns}{rows}</decisionTable></decision></definitions>"
    )
    return text.encode()


def table(*args, **kwargs):
    return read_tables(read_xml(dmn(*args, **kwargs)))[0]


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("5", [5, 5.0], [6]),
        ('"上海"', ["上海"], ["江苏"]),
        ("true", [True], [False]),
        ("null", [None], [0, ""]),
        ("1,2,3", [1, 2, 3], [4]),
        ('"a","b"', ["a", "b"], ["c", "a,b"]),
        ("not(1)", [2], [1]),
        ('not("a","b")', ["c"], ["a", "b"]),
        ("[1..5]", [1, 5], [0, 6]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5), 9", [1, 9], [5]),
        ("< 3", [2], [3, None]),
        (">=3", [3], [2]),
        ("!= 3", [4], [3]),
        ("= 3", [3], [4]),
        ("-1.5", [-1.5], [1]),
        ('date("2026-01-31")', ["2026-01-31"], ["2026-02-01"]),
        ('>= date("2026-01-31")', ["2026-02-01"], ["2026-01-30"]),
        ('[date("2026-01-01")..date("2026-12-31")]', ["2026-06-01"], ["2027-01-01"]),
        ("\n  [1 .. 5]\n  ", [1], [6]),
        (r'"a\"b\\c"', ['a"b\\c'], ["abc"]),
        ("not(< 1, > 5)", [3], [0, 6]),
    ],
)
def test_cells_are_real_s_feel(cell, yes, no):
    """Lists, ranges, not() and comparisons match as DMN says, not as Python would."""
    test = feel.unary_test(cell)

    assert [value for value in yes + no if test(value)] == yes


@pytest.mark.parametrize(
    "cell",
    [
        "__import__('os')",
        "'single'",
        "abc",
        "1 2",
        "[1..]",
        "[5..1]",
        "< true",
        "1,,2",
        "not(1",
        'date("31.1.2026")',
        'date("2026-02-30")',
        'date("2026-W05-6")',
        'date("20260131")',
        'duration("P1D")',
        "“a”",
        "1，2",
        '[1.."a"]',
        "< null",
        "1" * 600,
        "?",
        "a.b",
        "[x for x in y]",
        "not not(1)",
    ],
)
def test_other_cells_are_refused_at_deploy(cell):
    """A cell that is not S-FEEL never runs."""
    with pytest.raises(DecisionRefused) as refusal:
        table([[cell, "1"]])

    assert refusal.value.code == "E_DECISION_REFUSED"
    assert "第 1 条规则" in str(refusal.value)


@pytest.mark.parametrize("cell", ["a + b", "[1,2]", "x", "f()", "1 2"])
def test_outputs_are_literals(cell):
    """An output cell says one value; it computes nothing."""
    with pytest.raises(DecisionRefused):
        table([["1", cell]])


def test_unique_overlap_is_an_error():
    """UNIQUE: two rules that fit are a fault of the table, named by their rows."""
    rule = table([["> 1", "3"], ["> 2", "2"]])

    assert rule.decide({"hours": 2}) == 3
    with pytest.raises(DecisionFailed, match="第 1、2 条规则同时适用"):
        rule.decide({"hours": 3})


def test_no_match_is_an_error():
    """No rule that fits is a fault of the table, never an empty answer."""
    with pytest.raises(DecisionFailed, match="没有规则适用") as failure:
        table([["1", "3"]]).decide({"hours": 2})

    assert failure.value.code == "E_DECISION_FAILED"


def test_first_any_and_priority():
    """FIRST takes the upper row, ANY insists on agreement, PRIORITY follows the list of values."""
    rows = [["-", '"low"'], ["> 1", '"high"']]

    assert table(rows, policy="FIRST").decide({"hours": 2}) == "low"
    assert table(rows, policy="PRIORITY", ranks='"high", "low"').decide({"hours": 2}) == "high"
    assert table([["-", "1"], ["> 1", "1"]], policy="ANY").decide({"hours": 2}) == 1
    commas = [["-", '"a,b"'], ["> 1", '"c"']]
    assert table(commas, policy="PRIORITY", ranks='"c", "a,b"').decide({"hours": 2}) == "c"
    with pytest.raises(DecisionFailed, match="不一致"):
        table(rows, policy="ANY").decide({"hours": 2})


def test_collect_rule_order_and_aggregation():
    """COLLECT gathers all reasons at once; aggregations give one number."""
    rows = [["> 1", "5"], ["> 2", "7"], ["> 9", "1"]]

    assert table(rows, policy="COLLECT").decide({"hours": 3}) == [5, 7]
    assert table(rows, policy="COLLECT").decide({"hours": 0}) == []
    assert table(rows, policy="RULE ORDER").decide({"hours": 3}) == [5, 7]
    assert table(rows, policy="OUTPUT ORDER", ranks="7,5,1").decide({"hours": 3}) == [7, 5]
    for name, value in {"SUM": 12, "MIN": 5, "MAX": 7, "COUNT": 2}.items():
        summed = table(rows, policy="COLLECT", extra=f'aggregation="{name}"')
        assert summed.decide({"hours": 3}) == value


def test_several_outputs_make_a_record():
    """A table with more outputs than one answers with a dict of them."""
    rule = table([["-", "3", '"x"']], outputs=("years", "note"))

    assert rule.decide({"hours": 1}) == {"years": 3, "note": "x"}


def test_types_are_not_mixed():
    """Comparing a number with a text is an error of the table, and true is not 1."""
    with pytest.raises(DecisionFailed, match="类型不同"):
        table([["> 1", "3"]]).decide({"hours": "2"})
    with pytest.raises(DecisionFailed, match="类型不同"):
        table([["1", "3"]]).decide({"hours": True})
    with pytest.raises(ExpressionFailed):
        table([["1", "3"]]).decide({})


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "GUESS"},
        {"outputs": ("a", "a")},
        {"inputs": ("a.__b",)},
        {"inputs": ("__import__('os')",)},
        {"policy": "PRIORITY"},
        {"policy": "PRIORITY", "ranks": "5,6"},
        {"extra": 'aggregation="SUM"'},
        {"policy": "COLLECT", "extra": 'aggregation="AVERAGE"'},
    ],
)
def test_faulty_tables_are_refused_at_deploy(changes):
    """A hit policy, column or aggregation that cannot work is refused when deployed."""
    width = len(changes.get("outputs", ("years",)))
    with pytest.raises(DecisionRefused):
        table([["1", *["1"] * width]], **changes)


@pytest.mark.parametrize(
    ("first", "other", "meet"),
    [
        ("> 1", "> 2", True),
        ("< 3", "[3..5]", False),
        ("<= 3", "[3..5]", True),
        ("(1..2)", "(1..2)", True),
        ("(1..2)", "[2..3]", False),
        ("1,2", "3,4", False),
        ("1,2", "not(1)", True),
        ('"a"', '"b"', False),
        ('not("a")', 'not("b")', True),
        ('not("a","b")', '"a"', False),
        ("true", "false", False),
        ("true", "not(true)", False),
        ("-", "null", True),
        ("null", "not(null)", False),
        ("null", "> 1", False),
        ('< date("2026-01-01")', '>= date("2026-01-01")', False),
        ('<= date("2026-01-01")', '>= date("2026-01-01")', True),
        ('<= date("9999-12-31")', '> date("9999-12-31")', False),
        ('< date("0001-01-01")', '>= date("0001-01-01")', False),
        ('> "a"', '> "b"', True),
        ('> "b"', '<= "b"', False),
        ('("a".."c")', '("a".."c")', True),
        ('("a".."b"]', '("b".."c")', False),
    ],
)
def test_overlaps_are_found_before_deployment(first, other, meet):
    """Two rules of a UNIQUE table that could both apply are named when it is deployed."""
    second = [[first, "5", "1"], [other, "5", "2"]]

    assert overlaps(table([[first, "1"], [other, "2"]])) == ([(1, 2)] if meet else [])
    assert overlaps(table([[first, "1"], [other, "2"]], policy="ANY")) == ([(1, 2)] if meet else [])
    assert overlaps(table([[first, "1"], [other, "1"]], policy="ANY")) == []
    assert overlaps(table([[first, "1"], [other, "2"]], policy="FIRST")) == []
    assert overlaps(table(second, inputs=("hours", "years"))) == ([(1, 2)] if meet else [])
    second[1][1] = "6"
    assert overlaps(table(second, inputs=("hours", "years"))) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("<rule>", "<rule><inputEntry><text>1</text></inputEntry>"), "格数与列数不符"),
        (("<decisionTable", "<informationRequirement/><decisionTable"), "决策之间的引用"),
        (("<decisionTable", "<knowledgeRequirement/><decisionTable"), "决策之间的引用"),
        (("<decisionTable", "<literalExpression/><decisionTable"), "决策之间的引用"),
        (("</output>", "<defaultOutputEntry/></output>"), "缺省的输出"),
        (("</decisionTable>", "</decisionTable><decisionTable/>"), "只含一张决策表"),
        (('id="rule"', 'id="no name"'), "英文标识"),
        (("https://www.omg.org", "https://www.omg.example"), "不是 DMN"),
        (("decision ", "decisionService "), "没有决策"),
    ],
)
def test_documents_of_another_shape_are_refused(change, text):
    """One decision, one table, as many cells as columns, a known version of DMN."""
    old, new = change
    data = dmn([["1", "1"]]).decode().replace(old, new)
    data = data.replace("</decision>", "</decisionService>") if "Service" in new else data

    with pytest.raises(DecisionRefused, match=text):
        read_tables(read_xml(data.encode()))


def test_empty_tables_and_empty_extremes_are_told():
    """A table has rules; the least of nothing is no number, the sum of nothing is none."""
    with pytest.raises(DecisionRefused, match="没有规则"):
        table([])
    with pytest.raises(DecisionRefused, match="输出值次序"):
        table([["1", "1"]], policy="PRIORITY", ranks="what")
    for name in ("MIN", "MAX"):
        with pytest.raises(DecisionFailed, match="最大或最小"):
            table([["> 9", "1"]], policy="COLLECT", extra=f'aggregation="{name}"').decide(
                {"hours": 1}
            )
    empty = table([["> 9", "1"]], policy="COLLECT", extra='aggregation="SUM"')
    assert empty.decide({"hours": 1}) == 0
