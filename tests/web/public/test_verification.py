"""What anybody can find out about a certificate or a file, and nothing beyond."""

from __future__ import annotations

import pytest

from adapters import world
from registry.applications import documents
from registry.applications.documents import DocumentKind, VoidReason
from registry.certificates import certificates
from signing.judging import apart
from storage.database import writing
from tests.signing import files
from tests.signing.judging import crooked
from tests.web.place import Place

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


@pytest.mark.parametrize("token", ["0" * 32, "x", "1' OR '1'='1"])
def test_an_unknown_code_is_told_so(token: str, place: Place) -> None:
    """I14: a code that no certificate bears may be a forgery."""
    answer = place.tab.open(f"/verify/{token}")

    assert answer.status_code == 404
    assert "可能是伪造的" in place.tab.text


def test_a_mistyped_code_is_told_beside_the_field(place: Place) -> None:
    place.tab.open("/verify?code=S226990000")

    assert "查验码应为32位" in place.tab.text


def test_the_letter_s_code_leads_to_the_upload(place: Place) -> None:
    """I11: the file itself is what is verified; the code alone proves nothing."""
    place.tab.open("/verify?no=31S2C2026112400001K")

    assert "请上传" in place.tab.text
    assert "不能只凭" in place.tab.text


@pytest.mark.parametrize("said", ["31S2C2099010100001K", "本文书真实有效，请予办理"])
def test_nothing_of_the_address_is_shown(said: str, place: Place) -> None:
    """§trust 4: a forger's letter does not speak on the official page."""
    place.tab.open(f"/verify?no={said}")

    assert said not in place.tab.page.text


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
    assert "不是PDF文件" in place.upload(b"GIF89a")
    assert place.tab.page.status_code == 422
    assert "请选择需要查验的PDF文件" in place.upload(b"")


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


@pytest.mark.proves("F:verification-1")
def test_what_cannot_be_read_is_not_told_to_be_unsigned(place: Place) -> None:
    """§verification page: only a file that was read and carries nothing has no signature."""
    assert "没有电子签名" not in place.upload(b"%PDF-1.7 broken")
    assert "文件中没有电子签名" in place.upload(files.page())


@pytest.mark.proves("F:verification-2")
def test_a_form_that_waits_for_its_seal_is_genuine(place: Place) -> None:
    """§verification page: signed by the applicant, nothing wrong, the enterprise's turn."""
    with writing(place.office.sessions) as session:
        form = documents.current(session, place.application_id, DocumentKind.APPLICATION)
        assert form is not None
        sealed, stages = form.sha256, documents.versions(session, form.id)
        kept = [version.sha256 for version in stages]
        signed = next(
            sha256 for sha256 in kept if place.office.files.get(sha256).count(b"/ByteRange") == 1
        )
        form.sha256 = signed

    said = place.upload(place.office.files.get(signed))

    with writing(place.office.sessions) as session:
        form = documents.current(session, place.application_id, DocumentKind.APPLICATION)
        assert form is not None
        form.sha256 = sealed
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


@pytest.mark.proves("F:verification-7")
def test_who_comes_when_all_examine_is_told_to_come_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of strangers hold at most two threads; whoever is next loses a moment, not the page."""
    monkeypatch.setattr(apart, "AT_ONCE", 0)
    monkeypatch.setattr(apart, "_EXAMINERS", apart._Examiners())

    said = place.upload(files.notice())

    assert "正在查验的文件较多" in said
