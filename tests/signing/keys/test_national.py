"""National seals of the agency: founded when first needed, ended and renewed with its P-256 one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from ofd import judging, package, ses
from ofd.document import Document
from ofd.findings import Problem
from ofd.fonts import Shelf
from ofd.geometry import Box
from ofd.judging import Report
from ofd.sealing import SEAL, VALUE, Stamp
from signing import Role, Signatures, open_signatures
from signing.errors import CertificateRevoked, UnknownAuthority
from signing.keys.services import Services
from signing.signatures import SealedOfd
from tests.ofd.openssl import DISTID, certificate, run, verifies
from tests.ofd.standard import SesSignature, bits
from tests.signing.conftest import BASE, KEK
from tests.signing.story import AGENCY


@pytest.fixture
def stamp() -> Stamp:
    return Stamp(page_id=1, box=Box(100, 200, 42, 42))


@pytest.fixture
def parts(fonts: Path) -> dict[str, bytes]:
    """Give an empty page."""
    document = Document(Shelf(fonts))
    document.add_page(210, 297)
    return document.parts(
        number_of_document="0" * 32,
        title="决定书",
        author=AGENCY,
        day=date(2026, 11, 24),
        facts={},
        tags={},
    )


def judged(signatures: Signatures, sealed: SealedOfd) -> Report:
    return judging.judge(sealed.data, signatures.authority.national.trust())


def test_a_seal_is_made_when_it_is_first_needed(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp
) -> None:
    """Root, maker and seal; a second file is sealed with the same seal."""
    national = signatures.authority.national
    assert national.names() == []
    assert len(signatures.authority.working()) == len(signatures.authority.working())

    first, second = (signatures.seal_ofd(parts, stamp) for _ in range(2))

    assert national.names() == ["sm2"]
    report = judged(signatures, first)
    assert report.ok
    (seal,) = report.seals
    assert seal.seal == f"{AGENCY}行政审批专用章（演示）"
    assert (seal.maker, seal.issuer) == ("电子印章制作机构（演示）", "国密根证书（演示）")
    assert seal.serial == first.serial == second.serial
    seals = {package.unpack(one.data)[SEAL] for one in (first, second)}
    assert len(seals) == 1
    named = [working.name for working in signatures.authority.working()]
    assert named[-3:] == [
        "国密根证书（演示）",
        "电子印章制作机构（演示）",
        "国密时间戳服务（演示）",
    ]


def test_another_process_seals_with_the_same_seal(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp
) -> None:
    """The seal is kept in the key database, its key wrapped."""
    first = signatures.seal_ofd(parts, stamp)
    signatures.authority.national._sealers.clear()

    assert signatures.seal_ofd(parts, stamp).serial == first.serial


def test_a_seal_of_another_version_is_another_seal(
    signatures: Signatures,
    keys_url: str,
    parts: dict[str, bytes],
    stamp: Stamp,
    fonts: Path,
    tmp_path: Path,
) -> None:
    """GM/T 0031-2025 by setting, and back: all hold, told by definitions apart and by OpenSSL."""
    four = signatures.seal_ofd(parts, stamp)
    about = {"base_url": BASE, "fonts": fonts, "clock": signatures.clock}
    next_version = open_signatures(keys_url, kek=KEK, services=Services(seal_version=5), **about)  # type: ignore[arg-type]  # each its own type
    five, again = (next_version.seal_ofd(parts, stamp) for _ in range(2))
    next_version.close()
    signatures.authority.national._sealers.clear()
    back = signatures.seal_ofd(parts, stamp)

    assert back.serial == four.serial != five.serial == again.serial
    for sealed, version in ((four, 4), (five, 5), (back, 4)):
        report = judged(signatures, sealed)
        assert report.ok
        assert [seal.version for seal in report.seals] == [version]
        value = SesSignature.load(package.unpack(sealed.data)[VALUE], strict=True)
        seal = value["toSign"]["eseal"]
        info = seal["eSealInfo"]
        assert info["header"]["version"].native == value["toSign"]["version"].native == version
        assert value.dump(force=True) == package.unpack(sealed.data)[VALUE]
        signed, made = value["toSign"].dump(), info.dump()
        assert verifies(tmp_path, value["cert"].native, signed, bits(value["signature"]))
        assert verifies(tmp_path, seal["cert"].native, made, bits(seal["signedValue"]))
    signatures.lifecycle.revoke(Role.AGENCY, AGENCY, _reason("keyCompromise"))
    assert judged(signatures, five).problems == {Problem.REVOKED}


def test_openssl_takes_the_chain_and_the_list(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, tmp_path: Path
) -> None:
    """Published at /pki/sm2.crt and /pki/sm2.crl; a revoked seal stands in the list."""
    sealed = signatures.seal_ofd(parts, stamp)
    value = ses.read_signature(package.unpack(sealed.data)[VALUE])
    national, now = signatures.authority.national, signatures.clock()
    root = certificate(tmp_path, "root", national.certificate("sm2"))
    signer = certificate(tmp_path, "signer", value.certificate)
    maker = certificate(tmp_path, "maker", value.seal.maker)
    crl = tmp_path / "list.pem"
    crl.write_bytes(pem.armor("X509 CRL", national.crl("sm2")))
    moment = str(int((now + timedelta(minutes=1)).timestamp()))
    check = ("verify", "-vfyopt", DISTID, "-attime", moment, "-CAfile", root)

    assert run(*check, signer)
    assert run(*check, maker)
    assert run("crl", "-in", crl, "-CAfile", root, "-noout")
    with pytest.raises(UnknownAuthority):
        national.crl("personal")
    with pytest.raises(UnknownAuthority):
        signatures.authority.crl("sm2-9")


def test_a_revoked_agency_takes_its_national_seal_along(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, clock: object
) -> None:
    """What was sealed before stands, unless the key may be in other hands."""
    before = signatures.seal_ofd(parts, stamp)
    clock.forward(days=1)  # type: ignore[attr-defined]

    signatures.lifecycle.revoke(Role.AGENCY, AGENCY, _reason("superseded"))

    assert judged(signatures, before).ok
    with pytest.raises(CertificateRevoked):
        signatures.seal_ofd(parts, stamp)
    assert signatures.authority.revoked_at(before.serial) is not None
    signatures.custody.enrol_agency(AGENCY)
    after = signatures.seal_ofd(parts, stamp)
    assert after.serial != before.serial
    assert judged(signatures, after).ok


def test_a_key_in_other_hands_ends_what_it_sealed(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, clock: object
) -> None:
    """No date that it wrote counts; the list says so to strangers too, for ever to us."""
    before = signatures.seal_ofd(parts, stamp)
    clock.forward(days=1)  # type: ignore[attr-defined]

    signatures.lifecycle.revoke(Role.AGENCY, AGENCY, _reason("keyCompromise"))

    assert judged(signatures, before).problems == {Problem.REVOKED}
    clock.forward(days=365 * 5)  # type: ignore[attr-defined]
    assert judged(signatures, before).problems == {Problem.REVOKED}


def test_a_renewed_agency_gets_a_new_seal(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, clock: object
) -> None:
    """What was sealed with the one before stands, also after its end."""
    before = signatures.seal_ofd(parts, stamp)
    clock.forward(days=30)  # type: ignore[attr-defined]

    signatures.lifecycle.renew(Role.AGENCY, AGENCY)

    after = signatures.seal_ofd(parts, stamp)
    assert after.serial != before.serial
    clock.forward(days=365 * 4)  # type: ignore[attr-defined]
    assert judged(signatures, before).ok
    assert judged(signatures, after).ok


def test_root_and_maker_have_successors_in_their_last_year(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, clock: object
) -> None:
    """By the daily duty; files of every generation hold."""
    sealed = [signatures.seal_ofd(parts, stamp)]
    for years in (9.5, 10):
        clock.forward(days=365 * years)  # type: ignore[attr-defined]
        made = signatures.authority.roll()
        assert "seal maker" in made
        signatures.lifecycle.renew(Role.AGENCY, AGENCY)
        sealed.append(signatures.seal_ofd(parts, stamp))

    national = signatures.authority.national
    assert national.names() == ["sm2", "sm2-2"]
    assert len(national.makers()) == 3
    assert [judged(signatures, one).ok for one in sealed] == [True, True, True]
    assert {judged(signatures, one).seals[0].issuer for one in sealed} == {
        "国密根证书（演示）",
        "国密根证书（演示）（第2代）",
    }


def test_the_picture_is_the_seal(signatures: Signatures) -> None:
    """Red on nothing, round, and the mark of a demonstration on it."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(signatures._seal_picture(AGENCY))) as opened:
        picture = opened.convert("RGBA")

    assert picture.size == (500, 500)
    corner, border = picture.getpixel((3, 3)), picture.getpixel((250, 4))
    assert isinstance(corner, tuple)
    assert isinstance(border, tuple)
    assert corner[3] == 0
    assert border[3] > 200
    assert border[0] > 180 > 60 > border[1]
    middle = picture.getpixel((250, 250))
    assert isinstance(middle, tuple)
    assert middle[3] > 200


