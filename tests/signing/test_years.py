"""One file of each kind through 31 years: keys roll over, archives are stamped anew."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import Signatures, open_signatures
from signing.keys.trust import Trust
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock
from tests.signing.judging import crooked

YEARS = (9.1, 9.9, 10.1, 14.5, 15.1, 19.5, 20.1, 31.0)


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: what is asked here does not depend on it."""
    return f"sqlite:///{tmp_path}/keys.db"


def _files(signatures: Signatures, key: str) -> dict[str, bytes]:
    """Make one file of each kind."""
    form = files.application(key)
    signed = story.sign(signatures, form, key=f"{key}-sign").pdf
    sealed = story.seal(signatures, signed, key=f"{key}-seal").pdf
    notice = signatures.seal_as_agency(files.notice(key), key=f"{key}-notice").pdf
    return {
        "sealed form": sealed,
        "archived form": signatures.augment(sealed),
        "notice": notice,
        "archived notice": signatures.augment(notice),
    }


def _wrong(signatures: Signatures, kept: dict[str, bytes]) -> dict[str, set[str]]:
    reports = {name: signatures.examine(pdf) for name, pdf in kept.items()}
    return {name: report.codes() for name, report in reports.items() if not report.ok}


def _stamp_ends(pdf: bytes) -> list[object]:
    stamps = PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures
    return [stamp.signer_cert.not_valid_after for stamp in stamps]


@pytest.mark.proves("F:keys-1")
def test_files_of_today_verify_for_31_years(signatures: Signatures, clock: TestClock) -> None:
    """§keys 1: untouched copies, and those that the daily duty stamps anew, hold all the time."""
    begin, kept = clock.now, _files(signatures, "first")
    untouched = dict(kept)

    for year in YEARS:
        clock.now = begin + timedelta(days=365.25 * year)
        signatures.authority.roll()
        kept = {
            name: signatures.augment(pdf) if "archived" in name else pdf
            for name, pdf in kept.items()
        }
        assert _wrong(signatures, kept) == {}, year
        assert _wrong(signatures, untouched) == {}, year

    ends = _stamp_ends(kept["archived form"])
    assert len(ends) >= 3
    assert kept["archived form"].startswith(untouched["archived form"])


@pytest.mark.proves("F:keys-1")
@pytest.mark.parametrize("year", YEARS)
def test_work_goes_on_in_every_year(signatures: Signatures, clock: TestClock, year: float) -> None:
    """§keys 1: enrolling, signing, sealing and archiving work, also where no duty ever ran."""
    clock.forward(days=365.25 * year)
    story.enrol(signatures)

    kept = _files(signatures, "later")

    assert _wrong(signatures, kept) == {}
    for role, subject in (("applicant", story.ZHANG), ("enterprise", story.USCC)):
        assert signatures.check_certificate(role, subject)["chain_ok"] is True
    for end in _stamp_ends(kept["archived form"]):
        assert end > clock.now + timedelta(days=365)  # type: ignore[operator]


@pytest.mark.proves("F:keys-1")
def test_keys_are_replaced_a_year_before_their_end(
    signatures: Signatures, clock: TestClock, keys_url: str, fonts: Path
) -> None:
    """§keys 1: nothing waits for the last day, and another process finds what was made."""
    assert signatures.authority.roll() == []
    clock.forward(days=365 * 9 + 1)

    made = signatures.authority.roll()
    other = open_signatures(keys_url, kek=KEK, base_url="http://x", fonts=fonts, clock=clock)

    assert "timestamper" in made
    assert other.authority.roll() == []
    assert other.authority.stamps_since() == signatures.authority.stamps_since()
    assert signatures.authority.next_end() > clock.now + timedelta(days=365)
    other.close()


def _stamper(signatures: Signatures, trust: Trust) -> str:
    token = signatures.authority.stamp(bytes(32))
    from asn1crypto import cms

    data = cms.ContentInfo.load(token)["content"]
    issuers = {x509.load_der_x509_certificate(der).serial_number for _, der in trust.issuers}
    roots = {x509.load_der_x509_certificate(der).serial_number for der in trust.roots}
    own = [choice.chosen.serial_number for choice in data["certificates"]]
    return format(next(serial for serial in own if serial not in issuers | roots), "x")


@pytest.mark.proves("F:keys-1")
def test_superseding_the_stamper_kills_no_past(signatures: Signatures, clock: TestClock) -> None:
    """§keys 1: reason and day of a revocation are respected."""
    kept = _files(signatures, "first")
    serial = _stamper(signatures, signatures.authority.trust())
    clock.forward(days=30)

    signatures.authority.revoke(serial, "superseded")
    clock.forward(minutes=1)

    assert _wrong(signatures, kept) == {}


@pytest.mark.proves("F:keys-1")
def test_compromise_spares_what_a_later_stamp_proves(
    signatures: Signatures, clock: TestClock
) -> None:
    """§keys 1: a stolen key could stamp any time; an archive stamp of another key shows which."""
    kept = _files(signatures, "first")
    serial = _stamper(signatures, signatures.authority.trust())
    clock.forward(days=365 * 9 + 30)
    again = signatures.augment(kept["archived form"])
    clock.forward(days=30)

    signatures.authority.revoke(serial, "keyCompromise")
    clock.forward(minutes=1)

    assert signatures.examine(again).ok, signatures.examine(again).all_findings
    for name, pdf in kept.items():
        assert "E_TIME_STAMP_INVALID" in signatures.examine(pdf).codes(), name


@pytest.mark.proves("F:keys-1")
def test_a_changed_file_stays_changed_in_every_year(
    signatures: Signatures, clock: TestClock
) -> None:
    """§keys 1: time makes nothing good."""
    kept = _files(signatures, "first")
    changed = [crooked.append(pdf, crooked.add_annotation) for pdf in kept.values()]

    for days in (0, 365 * 10, 365 * 21):
        clock.forward(days=days)
        for pdf in changed:
            report = signatures.examine(pdf)
            assert not report.ok
            assert report.is_intact is False
