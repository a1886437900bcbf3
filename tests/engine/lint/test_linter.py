"""The check at deploy: hostile XML, places for expressions, and shapes that would run wrongly."""

from __future__ import annotations

import pytest

from engine.errors import DefinitionRefused
from engine.language import parsing
from engine.lint import linter
from engine.operations import Operations, Outcome
from tests.engine import drawing as d
from tests.engine.language.test_decisions import dmn

EVIL = "__import__(&quot;os&quot;).system(&quot;touch /tmp/pwned&quot;)"
EVIL_TEXT = '__import__("os").system("touch /tmp/pwned")'
MESSAGE = '<message id="m" name="application.changed"/>'
ERROR = '<error id="err" name="e" errorCode="REFUSED"/>'


def problems(body, outside="", **files):
    """Return the texts of the problems of one diagram."""
    told = linter.check({"main.bpmn": d.process(body, outside), **files})
    return [f"{problem.element}: {problem.text}" for problem in told]


def around(node, key="t", extra=""):
    """Draw start, the node, end."""
    return d.start() + node + d.end() + d.line("begin", key, "finish") + extra


GOOD = around(d.user("t"))


def test_a_sound_diagram_has_no_problems():
    """The smallest sound diagram passes; so does one with each kind of node."""
    everything = (
        d.start()
        + d.user("fill", formKey="f", status="DRAFT")
        + d.rule("ask", "rule")
        + d.gateway("which", "again")
        + d.subprocess(
            "scope", d.start("s") + d.user("again") + d.end("x") + d.line("s", "again", "x")
        )
        + d.boundary("late", "scope", d.timer('"P30D"'))
        + d.boundary("told", "scope", d.message("m"), interrupts=False)
        + d.service("do", "area/verb", "result", kind="'x'", role="matter")
        + d.boundary("failed", "do", d.error("err"))
        + d.end()
        + d.end("bad", d.error("err"))
        + d.end("stop", "<terminateEventDefinition/>")
        + d.end("note")
        + d.line("begin", "fill", "ask", "which", "scope", "do", "finish").replace(
            'id="which_scope"', 'id="which_again"'
        )
        + d.flow("which", "finish", "rule == 1")
        + d.flow("late", "bad")
        + d.flow("told", "note")
        + d.flow("failed", "stop")
    )

    assert problems(GOOD) == []
    assert problems(everything, MESSAGE + ERROR, **{"r.dmn": dmn([["-", "1"]])}) == []


def test_what_editors_draw_for_readers_is_let_in():
    """Pools, lanes, groups, notes and flows to other pools are pictures and disturb nothing."""
    outside = (
        '<category id="c"><categoryValue id="cv" value="x"/></category><collaboration id="co">'
        '<participant id="p" name="注册" processRef="main"/><participant id="q" name="银行"/>'
        '<messageFlow id="mf" sourceRef="q" targetRef="p"/></collaboration>'
    )
    body = (
        '<laneSet id="ls"><lane id="l" name="申请人"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
        + GOOD
        + '<group id="g" categoryValueRef="cv"/>'
        + '<textAnnotation id="note"><text>x</text></textAnnotation>'
        + '<association id="a" sourceRef="t" targetRef="note"/>'
    )

    assert problems(body, outside) == []


