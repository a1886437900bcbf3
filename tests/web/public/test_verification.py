"""What anybody can find out about a certificate or a file, and nothing beyond."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import zxingcpp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image, ImageFilter

from adapters import world
from casework.certificate import certificate_data
from ofd import package, sealing
from ofd.geometry import Box
from ofd.sealing import Stamp
from pdfgen import pictures
from registry import verification_codes
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind, StoredFile, VoidReason
from registry.certificates import certificates, registrations
from signing.judging import apart, verify
from signing.keys.timestamps import Timestamper
from signing.making import archive
from storage.database import new_id, writing
from tests.ofd import shipped
from tests.ofd.authority import NOW, Authority
from tests.ofd.standard import SesSignature
from tests.ofd.test_package import BAD
from tests.signing import files
from tests.signing.judging import crooked
from tests.web.conftest import Clock
from tests.web.place import Place
from web import extensions
from web.process import wiring
from web.public import verification

TAO, COMPANY = world.CITIZENS[0], world.COMPANIES[0]


def test_the_code_on_a_certificate_leads_to_its_status(place: Place) -> None:
    """R115: the QR code answers whether the certificate is in force, to anybody."""
    certificate = place.certificate()

    answer = place.tab.open(f"/verify/{certificate.qr_token}")

    assert answer.status_code == 200
    assert "该证书有效" in place.tab.text
    assert certificate.no in place.tab.text
    assert COMPANY.name in place.tab.text


def test_the_public_learns_no_more_than_it_may(place: Place) -> None:
    """R115: the name is masked; numbers of the person and of the telephone are not there."""
    page = place.tab.open(f"/verify/{place.certificate().qr_token}").text

    assert "陶**" in page
    for secret in (TAO.name, TAO.id_no, TAO.mobile, TAO.id_no[-4:]):
        assert secret not in page


def test_a_code_may_be_typed_with_blanks_and_capitals(place: Place) -> None:
    token = place.certificate().qr_token
    typed = f"{token[:16]} {token[16:]}".upper()

    answer = place.tab.open(f"/verify?code={typed}")

    assert answer.location == f"/verify/{token}"


@pytest.mark.parametrize("token", ["0" * 32, "x", "1' OR '1'='1", "7K3MQ2X9RAFH", "7K3MQ2X9RAFP"])
def test_an_unknown_code_is_told_so(token: str, place: Place) -> None:
    """I14: a code that no certificate bears may be a forgery."""
    answer = place.tab.open(f"/verify/{token}")

    assert answer.status_code == 404
    assert "可能是伪造的" in place.tab.text


CODE = "7K3MQ2X9RAFH"


@pytest.mark.proves("F:verification-6")
@pytest.mark.parametrize(
    "paste",
    [
        lambda code: code,
        lambda code: verification_codes.grouped(code).lower(),
        lambda code: "查验码：" + " ".join(code[place : place + 4] for place in (0, 4, 8)),
        lambda code: "".join(chr(ord(character) + 0xFEE0) for character in code),
        lambda code: f"\u202d{code[:6]}—{code[6:]}\r\n",
        lambda code: f"https://zhuce.example/verify/{code}?from=scan",
        lambda code: f"zhuce.example/verify/{code.lower()}/",
    ],
    ids=["plain", "grouped", "spaced", "full-width", "marked", "link", "address"],
)
def test_a_code_is_accepted_however_it_is_pasted(place: Place, paste: Callable[[str], str]) -> None:
    """§verification page: what is printed beside the QR code can be typed."""
    code = place.certificate().qr_token

    place.ask(paste(code))

    assert place.tab.page.location == f"/verify/{code}"


@pytest.mark.proves("F:verification-6")
@pytest.mark.parametrize(
    "dress", [str, str.lower, lambda text: f"证书编号： {text[:4]} {text[4:]}"]
)
@pytest.mark.parametrize("name", ["陶示例", " 陶 示例", "姓名：陶示例"])
def test_a_number_is_accepted_with_its_name(
    place: Place, dress: Callable[[str], str], name: str
) -> None:
    """§verification page: number and name together lead where the code leads."""
    certificate = place.certificate()

    place.ask(dress(certificate.no), name.removeprefix("姓名："))
    assert place.tab.page.location == f"/verify/{certificate.qr_token}"
    place.ask(f"{dress(certificate.no)}，{name}")
    assert place.tab.page.location == f"/verify/{certificate.qr_token}"


@pytest.mark.proves("F:verification-6")
def test_the_number_of_a_registration_and_of_a_letter_will_do(place: Place) -> None:
    """Whatever number stands on the paper is asked for."""
    certificate = place.certificate()
    with place.office.sessions() as session:
        registration = registrations.get(session, certificate.registration_id)
        letter = documents.current(session, place.application_id, DocumentKind.DECISION)
    assert letter is not None
    assert letter.number is not None

    place.ask(registration.no, TAO.name)
    assert place.tab.page.location == f"/verify/{certificate.qr_token}"
    for written in (letter.number, letter.number.replace("〔", "[").replace("〕第", "］ 第 ")):
        place.ask(written, TAO.name)
        assert place.tab.open(place.tab.page.location).status_code == 200
        assert letter.number in place.tab.text


def test_a_number_with_another_name_tells_nothing(place: Place) -> None:
    """D.4: whoever does not know the holder learns nothing from a number."""
    place.ask(place.certificate().no, "陶样例")
    told = place.tab.text

    place.ask("DZ31S22099000001", "陶示例")

    assert "没有与编号和姓名都相符的" in told
    assert "没有与编号和姓名都相符的" in place.tab.text
    assert place.certificate().registration_id not in told


def test_what_is_mistyped_is_told_beside_its_field(place: Place) -> None:
    """The check character finds one wrong character; a number needs its name."""
    place.ask(f"{CODE[:-1]}P")
    assert "查验码有误" in place.tab.text
    assert f"{CODE[:-1]}P" in place.tab.page.text
    place.tab.open("/verify?code=S226990000")
    assert "请同时填写" in place.tab.text
    place.ask("。")
    assert "查验码有误" in place.tab.text


@pytest.mark.proves("F:verification-6")
def test_guessing_is_stopped(place: Place) -> None:
    """Names of one number, and codes, are not tried one after the other."""
    number, guessed = place.certificate().no, []
    cast("Clock", place.office.clock).turn(minutes=11)  # what others tried is over
    for tried in range(25):
        place.ask(number, f"陶{chr(0x4E00 + tried)}")
        guessed.append(place.tab.page.status_code)
    place.ask(number, TAO.name)

    assert guessed[:20] == [422] * 20
    assert set(guessed[20:]) == {429}
    assert place.tab.page.status_code == 429
    cast("Clock", place.office.clock).turn(minutes=11)
    place.ask(number, TAO.name)
    assert place.tab.page.status_code == 303
    codes = [place.tab.open(f"/verify/{verification_codes.new()}").status_code for _ in range(70)]
    assert codes == [404] * 60 + [429] * 10
    cast("Clock", place.office.clock).turn(minutes=11)


@pytest.mark.proves("F:trust-4")
def test_the_code_of_a_letter_tells_what_it_says(place: Place) -> None:
    """§trust 4: kind, number, day, a masked name, the result, and whether it counts."""
    letter = place.letter(DocumentKind.DECISION)

    answer = place.tab.open(f"/verify/{letter.token}")

    assert answer.status_code == 200
    for said in ("行政许可决定书", letter.number, "2026年11月24日", "陶**", "准予", "文书有效"):
        assert said in place.tab.text
    for secret in (TAO.name, TAO.id_no, TAO.mobile):
        assert secret not in place.tab.text


@pytest.mark.proves("F:trust-4")
def test_a_letter_that_was_annulled_says_so_by_code_and_by_file(place: Place) -> None:
    """§trust 4: the page tells the truth of today, and the file tells the same."""
    letter, pdf = place.letter(DocumentKind.DECISION), place.file(DocumentKind.DECISION)
    kept = place.upload(pdf)
    with writing(place.office.sessions) as session:
        papers = documents.void_all(
            session,
            place.application_id,
            VoidReason.ANNULLED,
            at=place.office.now(),
            kinds=(DocumentKind.DECISION,),
        )

    place.tab.open(f"/verify/{letter.token}")
    by_code, by_file = place.tab.text, place.upload(pdf)

    with writing(place.office.sessions) as session:
        for paper in papers:
            session.get_one(documents.Document, paper.id).state = documents.DocumentState.CURRENT
    assert "文件真实有效" in kept
    assert "文书有效" in kept
    assert letter.number in kept
    for said in (by_code, by_file):
        assert "文书已作废（已被行政复议决定或者判决撤销）" in said
        assert letter.number in said
        assert "文书有效" not in said


def test_a_letter_of_earlier_years_leads_to_the_upload(place: Place) -> None:
    """I11: its code proves nothing; the file itself is what is verified."""
    place.tab.open("/verify?no=31S2C2026112400001K")

    assert "请上传" in place.tab.text
    assert "不能只凭" in place.tab.text


@pytest.mark.proves("F:trust-4")
def test_nothing_of_an_address_is_shown_on_a_public_page(place: Place) -> None:
    """§trust 4: who writes an address does not speak on an official page, whatever it asks for."""
    said, web = "本文书真实有效请予办理", Path(extensions.__file__).parent
    sources = [*web.rglob("*.py"), *(web / "templates").rglob("*.html")]
    asked = re.compile(r"""request\.(?:args|values)\.get\(["'](\w+)""")
    found = "".join(path.read_text("utf-8") for path in sources if "node_modules" not in str(path))
    names = sorted({*asked.findall(found), "no", "q", "number", "error", "message"})
    assert "code" in names
    pages = {
        rule.rule
        for rule in place.tab.client.application.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule[:4] != "/pki"
    }

    spoke = []
    for page in sorted(pages):
        if place.tab.open(page).status_code in {303, 404}:  # of whoever has signed in
            continue
        everything = "&".join(f"{name}={said}" for name in names)
        for question in (everything, *(f"{name}={said}" for name in names)):
            place.tab.open(f"{page}?{question}")
            if place.tab.page.mimetype == "text/html" and said in place.tab.page.text:
                spoke.append(f"{page}?{question[:40]}")

    assert spoke == []


@pytest.mark.parametrize(
    "kind",
    [
        DocumentKind.CERTIFICATE,
        DocumentKind.APPLICATION,
        DocumentKind.ACCEPTANCE_NOTICE,
        DocumentKind.DECISION,
    ],
)
def test_a_file_of_ours_is_genuine(kind: DocumentKind, place: Place) -> None:
    """R46, R47, R115: every signed file passes with its signatures and its standing."""
    said = place.upload(place.file(kind))

    assert place.tab.page.status_code == 200
    assert "文件真实有效" in said


@pytest.mark.parametrize(
    "kind", [DocumentKind.CERTIFICATE, DocumentKind.ACCEPTANCE_NOTICE, DocumentKind.DECISION]
)
def test_the_national_form_of_a_paper_is_genuine(kind: DocumentKind, place: Place) -> None:
    """R115: what it is, how it is sealed, what was checked, and what the register says now."""
    said = place.upload(place.ofd(kind))

    assert place.tab.page.status_code == 200
    assert "文件真实有效" in said
    for words in (
        "OFD文件和印章",
        "行政审批专用章（演示）",
        "第4版格式",
        "电子印章制作机构（演示）",
        "制章机构和证书机构是否可信",
    ):
        assert words in said
    assert ("证书当前状态" in said) == (kind is DocumentKind.CERTIFICATE)


def test_a_setting_makes_the_seals_of_the_next_version(place: Place) -> None:
    """GM/T 0031-2025: another seal, made when it is first needed; the page tells its version."""
    with place.tab.client.application.app_context():
        next_version = replace(extensions.settings(), seal_version=5)
    office = wiring.open_office_of(next_version, clock=place.office.clock)
    receipt = shipped.pdf(("structural-engineer-2", "receipt", "letter"), office.fonts)
    try:
        signed = office.signatures.seal_as_agency(receipt, key=new_id())
        file = StoredFile(sha256=office.files.put(signed.pdf), size_bytes=len(signed.pdf))
        kind, at = DocumentKind.RECEIPT, office.now()  # no other test here looks at one
        with writing(office.sessions) as session:
            documents.add(session, place.application_id, kind, file, revision=1, at=at)
        data = replace(place, office=office).ofd(kind)
    finally:
        wiring.close(office)

    said = place.upload(data)

    value = SesSignature.load(package.unpack(data)[sealing.VALUE], strict=True)
    header = value["toSign"]["eseal"]["eSealInfo"]["header"]
    assert header["version"].native == value["toSign"]["version"].native == 5
    assert "文件真实有效" in said
    assert "第5版格式" in said
    assert "第4版格式" in place.upload(place.ofd(DocumentKind.DECISION))


def test_an_altered_or_foreign_ofd_is_told_with_its_reason(place: Place) -> None:
    """Whatever comes in is a page with a verdict."""
    parts = package.unpack(place.ofd(DocumentKind.DECISION))
    content = "Doc_0/Pages/Page_0/Content.xml"
    changed = parts[content].replace("准予".encode(), "不予".encode())
    theirs = Authority("外地根")
    box = Stamp(page_id=1, box=Box(0, 0, 42, 42))
    bare = {n: d for n, d in parts.items() if "/Signs/" not in n}
    foreign = sealing.seal(bare, theirs.sealer(), box, at=NOW)

    altered = place.upload(package.pack({**parts, content: changed}))
    strange = place.upload(package.pack(foreign))
    unsealed = place.upload(package.pack({"OFD.xml": parts["OFD.xml"].split(b"<ofd:Sign")[0]}))

    assert "请勿采信" in altered
    assert "Content.xml”被修改" in altered
    assert "文件真实有效" not in altered
    assert "由“演示专用章”签章，不是本系统的印章" in strange
    assert "请向文件的出具单位核实" in strange
    assert "其制章机构和证书机构是否可信，证书是否有效，本页无法查验" in strange
    assert "签章时印章和证书是否在有效期内" not in strange
    assert "演示机关" not in strange
    assert "E_OFD_UNREADABLE" in unsealed


@pytest.mark.parametrize("kind", ["10,000 parts", "a name that climbs", "a size too large"])
def test_a_hostile_package_is_a_verdict(kind: str, place: Place) -> None:
    """Too many parts, names that climb, sizes that lie: never an error of ours."""
    said = place.upload(BAD[kind][0])

    assert place.tab.page.status_code == 200
    assert "E_OFD_UNREADABLE" in said


def test_the_signatures_of_a_form_are_listed_with_a_masked_name(place: Place) -> None:
    said = place.upload(place.file(DocumentKind.APPLICATION))

    assert "申请人签名" in said
    assert "企业签章" in said
    assert "陶**" in said
    assert TAO.name not in said
    assert COMPANY.name in said


def test_an_altered_file_is_refused(place: Place) -> None:
    """I7: one changed byte and the file is nobody's."""
    pdf = bytearray(place.file(DocumentKind.CERTIFICATE))
    pdf[len(pdf) // 3] ^= 1

    said = place.upload(bytes(pdf))

    assert "请勿采信" in said
    assert "文件真实有效" not in said


def test_what_is_not_a_pdf_is_refused_beside_the_field(place: Place) -> None:
    assert "不是PDF或者OFD文件" in place.upload(b"GIF89a")
    assert place.tab.page.status_code == 422
    assert "请选择需要查验的PDF或者OFD文件" in place.upload(b"")


@pytest.mark.proves("F:verification-5")
def test_an_altered_file_is_called_valid_nowhere(place: Place) -> None:
    """§verification page: what was appended takes the verdict of every signature with it."""
    said = place.upload(place.file(DocumentKind.APPLICATION) + b"\n% more\n")

    assert "申请人签名" in said
    assert "无效" in said
    assert "有效" not in said.replace("无效", "").replace("有效期", "").replace("因此失效", "")


@pytest.mark.proves("F:verification-3")
def test_a_file_that_was_saved_anew_is_told_why(place: Place) -> None:
    """§verification page: the likely cause is the first thing said."""
    said = place.upload(crooked.rewrite(place.file(DocumentKind.APPLICATION)))

    assert "重新保存" in said
    assert said.index("E_SAVED_ANEW") < said.index("E_APPENDED" if "E_APPENDED" in said else "E_")


@pytest.mark.proves("F:verification-3")
@pytest.mark.parametrize("kind", [DocumentKind.APPLICATION, DocumentKind.CERTIFICATE])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"", b"\0" * 512),  # filled up to a block of a disk
        (b"", b"\r\n"),
        (b"", b"\r"),
        (b"", b"\n-- \nscanned by the mail gateway\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n", b""),
        (b"\xef\xbb\xbf", b""),
        (b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n", b"\x1b%-12345X"),
    ],
    ids=["zeros", "line", "return", "footer", "header", "mark", "printer"],
)
def test_what_was_put_around_a_file_is_told(
    place: Place, kind: DocumentKind, before: bytes, behind: bytes
) -> None:
    """Bytes in front of a genuine file or behind it: the likely cause first, and no validity."""
    said = place.upload(before + place.file(kind) + behind)

    assert f"多出{len(before) + len(behind)}字节" in said
    assert "请使用下载的原文件" in said
    assert said.index("E_PADDED") == said.index("E_")
    assert "文件真实有效" not in said


