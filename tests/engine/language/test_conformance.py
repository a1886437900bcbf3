"""Decision tables answer as the DMN Technology Compatibility Kit says, level 2 (own data).

The kit covers each hit policy with one small table; here are tables of ours with the same shapes:
the inputs of each are a number, a listed text and a truth value, the answers are derived from
clause 8.2.10 of DMN 1.3. What the kit has beside tables is refused: see docs/tables.md.
"""

from __future__ import annotations

import pytest

from engine.errors import DecisionFailed
from engine.language.decisions import Table
from engine.language.dmn import read_tables
from engine.language.xml import read_xml
from engine.lint import columns, gaps
from engine.lint.overlaps import overlaps
from tests.engine.language.test_decisions import dmn

INPUTS = ("hours", "grade", "is_member")
UNIQUE = [
    (">= 60", '"B","C"', "true", '"GRANT"'),
    ("< 60", '"B","C"', "true", '"REFUSE"'),
    ("-", '"A"', "true", '"REFUSE"'),
    ("-", "-", "false", '"REFUSE"'),
]
MEETING = [
    (">= 60", '"B","C"', "true", '"GRANT"'),
    ("< 60", "-", "-", '"REFUSE"'),
    ("-", '"A"', "-", '"REFUSE"'),
    ("-", "-", "false", '"REFUSE"'),
]
STEPS = [("> 1", "98.83"), ("> 2", "150.21"), ("> 3", "205.43"), ("> 4", "64.32")]
PAIRS = [
    (">= 60", '"B"', "true", '"GRANT"', '"FULL"'),
    (">= 40", '"B"', "true", '"GRANT"', '"HALF"'),
    ("< 40", '"C"', "true", '"REFUSE"', '"NONE"'),
]
ORDERED = [
    (">= 60", '"B","C"', "true", '"GRANT"', '"BASIC"'),
    ("< 60", "-", "-", '"REFUSE"', '"FULL"'),
    ("-", '"A"', "-", '"GRANT"', '"FULL"'),
]
GRANTED = '"GRANT","REFUSE"'


def table(rules, policy, *, extra="", ranks=None, inputs=INPUTS) -> Table:
    """Read a table; all outputs beyond the inputs are called after their place."""
    outputs = tuple(f"out{place}" for place in range(len(rules[0]) - len(inputs)))
    data = dmn([list(rule) for rule in rules], inputs, outputs, policy, extra, ranks)
    if ranks:  # of the first output only
        first, *rest = data.decode().split("<outputValues>")
        data = (
            "<outputValues>".join([first, rest[0]]) + "".join(_without(more) for more in rest[1:])
        ).encode()
    return read_tables(read_xml(data))[0]


def _without(more: str) -> str:
    return more.split("</outputValues>")[1]


def facts(hours, grade="B", is_member=True):
    return {"hours": hours, "grade": grade, "is_member": is_member}


@pytest.mark.parametrize(
    ("shape", "rules", "asked"),
    [
        (
            {"policy": "UNIQUE"},
            UNIQUE,
            [(60, "B", "GRANT"), (59, "B", "REFUSE"), (60, "A", "REFUSE")],
        ),
        (
            {"policy": "ANY"},
            MEETING,
            [(60, "B", "GRANT"), (59, "B", "REFUSE"), (60, "A", "REFUSE")],
        ),
        (
            {"policy": "PRIORITY", "ranks": GRANTED},
            MEETING,
            [(60, "B", "GRANT"), (59, "B", "REFUSE"), (60, "A", "REFUSE")],
        ),
        (
            {"policy": "PRIORITY", "ranks": GRANTED},
            [UNIQUE[0], ("-", "-", "-", '"REFUSE"')],
            [(60, "B", "GRANT"), (59, "B", "REFUSE"), (60, "A", "REFUSE")],
        ),
        (
            {"policy": "FIRST"},
            PAIRS,
            [
                (61, "B", {"out0": "GRANT", "out1": "FULL"}),
                (45, "B", {"out0": "GRANT", "out1": "HALF"}),
                (10, "C", {"out0": "REFUSE", "out1": "NONE"}),
            ],
        ),
        (
            {"policy": "RULE ORDER"},
            PAIRS,
            [
                (61, "B", [{"out0": "GRANT", "out1": "FULL"}, {"out0": "GRANT", "out1": "HALF"}]),
                (45, "B", [{"out0": "GRANT", "out1": "HALF"}]),
                (10, "B", []),
            ],
        ),
        (
            {"policy": "OUTPUT ORDER", "ranks": GRANTED},
            ORDERED,
            [
                (59, "A", [{"out0": "GRANT", "out1": "FULL"}, {"out0": "REFUSE", "out1": "FULL"}]),
                (61, "C", [{"out0": "GRANT", "out1": "BASIC"}]),
            ],
        ),
        (
            {"policy": "PRIORITY", "ranks": GRANTED},
            ORDERED,
            [
                (59, "A", {"out0": "GRANT", "out1": "FULL"}),
                (59, "C", {"out0": "REFUSE", "out1": "FULL"}),
            ],
        ),
        (
            {"policy": "COLLECT"},
            ORDERED,
            [(59, "A", [{"out0": "REFUSE", "out1": "FULL"}, {"out0": "GRANT", "out1": "FULL"}])],
        ),
    ],
)
def test_each_hit_policy_answers_as_the_kit(shape, rules, asked):
    """DMN 1.3 clause 8.2.10: single hits, and lists in the order of rules or of outputs."""
    rule = table(rules, **shape)

    for hours, grade, answer in asked:
        assert rule.decide(facts(hours, grade)) == answer


