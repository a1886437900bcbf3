"""Nothing that a person typed becomes source, in no document and in no careless template."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdfgen import Qr, Templates, charset, errors, open_templates
from pdfgen.trial import rehearsal
from tests.pdfgen.conftest import BPMN
from tests.pdfgen.samples import (
    AT,
    act,
    application,
    cancellation,
    certificate,
    ended,
    notice,
    rename,
    renewal,
    request,
)

Shelf = Callable[..., Templates]
Text = Callable[[bytes], str]

#: were one of them evaluated, 5041 would appear, a file would be read, or the layout would break
PAYLOADS = [
    "#str(71*71)",
    "#(71*71);",
    "$71^2$ *b* _i_ `c` <label> @ref",
    "{{71*71}}{%for x in y%}{#c#}",
    '", str(71*71), "',
    '\\", str(71*71)) ] } ) #str(71*71)',
    "]#str(71*71)[",
    '#read("/GovSong-Regular.json")',
    '#import "@preview/tablex:0.0.8"',
    '#link("sigfield:enterprise/x")[x]',
    "= Heading\n+ item\n/ term: text",
    "// comment /* block */ ~ -- --- ... 'q' \"q\"",
    "<script>alert(71*71)</script>&amp;&#60;",
    "\\u{41}\\n\\#",
    "#slot.at(0);",
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all texts in the data of a document."""
    if isinstance(value, str) and not isinstance(value, Qr):
        yield path
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))


def poisoned(data: dict[str, Any], path: tuple[Any, ...], text: str) -> dict[str, Any]:
    """Return the data with one text replaced."""
    data = copy.deepcopy(data)
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return data


def solid(text: str) -> str:
    """Return the text without blanks, as the fixture `text_of` reads documents."""
    return "".join(text.split())


GOV = (BPMN / "common-parts" / "documents" / "gov.typ").read_bytes()
DOCUMENTS = [
    ("application", application()),
    ("application", renewal()),
    ("cancellation-application", cancellation()),
    ("cancellation-request", request()),
    ("certificate", certificate()),
    ("cancellation-certificate", ended()),
    ("receipt", notice()),
    ("acceptance-notice", notice()),
    ("correction-notice", notice()),
    ("non-acceptance", notice()),
    ("extension-notice", notice()),
    ("decision", notice(is_refused=True)),
    ("intended-decision", act()),
    ("act-decision", act(stated=True, reasons=["陈述不影响认定。"])),
    ("rename-list", rename()),
]
#: decisions of a template, the code, and what lies below other text: not read back as they are
SILENT = {("qualification", "region"), ("matter",), ("signed_by",), ("qr",), ("watermark",)}


@pytest.mark.parametrize(("name", "data"), DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_each_value_of_each_document_is_printed_as_typed(
    templates: Templates, text_of: Text, name: str, data: dict[str, Any]
) -> None:
    """I3, R35: source of Typst, Jinja2, HTML or PDF in any value is printed, never run."""
    clean = templates.render(name, data, at=AT)
    printed = text_of(clean.pdf)
    for turn, path in enumerate(leaves(data)):
        payload = PAYLOADS[turn % len(PAYLOADS)]
        document = templates.render(name, poisoned(data, path, payload), at=AT)
        text = text_of(document.pdf)
        assert "5041" not in text
        assert list(document.fields) == list(clean.fields)
        value: Any = data
        for key in path:
            value = value[key]
        gone = text.count(solid(value)) < printed.count(solid(value))
        if path not in SILENT and gone:
            assert solid(payload).rstrip(".;") in text, (path, payload)  # `phrase` drops a stop


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_is_printed_as_typed(
    templates: Templates, text_of: Text, payload: str
) -> None:
    """I3: in markup, in a list, and where Typst is code (the title)."""
    data = notice(is_refused=True, person_name=payload, reasons=[payload], authority=payload)

    text = text_of(templates.render("decision", data, at=AT).pdf)

    assert text.count(solid(payload)) >= 4
    assert "5041" not in text


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    value=st.one_of(
        st.text(max_size=40),
        st.text(alphabet="#$*_`<>@\\[]{}()\"'/;=-+~&%|^!?:.,0aé张\n\t ", max_size=60),
    )
)
def test_any_text_is_printed_or_refused(
    shelf: Shelf, text_of: Text, fonts: Path, value: str
) -> None:
    """R35: what `charset` passes is printed as typed; what it does not pass is refused by code."""
    templates = shelf(letter="= t\n[#data.x;](a) #text(data.x)")

    if charset.missing(value, fonts):
        with pytest.raises(errors.CharacterMissing):
            templates.render("letter", {"x": value}, at=AT)
        return
    text = text_of(templates.render("letter", {"x": value}, at=AT).pdf)

    assert "(a)" in text
    assert text.startswith("t[" + solid(value)[:1])


