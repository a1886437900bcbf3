"""The renderer: same input same bytes, values by reference, honest errors."""

from __future__ import annotations

import datetime as dt
import io
import multiprocessing
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import page
import pikepdf
import pytest

from pdfgen import Templates, errors, open_templates
from tests.pdfgen.samples import (
    AT,
    act,
    application,
    cancellation,
    certificate,
    ended,
    notice,
    portrait,
    rename,
    request,
)

LETTERS = [
    ("receipt", notice()),
    ("acceptance-notice", notice()),
    ("correction-notice", notice()),
    ("non-acceptance", notice()),
    ("extension-notice", notice()),
    ("decision", notice()),
    ("decision", notice(is_refused=True)),
    ("intended-decision", act()),
    ("act-decision", act()),
    ("certificate", certificate(signature_picture=portrait((600, 200), "PNG"))),
    ("cancellation-certificate", ended()),
]
Shelf = Callable[..., Templates]
Text = Callable[[bytes], str]
#: false alarms of the checker: it misreads widths in CID-keyed CFF fonts, and takes a last byte
#: 0D of a stream for a part of the line end (`_lengths_hold` looks itself)
FALSE_ALARMS = ("GLYPH-WIDTH-001", "STREAM-LENGTH-001")


def test_the_same_input_gives_the_same_bytes(templates: Templates) -> None:
    """I11: a notice printed again is the identical file."""
    first = templates.render("application", application(), at=AT)

    assert templates.render("application", application(), at=AT).pdf == first.pdf
    shanghai = AT.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert templates.render("application", application(), at=shanghai).pdf == first.pdf
    assert templates.render("application", application(revision=3), at=AT).pdf != first.pdf


