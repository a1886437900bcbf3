"""Templates are tried before they are deployed."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from pdfgen import source
from pdfgen.trial import rehearsal, samples, stage
from pdfgen.trial.rehearsal import RehearsalFault
from pdfgen.trial.remembered import Remembered
from tests.pdfgen.conftest import BPMN

GOV = (BPMN / "common-parts" / "documents" / "gov.typ").read_bytes()
HEAD = (
    '#import "gov.typ": *\n'
    '#set document(title: "t", date: auto)\n'
    '#set text(font: "Gov Song", lang: "zh", fallback: false)\n'
    "= t\n"
)
LINE = HEAD.count("\n") + 1  #: of what follows the head
GOOD = "#if data.deemed [#day(data.date)] #for item in data.items [#item] `#data.nope` // #data.no"


def faults(fonts: Path, **sources: str) -> list[RehearsalFault]:
    """Check templates written in a test; each of them is given what letters are."""
    files = {f"documents/{name}.typ": text.encode() for name, text in sources.items()}
    letters = [(name, "letter") for name in sources]
    return rehearsal.check({"documents/gov.typ": GOV, **files}, fonts=fonts, given_to=letters)


def test_the_shipped_templates_can_all_be_set(files: dict[str, bytes], fonts: Path) -> None:
    """R47, R115: no document of the shipped type fails for a mistake in its template."""
    assert rehearsal.check(files | {"initial.bpmn": b"\xff"}, fonts=fonts) == []


MISTAKES = [
    ("#if data.deemed", "expected"),
    ("#if data.deemed [#nope]", "没有名称“nope”"),
    ("#if data.deemed [] else [#nope]", "没有名称“nope”"),
    ("#if data.is_refused and not data.deemed and not data.stated [#nope]", "“nope”"),
    ('#if data.signed_by == "PERSON" [] else [#nope]', "没有名称“nope”"),
    ('#if data.signed_by == "ENTERPRISE" [#nope]', "没有名称“nope”"),
    ("#if has(data.valid_to) [#nope]", "没有名称“nope”"),
    ("#if not has(data.valid_to) [#nope]", "没有名称“nope”"),
    ("#for item in data.items [#nope]", "没有名称“nope”"),
    ("#for item in data.items [", "括号没有配对"),
    ("#data.remedies [#]", "括号没有配对"),
    ('#text(font: "Gov Sung")[#data.person_name]', "没有字体“gov sung”"),
    ('#text(font: ("Gov Sung", "Gov Song"))[名]', "没有字体“gov sung”"),
    ("#text(size: 12pd)[名]", "没有单位“pd”"),
    ("性别☃", "字体中没有“☃”"),
    ("#if data.remedies [有]", "expected boolean, found string"),
    ("#data.valid_to.trim()", "none"),
    ('#image(bytes(data.qr), format: "svg")', "alt"),
    ('#link("sigfield:a/b", box())' * 2, "placed twice"),
]


@pytest.fixture(scope="module")
def told(fonts: Path) -> dict[str, RehearsalFault]:
    """Check all mistakes at once, as a folder with as many documents: the fault of each file."""
    bad = {f"bad{number}": HEAD + bad for number, (bad, _) in enumerate(MISTAKES)}
    problems = faults(fonts, good=HEAD + GOOD, **bad)
    assert len({fault.file for fault in problems}) == len(problems)
    return {fault.file: fault for fault in problems}


@pytest.mark.proves("F:diagrams-3")
@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=lambda n: MISTAKES[n][0])
def test_a_mistake_is_told_with_file_and_line(told: dict[str, RehearsalFault], number: int) -> None:
    """I12: in every branch and loop, in words for the author: the file, the line, what is wrong."""
    _, words = MISTAKES[number]

    fault = told.get(f"bad{number}.typ")

    assert fault is not None
    assert fault.line in (LINE, 0)
    assert words in fault.text


@pytest.mark.proves("F:diagrams-3")
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("#data.remedys", "data 没有“remedys”，是不是“remedies”？"),
        ("#if false [#data.reply_until]", "data 没有“reply_until”"),
        ("#if false { if true { [#text(fill: red)[#data.dat]] } }", "“dat”，是不是“date”？"),
        ("#let f(x) = x + data.dat\n", "“dat”"),
        ("#show heading: it => [#data.dat]", "“dat”"),
        ("#f(a: data.dat)", "“dat”"),
        ("#data.matter申请", "“data.matter”之后紧接文字时，请用分号分开：#data.matter;"),
        ("#data.remedies.text", "data.remedies 没有“text”"),
        ('#if data.signed_by == "PERSONS" []', "data.signed_by 不会是“PERSONS”，是不是“PERSON”？"),
        ("#data.items.first.text", "data.items 没有“first”"),
        ("#for x in data.items [#x.text]", "data.items 的一项 没有“text”"),
        ("#for x in data.date [#x]", "data.date 不是列表"),
        ("#data.person.name", "data 没有“person”，是不是“person_name”？"),
        ("见https://a.cn/#x。#data.dat", "“dat”"),
        ('"#data.dat"', "“dat”"),
        ("[#data.dat]", "“dat”"),
        ("\\\\#data.dat", "“dat”"),
    ],
)
def test_a_name_that_a_document_is_not_given(fonts: Path, bad: str, words: str) -> None:
    """Asked for in a branch that no sample reaches, a case would learn it too late."""
    (fault,) = faults(fonts, good=HEAD + GOOD, bad=HEAD + bad)

    assert (fault.file, fault.line) == ("bad.typ", LINE)
    assert words in fault.text


PLAIN = [
    "`#data.dat`",
    "https://a.cn/#data.dat",
    "```\n#data.dat\n```",
    "// #data.dat",
    "/* #data.dat /* #data.dat */ #data.dat */",
    "\\#data.dat",
    '#"data.dat"',
    '#text("#data.dat \\" data.dat")',
    "data.dat",
    "#metadata(1) data.dat",
    '#data.matter.contains("data.dat")',
    "#{ // data.dat\n }",
]


def test_what_only_looks_like_a_name(fonts: Path) -> None:
    """Strings, comments, raw text and plain words ask for nothing."""
    plain = {f"plain{number}": HEAD + text for number, text in enumerate(PLAIN)}

    assert faults(fonts, **plain) == []


def test_a_component_asks_in_the_name_of_its_documents(fonts: Path) -> None:
    """What a layout asks for must be given to every document that imports it, also by another."""
    files = {
        "common-parts/documents/gov.typ": GOV,
        "common-parts/documents/base.typ": b'#import "gov.typ": *\n#let no = data.certificate_no',
        "common-parts/documents/mid.typ": b'#import "base.typ": *\n',
        "documents/paper.typ": (HEAD.replace("gov", "mid") + "#no").encode(),
    }

    as_certificate = rehearsal.check(files, fonts=fonts, given_to=[("paper", "certificate")])
    as_letter = rehearsal.check(files, fonts=fonts, given_to=[("paper", "letter")])

    assert as_certificate == []
    assert [(fault.file, fault.line) for fault in as_letter] == [("base.typ", 2)]


def test_what_is_no_document_of_anybody(files: dict[str, bytes], fonts: Path) -> None:
    """A misspelt file name, an old template and two of one name are told."""
    for path, words in (
        ("documents/reciept.typ", "没有事项或者操作使用这个文书"),
        ("documents/receipt.typ.j2", "不是文书模板"),
        ("other/documents/receipt.typ", "出现两次"),
    ):
        (fault,) = rehearsal.check(files | {path: HEAD.encode()}, fonts=fonts)
        assert words in fault.text


def test_a_list_of_choices_is_tried_in_full() -> None:
    """Each word and each truth that a template asks for is tried, with most and with least."""
    text = (
        '#if data.signed_by == "BOTH" and data.is_refused and has(data.valid_to) [#data.remedies]'
    )

    tried = list(samples.of("letter", source.read(text).asked))

    assert {
        (data["signed_by"], data["is_refused"], data["valid_to"] is None) for data in tried
    } == {
        (who, refused, least)
        for who in ("BOTH", "PERSON", "ENTERPRISE")
        for refused in (True, False)
        for least in (True, False)
    }


def test_a_child_that_dies_is_told(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends the rehearsal itself is a fault too, with its last words."""
    stage.leave()
    monkeypatch.setattr("sys.executable", "/bin/false")

    (fault,) = faults(fonts, alone=HEAD)

    assert fault.file == "alone.typ"  # it was the only one that was set
    assert "模板无法试排" in fault.text