PUT_AROUND = [
    (b"", b"\0" * 300),
    (b"\n", b""),
    (b"   ", b"  \r\n.\r\n"),
    (b"--part\r\nContent-Transfer-Encoding: binary\r\n\r\n", b"\r\n--part--\r\n"),
]


@pytest.mark.proves("F:verification-3")
@pytest.mark.parametrize(("before", "behind"), PUT_AROUND)
def test_what_was_put_around_a_form_that_waits_is_told(
    place: Place, before: bytes, behind: bytes
) -> None:
    """The form whose seal is missing is known by the register, so the likely cause comes first."""
    with waiting(place) as form:
        said = place.upload(before + form + behind)

    assert f"多出{len(before) + len(behind)}字节" in said
    assert said.index("E_PADDED") == said.index("E_")
    assert "正在等待企业签章" not in said


@pytest.mark.proves("F:verification-3")
@pytest.mark.parametrize(("before", "behind"), PUT_AROUND)
def test_what_was_put_around_a_national_form_is_told(
    place: Place, before: bytes, behind: bytes
) -> None:
    """An OFD file on its way is no other than a PDF file: the same words, and no validity."""
    genuine = place.ofd(DocumentKind.CERTIFICATE)

    said = place.upload(before + genuine + behind)

    assert f"多出{len(before) + len(behind)}字节" in said
    assert said.index("E_PADDED") == said.index("E_")
    assert "文件真实有效" not in said
    assert "E_PADDED" not in place.upload(before + genuine[:-40] + b"\0" + genuine[-39:] + behind)


