"""One template makes both forms: the OFD says and shows what the PDF says and shows."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import ofdkit
import pikepdf
import pytest
from lxml import etree
from PIL import Image

from ofd import from_pdf, package
from ofd.from_pdf import NotDrawable
from ofd.markup import NAMESPACE
from ofd.package import Parts
from pdfgen import open_templates, portraits
from professions import manifests
from tests.ofd import shipped
from tests.ofd.conftest import KINDS, Paper, paper
from tests.pdfgen import samples
from tests.professions.folders import BPMN, SHIPPED

#: The order of DocInfo in the standard's schema
INFO = ("DocID", "Title", "Author", "CreationDate", "Creator", "CreatorVersion", "CustomDatas")


def words(text: str) -> list[str]:
    """Give the characters that are not white, sorted: readers differ in the order of columns."""
    return sorted("".join(text.split()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_is_that_of_the_pdf(kind: str, papers: dict[str, Paper], tmp_path: Path) -> None:
    """Read by software that is not ours, character by character."""
    paper = papers[kind]
    source = tmp_path / "paper.pdf"
    source.write_bytes(paper.pdf)
    command = ["pdftotext", "-raw", str(source), "-"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    with ofdkit.open(package.pack(paper.parts)) as opened:
        read = "".join(run.text for page in opened.pages for run in page.runs)

    assert set(words(said)) == set(words(read))
    if kind != "copy":  # the bands over a copy run out of their clips
        assert words(said) == words(read)


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_are_those_of_the_standard(kind: str, papers: dict[str, Paper]) -> None:
    """GB/T 33190: one namespace, IDs that are unique, the greatest of them, parts that exist."""
    require_the_standard(papers[kind].parts)


def require_the_standard(parts: Parts) -> None:
    """Hold parts against what the standard asks of them."""
    roots = {name: etree.fromstring(data) for name, data in parts.items() if name.endswith(".xml")}
    nodes = [node for name, root in roots.items() if "Tag_0" not in name for node in root.iter()]

    assert {etree.QName(node).namespace for node in nodes} == {NAMESPACE}
    info = [etree.QName(node).localname for node in roots["OFD.xml"][0][0]]
    assert info == [name for name in INFO if name in info]
    assert not [
        node for node in nodes if etree.QName(node).localname == "Path" and "ID" in node.attrib
    ]
    ids = [int(node.get("ID")) for node in nodes if node.get("ID")]
    assert len(set(ids)) == len(ids)
    assert int(roots["Doc_0/Document.xml"][0][0].text) == max(ids)
    fonts = {n.get("ID") for n in nodes if etree.QName(n).localname == "Font"}
    media = {n.get("ID") for n in nodes if etree.QName(n).localname == "MultiMedia"}
    assert {node.get("Font") for node in nodes if node.get("Font")} == fonts
    assert {node.get("ResourceID") for node in nodes if node.get("ResourceID")} == media
    for node in nodes:
        for name in ("FontFile", "MediaFile"):
            if etree.QName(node).localname == name:
                assert f"Doc_0/Res/{node.text}" in parts


def test_a_fact_is_tagged_where_it_stands(papers: dict[str, Paper]) -> None:
    """GB/T 36905 wants the data findable: the tag names the objects that hold the value."""
    parts = papers["certificate"].parts
    tree = etree.fromstring(parts["Doc_0/Tags/Tag_0.xml"])
    page = etree.fromstring(parts["Doc_0/Pages/Page_0/Content.xml"])

    said = {
        etree.QName(tag).localname: "".join(_text(page, ref.text) for ref in tag) for tag in tree
    }

    assert "张𬭎喆" in "".join(said["holder"].split())
    assert "S2269900001" in "".join(said["number"].split())


def _text(page: etree._Element, own: str) -> str:
    (node,) = (node for node in page.iter() if node.get("ID") == own)
    return "".join(code.text for code in node.iter("{*}TextCode"))


def test_the_same_paper_gives_the_same_bytes(
    papers: dict[str, Paper], fonts: Path, templates: object
) -> None:
    """And the seal's place is that of the PDF's field."""
    from tests.ofd.conftest import paper

    first = papers["certificate"]

    again = paper(first.pdf, fonts)

    assert package.pack(again.parts) == package.pack(first.parts)
    assert first.places["agency"].box.width == pytest.approx(42, abs=0.01)
    assert len(package.pack(first.parts)) <= 1.2 * len(first.pdf)


ARTS = {
    "a ligature": ('#set text(font: "Gov Song")\nfinal office fluffy', "final"),
    "turned text": ("#rotate(30deg)[注册]", "注册"),
    "several pages": ("第一页\n#pagebreak()\n第二页", "第二页"),
    "clipped text": ("#box(width: 12pt, height: 12pt, clip: true)[甲乙丙丁戊己庚辛]", "甲"),
    "dashes": ('#line(length: 5cm, stroke: (dash: "dashed", paint: red))虚线', "虚线"),
}


@pytest.mark.parametrize(("source", "said"), ARTS.values(), ids=ARTS)
def test_the_arts_of_templates_are_drawn(source: str, said: str, fonts: Path) -> None:
    """Ligatures, turned text, pages, clips, dashes."""
    with ofdkit.open(package.pack(_drawn(source, fonts))) as opened:
        read = "".join("".join(run.text for page in opened.pages for run in page.runs).split())

    assert said in read
    assert "辛" not in read


def test_a_turned_picture_is_drawn_turned(fonts: Path) -> None:
    """Its matrix turns the unit square inside of its boundary."""
    out = io.BytesIO()
    Image.new("RGB", (8, 4), "red").save(out, "PNG")
    data = ", ".join(map(str, out.getvalue()))
    source = f'#rotate(90deg, image(bytes(({data})), width: 20mm, height: 10mm, alt: "x"))'

    page = etree.fromstring(_drawn(source, fonts)["Doc_0/Pages/Page_0/Content.xml"])

    (image,) = page.iter("{*}ImageObject")
    left, top, width, height = map(float, image.get("Boundary").split())
    matrix = [float(word) for word in image.get("CTM").split()]
    assert (width, height) == pytest.approx((10, 20), abs=0.01)
    assert matrix == pytest.approx([0, 20, -10, 0, 10, 0], abs=0.01)
    assert left > 0
    assert top > 0


@pytest.mark.parametrize(
    "source",
    [
        "#rect(fill: gradient.linear(red, blue))",
        "#rect(fill: tiling(size: (4pt, 4pt))[#circle(radius: 1pt)])",
    ],
)
def test_what_is_not_drawn_is_refused(source: str, fonts: Path) -> None:
    """A template that uses it is noticed, and never drawn wrong."""
    with pytest.raises(NotDrawable):
        _drawn(source, fonts)


@pytest.mark.parametrize("bad", [b"", b"PK\x03\x04", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(bad: bytes, fonts: Path) -> None:
    """By the same error."""
    with pytest.raises(NotDrawable):
        from_pdf.draw(bad, fonts)


def test_a_pdf_of_somebody_else_is_refused(fonts: Path) -> None:
    """Operators and fonts that our templates do not write."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].contents_add(pdf.make_stream(b"/Pattern cs /P0 scn 0 0 9 9 re f"))
        out = io.BytesIO()
        pdf.save(out)

    with pytest.raises(NotDrawable):
        from_pdf.draw(out.getvalue(), fonts)


