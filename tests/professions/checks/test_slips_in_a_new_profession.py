"""What a careful author of a further profession mistypes or forgets is told where it stands.

The slips are made in the files in memory of the profession that was added last.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from professions import folders, manifests
from professions.checks import checker, examination
from professions.checks.checker import Problem
from professions.manifests import RegistrationType
from professions.operations import DECLARED
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED, edited

pytestmark = pytest.mark.proves("F:diagrams-8")

KEY = "supervising-engineer"
FORM, SHOWN = "forms/initial.schema.json", "forms/initial.ui.json"
RENEWAL = 'form = "renewal"\nhelp = "help/renewal.md"'
CANCELLATION = 'form = "cancellation"\ndocument = "cancellation-application"'
SPECIALITY = '    "supervision_speciality",\n    "qualification_region"'
SLIPS: dict[str, tuple[str, str, str, str, str]] = {
    # file, what stands there, what a slip makes of it; element, what is told
    "order of another": ("type.toml", "order = 3", "order = 2", "order", "与注册类型 builder-2"),
    "English name of another": (
        "type.toml",
        "SUPERVISING ENGINEER",
        "CLASS 2 CONSTRUCTOR",
        "certificate.english",
        "与注册类型 builder-2",
    ),
    "authority of another in other words": (
        "type.toml",
        "上海市住房和城乡建设",
        "上海市住房与城乡建设",
        "authority",
        "与其他注册类型的“上海市住房和城乡建设管理委员会”写法不同",
    ),
    "qualification misspelt": (
        "type.toml",
        "工程监理资质",
        "工程监理资制",
        "employer.qualification",
        "没有写聘用企业应具有的“工程监理资制”",
    ),
    "form of another matter": (
        "type.toml",
        RENEWAL,
        RENEWAL.replace('"renewal"', '"initial"'),
        "RENEWAL",
        "标题是“监理工程师初始注册申请表”，事项是“延续注册”",
    ),
    "guide of another matter": (
        "type.toml",
        RENEWAL,
        RENEWAL.replace("help/renewal", "help/initial"),
        "RENEWAL",
        "标题是“初始注册”，事项是“延续注册”",
    ),
    "form of a matter that employs": (
        "type.toml",
        CANCELLATION,
        CANCELLATION.replace('form = "cancellation"', 'form = "renewal"'),
        "CANCELLATION",
        "事项是“注销注册”",
    ),
    "document of a matter that employs": (
        "type.toml",
        CANCELLATION,
        CANCELLATION.replace("cancellation-application", "application"),
        "CANCELLATION",
        "申请表模板 application 与“初始注册”相同",
    ),
    "cancellation that employs": (
        "type.toml",
        "我单位同意注销该人员的注册，确认已与其解除聘用关系。",
        "我单位同意聘用该申请人，所填聘用信息属实。",
        "CANCELLATION",
        "企业确认的意见与“初始注册”相同",
    ),
    "title of another form": (
        "forms/renewal.schema.json",
        "延续注册申请表",
        "初始注册申请表",
        "RENEWAL",
        "标题是“监理工程师初始注册申请表”",
    ),
    "heading of another guide": (
        "help/renewal.md",
        "# 延续注册",
        "# 注销注册",
        "RENEWAL",
        "标题是“注销注册”",
    ),
    "condition that holds without an answer": (
        FORM,
        ', "required": ["supervision_speciality"]},',
        "},",
        "supervision_speciality",
        "没有填写 supervision_speciality 时条件也成立",
    ),
    "answer with a blank": (FORM, '"水运工程"]', '"水运工程 "]', "transport_works", "首尾有空格"),
    "field that was to be required": (
        FORM,
        SPECIALITY,
        '    "qualification_region"',
        "supervision_speciality",
        "可以不填",
    ),
    "field on a condition that was to be required": (
        FORM,
        '"required": ["transport_works"]',
        '"required": []',
        "transport_works",
        "可以不填",
    ),
    "photo that nothing cuts": (SHOWN, '"ui:crop": "390x567", ', "", "photo", "没有写裁剪的尺寸"),
    "photo of two sides exchanged": (
        "type.toml",
        "[390, 567]",
        "[567, 390]",
        "applicant.photo",
        "567×390",
    ),
    "pixels of another": ("help/initial.md", "390×567", "413×579", "", "413×579 像素"),
    "millimetres of another": ("help/paper-exchange.md", "33×48", "35×49", "", "35×49 毫米"),
    "hours of another": ("help/renewal.md", "48 学时", "60 学时", "", "写的是 60 学时"),
    "hours of another on the form": (
        "forms/renewal.ui.json",
        "不少于48学时",
        "不少于60学时",
        "继续教育",
        "写的是 60 学时",
    ),
    "hours with a digit more": (
        "continuing_education.dmn",
        "<text>48<",
        "<text>480<",
        "",
        "要求的是 480 学时",
    ),
    "age with its digits exchanged": (
        "type.toml",
        "maximum_age = 65",
        "maximum_age = 56",
        "applicant.maximum_age",
        "maximum_age 是 56，注册监理工程师管理规定第十四条定为 65",
    ),
    "age of another in the guide": (
        "help/initial.md",
        "年满 65 周岁",
        "年满 60 周岁",
        "",
        "写的是 60 周岁",
    ),
    "least age that nobody says": (
        "type.toml",
        "minimum_age = 18",
        "minimum_age = 21",
        "",
        "写的是 18 周岁，type.toml 的 minimum_age 是 21",
    ),
    "condition on a part of an answer": (
        FORM,
        '{"const": "交通运输工程"}',
        '{"const": "交通运输"}',
        "supervision_speciality",
        "永远不成立",
    ),
}


@cache
def files() -> dict[str, bytes]:
    return folders.collect(BPMN / KEY)


@cache
def others() -> list[RegistrationType]:
    return [manifests.load(BPMN / key) for key in SHIPPED if key != KEY]


def told(changed: dict[str, bytes]) -> list[Problem]:
    """Judge a profession beside the others, as `zhuce check` does."""
    kind = manifests.read(changed)
    known = {other.key: "" for other in others()}
    against = examination.collisions([*others(), kind], {}, known).get(KEY)
    return against or checker.check(changed, DECLARED)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told(slip: str) -> None:
    path, old, new, element, text = SLIPS[slip]
    before = files()[path].decode()
    assert old in before

    problems = told({**files(), path: before.replace(old, new).encode()})

    assert any(problem.element == element and text in problem.text for problem in problems), [
        *map(str, problems)
    ]


def test_without_a_slip_nothing_is_told() -> None:
    assert told(files()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("transport_works =", "transport_work =", "初始注册的表单没有字段 transport_work"),
        ("[filled]", "[filled", "不是 TOML"),
        ('transport_works = "', 'transport_works = "铁路', "表单不收"),
        ("L003", "L012", "L012 写了2次"),
        ("DEMO-31-L012", "DEMO-31-J001", "J001 在注册类型 builder-2 中已经写了"),
        ("engineer-other-4", "engineer-other-1", "engineer-other-1 在注册类型 builder-2"),
    ],
)
def test_a_slip_in_the_demonstration_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Else `make demo` would be the first to stumble over it."""
    file = f"{KEY}/examples/demonstration.toml"
    root = edited(tmp_path / "bpmn", (file, old, new))

    [(_, problems)] = examination.examine(root, FONTS, only=[KEY])

    [problem] = problems
    assert problem.file == file
    assert said in problem.text


def test_what_another_profession_asks_of_employers_is_told_where_this_one_asks_nothing() -> None:
    """A guide that was copied would send away whoever works elsewhere."""
    asks = '[employer]\nqualification = "工程监理资质" # 聘用企业应具有的资质\n'
    manifest, guide = (files()[path].decode() for path in ("type.toml", "help/initial.md"))
    assert asks in manifest
    assert "工程监理资质" in guide
    copied = guide.replace("工程监理资质", "建筑业企业资质").encode()

    problems = told(
        {
            **files(),
            "type.toml": manifest.replace(asks, "").encode(),
            "help/initial.md": copied,
        }
    )

    assert [problem.text for problem in problems] == [
        "写的是“建筑业企业资质”，type.toml 没有写 [employer]"
    ]