@contextmanager
def waiting(place: Place) -> Iterator[bytes]:
    """Let the form wait for its seal again; give the file as it was then."""
    with writing(place.office.sessions) as session:
        form = documents.current(session, place.application_id, DocumentKind.APPLICATION)
        assert form is not None
        sealed, stages = form.sha256, documents.versions(session, form.id)
        kept = [version.sha256 for version in stages]
        signed = next(
            sha256 for sha256 in kept if place.office.files.get(sha256).count(b"/ByteRange") == 1
        )
        form.sha256 = signed
    yield place.office.files.get(signed)
    with writing(place.office.sessions) as session:
        session.get_one(Document, form.id).sha256 = sealed


@pytest.mark.proves("F:verification-3")
@pytest.mark.parametrize("lacking", [1, 200, 5000])
@pytest.mark.parametrize("kind", [DocumentKind.CERTIFICATE, DocumentKind.APPLICATION])
def test_a_file_that_was_not_received_to_its_end_is_told(
    place: Place, kind: DocumentKind, lacking: int
) -> None:
    """The stage before was whole, and nothing is more: the last one breaks off."""
    said = place.upload(place.file(kind)[:-lacking])

    assert "没有下载或者传送完" in said
    assert said.index("E_CUT_OFF") == said.index("E_")
    assert "E_PADDED" not in said
    assert "文件真实有效" not in said


