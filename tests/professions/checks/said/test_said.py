"""What texts say to people is held against the data: slips that nobody else would notice."""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders, manifests
from professions.checks import examination
from professions.checks.checker import Problem
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED

pytestmark = pytest.mark.proves("F:diagrams-8")

ENGINEER, BUILDER, SUPERVISOR = SHIPPED
LAW, CITED, SAYS = "E_TYPE_NAME", "E_CITED", "E_LETTER_SAYS_OTHERWISE"
FIGURE, PERIOD = "E_FIGURE_CONTRADICTED", "E_PERIOD_ELSEWHERE"
#: profession, file, text before and after, code, part of what is told
SLIPS = [
    # the rule of the profession, and the law
    (
        BUILDER,
        "type.toml",
        "《注册建造师管理规定》",
        "《注册建造师管理规范》",
        CITED,
        "注册建造师管理规定",
    ),
    (
        BUILDER,
        "type.toml",
        "《注册建造师管理规定》",
        "《勘察设计注册工程师管理规定》",
        LAW,
        "rule 与注册类型",
    ),
    (ENGINEER, "acceptance-notice.typ", "第四十二条", "第四十一条", CITED, "第41条"),
    (ENGINEER, "decision.typ", "行政许可法》第五十条", "行政许客法》第五十条", CITED, "行政许客法"),
    (
        ENGINEER,
        "ex_officio_effect.dmn",
        "第六十九条第二款",
        "第六十九条第一款",
        CITED,
        "第 6 条规则",
    ),
    (
        ENGINEER,
        "deadline.dmn",
        "行政许可法第42条：二十日",
        "行政许可法第44条：二十日",
        "E_LEGAL_PERIOD",
        "第42条",
    ),
    # another profession
    (
        SUPERVISOR,
        "help/initial.md",
        "工程监理资质",
        "建筑业企业资质",
        "E_COPIED_NAME",
        "建筑业企业资质",
    ),
    (
        SUPERVISOR,
        "help/renewal.md",
        "监理工程师有效",
        "二级建造师有效",
        "E_COPIED_NAME",
        "二级建造师",
    ),
    # what the type asks itself
    (BUILDER, "certificate.typ", "data.answers", "data.matter", "E_ANSWER_UNPRINTED", "注册专业"),
    (
        BUILDER,
        "application.typ",
        "data.answers",
        "data.attachments",
        "E_ANSWER_UNPRINTED",
        "注册专业",
    ),
    # letters against what was decided
    (
        ENGINEER,
        "decision.typ",
        '{ "不予行政许可决定书" } else { "准予',
        '{ "准予行政许可决定书" } else { "不予',
        SAYS,
        "“准予”",
    ),
    (ENGINEER, "decision.typ", "第三十八条第二款", "第三十八条第一款", SAYS, "第三十八条第二款"),
    (ENGINEER, "decision.typ", "决定不予注销", "决定准予注销", SAYS, "is_refused 为 true"),
    (ENGINEER, "decision.typ", "if data.deemed [\n", "if not data.deemed [\n", SAYS, "data.deemed"),
    (ENGINEER, "acceptance-notice.typ", "决定予以受理", "决定不予受理", SAYS, "予以受理"),
    (ENGINEER, "non-acceptance.typ", "决定不予受理", "决定不予许可", SAYS, "不予许可"),
    (
        ENGINEER,
        "act-decision.typ",
        "#if data.stated",
        "#if not data.stated",
        SAYS,
        "data.stated 为 true",
    ),
    # names
    (
        SUPERVISOR,
        "type.toml",
        "监理工程师注册证书",
        "监理工程帅注册证书",
        "E_CERTIFICATE_FACE",
        "没有“监理工程师”",
    ),
    (
        SUPERVISOR,
        "type.toml",
        "监理工程师注册证书",
        "监理工程师资格证书",
        "E_CERTIFICATE_FACE",
        "结尾",
    ),
    (ENGINEER, "type.toml", "管理委员会", "管理委员", LAW, "写法不同"),
    (ENGINEER, "type.toml", "上海市住房和城乡建设管理委员会", "上海住建", "E_MANIFEST", "不像机关"),
    (BUILDER, "type.toml", 'title = "延续注册"', 'title = "变更注册"', "E_MATTER", "没有“延续”"),
    (BUILDER, "type.toml", 'title = "注销意见"', 'title = "聘用意见"', "E_MATTER", "不是一件事"),
    # tables against their own words
    (
        ENGINEER,
        "deadline.dmn",
        ">60</text></outputEntry>",
        ">86</text></outputEntry>",
        "E_PERIOD",
        "说明写的是 60",
    ),
    (ENGINEER, "deadline.dmn", '"DEEMED_ACCEPTED"', '"ESCALATE"', "E_PERIOD", "DEEMED_ACCEPTED"),
    (SUPERVISOR, "continuing_education.dmn", "<text>48<", "<text>84<", FIGURE, "48、84 学时"),
    (
        ENGINEER,
        "initial.schema.json",
        '"minLength": 2,',
        '"minLength": 20,',
        "E_HOUSE_FIELD",
        "4 个字",
    ),
    (ENGINEER, "type.toml", "minimum_age = 18", "minimum_age = 28", FIGURE, "28 周岁"),
    # guides and help
    (BUILDER, "help/initial.md", "021-962600", "021-962606", FIGURE, "021-962606"),
    (BUILDER, "help/renewal.md", "{ENTERPRISE_SEAL}", "{DRAFT}", PERIOD, "{DRAFT}"),
    (SUPERVISOR, "help/initial.md", "{RECONSIDERATION}", "{LITIGATION}", PERIOD, "{LITIGATION}"),
    (
        SUPERVISOR,
        "help/initial.md",
        "受理后{DECISION}",
        "受理后{FORMAL_CHECK}",
        PERIOD,
        "{FORMAL_CHECK}",
    ),
    (
        ENGINEER,
        "decision.typ",
        "periods.delivery",
        "periods.objection",
        PERIOD,
        "data.periods.objection",
    ),
    (ENGINEER, "help/cancellation.md", "5 至 200 个字", "5 至 100 个字", FIGURE, "100 个字"),
    (ENGINEER, "help/initial.md", "提醒企业两次", "提醒企业三次", FIGURE, "提醒 2 次"),
    (ENGINEER, "help/initial.md", "不超过 5M", "不超过 2M", FIGURE, "照片大小是 2M"),
    (ENGINEER, "initial.ui.json", "PDF，每个不超过2M", "PDF，每个不超过5M", FIGURE, "PDF大小是 5M"),
    (BUILDER, "help/initial.md", "选择一个或两个", "选择一个或三个", FIGURE, "一个至三个"),
]