PLACES = {
    "condition": d.start()
    + d.gateway("t", "finish")
    + d.end()
    + d.end("other")
    + d.line("begin", "t", "finish")
    + d.flow("t", "other", EVIL_TEXT),
    "script task": around(f'<scriptTask id="t"><script>{EVIL_TEXT}</script></scriptTask>'),
    "pre-script": around(
        d.user("t", extra=f"<spiffworkflow:preScript>{EVIL_TEXT}</spiffworkflow:preScript>")
    ),
    "post-script": around(
        d.user("t", extra=f"<spiffworkflow:postScript>{EVIL_TEXT}</spiffworkflow:postScript>")
    ),
    "timer": around(
        f'<intermediateCatchEvent id="t">{d.timer(EVIL_TEXT)}</intermediateCatchEvent>'
    ),
    "timer date": around(
        f'<intermediateCatchEvent id="t">{d.timer(EVIL_TEXT, "timeDate")}</intermediateCatchEvent>'
    ),
    "timer cycle": around(
        f'<intermediateCatchEvent id="t">{d.timer(EVIL_TEXT, "timeCycle")}</intermediateCatchEvent>'
    ),
    "parameter": around(d.service("t", "area/verb", a=EVIL)),
    "result variable": around(d.service("t", "area/verb", "__class__")),
    "operator name": around(d.service("t", EVIL)),
    "cardinality": around(
        f'<userTask id="t">{d.extensions(d.properties(actorRole="applicant"))}'
        f"<multiInstanceLoopCharacteristics><loopCardinality>{EVIL_TEXT}</loopCardinality>"
        "</multiInstanceLoopCharacteristics></userTask>"
    ),
    "completion condition": around(
        f'<userTask id="t">{d.extensions(d.properties(actorRole="applicant"))}'
        "<multiInstanceLoopCharacteristics><loopDataInputRef>x</loopDataInputRef>"
        f"<completionCondition>{EVIL_TEXT}</completionCondition>"
        "</multiInstanceLoopCharacteristics></userTask>"
    ),
    "loop condition": around(
        f'<userTask id="t">{d.extensions(d.properties(actorRole="applicant"))}'
        f'<standardLoopCharacteristics loopMaximum="1"><loopCondition>{EVIL_TEXT}</loopCondition>'
        "</standardLoopCharacteristics></userTask>"
    ),
    "conditional event": around(
        f'<intermediateCatchEvent id="t"><conditionalEventDefinition><condition>{EVIL_TEXT}'
        "</condition></conditionalEventDefinition></intermediateCatchEvent>"
    ),
    "message payload": around(
        '<intermediateCatchEvent id="t"><messageEventDefinition messageRef="m"><extensionElements>'
        f"<spiffworkflow:messagePayload>{EVIL_TEXT}</spiffworkflow:messagePayload>"
        "</extensionElements></messageEventDefinition></intermediateCatchEvent>"
    ),
    "message throw": around(
        f'<intermediateThrowEvent id="t">{d.message("m")}</intermediateThrowEvent>'
    ),
    "signal": around(
        '<intermediateThrowEvent id="t"><signalEventDefinition/></intermediateThrowEvent>'
    ),
    "data input": around(
        f'<userTask id="t">{d.extensions(d.properties(actorRole="applicant"))}'
        "<dataInputAssociation><sourceRef>x</sourceRef></dataInputAssociation></userTask>"
    ),
    "unit tests": around(d.user("t", extra="<spiffworkflow:unitTests/>")),
    "variable name": around(
        d.user("t", extra="<spiffworkflow:variableName>x</spiffworkflow:variableName>")
    ),
    "instructions": around(
        d.user(
            "t",
            extra="<spiffworkflow:instructionsForEndUser>{{x}}</spiffworkflow:instructionsForEndUser>",
        )
    ),
    "ad hoc": around('<adHocSubProcess id="t"/>'),
    "transaction": around('<transaction id="t"/>'),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_for_code_is_refused_at_deploy(place):
    """Each of the places where the library would run Python is refused, with its element."""
    refused = problems(PLACES[place], MESSAGE)

    assert refused, place
    assert any(line.startswith(("t:", "t_other:", "main:")) for line in refused)


@pytest.mark.parametrize(
    "table",
    [
        dmn([["-", "1"]], inputs=(EVIL_TEXT,)),
        dmn([[EVIL_TEXT, "1"]]),
        dmn([["-", EVIL_TEXT]]),
    ],
)
def test_decision_cells_are_refused_at_deploy(table):
    """Inputs, cells and outputs of a table are no way in either."""
    refused = problems(GOOD, **{"r.dmn": table})

    assert refused
    assert "rule" in refused[0]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (dmn([['"a"', "1"], ["5", "2"]]), "混有文字（第 1 条规则）、数（第 2 条规则）"),
        (dmn([["true, 1", "1"]]), "混有是非（第 1 条规则）、数（第 1 条规则）"),
        (dmn([['date("2026-01-01")', "1"], ['"b"', "2"]]), "混有日期"),
        (dmn([["-", "1"]], inputs=('deadline("X")',)), "不能调用 deadline"),
        (dmn([["-", '"a"']], policy="COLLECT", extra='aggregation="SUM"'), "不是数，不能汇总"),
        (dmn([[f"{n}", "1"] for n in range(501)]), "超过 500 条"),
        (dmn([["-", "1"]]).replace(b'"rule"', '"规则"'.encode()), "不能作为变量名"),
        (dmn([['> "a"', "1"], ['> "b"', "2"]]), "第 1 条和第 2 条规则可能同时适用"),
        (dmn([['("a".."c")', "1"], ['("a".."c")', "2"]]), "第 1 条和第 2 条规则可能同时适用"),
    ],
)
def test_tables_that_would_fail_with_a_case_are_refused_at_deploy(table, text):
    """Each cell may be sound and the table still fail: its author reads it, not an applicant."""
    refused = linter.check({"main.bpmn": d.process(GOOD), "r.dmn": table})

    assert [problem for problem in refused if problem.file == "r.dmn" and text in problem.text], (
        refused
    )
    assert all(problem.remedy for problem in refused)