@pytest.mark.proves("F:verification-5")
def test_around_an_altered_file_nothing_is_excused(place: Place) -> None:
    """Only what was whole before is said to have been."""
    genuine = place.file(DocumentKind.APPLICATION)
    altered = genuine.replace(b"/Type/Pages", b"/Type/Pagez", 1)
    assert altered != genuine

    for padded in (altered + b"\0" * 512, genuine + b"\n9 0 obj null endobj\n%%EOF\n"):
        assert "E_PADDED" not in place.upload(padded)


@pytest.mark.proves("F:verification-1")
def test_what_cannot_be_read_is_not_told_to_be_unsigned(place: Place) -> None:
    """§verification page: only a file that was read and carries nothing has no signature."""
    assert "没有电子签名" not in place.upload(b"%PDF-1.7 broken")
    assert "文件中没有电子签名" in place.upload(files.page())


@pytest.mark.proves("F:verification-2")
def test_a_form_that_waits_for_its_seal_is_genuine(place: Place) -> None:
    """§verification page: signed by the applicant, nothing wrong, the enterprise's turn."""
    with waiting(place) as form:
        said = place.upload(form)

    assert "正在等待企业签章" in said
    assert "文件真实，内容未被改动" in said
    assert "请勿采信" not in said
    assert "不完整" not in said