@pytest.mark.parametrize(
    "careless",
    [
        "#data.x",
        "#data.x;[a]",
        "#(data.x + data.x)",
        "#{ data.x }",
        "#{ let y = data.x; [*#y*] }",
        "#[#data.x]",
        "#str(data.x)",
        "#repr(data.x)",
        "#heading(data.x)",
        "#table(data.x, [#data.x])",
        "#let cell(v) = [*#v*]\n#cell(data.x)",
        "#for c in (data.x, data.x) [#c]",
        "#for c in data.x [#c]",
        '#if data.x == "" [] else [#data.x]',
        "#data.x.slice(0, 9)",
        '#data.x.split(" ").join("|")',
        '#show regex("str"): it => [*#it*]\n#data.x',
        "#underline(data.x)",
        "#context data.x",
    ],
)
def test_a_careless_template_still_prints_what_was_typed(
    shelf: Shelf, text_of: Text, careless: str
) -> None:
    """Rule 9 of the architecture: however a template joins values, they stay values."""
    templates = shelf(letter="= t\n" + careless)

    text = text_of(templates.render("letter", {"x": '#str(71*71) #read("/a")'}, at=AT).pdf)

    assert "5041" not in text
    assert "#" in text


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        ("#eval(data.uscc)", "eval"),
        ('#eval(data.uscc, mode: "markup")', "eval"),
        ("#let run = eval\n#run(data.uscc)", "eval"),
        ("#[#[#{ eval(data.uscc) }]]", "eval"),
        ("#std.eval(data.uscc)", "std"),
        ('#dictionary(std).at("ev" + "al")(data.uscc)', "std"),
        ("#import std: *", "import"),
        ("#import data.uscc: *", "import"),
        ("#include data.uscc", "include"),
        ('#import ("@preview/" + "tablex:0.0.8"): *', "import"),
        ("#plugin(data.uscc)", "plugin"),
        ("#json(bytes(sys.inputs.data)).x", "sys"),
        ("$data.uscc$", "公式"),
        ("#let data = (:)", "data 之后"),
        ("#data", "data 之后"),
        ('#data.at("uscc")', "没有“at”"),
        ('#import "gone.typ": *', "gone.typ"),
    ],
)
def test_what_could_make_source_is_not_there(
    shelf: Shelf, fonts: Path, attack: str, told: str
) -> None:
    """Rule 9: what makes source of values, or hides which are asked for, is refused."""
    text = ("= t\n" + attack).encode()
    files = {"documents/gov.typ": GOV, "documents/letter.typ": b'#import "gov.typ": *\n' + text}

    faults = rehearsal.check(files, fonts=fonts, given_to=[("letter", "rename")])

    assert {fault.file for fault in faults} == {"letter.typ"}
    assert faults[0].line in (3, 4)
    assert told in faults[0].text
    if "at(" not in attack:
        with pytest.raises(errors.TemplateFault, match=told):
            shelf(letter="= t\n" + attack)


@pytest.mark.parametrize(
    "escape",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#include "/etc/passwd"',
        '#image("/etc/passwd")',
        '#plugin("/x.wasm")',
        "#while true {}",
        "#let f() = f()\n#f()",
    ],
)
def test_a_template_stays_in_its_folder_and_ends(shelf: Shelf, escape: str) -> None:
    """Rule 9: Typst reads the font folder and nothing else; endless loops are stopped."""
    with pytest.raises(errors.TemplateFault):
        shelf(letter="= t\n" + escape).render("letter", {}, at=AT)


def test_packages_of_the_network_are_refused(fonts: Path) -> None:
    """A document never waits for a foreign host, nor runs what comes from there."""
    for line, told in (
        ('#import "@preview/tablex:0.0.8": *', "@"),
        ('#include  "@local/x:1.0.0"', "@"),
        ("#include  '@local/x:1.0.0'", "include"),
    ):
        with pytest.raises(errors.TemplateFault, match=told):
            open_templates({"a.typ": line.encode()}, fonts=fonts)


def test_values_of_one_document_do_not_leak_into_the_next(shelf: Shelf, text_of: Text) -> None:
    """A constant of a template and the values of a person are set anew for each document."""
    templates = shelf(letter='= t\n#"constant"#data.x;#"constant"')

    first = text_of(templates.render("letter", {"x": "甲"}, at=AT).pdf)
    second = text_of(templates.render("letter", {"x": "乙"}, at=AT).pdf)

    assert "甲" in first
    assert second == first.replace("甲", "乙")


def test_values_are_shaped_as_on_paper(shelf: Shelf, text_of: Text) -> None:
    """Days are Shanghai's, nothing is None, what is no day stays as it is."""
    templates = shelf(
        letter="= t\n#day(data.day)|#day(data.at)|#day(data.none)|#day(data.iso)|#day(data.long)"
        "|#month(data.iso)|#data.none;|#data.hours 学时"
    )
    data = {
        "day": dt.date(2026, 2, 3),
        "at": dt.datetime(2026, 2, 3, 20, 0, tzinfo=dt.UTC),
        "none": None,
        "iso": "2026-12-31",
        "long": "长期",
        "hours": 62.5,
    }

    text = text_of(templates.render("letter", data, at=AT).pdf)

    assert text == "t2026年2月3日|2026年2月4日||2026年12月31日|长期|2026年12月||62.5学时"


@pytest.mark.proves("F:input-3")
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("材料不齐。", "（材料不齐）。"),
        ("材料不齐", "（材料不齐）。"),
        ("材料不齐。。 ", "（材料不齐）。"),
        ("第一款；", "（第一款）。"),
        ("no reason.", "（noreason）。"),
        ("真的吗？", "（真的吗？）。"),
        ("1.5米", "（1.5米）。"),
        ("", "（）。"),
        (None, "（）。"),
    ],
)
def test_a_typed_text_stands_within_a_sentence(
    shelf: Shelf, text_of: Text, typed: str | None, printed: str
) -> None:
    """A reason that ends with its own stop leaves the stop to the sentence around it."""
    templates = shelf(letter="= t\n（#phrase(data.x)）。")

    assert text_of(templates.render("letter", {"x": typed}, at=AT).pdf) == "t" + printed
