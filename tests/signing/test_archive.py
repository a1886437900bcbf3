"""What the archive of a file holds: its own signers' evidence, whatever happened to others."""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import crl
from cryptography import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import insert

from signing import Signatures
from signing.database import writing
from signing.judging.verify import Expected
from signing.keys import profiles
from signing.making import archive, pades
from signing.tables import StoredAuthority, StoredCertificate
from tests.ofd import shipped
from tests.signing import files, story
from tests.signing.conftest import TestClock
from tests.signing.judging import crooked

REVOKED_PERSONS = 2_000
#: What MuPDF says: it does not know document time stamps and calls the evidence an edit.
UNCHANGED = {
    "sealed": "The document is unchanged since signing",
    "archived": "The signature is valid",
}
SEALED = [
    document
    for document in shipped.printed()
    if document[1] in ("certificate", "cancellation-certificate", "decision", "act-decision")
]


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: what is asked here does not depend on it."""
    return f"sqlite:///{tmp_path}/keys.db"


def _revoke_many(signatures: Signatures, clock: TestClock, count: int) -> None:
    """Put revoked certificates of other persons into the database."""
    facts = signatures.custody.credential("applicant", story.ZHANG)
    assert facts is not None
    with writing(signatures._sessions) as session:
        mine = session.get_one(StoredCertificate, facts.serial)
        rows = [
            {
                "serial": format(2**120 + number, "x"),
                "issuer": "personal",
                "profile": "signer",
                "key_id": mine.key_id,
                "der": mine.der,
                "not_before": clock(),
                "not_after": clock() + timedelta(days=365 * 3),
                "revoked_at": clock(),
                "reason": "superseded",
            }
            for number in range(count)
        ]
        session.execute(insert(StoredCertificate), rows)
        personal = session.get_one(StoredAuthority, "personal")
        personal.crl_number, personal.crl_fresh_until = personal.crl_number + 1, None


def _lists(pdf: bytes) -> list[crl.CertificateList]:
    store = PdfFileReader(io.BytesIO(pdf)).root["/DSS"]
    return [crl.CertificateList.load(entry.get_object().data) for entry in store["/CRLs"]]


@pytest.mark.proves("F:keys-3")
def test_archive_grows_with_nobody_else_s_revocations(
    signatures: Signatures, clock: TestClock
) -> None:
    """§keys 3: the evidence is that of the file's own signers, not of thousands of others."""
    _revoke_many(signatures, clock, REVOKED_PERSONS)
    sealed = story.seal(signatures, story.sign(signatures, files.application()).pdf).pdf

    archived = signatures.augment(sealed)

    assert len(archived) - len(sealed) <= 40_000
    assert (
        sum(len(listed["tbs_cert_list"]["revoked_certificates"]) for listed in _lists(archived))
        == 0
    )
    assert signatures.examine(archived).ok


@pytest.mark.proves("F:years-6", "F:keys-3")
def test_expired_certificates_leave_the_list(signatures: Signatures, clock: TestClock) -> None:
    """§keys 3: a list names what could still be used; it does not grow for ever."""
    _revoke_many(signatures, clock, 3)
    assert len(x509.load_der_x509_crl(signatures.authority.crl("personal"))) == 3

    clock.forward(days=365 * 3 + 2)

    assert len(x509.load_der_x509_crl(signatures.authority.crl("personal"))) == 0


@pytest.mark.proves("F:keys-3")
def test_leaving_the_list_makes_nothing_good_again(
    signatures: Signatures, clock: TestClock
) -> None:
    """§keys 3: what was signed with a revoked key stays refused when its certificate is over."""
    subject = profiles.person_name(story.ZHANG, "张三")
    signer = crooked.signer_from(signatures, "personal", subject)
    signatures.authority.revoke(signer.serial, "keyCompromise")
    clock.forward(minutes=5)
    forged = crooked.forge(
        signatures, files.application(), "applicant", signer, certify=True, allow_changes=True
    )
    assert "E_CERT_REVOKED" in signatures.examine(forged, expected=Expected.signed()).codes()

    clock.forward(days=365 * 3 + 2)

    assert "E_CERT_REVOKED" in signatures.examine(forged, expected=Expected.signed()).codes()