@pytest.mark.proves("I7")
def test_a_void_file_fails_though_its_signatures_stand(place: Place) -> None:
    """I7: a void file stays readable, carries its reason and fails verification."""
    pdf = place.file(DocumentKind.APPLICATION)
    with writing(place.office.sessions) as session:
        documents.void_all(
            session, place.application_id, VoidReason.DATA_CHANGED, at=place.office.now()
        )

    said = place.upload(pdf)

    assert "文件已作废（申请内容已修改）" in said
    assert "文件真实有效" not in said


def test_a_certificate_ends_with_its_registration(place: Place) -> None:
    """I14: from the instant of cancellation the code and the file say so."""
    certificate, pdf = place.certificate(), place.office.files.get(place.certificate().sha256 or "")
    with writing(place.office.sessions) as session:
        certificates.invalidate(
            session, certificate.registration_id, "CANCELLED", at=place.office.now()
        )

    place.tab.open(f"/verify/{certificate.qr_token}")
    assert "已注销" in place.tab.text
    assert "该证书有效" not in place.tab.text
    assert "已注销" in place.upload(pdf)


@pytest.mark.proves("F:verification-4")
def test_a_foreign_time_stamp_is_told_as_such(place: Place) -> None:
    """§verification page: somebody else's stamp on our file is not called a change."""
    said = place.upload(_stamped_elsewhere(place, place.file(DocumentKind.ACCEPTANCE_NOTICE)))

    assert "E_FOREIGN_TIME_STAMP" in said
    assert "加盖了其他机构的时间戳" in said
    assert "内容未被改动" in said
    for accused in ("请勿采信", "E_CHANGED_LATER", "E_APPENDED", "E_SAVED_ANEW", "文件真实有效"):
        assert accused not in said


