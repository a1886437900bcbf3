from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from refusals.refusal import NotFound
from registry.applications import attachments, documents, timeline
from registry.applications.applications import Application
from registry.applications.attachments import FILENAME_LENGTH, Uploaded, safe_filename
from registry.applications.documents import Document, DocumentKind, StoredFile, VoidReason
from storage.database import new_id, writing
from tests.registry.conftest import NOW

Sessions = sessionmaker[Session]


def add(
    sessions: Sessions,
    application: Application,
    sha256: str,
    kind: str = "application",
    *,
    revision: int = 1,
) -> Document:
    with writing(sessions) as session:
        return documents.add(
            session,
            application.id,
            kind,
            StoredFile(sha256=sha256 * 64, size_bytes=10),
            revision=revision,
            at=NOW,
        )


def sign(sessions: Sessions, document: Document, sha256: str, role: str) -> None:
    with writing(sessions) as session:
        documents.signed(
            session,
            documents.get(session, document.id),
            StoredFile(sha256=sha256 * 64, size_bytes=20),
            role=role,
            signer="陶示例",
            serial="01",
            at=NOW,
        )


def test_the_same_form_rendered_twice_is_one_document(
    sessions: Sessions, application: Application
) -> None:
    """I11: a job that runs again adds nothing; the paper has its Chinese title."""
    first = add(sessions, application, "a")
    assert add(sessions, application, "a").id == first.id
    assert first.title == "注册申请表"


def test_signing_and_sealing_are_versions_of_one_document(
    sessions: Sessions, application: Application
) -> None:
    """R41, R59: one file collects both signatures; each stage is found by its hash."""
    document = add(sessions, application, "a")
    sign(sessions, document, "b", "applicant")
    sign(sessions, document, "b", "applicant")
    sign(sessions, document, "c", "enterprise")

    with sessions() as session:
        assert documents.get(session, document.id).sha256 == "c" * 64
        stages = [version.stage for version in documents.versions(session, document.id)]
        roles = [signature.role for signature in documents.signatures(session, document.id)]
        assert documents.by_sha256(session, "b" * 64).id == document.id
        assert documents.is_newest(session, "c" * 64)
        assert not documents.is_newest(session, "b" * 64)
    assert stages == ["made", "applicant", "enterprise"]
    assert roles == ["applicant", "enterprise"]


def test_evidence_added_later_leaves_the_downloaded_file_good(
    sessions: Sessions, application: Application
) -> None:
    """R62: who downloaded the file before its archive time stamp came holds the same paper."""
    document = add(sessions, application, "a")
    sign(sessions, document, "b", "applicant")
    sign(sessions, document, "c", "enterprise")

    with writing(sessions) as session:
        current = documents.get(session, document.id)
        file = StoredFile(sha256="d" * 64, size_bytes=9)
        documents.replace(session, current, "augmented", file, at=NOW)

    with sessions() as session:
        good = [letter for letter in "abcd" if documents.is_newest(session, letter * 64)]
    assert good == ["c", "d"]


def test_a_void_document_is_kept_and_says_so(sessions: Sessions, application: Application) -> None:
    """R44, I7: never deleted, found by its hash, void with its reason, fails verification."""
    document = add(sessions, application, "a")
    sign(sessions, document, "b", "applicant")

    with writing(sessions) as session:
        voided = documents.void_all(session, application.id, "DATA_CHANGED", NOW)
        assert [void.id for void in voided] == [document.id]
        assert documents.void_all(session, application.id, "DATA_CHANGED", NOW) == []

    with sessions() as session:
        assert documents.current(session, application.id, DocumentKind.APPLICATION) is None
        paper = documents.by_sha256(session, "b" * 64)
        assert not documents.is_newest(session, "b" * 64)
    assert paper.is_void
    assert VoidReason(paper.void_reason).label == "申请内容已修改"
    assert paper.voided_at == NOW