@pytest.mark.proves("F:keys-4")
def test_signed_files_declare_their_extension(signatures: Signatures) -> None:
    """§keys 4: EN 319 142-1 asks for /ESIC where a PDF 1.7 file carries CAdES signatures."""
    signed = story.sign(signatures, files.application()).pdf
    archived = signatures.augment(story.seal(signatures, signed).pdf)
    notice = signatures.seal_as_agency(files.notice(), key="notice").pdf

    for pdf in (signed, archived, notice):
        declared = PdfFileReader(io.BytesIO(pdf)).root["/Extensions"]["/ESIC"]
        assert (declared["/BaseVersion"], declared["/ExtensionLevel"]) == ("/1.7", 1)
    assert signatures.examine(archived).ok


@pytest.mark.parametrize("document", SEALED, ids=["-".join(document[:2]) for document in SEALED])
def test_every_reader_at_hand_finds_a_sealed_paper_whole(
    document: shipped.Printed, signatures: Signatures, fonts: Path, tmp_path: Path
) -> None:
    """Letters and certificates, sealed and with evidence: qpdf, poppler, MuPDF where it is."""
    printed = shipped.pdf(document, fonts)
    sealed = signatures.seal_as_agency(printed, key="paper").pdf

    for name, pdf in (("sealed", sealed), ("archived", signatures.augment(sealed))):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf)
        assert _said("qpdf", "--check", path).count("WARNING") == 0, name
        assert "Signature is Valid" in _said("pdfsig", "-nocert", path), name
        assert "Tagged:          yes" in _said("pdfinfo", path), name
        if shutil.which("mutool"):
            assert UNCHANGED[name] in _said("mutool", "sign", "-v", path), name
        declared = PdfFileReader(io.BytesIO(pdf)).root["/Extensions"]
        assert "/ESIC" in declared, name


def _said(*command: str | Path) -> str:
    """Run a reader that finds nothing wrong; give what it says."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.proves("F:keys-4")
def test_declaring_breaks_no_earlier_signature(
    signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§keys 4: forms that were signed before we declared anything are sealed and archived."""
    form = files.application()
    with monkeypatch.context() as before:
        before.setattr(pades, "prepare", pades.prepare_by_pyhanko)
        before.setattr(pades.Increment, "register_extension", lambda _writer, _extension: None)
        signed = story.sign(signatures, form).pdf
        sealed = story.seal(signatures, signed, key="earlier").pdf

    later = story.seal(signatures, signed, key="later").pdf

    for pdf in (sealed, later):
        archived = signatures.augment(pdf)
        assert signatures.examine(archived).ok, signatures.examine(archived).all_findings


def test_evidence_is_appended_as_pyhanko_does(signatures: Signatures, fonts: Path) -> None:
    """R62: object by object the same, whichever writer; the time stamps alone differ."""
    authority, trust = signatures.authority, signatures.authority.trust()
    sealed = story.seal(signatures, story.sign(signatures, files.application()).pdf).pdf
    notice = signatures.seal_as_agency(files.notice(), key="notice").pdf

    @functools.cache
    def answers(serials: tuple[str, ...]) -> list[bytes | None]:
        return authority.statuses(serials)

    for pdf in (sealed, notice):
        own, other = (
            _appended(
                add(pdf, trust=trust, statuses=lambda s: answers(tuple(s)), stamp=lambda _: b"0")
            )
            for add in (archive.augment, archive.augment_by_pyhanko)
        )

        assert own.keys() == other.keys()
        for number in own:
            assert own[number] == other[number], number


def _appended(pdf: bytes) -> dict[int, object]:
    """Read the objects of the last revision, streams with their data."""
    reader = PdfFileReader(io.BytesIO(pdf))
    last = reader.xrefs.total_revisions - 1
    numbers = {reference.idnum for reference in reader.xrefs.explicit_refs_in_revision(last)}
    objects: dict[int, object] = {}
    for number in sorted(numbers):
        value = reader.get_object(generic.Reference(number, 0, reader))
        if isinstance(value, generic.StreamObject):
            objects[number] = value.data
        elif "/ByteRange" in value:
            objects[number] = {key: value[key] for key in value if key != "/ByteRange"}
        else:
            objects[number] = value
    return objects