def _reason(name: str) -> object:
    from cryptography.x509 import ReasonFlags

    return ReasonFlags(name)


def test_a_seal_bears_a_national_time_stamp(
    signatures: Signatures, parts: dict[str, bytes], stamp: Stamp, clock: object, tmp_path: Path
) -> None:
    """In the field of GB/T 38540; the stamper has a successor in its last year, and both hold."""
    from ofd import ses, sm2, stamps
    from ofd.sealing import VALUE

    first = signatures.seal_ofd(parts, stamp)
    value = ses.read_signature(package.unpack(first.data)[VALUE])
    assert value.time_stamp is not None
    token = stamps.open_(value.time_stamp)
    assert token.digest == sm2.sm3(value.signature)
    assert token.at == value.at == judged(signatures, first).seals[0].stamped_at
    (tmp_path / "token.der").write_bytes(value.time_stamp)
    assert run("ts", "-reply", "-token_in", "-in", tmp_path / "token.der", "-text")
    root = certificate(tmp_path, "root", signatures.authority.national.certificate("sm2"))
    stamper = certificate(tmp_path, "stamper", token.certificate.der)
    moment = str(int((value.at + timedelta(minutes=1)).timestamp()))
    check = ("verify", "-vfyopt", DISTID, "-attime", moment, "-purpose", "timestampsign")
    assert run(*check, "-CAfile", root, stamper)

    clock.forward(days=365 * 9 + 10)  # type: ignore[attr-defined]
    assert "time stamper" in signatures.authority.national.keep_fresh()
    signatures.lifecycle.renew(Role.AGENCY, AGENCY)
    second = signatures.seal_ofd(parts, stamp)

    assert judged(signatures, first).ok
    assert judged(signatures, second).ok
    later = ses.read_signature(package.unpack(second.data)[VALUE]).time_stamp
    assert later is not None
    assert stamps.open_(later).certificate != token.certificate