@cache
def files(key: str) -> dict[str, bytes]:
    return dict(folders.collect(BPMN / key))


def told(key: str, changed: dict[str, bytes]) -> list[Problem]:
    """Judge a profession beside the others, as `zhuce check` does."""
    others = [manifests.read(files(other)) for other in SHIPPED if other != key]
    offered = dict.fromkeys(SHIPPED, "")
    del offered[key]
    against = examination.collisions([*others, manifests.read(changed)], {}, offered)
    return against.get(key) or examination.check(changed, FONTS)


@pytest.mark.parametrize(("key", "file", "old", "new", "code", "text"), SLIPS)
def test_a_slip_in_what_is_said_is_told(
    key: str, file: str, old: str, new: str, code: str, text: str
) -> None:
    path = next(path for path in files(key) if path == file or path.endswith(f"/{file}"))
    before = files(key)[path].decode()
    assert old in before

    problems = told(key, {**files(key), path: before.replace(old, new, 1).encode()})

    assert [one for one in problems if one.code == code and text in one.text], [*map(str, problems)]


def test_what_is_cited_beside_the_known_laws_is_named_in_the_manifest() -> None:
    """A profession may cite more: who writes it down has looked at it."""
    guide = files(BUILDER)["help/initial.md"].decode() + "\n依据《建造师继续教育办法》第五条。\n"
    changed = {**files(BUILDER), "help/initial.md": guide.encode()}
    manifest = files(BUILDER)["type.toml"].decode()
    law = 'rule = "《注册建造师管理规定》"'
    named = manifest.replace(law, law + '\ncites = ["《建造师继续教育办法》"]')

    assert [problem.code for problem in told(BUILDER, changed)] == [CITED]
    assert told(BUILDER, {**changed, "type.toml": named.encode()}) == []


def test_two_professions_may_share_a_rule_where_one_says_so() -> None:
    law = 'rule = "《注册监理工程师管理规定》"'
    shared = (
        'rule = "《注册建造师管理规定》"\nsame_as = ["builder-2"]\n'
        'cites = ["《注册监理工程师管理规定》"]'
    )
    manifest = files(SUPERVISOR)["type.toml"].decode().replace(law, shared)
    manifest = manifest.replace("（注册监理工程师管理规定第十四条", "（第十四条")

    assert told(SUPERVISOR, {**files(SUPERVISOR), "type.toml": manifest.encode()}) == []