def test_another_process_gives_the_same_bytes(templates: Templates, fonts: Path) -> None:
    """I11: nothing in a document depends on the process, its hash seed or its time zone."""
    here = templates.render("acceptance-notice", notice(), at=AT).pdf
    program = (
        "import sys; from pathlib import Path; from pdfgen import open_templates\n"
        "from tests.pdfgen.samples import AT, notice\n"
        "files = {p.name: p.read_bytes() for p in Path('bpmn').glob('*/documents/*')}\n"
        "templates = open_templates(files, fonts=Path(sys.argv[1]))\n"
        "sys.stdout.buffer.write(templates.render('acceptance-notice', notice(), at=AT).pdf)"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, str(fonts.resolve())],
        cwd=Path(__file__).parents[2],
        env={"PYTHONHASHSEED": "7", "TZ": "America/New_York", "RAYON_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout

    assert there == here


def test_threads_render_side_by_side(templates: Templates) -> None:
    """One compiler a thread: four threads give what one gives."""
    wanted = [templates.render("application", application(revision=n), at=AT).pdf for n in range(4)]

    with ThreadPoolExecutor(4) as pool:
        rendered = list(
            pool.map(
                lambda n: templates.render("application", application(revision=n % 4), at=AT).pdf,
                range(16),
            )
        )

    assert rendered == [wanted[n % 4] for n in range(16)]


def _render_in_child(templates: Templates, answer: multiprocessing.Queue[str]) -> None:
    """Say what rendering ends with."""
    try:
        templates.render("acceptance-notice", notice(), at=AT)
        answer.put("rendered")
    except errors.Refusal as error:
        answer.put(error.code)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_is_told_instead_of_hanging(templates: Templates) -> None:
    """A child forked after a first rendering refuses: Typst's threads are not there any more."""
    templates.render("acceptance-notice", notice(), at=AT)
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    child = context.Process(target=_render_in_child, args=(templates, answer))

    child.start()

    assert answer.get(timeout=20) == "E_FORKED"
    child.join(20)


def _lengths_hold(pdf: bytes) -> bool:
    """Tell whether each stream is as long as it says (ISO 19005-2, 6.1.7.1)."""
    starts = list(re.finditer(rb"/Length (\d+)[^>]*>>\s*stream\r?\n", pdf))
    ends = [start.end() + int(start[1]) for start in starts]
    return len(ends) > 5 and all(pdf[end : end + 10] == b"\nendstream" for end in ends)


@pytest.mark.parametrize(
    ("name", "data", "fields"),
    [
        ("application", application(), ["applicant", "enterprise"]),
        ("application", application(overdue=False, attachments=[]), ["applicant", "enterprise"]),
        ("cancellation-application", cancellation(), ["applicant", "enterprise"]),
        ("cancellation-request", request(), ["enterprise"]),
        ("rename-list", rename(), ["enterprise"]),
        *((name, data, ["agency"]) for name, data in LETTERS),
    ],
)
def test_documents_are_tagged_archive_files_with_named_fields(
    templates: Templates, tmp_path: Path, name: str, data: dict[str, object], fields: list[str]
) -> None:
    """R38, R47, R115: PDF/A-2a and PDF/UA-1, with empty signature fields where people sign."""
    document = templates.render(name, data, at=AT)

    assert list(document.fields) == fields
    path = tmp_path / "document.pdf"
    path.write_bytes(document.pdf)
    subprocess.run(["qpdf", "--check", path], check=True, stdout=subprocess.DEVNULL, timeout=30)
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        widgets = list(pdf.Root.AcroForm.Fields)
        assert [str(widget.T) for widget in widgets] == fields
        assert all(widget.FT == "/Sig" and "/V" not in widget for widget in widgets)
        locks = {str(w.T): (w.Lock.Action, w.Lock.P) for w in widgets if "/Lock" in w}
        assert locks == ({"enterprise": ("/All", 1)} if "enterprise" in fields else {})
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "zh-CN"
    for profile in (page.ValidationProfile.PDF_A_2A, page.ValidationProfile.PDF_UA_1):
        failures = page.validate_pdf_bytes(document.pdf, profile=profile).failures
        assert [f.message for f in failures if not f.rule_id.endswith(FALSE_ALARMS)] == []
    assert _lengths_hold(document.pdf)


def test_a_field_placed_twice_is_a_fault(shelf: Shelf) -> None:
    """A signature field has one place."""
    place = '#link("sigfield:agency/章", box(width: 9mm, height: 9mm))'

    with pytest.raises(errors.TemplateFault, match="placed twice"):
        shelf(letter=f"= t\n{place}\n{place}").render("letter", {}, at=AT)


def test_a_missing_value_is_told(templates: Templates) -> None:
    """A key that the template prints and the data lack is an error, not a blank."""
    data = application()
    del data["person"]["mobile"]

    with pytest.raises(errors.ValueMissing, match="mobile") as caught:
        templates.render("application", data, at=AT)

    assert caught.value.code == "E_VALUE_MISSING"


def test_an_unknown_document_is_told(templates: Templates) -> None:
    """A diagram that asks for a document that nobody wrote learns its name."""
    with pytest.raises(errors.TemplateUnknown, match="diploma"):
        templates.render("diploma", {}, at=AT)


def test_the_same_name_twice_is_told(files: dict[str, bytes], fonts: Path) -> None:
    """Documents are known by file name: two of one name are a mistake."""
    with pytest.raises(errors.TemplateFault, match="application"):
        open_templates(files | {"other/application.typ": b"x"}, fonts=fonts)


def test_a_mistake_in_a_template_shows_its_line(shelf: Shelf) -> None:
    """Analysts see where and what, in their words and in Typst's."""
    for mistake, told in (
        ("#if true", "letter.typ 第 5 行"),
        ("#nope", "letter.typ 第 5 行：没有名称“nope”.*unknown variable: nope"),
        ("#for item in data.x [#item]", "第 5 行"),
        ("#(data.x / 0)", "第 5 行"),
    ):
        with pytest.raises(errors.TemplateFault, match=told):
            shelf(letter="= t\n" + mistake).render("letter", {"x": None}, at=AT)


@pytest.mark.parametrize(
    "careless",
    [
        '#text(font: "Gov Sung", data.name)',
        '#text(font: ("Gov Sung", "Gov Song"), data.name)',
        '#set text(font: "Gov Sung")\n#data.name',
        '#show heading: set text(font: "Gov Sung")\n== #data.name',
    ],
)
def test_a_warning_is_an_error(shelf: Shelf, careless: str) -> None:
    """A misspelt face leaves a name out, and Typst only warns: no paper without its holder."""
    with pytest.raises(errors.TemplateFault, match="没有字体“gov sung”"):
        shelf(letter="= t\n" + careless).render("letter", {"name": "张三"}, at=AT)


def test_a_missing_font_folder_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    """An empty font folder names the remedy."""
    with pytest.raises(errors.FontsMissing, match="make fonts"):
        open_templates(files, fonts=tmp_path).render("acceptance-notice", notice(), at=AT)


def test_a_naive_time_is_refused(templates: Templates) -> None:
    """I11: the zone of the machine must not decide what is written."""
    with pytest.raises(ValueError, match="aware"):
        templates.render("acceptance-notice", notice(), at=AT.replace(tzinfo=None))


def test_a_form_of_three_pages_takes_less_than_forty_milliseconds(templates: Templates) -> None:
    """`make bench`, render_application_ms: warm, with photo; processor time, the best of eight."""
    files = [{"kind": "资格证书扫描件", "filename": f"{n}.pdf", "pages": n} for n in range(30)]
    templates.render("application", application(attachments=files), at=AT)
    spent = []

    for turn in range(8):
        start = time.process_time()
        document = templates.render(
            "application", application(revision=turn, attachments=files), at=AT
        )
        spent.append(time.process_time() - start)

    assert document.fields["enterprise"].page == 2
    assert min(spent) < 0.040


def test_many_fields_are_found_in_a_tree(shelf: Shelf) -> None:
    """A document may have more signature places than one node of the structure tree holds."""
    places = "#for name in data.names [#link(name, box(width: 9mm, height: 9mm)) ]"
    names = [f"sigfield:f{n}/第{n}处" for n in range(300)]

    document = shelf(letter="= t\n" + places).render("letter", {"names": names}, at=AT)

    assert list(document.fields) == [f"f{n}" for n in range(300)]
    assert document.fields["f299"].label == "第299处"


def test_a_picture_that_is_none_is_told(templates: Templates) -> None:
    """R26: only JPEG and PNG are put into documents; `portraits` gives them."""
    with pytest.raises(errors.TemplateFault, match="JPEG or PNG"):
        templates.render("application", application(photo=b"GIF89a"), at=AT)


def test_other_files_of_a_type_are_left_alone(fonts: Path) -> None:
    """A whole deployed folder will do: diagrams and tables are not templates."""
    files = {"initial.bpmn": b"\xff", "documents/a.typ": b"= #data.x", "type.toml": b""}

    with pytest.raises(errors.TemplateUnknown):
        open_templates(files, fonts=fonts).render("initial", {}, at=AT)


def test_fine_lines_are_one_picture(files: dict[str, bytes]) -> None:
    """A bend that Typst strokes costs 19 µs at each printing, in an SVG half of one.

    A border has 888 of them: what repeats bends draws them as SVG (`engraving`), and Typst itself
    but the petals of the flower and the two chords of the bridge.
    """
    bends = re.compile(r"ellipse\(|curve\.(?:cubic|quad)|arc\(")
    drawn = {Path(name).stem: len(bends.findall(text.decode())) for name, text in files.items()}

    assert {name: count for name, count in drawn.items() if count} == {"ornament": 3}
