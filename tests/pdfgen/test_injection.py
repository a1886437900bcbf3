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

from pdfgen import Templates, charset, errors, open_templates
from tests.pdfgen.samples import AT, application, certificate, notice

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
    if isinstance(value, str):
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


DOCUMENTS = [
    ("application", application()),
    ("certificate", certificate()),
    ("receipt", notice()),
    ("correction-notice", notice()),
    ("extension-notice", notice()),
    ("decision", notice(outcome="reject")),
]
#: decisions of a template, the code, and what lies below other text: not read back as they are
SILENT = {("qualification", "region"), ("outcome",), ("qr",), ("watermark",)}


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
        if path not in SILENT and solid(value) in printed:
            assert solid(payload) in text, (path, payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_is_printed_as_typed(
    templates: Templates, text_of: Text, payload: str
) -> None:
    """I3: in markup, in a list, and where Typst is code (the title)."""
    data = notice(outcome="reject", person_name=payload, reasons=[payload], authority=payload)

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
    templates = shelf(letter="= t\n[{{ x }}](a) #{{ x|code }};")

    if charset.missing(value, fonts):
        with pytest.raises(errors.CharacterMissing):
            templates.render("letter", {"x": value}, at=AT)
        return
    text = text_of(templates.render("letter", {"x": value}, at=AT).pdf)

    assert "(a)" in text
    assert text.startswith("t[" + solid(value)[:1])


MACRO = "{% macro cell(v) %}[*{{ v }}*]{% endmacro %}"


@pytest.mark.parametrize(
    "careless",
    [
        "{{ x }}",
        "{{ x ~ x }}",
        "{{ 'a' ~ x ~ 1 }}",
        MACRO + "#{{ cell(x) }}",
        MACRO + "{{ cell(x) ~ x }}",
        MACRO + "{{ x ~ cell(x) }}",
        "{% set y %}{{ x }}{% endset %}{{ y }}{{ y ~ x }}",
        "{% set y = x %}{{ y }}",
        "{% autoescape false %}{{ x }}{% endautoescape %}",
        MACRO + "{% autoescape false %}{{ cell(x) ~ x }}{% endautoescape %}",
        "{% macro each() %}{{ caller(x) }}{% endmacro %}{% call(v) each() %}{{ v }}{% endcall %}",
        "{% filter day %}{{ x }}{% endfilter %}",
        "{% for c in [x, x] %}{{ c }}{% endfor %}",
        "{{ [x] }}{{ {'k': x} }}{{ (x,) }}",
        "{{ x[0:50] }}",
        "{% if x == 1 %}{% else %}{{ x if true else 1 }}{% endif %}",
        '#"{{ x }}"',
        "#{{ x|code }}",
    ],
)
def test_a_careless_template_still_prints_what_was_typed(
    shelf: Shelf, text_of: Text, careless: str
) -> None:
    """Rule 9 of the architecture: however a template joins values, they stay values."""
    templates = shelf(letter="= t\n" + careless)

    text = text_of(templates.render("letter", {"x": '#str(71*71) #read("/a")'}, at=AT).pdf)

    assert "5041" not in text


@pytest.mark.parametrize(
    "attack",
    [
        "{{ x|safe }}",
        "{{ x|e }}",
        "{{ x|escape }}",
        "{{ x|forceescape }}",
        "{{ '%s'|format(x) }}",
        "{{ [x]|join(x) }}",
        "{{ x|replace('a', 'b') }}",
        "{{ x|tojson }}",
        "{{ x|indent }}",
        "{{ x|map('safe') }}",
        "{{ x.format(x) }}",
        MACRO + "{{ cell(x).format(x) }}",
        MACRO + "{{ cell(x).join([x]) }}",
        MACRO + "{{ cell(x) + x }}",
        MACRO + "{{ x + cell(x) }}",
        MACRO + "{{ cell('%s') % x }}",
        MACRO + "{{ cell(x) * 2 }}",
        "{{ x.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ lipsum() }}",
        "{{ range(10) }}",
        "{% for i in range(1000000000) %}{% endfor %}",
        "{{ joiner }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_what_could_make_source_is_not_there(shelf: Shelf, attack: str) -> None:
    """Rule 9: filters, methods, globals and arithmetic that make source of values are refused."""
    with pytest.raises(
        (errors.TemplateFault, errors.ValueMissing, errors.TemplateUnknown)
    ) as caught:
        shelf(letter="= t\n" + attack).render("letter", {"x": "#str(71*71)"}, at=AT)

    assert caught.value.code in ("E_TEMPLATE", "E_VALUE_MISSING", "E_TEMPLATE_UNKNOWN")


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
    for line in ('#import "@preview/tablex:0.0.8": *', "#include  '@local/x:1.0.0'"):
        with pytest.raises(errors.TemplateFault, match="@"):
            open_templates({"a.typ.j2": line.encode()}, fonts=fonts)


def test_values_of_one_document_do_not_leak_into_the_next(shelf: Shelf, text_of: Text) -> None:
    """A constant of a template and the values of a person are set anew for each document."""
    templates = shelf(letter='= t\n{{ "constant" }}{{ x }}{{ "constant"|code }}')

    first = text_of(templates.render("letter", {"x": "甲"}, at=AT).pdf)
    second = text_of(templates.render("letter", {"x": "乙"}, at=AT).pdf)

    assert "甲" in first
    assert second == first.replace("甲", "乙")


def test_values_are_shaped_as_on_paper(shelf: Shelf, text_of: Text) -> None:
    """Days are Shanghai's, nothing is None, truth is 是 or 否."""
    templates = shelf(letter="= t\n{{ day }}|{{ at }}|{{ none }}|{{ yes }}{{ no }}|{{ iso|day }}")
    data = {
        "day": dt.date(2026, 2, 3),
        "at": dt.datetime(2026, 2, 3, 20, 0, tzinfo=dt.UTC),
        "none": None,
        "yes": True,
        "no": False,
        "iso": "2026-02-03",
    }

    text = text_of(templates.render("letter", data, at=AT).pdf)

    assert text == "t2026年2月3日|2026年2月4日||是否|2026年2月3日"