@pytest.mark.parametrize(
    ("aggregation", "asked"),
    [
        ("MIN", [(5, 64.32), (3, 98.83), (4, 98.83)]),
        ("MAX", [(5, 205.43), (3, 150.21)]),
        ("SUM", [(3, 249.04), (4, 454.47), (2, 98.83), (1, 0)]),
        ("COUNT", [(5, 4), (3, 2), (1, 0)]),
    ],
)
def test_aggregations_are_exact(aggregation, asked):
    """Sums of decimals are what people add up: 98.83 and 150.21 are 249.04."""
    rule = table(STEPS, "COLLECT", extra=f'aggregation="{aggregation}"', inputs=("hours",))

    for hours, answer in asked:
        assert rule.decide({"hours": hours}) == answer


def test_default_outputs_answer_when_no_rule_applies():
    """DMN 1.3 clause 8.2.11: the default is said when no rule is, and only then."""
    data = dmn([["> 5", '"MANY"']]).decode()
    default = '<defaultOutputEntry><text>"FEW"</text></defaultOutputEntry></output>'
    (rule,) = read_tables(read_xml(data.replace("</output>", default).encode()))

    assert [rule.decide({"hours": hours}) for hours in (6, 5)] == ["MANY", "FEW"]
    assert gaps.gap(rule) is None


@pytest.mark.parametrize("year", ["20191111", "20211108", "20230324"])
def test_every_edition_from_1_3_to_1_5_is_read(year):
    data = dmn([["-", "1"]]).replace(b"20191111", year.encode())

    assert read_tables(read_xml(data))[0].decide({"hours": 1}) == 1


def declared(rows, *, read="number", said="number", allowed="", policy="UNIQUE") -> Table:
    """Read a table of one input and one output with declared types and allowed values."""
    values = f"<inputValues><text>{allowed}</text></inputValues>" if allowed else ""
    data = (
        dmn(rows, policy=policy)
        .decode()
        .replace("<inputExpression>", f'<inputExpression typeRef="{read}">')
        .replace("</input>", f"{values}</input>")
        .replace("<output ", f'<output typeRef="{said}" ')
    )
    return read_tables(read_xml(data.encode()))[0]


@pytest.mark.parametrize(
    ("rows", "shape", "text", "remedy"),
    [
        ([['"5"', "1"]], {}, '第 1 条规则“hours”列："5"不是数', "请写成 30 这样"),
        ([["-", '"1"']], {}, '第 1 条规则“years”列："1"不是数', "类型是数（number）"),
        ([["-", "true"]], {}, "true不是数", "number"),
        ([["-", '"true"']], {"said": "boolean"}, '"true"不是真假', "请写成 true 这样"),
        ([["-", "2026"]], {"said": "date"}, "2026不是日期", "@"),
        (
            [['"INITAL"', "1"]],
            {"read": "string", "allowed": '"INITIAL","RENEWAL"'},
            "不在允许的值之内",
            "是不是 INITIAL？",
        ),
        ([["200", "1"]], {"allowed": "[0..100]"}, "200不在允许的值之内", "允许的值：0、100"),
        ([["5", ""]], {}, "第 1 条规则“years”列的输出是空的", "没有值的写 null"),
        ([["-", "1"], ["", ""]], {}, "第 2 条规则是空行", "删除它"),
        ([["-", "1"], ["-", ""]], {"policy": "COLLECT"}, "第 2 条规则是空行", "删除它"),
        ([["-", "1"]], {"read": "dateTime"}, "不认识类型“dateTime”", "string、number"),
        ([["-", "1"]], {"allowed": "a..b"}, "允许的值", "[0..100]"),
    ],
)
def test_a_cell_is_of_its_column(rows, shape, text, remedy):
    """typeRef, inputValues and outputValues hold; a row that nobody filled in says nothing."""
    told = list(columns.check(declared(rows, **shape)))

    assert any(text in said and remedy in way for said, way in told), told