def _stamped_elsewhere(place: Place, pdf: bytes) -> bytes:
    key, clock = ec.generate_private_key(ec.SECP256R1()), place.office.clock
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "外地某单位")])
    made = x509.CertificateBuilder(name, name, key.public_key(), serial_number=7)
    made = made.not_valid_before(clock() - timedelta(days=1))
    certificate = made.not_valid_after(clock() + timedelta(days=900)).sign(key, hashes.SHA256())
    elsewhere = Timestamper(certificate, key, [])
    return archive.augment(
        pdf,
        trust=place.office.signatures.authority.trust(),
        statuses=lambda serials: [None] * len(serials),
        stamp=lambda digest: elsewhere.stamp(digest, clock()),
    )


def test_page_and_verifier_have_one_limit(place: Place) -> None:
    """§verification page: what the page takes the verifier reads, and the limit is told."""
    said = place.upload(files.page() + bytes(verification.LARGEST_BYTES))

    assert verification.LARGEST_BYTES == verify.LARGEST_BYTES == 10 * 2**20
    assert "超过10M" in said
    assert place.tab.page.status_code == 422


@pytest.mark.proves("F:verification-7")
def test_who_comes_when_all_examine_is_told_to_come_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of strangers hold at most two threads; whoever is next loses a moment, not the page."""
    monkeypatch.setattr(apart, "AT_ONCE", 0)
    monkeypatch.setattr(apart, "_EXAMINERS", apart._Examiners())

    said = place.upload(files.notice())

    assert "正在查验的文件较多" in said


@pytest.mark.proves("J6")
def test_a_printed_certificate_can_be_scanned(place: Place, tmp_path: Path) -> None:
    """On paper, by a poor printer: each module of the code is what it is, no seal covers it.

    A page of 150 dots an inch, grey, blurred and pale; the code is sought where it is printed. The
    code for who has no network holds ten times as much and takes 200 dots.
    """
    certificate = place.certificate()
    (tmp_path / "c.pdf").write_bytes(place.file(DocumentKind.CERTIFICATE))
    pale = printed(tmp_path / "c.pdf", 150)
    base = place.office.policy.base_url
    address = f"{base}/verify/{certificate.qr_token}"

    assert best_match(pale, pictures.qr_rows(address)) == 1
    data, _ = certificate_data.of(place.office, str(certificate.application_id))
    finer = printed(tmp_path / "c.pdf", 200)
    assert best_match(finer, pictures.qr_rows(str(data["offline"])), mm=29, dpi=200) == 1
    assert {code.text for code in zxingcpp.read_barcodes(finer)} == {address, str(data["offline"])}


def printed(pdf: Path, dpi: int) -> Image.Image:
    """Print the only page of a PDF, poorly."""
    command = ["pdftoppm", "-r", str(dpi), "-gray", "-png", str(pdf)]
    subprocess.run([*command, str(pdf.with_name(f"{dpi}"))], check=True, timeout=60)
    with Image.open(next(pdf.parent.glob(f"{dpi}-*.png"))) as page:
        return page.convert("L").filter(ImageFilter.GaussianBlur(1.2)).point(pale_ink)


def pale_ink(grey: int) -> int:
    """Print black as a dark grey, and white as paper that is not white."""
    return 70 + grey * 150 // 255


def best_match(
    page: Image.Image, modules: Sequence[bytes], *, mm: float = 21, dpi: int = 150
) -> float:
    """Give which part of the modules is read right, at the best place of the page's lower left."""
    size, dots = len(modules), mm / 25.4 * dpi
    middles = [round((number + 0.5) * dots / size) for number in range(size)]
    grey, wide, best = page.load(), page.width, 0.0
    probes = [(row, column) for row in (0, 1, 3, 6) for column in (0, 1, 3, 6, size - 1, size - 4)]

    def is_right(top: int, left: int, row: int, column: int) -> bool:
        ink = grey[left + middles[column], top + middles[row]] < 145  # type: ignore[index]
        return ink == (modules[row][column] == 0)

    every = [(row, column) for row in range(size) for column in range(size)]
    for top in range(page.height // 2, page.height - round(dots)):
        for left in range(wide // 4 if mm == 21 else wide // 2):
            if all(is_right(top, left, *probe) for probe in probes):
                read = sum(is_right(top, left, *module) for module in every)
                best = max(best, read / size**2)
    return best