def _drawn(source: str, fonts: Path) -> Parts:
    from datetime import date

    from tests.pdfgen.samples import AT

    head = '#set document(title: "t", date: auto)\n#set text(font: "Gov Song", lang: "zh")\n'
    shelf = open_templates({"paper.typ": (head + source).encode()}, fonts=fonts)
    document, _ = from_pdf.draw(shelf.render("paper", {}, at=AT).pdf, fonts)
    return document.parts(
        number_of_document="0" * 32,
        title="t",
        author="a",
        day=date(2026, 11, 29),
        facts={},
        tags={},
    )


@pytest.mark.parametrize("profession", SHIPPED)
def test_the_photo_of_each_profession_is_as_it_was_approved(profession: str, fonts: Path) -> None:
    """docs/ofd.md, data in the file: the same JPEG, at no fewer than 200 dots an inch, not bent."""
    kind = manifests.load(BPMN / profession)
    photo = portraits.normalise(samples.portrait(kind.photo), size=kind.photo)
    templates = open_templates(shipped.templates_of(profession), fonts=fonts)
    pdf = templates.render("certificate", samples.certificate(photo=photo), at=samples.AT).pdf

    parts = paper(pdf, fonts).parts

    (name,) = [name for name, data in parts.items() if data == photo]
    listed = etree.fromstring(parts["Doc_0/DocumentRes.xml"])
    (own,) = [
        media.get("ID")
        for media in listed.iter("{*}MultiMedia")
        if name.endswith(str(media.findtext("{*}MediaFile")))
    ]
    page = etree.fromstring(parts["Doc_0/Pages/Page_0/Content.xml"])
    (image,) = [item for item in page.iter("{*}ImageObject") if item.get("ResourceID") == own]
    matrix = [float(word) for word in str(image.get("CTM")).split()]
    dpi = [
        dots / side * 25.4 for dots, side in zip(kind.photo, (matrix[0], matrix[3]), strict=True)
    ]
    assert dpi[0] == pytest.approx(dpi[1], rel=0.01)
    assert 200 <= min(dpi) <= max(dpi) <= 330, dpi
    assert len(photo) <= 50 * 1024
    assert "jpg" in name
