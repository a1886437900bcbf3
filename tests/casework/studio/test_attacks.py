"""What analysts may not do with a draft: read files, reach the network, run code, run for ever."""

from __future__ import annotations

import pytest

from casework.studio import checking, confined, drafts
from casework.studio.confined import DraftTooMuch
from engine import actors
from tests.offices import TYPE, Town

ANNA = actors.officer("anna", "analyst")
DRAWN, TABLE, FORM = "initial.bpmn", "acceptance_route.dmn", "forms/initial.schema.json"
LETTER = "documents/acceptance-notice.typ"

SCRIPT = '<bpmn:scriptTask id="s1"><bpmn:script>1</bpmn:script></bpmn:scriptTask>'


def replaced(path: str, before: str, after: str) -> tuple[str, str, str]:
    return path, before, after


#: file, what is replaced in it (empty: put in front), by what
ATTACKS = {
    "expression that calls": replaced(DRAWN, 'check["ok"]', "__import__('os').getcwd()"),
    "expression that climbs": replaced(DRAWN, 'check["ok"]', "check.__class__.__mro__"),
    "expression that grows": replaced(DRAWN, 'check["ok"]', "9 ** 9 ** 9 > 1"),
    "cell that calls": replaced(TABLE, '"AUTO_ACCEPT"', "open('/etc/hostname').read()"),
    "entity": replaced(DRAWN, "?>", '?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
    "entities of entities": replaced(
        TABLE, "?>", '?><!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
    ),
    "script": replaced(DRAWN, "<bpmn:userTask", f"{SCRIPT}<bpmn:userTask"),
    "pattern": replaced(FORM, '"properties"', '"patternProperties": {"^(a+)+$": {}}, "properties"'),
    "reference": replaced(FORM, '"properties"', '"$ref": "http://127.0.0.1:9/x", "properties"'),
    "template that reads": replaced(LETTER, "", '#read("/etc/hostname")\n'),
    "template that imports": replaced(LETTER, "", '#import "@preview/x:0.1.0": y\n'),
    "template that never ends": replaced(LETTER, "", "#while true { let x = 1 }\n"),
    "expression of a lambda": replaced(DRAWN, 'check["ok"]', "(lambda: 1)() == 1"),
    "expression that lists": replaced(DRAWN, 'check["ok"]', "[x for x in check] == []"),
    "expression that formats": replaced(DRAWN, 'check["ok"]', "f'{check}' == ''"),
    "expression that repeats": replaced(DRAWN, 'check["ok"]', "'a' * 999999999 == ''"),
    "cell of an attribute": replaced(TABLE, '"AUTO_ACCEPT"', "matter.__class__.__name__"),
    "cell of another function": replaced(TABLE, '"AUTO_ACCEPT"', "sort([3, 1], precedes: 1)"),
    "included file": replaced(
        DRAWN,
        "<bpmn:userTask",
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname"/>'
        "<bpmn:userTask",
    ),
    "parameter entity": replaced(TABLE, "?>", '?><!DOCTYPE a [<!ENTITY % p SYSTEM "x"> %p;]>'),
    "imported schema": replaced(
        DRAWN,
        "<bpmn:collaboration",
        '<bpmn:import importType="http://www.w3.org/2001/XMLSchema" namespace="x" '
        'location="http://127.0.0.1:9/x.xsd"/><bpmn:collaboration',
    ),
    "pattern within a pattern": replaced(
        FORM,
        '"title": "企业联系电话",',
        '"title": "企业联系电话", "contains": {"pattern": "(a*)*b"},',
    ),
    "dynamic reference": replaced(FORM, '"properties"', '"$dynamicRef": "#meta", "properties"'),
    "template that calls itself": replaced(LETTER, "", "#let f(x) = f(x + 1)\n#f(0)\n"),
    "template that includes": replaced(LETTER, "", '#include "../type.toml"\n'),
    "template that shows a file": replaced(LETTER, "", '#image("/etc/hostname")\n'),
    "template that climbs": replaced(LETTER, "", '#read("../../../etc/hostname")\n'),
    "template that evaluates": replaced(LETTER, "", '#eval("read(\\"/etc/hostname\\")")\n'),
    "template that grows": replaced(LETTER, "", "#range(1000000000).map(str).join()\n"),
}


@pytest.fixture
def draft(town: Town) -> str:
    """Give a draft of the shipped type."""
    return drafts.begin(town.office, town.office.definitions.offered()[TYPE], "攻击", ANNA)


def test_no_draft_reads_reaches_runs_or_hangs(town: Town, draft: str) -> None:
    """Each is refused at its file within the time of a check, and what is well stays well."""
    office = town.office
    opened = drafts.open_(office, draft)
    wrong, bounded = {}, []
    for name, (path, before, after) in ATTACKS.items():
        text = opened.files[path].content.decode()
        assert before in text, name
        made = text.replace(before, after, 1) if before else after + text
        try:
            problems = checking.with_file(office, opened, path, made.encode())
        except DraftTooMuch:
            bounded.append(name)
            continue
        if not any(problem.file == path for problem in problems):
            wrong[name] = [str(problem.text) for problem in problems]

    assert (wrong, bounded) == ({}, [])
    assert checking.problems(office, opened) == []


def test_a_machine_without_time_is_not_told_as_a_fault_of_the_draft(
    town: Town, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not reached is said to be that; the next check answers."""
    opened = drafts.open_(town.office, draft)
    files = opened.package
    confined.leave()
    monkeypatch.setattr(confined, "CHECK_S", 0)
    with pytest.raises(confined.DraftNotReached, match="这不是草稿的问题"):
        confined.check(files)
    monkeypatch.undo()

    assert confined.check(files) == []