def test_who_ends_the_child_is_told_by_name(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among all that are set together, in words that are not those of Typst's makers."""

    def ask(_: object, kinds: list[tuple[str, str]], *__: object) -> list[list[dict[str, object]]]:
        if ("second", "letter") in kinds:
            raise stage.Unanswered("thread 'main' panicked at tags.rs")
        return [[] for _ in kinds]

    monkeypatch.setattr(stage, "ask", ask)
    texts = {f"documents/{name}.typ": (HEAD + name).encode() for name in ("first", "second")}
    kinds = [("first", "letter"), ("second", "letter")]

    told = rehearsal.check({"documents/gov.typ": GOV, **texts}, fonts=fonts, given_to=kinds)

    assert [fault.file for fault in told] == ["second.typ"]
    assert "panicked" not in told[0].text
    assert "排版程序自己出错" in told[0].text


def test_an_endless_template_costs_only_time(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop without end is stopped from outside and told."""
    monkeypatch.setattr(rehearsal, "TIMEOUT_S", 3)
    loop = "#for i in range(99999) { for j in range(99999) { let k = i * j } }"

    shown = faults(fonts, endless=HEAD + loop)

    assert shown == [
        RehearsalFault("endless.typ", 0, "模板在 3 秒内没有生成完毕，请检查其中的循环")
    ]


def test_what_was_set_well_is_set_again_when_a_file_that_it_imports_changes(fonts: Path) -> None:
    def told(part: str) -> list[RehearsalFault]:
        letter = '#import "part.typ": *\n' + HEAD + "#said(data.number)"
        texts = {"gov.typ": GOV, "part.typ": part.encode(), "first.typ": letter.encode()}
        files = {f"documents/{name}": text for name, text in texts.items()}
        return rehearsal.check(files, fonts=fonts, given_to=[("first", "letter")])

    good, wrong = "#let said(no) = text[#no]", '#let said(no) = text(font: "Gov Sung")[#no]'

    assert told(good) == told(good + "\n") == []
    assert "没有字体“gov sung”" in told(wrong)[0].text
    assert told(good + "\n\n") == []


def test_choices_that_do_not_meet_are_tried_beside_each_other() -> None:
    """Each branch is set, whatever it stands in; what is not asked for makes no new document."""
    text = """#if data.stated [a]
#if has(data.ban_years) [b] else if data.is_refused [c #if data.deemed [d]]
#let who = if data.signed_by == "PERSON" [e]
#data.person_name"""

    tried = list(samples.of("letter", source.read(text).asked))

    names = ("ban_years", "is_refused", "deemed")
    nested = {tuple(bool(data[name]) for name in names) for data in tried}
    bound = {(data["signed_by"], data["stated"]) for data in tried}
    assert nested == {*product((True, False), repeat=3)}
    assert len(bound) == 3 * 2
    assert len(tried) < 2 * 2 * 3 * 2 * 2
    assert set(tried[0]) == {*names, "stated", "signed_by", "person_name"}


def test_a_process_that_left_is_begun_again(fonts: Path) -> None:
    """Who has not asked for a while, or forked since, gets an answer all the same."""
    assert faults(fonts, early=HEAD + "a") == []
    stage._held[0]._process.kill()
    stage._held[0]._process.wait()

    assert faults(fonts, later=HEAD + "b") == []


def test_what_was_set_well_is_remembered_by_the_next_command(
    fonts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only documents that changed, or that had a fault, are set again; a lost file costs time."""
    asked: list[list[tuple[str, str]]] = []
    ask = stage.ask
    monkeypatch.setattr(
        stage, "ask", lambda shelf, kinds, *more: asked.append(kinds) or ask(shelf, kinds, *more)
    )
    store = tmp_path / "cache" / "documents"

    def command(**letters: str) -> int:
        """Check in a process that knows only what the file says; give how many were set."""
        rehearsal._well.clear()
        rehearsal._checked.cache_clear()
        asked.clear()
        files = {f"documents/{name}.typ": text.encode() for name, text in letters.items()}
        rehearsal.check(
            {"documents/gov.typ": GOV, **files},
            fonts=fonts,
            given_to=[(name, "letter") for name in letters],
            remembered=Remembered(store),
        )
        return sum(name in letters for kinds in asked for name, _ in kinds)

    wrong = '#text(font: "Gov Sung")[x]'
    assert command(first=HEAD + "a", second=HEAD + wrong) == 2
    assert command(first=HEAD + "a", second=HEAD + wrong) == 1
    assert command(first=HEAD + "b", second=HEAD + "c") == 2
    assert command(first=HEAD + "b", second=HEAD + "c") == 0
    store.write_bytes(b"\xff")
    assert command(first=HEAD + "b", second=HEAD + "c") == 2


def test_a_changed_definition_concerns_those_who_use_it(
    files: dict[str, bytes], fonts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared component has something for each document: who uses none of it stays as he was."""
    asked: list[str] = []
    ask = stage.ask

    def asking(shelf: object, kinds: list[tuple[str, str]], *more: object) -> object:
        asked.extend(name for name, _ in kinds)
        return ask(shelf, kinds, *more)  # type: ignore[arg-type]  # as it came

    def set_again(old: str, new: str) -> set[str]:
        gov = next(path for path in files if path.endswith("/gov.typ"))
        changed = files[gov].decode()
        assert old in changed
        asked.clear()
        rehearsal.check({**files, gov: changed.replace(old, new, 1).encode()}, fonts=fonts)
        return {*asked}

    rehearsal.check(files, fonts=fonts)
    monkeypatch.setattr(stage, "ask", asking)

    assert set_again("cells) = grid(columns", "cells) = grid(inset: 1mm, columns") >= {
        "application"
    }
    ticks = set_again("stroke: .7pt + ink", "stroke: .8pt + ink")
    assert "application" in ticks
    assert not ticks & {"decision", "receipt", "certificate"}
    assert set_again('#let song = ("Gov Song"', '#let song = ("Gov Sung"') >= {
        "decision",
        "receipt",
    }
    assert set_again("// Is there anything?", "// Is there something?") >= {"application"}