def test_what_a_case_brings_is_held_against_the_column():
    """A text where a number is declared is told, also where no rule looks at it."""
    rule = declared([["-", "1"]])

    with pytest.raises(DecisionFailed, match='“hours”："many"不是数'):
        rule.decide({"hours": "many"})
    with pytest.raises(DecisionFailed, match="不在允许的值之内"):
        declared([["-", "1"]], allowed="[0..100]").decide({"hours": 101})
    assert rule.decide({"hours": None}) == 1
    assert declared([['@"2026-01-31"', "1"]], read="date").decide({"hours": "2026-01-31"}) == 1


@pytest.mark.parametrize(
    ("cells", "shape", "missing"),
    [
        (["> 5", "< 5"], {}, 5),
        (["> 5", "<= 5"], {}, None),
        (["[0..5]", "(5..9]"], {"allowed": "[0..9]"}, None),
        (["[0..5]", "(5..8]"], {"allowed": "[0..9]"}, 8.5),
        (["true"], {"read": "boolean"}, False),
        (["true", "false"], {"read": "boolean"}, None),
        (["true", "null"], {"read": "boolean"}, False),
        (["true", "not(true)"], {"read": "boolean"}, None),
        (["not(null)"], {}, None.__class__),
        (["!= null", "null"], {}, None),
        (['"A"', '"B"'], {"read": "string", "allowed": '"A","B"'}, None),
        (['"A"'], {"read": "string", "allowed": '"A","B"'}, "B"),
        (['< @"2026-01-01"', '> @"2026-01-01"'], {"read": "date"}, "2026-01-01"),
        (["0.1", "!= 0.1"], {}, None),
        (["not(> 5)", "> 5"], {}, None),
        (["not(> 5)", "> 5", "null"], {}, None),
    ],
)
def test_gaps_are_found_as_overlaps_are(cells, shape, missing):
    """What no rule answers is named before a case comes with it; null where the column has it."""
    gap = gaps.gap(declared([[cell, "1"] for cell in cells], **shape))

    if missing is None:
        assert gap is None
    elif missing is None.__class__:
        assert gap == (None,)
    else:
        assert gap is not None
        assert str(gap[0]) == str(missing)


def test_rules_that_speak_only_of_null_meet_too():
    assert overlaps(declared([["not(null)", "1"], ["!= null", "2"]])) == [(1, 2)]
    assert overlaps(declared([["not(null)", "1"], ["null", "2"]])) == []
    assert overlaps(declared([["not(> 5)", "1"], ["null", "2"]])) == []


def test_any_tells_one_from_true():
    """1 and true are two conclusions."""
    rule = table([("-", "1"), ("> 1", "true")], "ANY", inputs=("hours",))

    assert overlaps(rule) == [(1, 2)]
    with pytest.raises(DecisionFailed, match="不一致"):
        rule.decide({"hours": 2})


def test_priority_orders_days():
    rule = table(
        [("-", '@"2026-01-01"'), ("> 1", 'date("2027-01-01")')],
        "PRIORITY",
        ranks='@"2027-01-01", @"2026-01-01"',
        inputs=("hours",),
    )

    assert [rule.decide({"hours": hours}) for hours in (1, 2)] == ["2026-01-01", "2027-01-01"]


@pytest.mark.parametrize(
    ("column", "given", "cell"),
    [
        ("form.days", {"form": {"days": 3}}, "3"),
        ('matter = "INITIAL"', {"matter": "INITIAL"}, "true"),
        ("flag = true", {"flag": True}, "true"),
        ("left = null", {"left": None}, "true"),
        ('born >= @"2000-01-01"', {"born": "2001-05-01"}, "true"),
        ("share + 0.2", {"share": 0.1}, "0.3"),
    ],
)
def test_columns_read_paths_and_comparisons_as_feel_writes_them(column, given, cell):
    rule = table([(cell, "1")], "FIRST", inputs=(column,))

    assert rule.decide(given) == 1


def test_a_rule_that_never_answers_is_told():
    """A wide rule above a narrow one takes all from it."""
    rows = [("> 10", "1"), ("> 20", "2"), ("-", "3")]

    assert list(gaps.idle(table(rows, "FIRST", inputs=("hours",)))) == [(2, [1])]
    assert list(gaps.idle(table([rows[1], rows[0], rows[2]], "FIRST", inputs=("hours",)))) == []


def test_many_rules_are_judged_soon_or_refused_with_a_reason():
    """500 rules are held against each other; more are refused before they are read."""
    rows = [[f'"C{number}"', str(number), str(number)] for number in range(500)]
    rule = read_tables(read_xml(dmn(rows, inputs=("code", "hours"))))[0]

    assert overlaps(rule) == []
    assert gaps.gap(rule) is not None
