"""A slip in `type.toml` is told once, where it is, however many files contradict it."""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders, manifests
from professions.checks import examination
from professions.checks.checker import Problem
from professions.checks.said import fixed
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED

ENGINEER, BUILDER, SUPERVISOR = "structural-engineer-2", "builder-2", "supervising-engineer"
NEAR = "差一点是“{}”"
#: profession, text before and after, element, part of what is told
SLIPS = [
    # several files agree with each other, and only the manifest says otherwise
    (BUILDER, "[413, 579]", "[579, 413]", "applicant.photo", "7 个文件写的是 413x579"),
    (SUPERVISOR, "[390, 567]", "[567, 390]", "applicant.photo", "写的是 390x567"),
    (ENGINEER, "[295, 413]", "[413, 295]", "applicant.photo", "写的是 295x413"),
    (BUILDER, "maximum_age = 65", "maximum_age = 66", "applicant.maximum_age", "定为 65"),
    (SUPERVISOR, "maximum_age = 65", "maximum_age = 56", "applicant.maximum_age", "定为 65"),
    (BUILDER, '"《注册建造师', '"《册注建造师', "law.rule", "写的是 注册建造师管理规定"),
    # a matter of which nobody knows what it is
    (BUILDER, '"PAPER_EXCHANGE"', '"PAPER_EXCHANG"', "PAPER_EXCHANG", "没有事项"),
    (BUILDER, '"ENTERPRISE_RENAME"', '"ENTERPRISE_RENAM"', "ENTERPRISE_RENAM", "没有事项"),
    (
        SUPERVISOR,
        '"ENTERPRISE_CANCELLATION"',
        '"ENTERPRISE_CANCELATION"',
        "ENTERPRISE_CANCELATION",
        "没有事项",
    ),
    (ENGINEER, 'code = "CANCELLATION"', 'code = "CANCELATION"', "CANCELATION", "没有事项"),
    # what belongs together
    (BUILDER, '"certificate_claim"', '"identity_correction"', "CLAIM", "请改正 diagram"),
    (BUILDER, '"cancellation-request"', '"application"', "ENTERPRISE_CANCELLATION", "相同"),
    (BUILDER, '"重新作出决定"', '"撤销后重新办理"', "REDECISION", "重复"),
    (ENGINEER, '"上海市住房和城乡建设管理委员会"', '"住建委"', "authority", "不像机关"),
    (BUILDER, 'verb = "同意聘用"', 'verb = "同聘意用"', "INITIAL", "不是“同聘意用”的意思"),
    # a character too few, or in the place of its neighbour
    (BUILDER, 'verb = "同意聘用"', 'verb = "同意聘"', "INITIAL", NEAR.format("同意聘用")),
    (BUILDER, '"聘用意见"', '"聘用意"', "INITIAL", NEAR.format("聘用意见")),
    (BUILDER, '"注销注册"', '"注注销册"', "CANCELLATION", NEAR.format("注销注册")),
    (SUPERVISOR, '"延续注册"', '"延续注"', "RENEWAL", NEAR.format("延续注册")),
    (BUILDER, '"企业名称变更"', '"业名称变更"', "ENTERPRISE_RENAME", NEAR.format("企业名称变更")),
    (BUILDER, '"二级建造师"', '"二级建造"', "certificate.title", "之后不是“注册…证书”"),
    (ENGINEER, '"中华人民', '"华人民', "certificate.title", NEAR.format("中华人民共和国")),
    (BUILDER, "OF REGISTRATION", "OF REGISTRATON", "certificate.english", "REGISTRATION”？"),
    (BUILDER, '"建筑业企业资质"', '"筑业企业资质"', "employer.qualification", "建筑业企业资质"),
    # what cannot be meant
    (BUILDER, "企业提出", "个人提出", "ENTERPRISE_CANCELLATION", "个人提出"),
    (BUILDER, "days = 180", "days = 18", "copies.days", "30 至 180"),
    (ENGINEER, "days = 180", "days = 1 ", "copies.days", "30 至 180"),
]


@cache
def shipped(key: str) -> dict[str, bytes]:
    return dict(folders.collect(BPMN / key))


def told(key: str, old: str, new: str) -> list[Problem]:
    """Judge a changed manifest beside the other professions, as `zhuce check` does."""
    whole = shipped(key)["type.toml"].decode()
    assert old in whole
    changed = {**shipped(key), "type.toml": whole.replace(old, new, 1).encode()}
    kind = manifests.read(changed)
    others = [manifests.load(BPMN / other) for other in SHIPPED if other != key]
    known = {other.key: "" for other in others}
    against = examination.collisions([*others, kind], {}, known).get(key)
    return against or examination.check(changed, FONTS)


@pytest.mark.proves("F:diagrams-7")
@pytest.mark.parametrize(("key", "old", "new", "element", "text"), SLIPS)
def test_a_slip_of_the_manifest_is_one_line(
    key: str, old: str, new: str, element: str, text: str
) -> None:
    """A line at each file that is right would send the analyst the wrong way."""
    (problem,) = told(key, old, new)

    assert (problem.file, problem.element) == ("type.toml", element)
    assert text in str(problem)
    assert problem.code


def test_who_forgets_one_file_is_told_of_that_file() -> None:
    """The other files follow the manifest: it is right."""
    path = "forms/renewal.ui.json"
    changed = {**shipped(BUILDER), path: shipped(BUILDER)[path].replace(b"413x579", b"295x413")}

    (problem,) = examination.check(changed, FONTS)

    assert problem.file == path


@pytest.mark.parametrize("new", ["days = 30", "days = 90"])
def test_copies_may_last_shorter(new: str) -> None:
    assert told(BUILDER, "days = 180", new) == []


def test_a_source_that_nobody_read_says_so() -> None:
    """What was written from memory is held against the source before it counts."""
    path = "forms/initial.schema.json"
    lacking = shipped(BUILDER)[path].replace('"公路工程", '.encode(), b"")

    (problem,) = examination.check({**shipped(BUILDER), path: lacking}, FONTS)

    assert "还没有对照原文" in problem.remedy
    unread = [
        entry.article for entries in fixed.FIXED.values() for entry in entries if entry.unread
    ]
    assert len(unread) == 2
