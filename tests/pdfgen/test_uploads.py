"""R29, R33, I3: an uploaded PDF is checked by its content, whatever it is called."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

from pdfgen import errors, pdf_walk, uploads


def scan(change: Callable[[Pdf], Any] | None = None, pages: int = 2, **options: Any) -> bytes:
    """Return a small PDF, changed by `change` before it is saved."""
    pdf = Pdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"0.9 g 72 72 200 300 re f\n" * 20)
    if change:
        change(pdf)
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def padded(size: int) -> bytes:
    """Return a PDF of exactly `size` bytes."""
    noise = random.Random(1).randbytes(size)

    def of(length: int) -> bytes:
        return scan(lambda pdf: pdf.Root.__setitem__("/Noise", pdf.make_stream(noise[:length])))

    length = size - len(of(0))
    while (excess := len(of(length)) - size) != 0:
        length -= excess
    return of(length)


def action(**entries: Any) -> Callable[[Pdf], None]:
    """Return a change that runs an action when the file is opened."""
    return lambda pdf: pdf.Root.__setitem__(
        "/OpenAction", Dictionary({f"/{key}": value for key, value in entries.items()})
    )


def test_a_scan_is_accepted_with_its_pages() -> None:
    """R33: an ordinary scan passes, also with compressed objects and with links."""
    assert uploads.check_pdf(scan(pages=3)).pages == 3
    compressed = scan(object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    assert uploads.check_pdf(compressed).pages == 2
    link = Dictionary(S=Name.URI, URI=String("https://www.962600.com/"))
    assert uploads.check_pdf(scan(lambda pdf: pdf.Root.__setitem__("/L", link))).pages == 2


@pytest.mark.proves("I3")
def test_two_mebibytes_are_inclusive() -> None:
    """R29, R33, I3: 2 097 152 bytes pass, one more is refused and both figures are told."""
    exact = padded(2_097_152)
    assert len(exact) == 2_097_152
    assert uploads.check_pdf(exact).pages == 2

    with pytest.raises(errors.FileTooLarge, match="2097153") as caught:
        uploads.check_pdf(padded(2_097_153), field="ce_proof")

    assert (caught.value.code, caught.value.field) == ("E_FILE_SIZE", "ce_proof")
    assert "不得超过 2M" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 2000,
        b"PK\x03\x04" + b"\0" * 2000,
        b"<html>%PDF-1.7 %%EOF</html>",
        b"\x89PNG\r\n\x1a\n%PDF-1.4\n%%EOF",
        b"%!PS-Adobe-3.0\n%PDF-1.4\n%%EOF",
        b"MZ\n%PDF-1.4\n%%EOF",
        "这不是PDF".encode(),
    ],
)
@pytest.mark.proves("I3")
def test_other_files_called_pdf_are_refused(content: bytes) -> None:
    """I3: the first bytes decide, not the name; %PDF further in does not help."""
    with pytest.raises(errors.NotPdf) as caught:
        uploads.check_pdf(content)

    assert caught.value.code == "E_FILE_TYPE"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n%%EOF\n",
        b"%PDF-1.7\n" + b"garbage " * 500 + b"\n%%EOF\n",
        scan()[:-40],
        scan()[: len(scan()) // 2] + b"\n%%EOF\n",
        scan() + b"PK\x03\x04" + b"\0" * 5000,
        scan().replace(b"stream\n", b"stream\nXX", 1),
    ],
    ids=["only-header", "garbage", "cut-end", "cut-middle", "file-behind", "bad-length"],
)
@pytest.mark.proves("I3")
def test_damaged_files_are_refused(content: bytes) -> None:
    """I3: a file that was cut short or broken is not kept as evidence."""
    with pytest.raises(errors.FileDamaged) as caught:
        uploads.check_pdf(content)

    assert caught.value.code == "E_FILE_DAMAGED"


@pytest.mark.parametrize("behind", [b"PK\x03\x04", b"<script>alert(1)</script>", b"MZ"])
def test_nothing_stands_behind_the_end(behind: bytes) -> None:
    """I3: a PDF that is a short archive or page at the same time is refused; padding is not."""
    with pytest.raises(errors.FileDamaged):
        uploads.check_pdf(scan() + behind + bytes(40))

    assert uploads.check_pdf(scan() + b"\r\n" + bytes(40)).pages == 2


def test_links_to_pages_and_people_pass() -> None:
    """I3: what a letterhead links to is harmless until somebody clicks on it."""
    for link in ("https://example.cn/a", "www.example.cn:80", "mailto:a@example.cn", "tel:962600"):
        target = Dictionary(S=Name.URI, URI=String(link))
        area = Dictionary(Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=target)

        def change(pdf: Pdf, area: Dictionary = area) -> None:
            pdf.pages[0].Annots = Array([area])

        assert uploads.check_pdf(scan(change)).pages == 2


def test_an_empty_file_and_a_file_without_pages_are_refused() -> None:
    """I3: nothing in it is told as such."""
    with pytest.raises(errors.FileEmpty):
        uploads.check_pdf(b"")
    with pytest.raises(errors.FileWithoutPages):
        uploads.check_pdf(scan(pages=0))


@pytest.mark.proves("I3")
def test_files_that_ask_for_a_password_are_refused() -> None:
    """I3: nobody could read them."""
    locked = scan(encryption=pikepdf.Encryption(owner="owner", user="secret"))

    with pytest.raises(errors.FileEncrypted) as caught:
        uploads.check_pdf(locked)

    assert caught.value.code == "E_FILE_ENCRYPTED"


@pytest.mark.proves("F:uploads-3")
@pytest.mark.parametrize(("version", "is_aes"), [(4, True), (6, True), (3, False)])
def test_restricted_files_are_read_as_closely_as_others(version: Any, is_aes: bool) -> None:
    """I3: who may read without a password may file; what is active in it stays refused."""
    restricted = pikepdf.Encryption(owner="owner", user="", R=version, aes=is_aes, metadata=is_aes)

    assert uploads.check_pdf(scan(encryption=restricted)).pages == 2
    with pytest.raises(errors.FileActive, match="JavaScript"):
        uploads.check_pdf(scan(bury, encryption=restricted))


def _starting(content: bytes, by: int) -> bytes:
    """Let the file say that its table of objects begins elsewhere."""
    return re.sub(rb"(?<=startxref\n)[0-9]+", lambda told: b"%d" % (int(told[0]) + by), content)


def _shifted(content: bytes, by: int) -> bytes:
    """Let the table of objects say that each object begins elsewhere."""
    return re.sub(rb"[0-9]{10}(?= 00000 n)", lambda told: b"%010d" % (int(told[0]) + by), content)


SLIPS: dict[str, Callable[[bytes], bytes]] = {
    "start +4": lambda content: _starting(content, 4),
    "start -3": lambda content: _starting(content, -3),
    "objects +1": lambda content: _shifted(content, 1),
    "objects +9": lambda content: _shifted(content, 9),
    "from 1": lambda content: content.replace(b"xref\n0 ", b"xref\n1 ", 1),
    "header before": lambda content: (
        b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n" + content
    ),
    "comment before": lambda content: b"%XRXbegin\n%XRXend\n" + content,
    "blanks before": lambda content: b"\xef\xbb\xbf\r\n\0" + content,
    "zeros behind": lambda content: content + bytes(3000),
    "printer behind": lambda content: content + b"\x1b%-12345X@PJL EOJ\r\n\x1b%-12345X",
    "end mark of DOS": lambda content: content + b"\x1a" * 200,
}


@pytest.mark.proves("F:uploads-3")
@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_small_faults_are_mended(slip: Callable[[bytes], bytes]) -> None:
    """I3: what every viewer shows is read; what is kept is whole and as closely looked at."""
    plain = {"compress_streams": False}
    facts = uploads.check_pdf(slip(scan(**plain)))

    assert facts.pages == 2
    with pikepdf.open(io.BytesIO(facts.content), attempt_recovery=False) as kept:
        assert [page.Contents.read_bytes()[:5] for page in kept.pages] == [b"0.9 g", b"0.9 g"]
        assert kept.check_pdf_syntax() == []
    with pytest.raises(errors.FileActive, match="JavaScript"):
        uploads.check_pdf(slip(scan(bury, **plain)))


def _without(content: bytes, start: bytes, length: int) -> bytes:
    at = content.index(start)
    return content[:at] + content[at + length :]


@pytest.mark.parametrize(
    "content",
    [
        _without(scan(), b"2 0 obj", 60),
        _without(scan(), b"5 0 obj", 40),
        _without(scan(compress_streams=False), b"0.9 g 72", 24),
        _starting(scan(), 4).replace(b"5 0 obj", b"9 0 obj"),
        _starting(scan(), 4)[:-6],
    ],
    ids=["page-tree", "object", "content", "reference", "no-end"],
)
def test_what_lost_content_is_not_mended(content: bytes) -> None:
    """I3: only the table of objects may be wrong; a file with holes is no evidence."""
    with pytest.raises(errors.FileDamaged):
        uploads.check_pdf(content)


@pytest.mark.proves("F:uploads-3")
def test_empty_trees_are_not_active() -> None:
    """I3: word processors leave empty lists of attachments behind; a full one is refused."""

    def leave(pdf: Pdf, *names: Any) -> None:
        empty = Dictionary(Kids=Array([pdf.make_indirect(Dictionary(Names=Array(names)))]))
        pdf.Root.Names = Dictionary(EmbeddedFiles=empty, JavaScript=Dictionary(Names=Array()))

    assert uploads.check_pdf(scan(leave)).pages == 2
    with pytest.raises(errors.FileActive, match="嵌入的文件"):
        uploads.check_pdf(scan(lambda pdf: leave(pdf, String("a"), Dictionary())))


@pytest.mark.parametrize("name", ["/JS", "/EF", "/JavaScript", "/EmbeddedFiles"])
def test_fonts_pictures_and_places_may_bear_any_name(name: str) -> None:
    """I3: a font called /JS is no script (ISO 32000-1, 7.8.3); a script under the name is one."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)

    def call(pdf: Pdf) -> None:
        picture = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
        drawn = {"/XObject": Dictionary({name: picture}), "/ColorSpace": Dictionary()}
        drawn["/ColorSpace"][name] = Name.DeviceRGB
        drawn["/Font"] = Dictionary({name: pdf.make_indirect(font)})
        pdf.pages[0].Resources = Dictionary(drawn)
        pdf.Root.Dests = Dictionary({name: Array([pdf.pages[0].obj, Name.Fit])})

    assert uploads.check_pdf(scan(call)).pages == 2