def test_voiding_the_form_leaves_notices(sessions: Sessions, application: Application) -> None:
    """I11: what the authority sealed stands when the applicant changes the form."""
    add(sessions, application, "a")
    notice = add(sessions, application, "n", "correction-notice")

    with writing(sessions) as session:
        documents.void_all(session, application.id, "DATA_CHANGED", NOW)
    with sessions() as session:
        current = documents.current(session, application.id, "correction-notice")
        assert current.id == notice.id
    with writing(sessions) as session:
        voided = documents.void_all(
            session, application.id, "WITHDRAWN", NOW, kinds=["correction-notice"]
        )
    assert len(voided) == 1


def test_a_new_form_replaces_the_unsigned_one(sessions: Sessions, application: Application) -> None:
    """R43: only one form counts; the history shows both."""
    first = add(sessions, application, "a")
    second = add(sessions, application, "b", revision=2)

    with sessions() as session:
        assert documents.current(session, application.id, "application").id == second.id
        history = documents.history(session, application.id)
    assert [(earlier.id, earlier.void_reason) for earlier in history] == [
        (first.id, "REPLACED"),
        (second.id, None),
    ]


def test_a_changed_form_with_the_same_look_is_a_new_document(
    sessions: Sessions, application: Application
) -> None:
    """R43: a signature is bound to its revision, even when the pages look alike."""
    first = add(sessions, application, "a")
    assert add(sessions, application, "a", revision=2).id != first.id


def test_two_notices_of_one_kind_may_stand(sessions: Sessions, application: Application) -> None:
    """I11: a later notice does not unsay an earlier one; reprints give the newest file."""
    add(sessions, application, "a", "correction-notice")
    later = add(sessions, application, "b", "correction-notice")

    with sessions() as session:
        assert documents.current(session, application.id, "correction-notice").id == later.id
        assert not any(document.is_void for document in documents.history(session, application.id))


def test_unknown_documents_are_not_found(sessions: Sessions, application: Application) -> None:
    """I7: a hash that we never made is unknown; so is a made-up id."""
    with sessions() as session:
        assert documents.by_sha256(session, "f" * 64) is None
        with pytest.raises(NotFound):
            documents.get(session, new_id())
        with pytest.raises(NotFound):
            attachments.get(session, new_id())
    with pytest.raises(ValueError, match="poem"):
        add(sessions, application, "a", "poem")


def test_uploads_are_listed_by_kind(sessions: Sessions, application: Application) -> None:
    """R29, R33, I3: a list of files, each with size and name; the same bytes may serve twice."""
    with writing(sessions) as session:
        for kind in ("QUALIFICATION_SCAN", "QUALIFICATION_SCAN", "CE_PROOF"):
            attachments.add(
                session,
                application.id,
                kind,
                Uploaded(
                    filename="证书.pdf",
                    file=StoredFile(sha256="a" * 64, size_bytes=2_097_152),
                    pages=2,
                ),
                actor="person:1",
                at=NOW,
            )

    with sessions() as session:
        scans = attachments.of(session, application.id, "QUALIFICATION_SCAN")
        assert len(attachments.of(session, application.id)) == 3
        assert attachments.get(session, scans[0].id).kind_label == "资格证书扫描件"
    assert len({scan.id for scan in scans}) == 2


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("C:\\fakepath\\证书.pdf", "证书.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("\x00\r\n", "未命名"),
        ("...", "未命名"),
        ("𠮷.pdf", "𠮷.pdf"),
    ],
)
def test_a_filename_is_only_for_display(typed: str, shown: str) -> None:
    """I3: no folders, no control or direction characters."""
    assert safe_filename(typed) == shown


def test_a_long_filename_keeps_its_ending() -> None:
    """I3: shortened, still recognisable."""
    shown = safe_filename("长" * 500 + ".pdf")

    assert len(shown) == FILENAME_LENGTH
    assert shown.endswith("长.pdf")
    assert len(safe_filename("x." + "y" * 500)) == FILENAME_LENGTH


def test_the_timeline_tells_the_steps_in_order(
    sessions: Sessions, application: Application
) -> None:
    """I1: step, time, result, opinion."""
    with writing(sessions) as session:
        for kind, text in (("saved", "已保存"), ("returned", "企业退回：电话有误")):
            timeline.add(session, application.id, kind, text, actor="person:1", at=NOW)

    with sessions() as session:
        assert [line.text for line in timeline.of(session, application.id)] == [
            "已保存",
            "企业退回：电话有误",
        ]