def test_comments_change_nothing():
    """A note of the author between elements or inside a text is no part of what runs."""
    body = (
        d.start()
        + d.user("t", extra="<!-- x -->").replace("properties>", "properties><!-- x -->", 1)
        + d.gateway("g", "finish")
        + d.rule("r", "rule").replace(">rule<", "><!-- x -->rule<")
        + d.end()
        + d.line("begin", "t", "g", "finish")
        + d.flow("g", "r", "@").replace("<![CDATA[@]]>", "hours <!-- x -->== 1")
        + d.boundary(
            "late", "t", d.timer('"P1D"').replace("<timeDuration", "<!-- x --><timeDuration")
        )
        + d.flow("r", "finish")
        + d.flow("late", "finish")
    )
    table = dmn([["9", "1"]]).replace(b"<![CDATA[9]]>", b"9<!-- x -->9")

    assert problems(body, **{"r.dmn": table}) == []
    assert parsing.read_sources({"r.dmn": table}).tables["rule"].decide({"hours": 99}) == 1


def test_overlapping_rules_are_refused_at_deploy():
    """A UNIQUE table whose rules overlap is refused with the numbers of the rules."""
    refused = linter.check(
        {"main.bpmn": d.process(GOOD), "r.dmn": dmn([["> 1", "1"], ["> 2", "2"]])}
    )

    assert [(problem.file, problem.element) for problem in refused] == [("r.dmn", "rule")]
    assert "第 1 条和第 2 条规则可能同时适用" in refused[0].text


def test_correlations_are_refused():
    """A correlation expression is evaluated behind the script engine's back: there are none."""
    outside = (
        '<collaboration id="c"><correlationKey id="ck" name="k"><correlationPropertyRef>cp'
        "</correlationPropertyRef></correlationKey></collaboration>"
        '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="m">'
        f"<messagePath>{EVIL_TEXT}</messagePath></correlationPropertyRetrievalExpression>"
        "</correlationProperty>"
    )

    refused = problems(GOOD, outside + MESSAGE)

    assert any("correlationKey" in line for line in refused)
    assert any("correlationProperty" in line for line in refused)


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "A">]>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "AAAAAAAAAA">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 9))
    + b"]><d>&a8;</d>"
)


@pytest.mark.parametrize(
    "data",
    [
        DOCTYPE + d.process(GOOD),
        b'<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>',
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>',
        b'<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><d/>',
        LAUGHS,
        b"",
        b"not xml",
        b"<a><b></a>",
        b"\xff\xfe\x00",
        b"<a/>",
        b"<a>" * 400 + b"</a>" * 400,
        d.process(GOOD) + b"<!-- " + b"x" * 1_000_001 + b" -->",
        d.process(GOOD).replace(b"BPMN/20100524/MODEL", b"BPMN/20990524/MODEL"),
    ],
)
def test_hostile_xml_is_refused(data):
    """DOCTYPE, entities, depth, size and other documents are refused with one text."""
    refused = linter.check({"main.bpmn": data})

    assert refused
    assert refused[0].file == "main.bpmn"
    assert "不是可以接受的流程文件" in refused[0].text


