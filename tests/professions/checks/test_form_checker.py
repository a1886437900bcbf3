"""What a form may say is a short list; everything else is told to its author (R8, R35)."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from typing import Any

import pytest

from professions.checks import form_checker
from professions.checks.checker import check as check_type
from tests.professions.folders import structural_engineer

FILES = structural_engineer().files
SCHEMA, UI = "forms/initial.schema.json", "forms/initial.ui.json"

Change = Callable[[dict[str, Any]], object]


def changed(path: str, change: Change) -> dict[str, bytes]:
    """Give the shipped files with one slip in a form."""
    content = json.loads(FILES[path])
    change(content)
    return dict(FILES) | {path: json.dumps(content, ensure_ascii=False).encode()}


def phone(**keywords: Any) -> Change:
    return lambda schema: schema["properties"]["enterprise_phone"].update(keywords)


def extra(name: str = "hobby", **keywords: Any) -> Change:
    return lambda schema: schema["properties"].update({name: {"title": "爱好", **keywords}})


def rule(**parts: Any) -> Change:
    return lambda schema: schema["allOf"].append(
        {
            "if": {"properties": {"qualification_region": {"const": "x"}}},
            "then": {"properties": {}},
        }
        | parts
    )


SLIPS: dict[str, tuple[str, Change, str, str]] = {
    # name: file, what is done, where it is told, what is told
    "required that is no field": (SCHEMA, lambda s: s["required"].append("ghost"), "ghost", "必填"),
    "required in a section": (
        SCHEMA,
        rule(then={"properties": {}, "required": ["ghost"]}),
        "ghost",
        "必填的字段 ghost 不在表单里",
    ),
    "condition on no field": (
        SCHEMA,
        rule(**{"if": {"properties": {"ghost": {"const": 1}}}}),
        "ghost",
        "条件所问的字段 ghost 不在表单里",
    ),
    "condition that is no choice": (
        SCHEMA,
        rule(**{"if": {"properties": {"qualification_region": {"minLength": 1}}}}),
        "qualification_region",
        "条件只能是 const 或者 enum",
    ),
    "else": (SCHEMA, rule(**{"else": {"required": ["photo"]}}), "", "不支持 else"),
    "anyOf": (SCHEMA, lambda s: s.update(anyOf=[{"required": ["photo"]}]), "", "不支持 anyOf"),
    "not": (SCHEMA, lambda s: s.update({"not": {}}), "", "不支持 not"),
    "field twice": (
        SCHEMA,
        rule(then={"properties": {"photo": {"type": "string", "title": "照片"}}}),
        "photo",
        "字段写了两次",
    ),
    "another machine": (
        SCHEMA,
        phone(**{"$ref": "http://127.0.0.1:9/x.json"}),
        "enterprise_phone",
        "不支持 $ref",
    ),
    "a file of this machine": (
        SCHEMA,
        phone(**{"$ref": "file:///etc/passwd"}),
        "enterprise_phone",
        "不支持 $ref",
    ),
    "misspelt keyword": (SCHEMA, phone(maxLenght=5), "enterprise_phone", "不支持 maxLenght"),
    "no regular expression": (SCHEMA, phone(pattern="(["), "", "不是 JSON Schema"),
    "pattern without end": (SCHEMA, phone(pattern="^(a+)+$"), "enterprise_phone", "重复之内的重复"),
    **{
        f"pattern that divides a text in endless ways, {pattern}": (
            SCHEMA,
            phone(pattern=pattern),
            "enterprise_phone",
            "遇到某些输入会算不完",
        )
        for pattern in (
            "^(a|ab|b)*$",
            "^(?=([a-z]+)+$).*$",
            "^(a?){50}a{50}$",
            "^.*,.*,.*,.*$",
            "^([一-龥]+·?)+$",
        )
    },
    "unknown format": (SCHEMA, phone(format="phone"), "enterprise_phone", "format“phone”"),
    "unknown type": (SCHEMA, extra(type="object"), "hobby", "type“object”"),
    "no type": (SCHEMA, extra(), "hobby", "type“None”"),
    "list of numbers": (SCHEMA, extra(type="array", items={"type": "number"}), "hobby", "“number”"),
    "choice without value": (
        SCHEMA,
        extra(type="string", oneOf=[{"title": "甲"}]),
        "hobby",
        "const",
    ),
    "nothing to choose": (SCHEMA, extra(type="string", enum=[]), "hobby", "没有可选的值"),
    "choice without value that a condition asks for": (
        SCHEMA,
        lambda s: s["properties"]["qualification_region"]["oneOf"][1].pop("const"),
        "qualification_region",
        "须有 const 和 title",
    ),
    "name that is markup": (SCHEMA, extra('a"b <c>', type="string"), 'a"b <c>', "不能使用"),
    "name of the page's own": (
        SCHEMA,
        extra("csrf_token", type="string"),
        "csrf_token",
        "不能使用",
    ),
    "messages in one": (SCHEMA, phone(errorMessage="错"), "enterprise_phone", "errorMessage 应为"),
    "code of no rule": (
        SCHEMA,
        phone(errorCode={"patern": "E_X"}),
        "enterprise_phone",
        "errorCode 没有 patern",
    ),
    "unknown widget": (UI, lambda u: u["photo"].update({"ui:widget": "slider"}), "photo", "slider"),
    "widget without choices": (
        UI,
        lambda u: u["enterprise_phone"].update({"ui:widget": "radios"}),
        "enterprise_phone",
        "没有可选的值",
    ),
    "unknown mask": (
        UI,
        lambda u: u["enterprise_phone"].update({"ui:mask": "phone"}),
        "enterprise_phone",
        "ui:mask 没有“phone”",
    ),
    "misspelt option": (UI, lambda u: u["photo"].update({"ui:hlep": "x"}), "photo", "ui:hlep"),
    "misspelt sections": (UI, lambda u: u.update({"ui:sectoins": []}), "ui:sectoins", "不认识"),
    "text for options": (UI, lambda u: u.update(photo="x"), "photo", "应为一个 JSON 对象"),
    "nothing for options": (UI, lambda u: u.update(photo=None), "photo", "应为一个 JSON 对象"),
    "sections in one": (UI, lambda u: u.update({"ui:sections": {}}), "ui:sections", "应为一个列表"),
    "numbers for sections": (UI, lambda u: u.update({"ui:sections": [1]}), "ui:sections", "fields"),
    "section without fields": (
        UI,
        lambda u: u["ui:sections"].append({"title": "其他"}),
        "ui:sections",
        "须有 fields",
    ),
}


@pytest.mark.proves("F:diagrams-5")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_form_is_told_to_its_author(slip: str) -> None:
    """Each would have failed with an applicant, or let through what was not meant."""
    path, change, element, text = SLIPS[slip]

    told = list(form_checker.check(changed(path, change), SCHEMA))

    if slip == "no regular expression":  # the library's own words
        text = "'([' is not a 'regex'"
    assert [problem for problem in told if problem[:2] == (path, element) and text in problem[2]], (
        told
    )
    assert all(remedy for *_, remedy in told)


def test_what_is_shipped_keeps_to_the_list() -> None:
    """Every form of the shipped types, and the example of the checker."""
    paths = [path for path in FILES if path.endswith(".schema.json")]

    assert paths
    assert [problem for path in paths for problem in form_checker.check(FILES, path)] == []
    assert doctest.testmod(form_checker).failed == 0


def test_a_bottomless_form_is_no_form() -> None:
    """Five thousand brackets are told, not fallen into."""
    files = dict(FILES) | {SCHEMA: b"[" * 5000 + b"]" * 5000}

    assert ["不是 JSON" in text for _, _, text, _ in form_checker.check(files, SCHEMA)] == [True]


def test_the_check_of_a_type_outlives_any_form() -> None:
    """What reads forms for other reasons does not fall over one that is told already."""
    for change in (SLIPS["text for options"], SLIPS["numbers for sections"]):
        told = check_type(changed(UI, change[1]))
        assert {problem.file for problem in told} == {UI}