def test_an_unknown_kind_of_encryption_is_named_as_such() -> None:
    """I3: a file of some rights management is protected, not damaged."""
    locked = scan(encryption=pikepdf.Encryption(owner="owner", user=""))
    assert b"/Filter /Standard" in locked

    with pytest.raises(errors.FileEncrypted):
        uploads.check_pdf(locked.replace(b"/Filter /Standard", b"/Filter /Strange_"))


def attach(pdf: Pdf) -> None:
    """Embed a file the usual way."""
    pdf.attachments["tool.exe"] = b"MZ"


def bury(pdf: Pdf) -> None:
    """Hide a script in nested direct objects of an annotation."""
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    annotation = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 1, 1]), AA=Dictionary(E=script)
    )
    pdf.pages[0].Annots = Array([annotation])


def whenever(pdf: Pdf) -> None:
    """Tell another machine each time the page is looked at."""
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.URI, URI=String("http://x/seen")))


def elsewhere(pdf: Pdf) -> None:
    """Let a stream take its data from another machine (ISO 32000-1, 7.3.8.2)."""
    pdf.pages[0].Contents.F = String("//host/share/x")


def media(pdf: Pdf) -> None:
    """Put a multimedia annotation on a page."""
    pdf.pages[0].Annots = Array([Dictionary(Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]))])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (action(S=Name.JavaScript, JS=String("app.alert(1)")), "JavaScript"),
        (action(S=Name.Launch, F=String("/bin/sh")), "启动程序"),
        (action(S=Name.SubmitForm, F=String("http://x/")), "提交表单"),
        (action(S=Name.ImportData, F=String("x.fdf")), "导入数据"),
        (action(S=Name.GoToE, T=Dictionary(R=Name.C)), "其他文件"),
        (action(S=Name.GoToR, F=String("//host/share/x.pdf")), "其他文件"),
        (action(S=Name.URI, URI=String(" JavaScript:alert(1)")), "危险的链接"),
        (action(S=Name.URI, URI=String("file:///etc/passwd")), "危险的链接"),
        (action(S=Name.URI, URI=String("smb://host/share")), "危险的链接"),
        (action(S=Name.URI, URI=String("\ufeff\\\\host\\share")), "危险的链接"),
        (action(S=Name.URI, URI=String("ms-msdt:/id PCWDiagnostic")), "危险的链接"),
        (action(S=Name.URI, URI=String("http://x/seen")), "自动执行"),
        (action(S=Name.Named, N=Name.Print), "自动执行"),
        (
            action(
                S=Name.GoTo, D=String("1"), Next=Dictionary(S=Name.URI, URI=String("http://x/"))
            ),
            "自动执行",
        ),
        (whenever, "自动执行"),
        (elsewhere, "外部文件"),
        (attach, "嵌入的文件"),
        (bury, "JavaScript"),
        (media, "多媒体"),
        (lambda pdf: pdf.Root.__setitem__("/AcroForm", Dictionary(XFA=String("x"))), "XFA"),
    ],
)
def test_active_files_are_refused(change: Callable[[Pdf], None], what: str) -> None:
    """I3: scripts, programs, attachments, multimedia: refused, and the text says which."""
    for options in ({}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        with pytest.raises(errors.FileActive, match=what) as caught:
            uploads.check_pdf(scan(change, **options))
        assert caught.value.code == "E_FILE_ACTIVE"


def test_names_written_in_disguise_are_read() -> None:
    """I3: #4a#53 is JS (ISO 32000-1, 7.3.5), whoever writes it so."""
    plain = scan(lambda pdf: pdf.Root.__setitem__("/JSJSJS", String("app.alert(1)")))
    disguised = plain.replace(b"/JSJSJS", b"/#4a#53")
    assert len(disguised) == len(plain)
    assert b"JS" not in disguised

    with pytest.raises(errors.FileActive):
        uploads.check_pdf(disguised)


def test_bombs_and_monsters_are_refused() -> None:
    """I3: a small file that unpacks to gigabytes, or with thousands of pages, costs us little."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(34)) + packer.flush()

    def bomb(pdf: Pdf) -> None:
        stream = pdf.make_stream(b"")
        stream.write(packed, filter=Name.FlateDecode)
        pdf.pages[0].Contents = stream

    content = scan(bomb, compress_streams=False)
    assert len(content) < uploads.LIMIT_BYTES
    with pytest.raises(errors.FileTooComplex, match="500"):
        uploads.check_pdf(content)
    with pytest.raises(errors.FileTooComplex):
        uploads.check_pdf(scan(pages=pdf_walk.MOST_PAGES + 1))


def packed(*filters: Name, size: int, rounds: int = 1) -> Callable[[Pdf], None]:
    """Return a change: a stream that says `filters`, of `size` zeros deflated `rounds` times."""
    packer, piece = zlib.compressobj(9), bytes(1_000_000)
    content = b"".join(packer.compress(piece) for _ in range(0, size, len(piece))) + packer.flush()
    for _ in range(1, rounds):
        content = zlib.compress(content, 9)
    if filters[0] in (Name.ASCIIHexDecode, Name.AHx):
        content = content.hex().encode() + b">"

    def change(pdf: Pdf) -> None:
        stream = pdf.make_stream(b"")
        stream.write(content, filter=Array(filters))
        pdf.pages[0].Contents = stream

    return change


@pytest.mark.parametrize(
    ("filters", "rounds"),
    [
        ((Name.FlateDecode,), 1),
        ((Name.FlateDecode, Name.FlateDecode), 2),
        ((Name.Fl, Name.Fl, Name.FlateDecode), 3),
        ((Name.FlateDecode, Name.FlateDecode, Name.DCTDecode), 2),
        ((Name.AHx, Name.FlateDecode), 1),
    ],
)
def test_bombs_in_bombs_are_refused(filters: tuple[Name, ...], rounds: int) -> None:
    """I3: however many filters a stream names, what they unpack is counted (ISO 32000-1, 7.4)."""
    content = scan(packed(*filters, size=600_000_000, rounds=rounds), compress_streams=False)
    assert len(content) < uploads.LIMIT_BYTES

    with pytest.raises(errors.FileTooComplex):
        uploads.check_pdf(content)


def test_scans_with_several_filters_pass() -> None:
    """R33: scanners deflate their JPEG pictures, and old programs write text in hexadecimals."""
    plain = packed(Name.FlateDecode, Name.FlateDecode, Name.DCTDecode, size=5_000_000, rounds=2)
    assert uploads.check_pdf(scan(plain, compress_streams=False)).pages == 2
    armoured = packed(Name.ASCIIHexDecode, Name.FlateDecode, size=2_000_000)
    assert uploads.check_pdf(scan(armoured, compress_streams=False)).pages == 2


def test_a_picture_that_claims_too_much_is_refused() -> None:
    """I3: a viewer makes room for a picture before it reads it."""

    def claim(pdf: Pdf) -> None:
        picture = pdf.make_stream(b"\0")
        picture.Type, picture.Subtype = Name.XObject, Name.Image
        picture.Width, picture.Height = 100_000, 100_000
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(A=picture))

    with pytest.raises(errors.FileTooComplex):
        uploads.check_pdf(scan(claim))


def test_endless_page_trees_end() -> None:
    """I3: a page tree that contains itself is damaged, not a loop."""
    with pytest.raises((errors.FileDamaged, errors.FileTooComplex)):
        uploads.check_pdf(scan(lambda pdf: pdf.Root.Pages.Kids.append(pdf.Root.Pages)))


@settings(max_examples=20, derandomize=True, deadline=None)
@given(data=st.data())
def test_whatever_comes_is_accepted_or_refused(data: st.DataObject) -> None:
    """I3: flipped, cut and spliced files end in facts or in a refusal with a code."""
    content = bytearray(scan())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))

    try:
        verdict = f"{uploads.check_pdf(bytes(content)).pages} pages"
    except errors.Refusal as refusal:
        verdict = refusal.code

    assert verdict in ("1 pages", "2 pages") or verdict.startswith("E_FILE_")


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (scan(), {"pages": 2}),
        (scan(pages=0), {"code": "E_FILE_NO_PAGES"}),
        (scan(attach), {"code": "E_FILE_ACTIVE", "what": "嵌入的文件"}),
        (scan(media), {"code": "E_FILE_ACTIVE", "what": "多媒体"}),
        (scan(encryption=pikepdf.Encryption(owner="o", user="u")), {"code": "E_FILE_ENCRYPTED"}),
        (scan(encryption=pikepdf.Encryption(owner="o", user="")), {"pages": 2}),
        (scan()[:-300] + b"%%EOF", {"code": "E_FILE_DAMAGED"}),
        (scan(pages=501), {"code": "E_FILE_COMPLEX"}),
    ],
)
def test_the_walk_answers_in_facts(content: bytes, answer: dict[str, object]) -> None:
    """I3: what the confined child answers, seen without the child."""
    assert pdf_walk.walk(content) == answer


def test_deep_nesting_is_refused() -> None:
    """I3: brackets within brackets are no scan."""
    nested = b"[" * 200 + b"]" * 200
    content = scan(lambda pdf: pdf.Root.__setitem__("/Deep", Array([])))

    answer = pdf_walk.walk(content.replace(b"/Deep [ ]", b"/Deep " + nested))

    assert answer["code"] in ("E_FILE_COMPLEX", "E_FILE_DAMAGED")


@pytest.mark.parametrize("behaviour", ["import os; os.kill(os.getpid(), 11)", "while True: pass"])
def test_a_child_that_dies_or_hangs_costs_one_refusal(
    behaviour: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """I3: a file that kills or holds the parser is refused; the server goes on."""
    program = tmp_path / "walk.py"
    program.write_text(behaviour)
    monkeypatch.setattr(pdf_walk, "__file__", str(program))
    monkeypatch.setattr(uploads, "_TIMEOUT_S", 1)

    with pytest.raises(errors.FileTooComplex):
        uploads.check_pdf(scan())