def parallel_blocks(count):
    """Draw `count` parallel blocks in a row, each of two branches."""
    body, last = d.start() + d.end(), "begin"
    for n in range(count):
        body += f'<parallelGateway id="f{n}"/><parallelGateway id="j{n}"/>'
        body += d.user(f"a{n}") + d.user(f"b{n}")
        body += d.line(last, f"f{n}", f"a{n}", f"j{n}") + d.line(f"f{n}", f"b{n}", f"j{n}")
        last = f"j{n}"
    return body + d.line(last, "finish")


def waits(text, kind="timeDuration"):
    """Draw an event that waits for a time."""
    return around(f'<intermediateCatchEvent id="t">{d.timer(text, kind)}</intermediateCatchEvent>')


def marked(**attributes):
    """Draw a user task with attributes."""
    items = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return d.user("t").replace("<userTask ", f"<userTask {items} ")


TWICE = '<spiffworkflow:property name="actorRole" value="reviewer"/>'


def late(on):
    """Draw a timer on the border of a node."""
    return d.boundary("late", on, d.timer('"P2D"')) + d.flow("late", "finish")


SHAPES = {
    "gateway without default": (
        d.start()
        + d.gateway("t")
        + d.end()
        + d.end("other")
        + d.line("begin", "t", "finish")
        + d.flow("t", "other", "a == 1"),
        "没有默认出口",
    ),
    "flow without condition": (
        d.start()
        + d.gateway("t", "finish")
        + d.end()
        + d.end("other")
        + d.line("begin", "t", "finish")
        + d.flow("t", "other"),
        "出口没有条件",
    ),
    "condition after a task": (
        d.start() + d.user("t") + d.end() + d.line("begin", "t") + d.flow("t", "finish", "a"),
        "不能带条件",
    ),
    "two ways out of a task": (
        around(d.user("t")) + d.end("other") + d.flow("t", "other"),
        "只能有一个出口",
    ),
    "unreachable": (GOOD + d.user("island") + d.flow("island", "finish"), "走不到"),
    "dead end": (GOOD + d.boundary("late", "t", d.timer('"P1D"')), "没有出口"),
    "two starts": (GOOD + d.start("two") + d.flow("two", "t"), "有且只有一个开始事件"),
    "no end": (d.start() + d.user("t") + d.flow("begin", "t") + d.flow("t", "t"), "没有结束事件"),
    "link event": (
        around('<intermediateThrowEvent id="t"><linkEventDefinition/></intermediateThrowEvent>'),
        "不支持",
    ),
    "receive task": (around('<receiveTask id="t"/>'), "不支持的元素 receiveTask"),
    "complex gateway": (around('<complexGateway id="t"/>'), "complexGateway"),
    "inclusive gateway": (around('<inclusiveGateway id="t"/>'), "inclusiveGateway"),
    "event gateway": (around('<eventBasedGateway id="t"/>'), "eventBasedGateway"),
    "data store": (GOOD + '<dataStoreReference id="ds"/>', "dataStoreReference"),
    "event subprocess": (
        GOOD
        + '<subProcess id="sub" triggeredByEvent="true">'
        + around(d.user("t2"), "t2").replace("begin", "b2").replace("finish", "f2")
        + "</subProcess>",
        "事件子流程",
    ),
    "signal end": (GOOD.replace("</endEvent>", "<signalEventDefinition/></endEvent>"), "不支持"),
    "timer start": (
        GOOD.replace(
            '<startEvent id="begin"/>', f'<startEvent id="begin">{d.timer("1")}</startEvent>'
        ),
        "不支持这种事件",
    ),
    "unquoted duration": (
        around(f'<intermediateCatchEvent id="t">{d.timer("P30D")}</intermediateCatchEvent>'),
        "没有加引号",
    ),
    "nonsense duration": (
        around(
            f"<intermediateCatchEvent id='t'>{d.timer('&quot;soon&quot;')}</intermediateCatchEvent>"
        ).replace("&quot;", '"'),
        "不是时长",
    ),
    "negative duration": (
        around(
            '<intermediateCatchEvent id="t">' + d.timer('"-PT1H"') + "</intermediateCatchEvent>"
        ),
        "不是时长",
    ),
    "two timers on an event": (
        around(
            f'<intermediateCatchEvent id="t">{d.timer("1")}{d.timer("2")}</intermediateCatchEvent>'
        ),
        "不支持这种事件",
    ),
    "message without name": (
        around(f'<intermediateCatchEvent id="t">{d.message("none")}</intermediateCatchEvent>'),
        "没有消息名称",
    ),
    "error without code": (
        GOOD.replace("</endEvent>", f"{d.error('none')}</endEvent>"),
        "错误代码",
    ),
    "no role": (around('<userTask id="t"/>'), "没有办理角色"),
    "unknown role": (around(d.user("t", "boss")), "没有办理角色"),
    "four eyes with nobody": (around(d.user("t", differentFrom="ghost")), "不存在"),
    "four eyes with oneself": (around(d.user("t", differentFrom="t")), "不存在"),
    "no operator": (around('<serviceTask id="t"/>'), "须有一个操作"),
    "no table": (around(d.rule("t", "ghost")), "请增加决策表的文件"),
    "no process": (around('<callActivity id="t" calledElement="ghost"/>'), "的标识：main"),
    "calls itself": (around('<callActivity id="t" calledElement="main"/>'), "自己"),
    "duplicate id": (GOOD + d.user("t"), "标识重复"),
    "bad id": (around(d.user("t-1"), "t-1"), "标识须以字母开头"),
    "camunda": (
        around(
            '<userTask id="t" xmlns:c="http://camunda.org/schema/1.0/bpmn">'
            "<extensionElements><c:formData/></extensionElements></userTask>"
        ),
        "camunda.org",
    ),
    "loop without gateway": (
        d.start()
        + d.user("a")
        + d.user("b")
        + d.end()
        + d.line("begin", "a", "b", "a")
        + d.boundary("late", "a", d.timer('"P1D"'))
        + d.flow("late", "finish"),
        "循环中没有网关",
    ),
    "flow to nowhere": (GOOD + d.flow("t", "ghost"), "连线没有接好"),
    "way out of an end": (GOOD + d.end("more") + d.flow("finish", "more"), "结束事件不能有出口"),
    "default with condition": (
        d.start()
        + d.gateway("t", "finish")
        + d.end()
        + d.end("other")
        + d.flow("begin", "t")
        + d.flow("t", "finish", "a == 1")
        + d.flow("t", "other", "a == 2"),
        "默认出口不能带条件",
    ),
    "property without value": (
        around(d.user("t", extra=d.properties(x="y").replace(' value="y"', ""))),
        "属性须有名称和值",
    ),
    "message with content": (
        around(
            '<intermediateCatchEvent id="t"><messageEventDefinition messageRef="m">'
            "<documentation>x</documentation></messageEventDefinition></intermediateCatchEvent>"
        ),
        "不能带关联或内容",
    ),
    "error that does not interrupt": (
        GOOD + d.boundary("b", "t", d.error(), interrupts=False) + d.flow("b", "finish"),
        "必须中断",
    ),
    "timer without time": (
        around('<intermediateCatchEvent id="t"><timerEventDefinition/></intermediateCatchEvent>'),
        "须有一个时间",
    ),
    "parameter twice": (
        around(
            d.service("t", "area/verb", a="1").replace(
                "</spiffworkflow:parameters>",
                '<spiffworkflow:parameter id="a" type="str" value="1"/></spiffworkflow:parameters>',
            )
        ),
        "参数名称重复",
    ),
    "parameter without type": (
        around(d.service("t", "area/verb", a="1").replace('type="str" ', "")),
        "没有类型",
    ),
    "against the schema": (
        GOOD.replace('<sequenceFlow id="begin_t"', '<sequenceFlow colour="red" id="begin_t"'),
        "colour",
    ),
    "too many nodes": (
        d.start()
        + d.end()
        + "".join(d.user(f"n{n}") for n in range(3000))
        + d.line("begin", *(f"n{n}" for n in range(3000)), "finish"),
        "超过 200 个节点",
    ),
    "exploding parallels": (parallel_blocks(16), "展开后超过"),
    "moment before the calendar": (
        waits('"0001-01-01T00:00:00+14:00"', "timeDate"),
        "不是时长或时刻",
    ),
    "function without value": (waits("days()"), "须有且只有一个参数"),
    "function with two values": (waits('deadline("A", "B")'), "须有且只有一个参数"),
    "number in quotes": (waits('days("3")'), "days 的参数须为数"),
    "name without quotes": (waits("deadline(3)"), "deadline 的参数须为带引号的文字"),
    "comment for a time": (
        around(
            '<intermediateCatchEvent id="t"><timerEventDefinition><!--"P1D"-->'
            "</timerEventDefinition></intermediateCatchEvent>"
        ),
        "须有一个时间",
    ),
    "two tables for a task": (
        around(
            d.rule("t", "rule").replace(
                "</extensionElements>",
                "<spiffworkflow:calledDecisionId>x</spiffworkflow:calledDecisionId>"
                "</extensionElements>",
            )
        ),
        "calledDecisionId 写了两次",
    ),
    "two lists of properties": (
        around(d.user("t", extra=d.properties(status="DRAFT"))),
        "properties 写了两次",
    ),
    "property twice": (
        around(d.user("t").replace("<spiffworkflow:property ", TWICE + "<spiffworkflow:property ")),
        "属性 actorRole 写了两次",
    ),
    "variables with commas": (around(d.user("t", gives="a,b")), "不是以空格分开的变量名"),
    "boundary of a gateway": (
        d.start()
        + '<parallelGateway id="t"/>'
        + d.end()
        + d.line("begin", "t", "finish")
        + late("t"),
        "不能附在此处",
    ),
    "boundary of a catch event": (waits('"P2D"') + late("t"), "不能附在此处"),
    "boundary of the start": (GOOD + late("begin"), "不能附在此处"),
    "way into a boundary event": (
        d.start()
        + d.gateway("g", "t")
        + d.user("t")
        + d.end()
        + late("t")
        + d.line("begin", "g", "t", "finish")
        + d.flow("g", "late", "a == 1"),
        "边界事件不能有入口",
    ),
    "way into the start": (
        d.start()
        + d.user("t")
        + d.gateway("g", "finish")
        + d.end()
        + d.line("begin", "t", "g", "finish")
        + d.flow("g", "begin", "a == 1"),
        "开始事件不能有入口",
    ),
    "one message twice on a task": (
        GOOD
        + d.boundary("b1", "t", d.message("m"))
        + d.boundary("b2", "t", d.message("m"))
        + d.line("b1", "finish")
        + d.line("b2", "finish"),
        "已有等待同一消息或者错误",
    ),
    "compensation": (around(marked(isForCompensation="true")), "不支持补偿"),
    "compensation event": (
        GOOD + d.boundary("b", "t", "<compensateEventDefinition/>") + d.flow("b", "finish"),
        "不支持的元素 compensateEventDefinition",
    ),
    "two tokens out of a task": (around(marked(completionQuantity="2")), "不支持完成数量"),
    "an attribute of another engine": (
        around(marked(**{"xmlns:c": "http://camunda.org/schema/1.0/bpmn", "c:assignee": "${x}"})),
        "不支持的属性 assignee",
    ),
    "a name longer than its row": (
        around(d.user("t").replace('name="t"', f'name="{"长" * 201}"')),
        "名称超过",
    ),
    "a form key longer than its row": (around(d.user("t", formKey="f" * 65)), "表单名称超过"),
    "an element hidden in a drawing": (
        around(
            d.user(
                "t",
                extra='<di:x xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI">'
                "<spiffworkflow:preScript>x</spiffworkflow:preScript></di:x>",
            )
        ),
        "不支持的元素",
    ),
    "a condition that is always true": (
        d.start()
        + d.gateway("t", "finish")
        + d.end()
        + d.end("other")
        + d.line("begin", "t", "finish")
        + d.flow("t", "other", '"approve"'),
        "总是同一结果",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_that_would_run_wrongly_are_refused(shape):
    """What the library takes in silence is refused with place and remedy (engine traps)."""
    body, text = SHAPES[shape]

    refused = linter.check({"main.bpmn": d.process(body, MESSAGE)})

    assert any(text in f"{problem.text}；{problem.remedy}" for problem in refused), refused
    assert all(problem.remedy for problem in refused)


@pytest.mark.parametrize("value", ["1", "0", " true "])
def test_truth_is_written_as_a_word(value):
    """The schema lets 1 stand for true; the readers of diagrams take it for false."""
    late = (
        around(d.user("t")) + d.boundary("late", "t", d.timer('"P30D"')) + d.flow("late", "finish")
    )
    late = late.replace('cancelActivity="true"', f'cancelActivity="{value}"')
    assert f'"{value}"' in late
    assert problems(late) == [f"late: 属性 cancelActivity 写作“{value}”，流程引擎读不出真假"]


def test_processes_are_named_executable_and_unique():
    """A process has a sound id, is marked executable and is defined once."""

    def texts(*diagrams):
        files = {f"{n}.bpmn": diagram for n, diagram in enumerate(diagrams)}
        return [problem.text for problem in linter.check(files)]

    good = d.process(GOOD)
    assert "流程标识" in texts(good.replace(b'process id="main"', b'process id="a-b"'))[0]
    assert texts(good.replace(b'isExecutable="true"', b'isExecutable="false"')) == [
        "流程没有标为可执行"
    ]
    assert "在两处定义" in texts(good, good)[0]
    table = dmn([["-", "1"]])
    twice = linter.check({"a.dmn": table, "b.dmn": table})
    assert "文件 a.dmn 中已有同名决策" in twice[0].text


def test_a_ring_of_calls_is_refused():
    """Processes that call each other in a ring are refused wherever the ring is entered."""
    files = {
        f"{caller}.bpmn": d.process(
            around(f'<callActivity id="t" calledElement="{other}"/>'), key=caller
        )
        for caller, other in (("a", "b"), ("b", "c"), ("c", "a"))
    }

    refused = linter.check(files)

    assert len(refused) == 3
    assert all("又回到自己" in problem.text for problem in refused)


def test_parameters_may_be_named_like_nodes_and_like_each_other():
    """The library takes every id below a process for a node; ours keeps them apart."""
    body = (
        d.start()
        + d.user("form")
        + d.service("one", "area/verb", form="'x'", kind="'y'")
        + d.service("two", "area/verb", form="'x'", kind="'y'")
        + d.end()
        + d.line("begin", "form", "one", "two", "finish")
    )

    assert problems(body) == []


def test_calls_of_operations_are_checked_against_the_registry():
    """An unknown operation, a missing or an extra parameter is found before deployment."""
    operations = Operations()
    operations.add("notice/send", schema={"kind": str})(lambda office, call, kind: Outcome())

    def texts(node):
        refused = linter.check({"main.bpmn": d.process(around(node))}, operations)
        return [problem.text for problem in refused]

    assert texts(d.service("t", "notice/send", kind="'x'")) == []
    assert "没有登记的操作" in texts(d.service("t", "notice/shout", kind="'x'"))[0]
    assert "缺少参数 kind" in texts(d.service("t", "notice/send"))[0]
    assert "没有参数 loud" in texts(d.service("t", "notice/send", kind="'x'", loud="1"))[0]


def test_a_refused_definition_names_its_problems():
    """The refusal lists place, fault and remedy for the editor."""
    with pytest.raises(DefinitionRefused) as refusal:
        linter.insist({"main.bpmn": d.process(around('<userTask id="t"/>'))})

    assert refusal.value.code == "E_DEFINITION_REFUSED"
    assert "main.bpmn#t：用户任务没有办理角色" in str(refusal.value)
    assert refusal.value.facts["problems"][0].element == "t"


def test_subprocesses_of_two_files_have_different_ids():
    """A copied subprocess keeps its id; what runs would not know which of both is meant."""
    inner = d.start("s") + d.user("again") + d.end("x") + d.line("s", "again", "x")
    part = d.process(around(d.subprocess("scope", inner), "scope"), key="part")

    told = problems(around(d.subprocess("scope", inner), "scope"), **{"part.bpmn": part})

    assert told == ["scope: 子流程的标识“scope”在 main.bpmn 中已经使用"]
