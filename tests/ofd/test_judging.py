"""No viewer judges trust, coverage and period of a seal: ours does, and refuses what it doubts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ofd import judging, package, sealing, sm2
from ofd.certificates import Revoked
from ofd.findings import Problem
from ofd.package import Parts
from ofd.sealing import SEAL, SIGNATURE, VALUE
from tests.ofd.authority import NOW, YEAR, Authority
from tests.ofd.conftest import Paper
from tests.ofd.test_package import BAD, zipped
from tests.ofd.test_ses import old_value

CONTENT = "Doc_0/Pages/Page_0/Content.xml"
MOST_BYTES = 200 * 1024 * 1024


def found(parts: Parts, authority: Authority) -> set[Problem]:
    """Judge parts as a file."""
    return judging.judge(package.pack(parts), authority.trust()).problems


def test_a_certificate_of_ours_holds(file: bytes, authority: Authority) -> None:
    """What it is, who sealed it in which period, and nothing to say against it."""
    report = judging.judge(file, authority.trust())

    (seal,) = report.seals
    assert report.ok
    assert report.is_intact
    assert (report.head.title, report.head.pages) == ("注册执业证书", 1)
    assert report.head.facts == {"证照编号": "S2269900001"}
    assert (seal.seal, seal.version, seal.at, seal.is_ours) == ("演示专用章", 4, NOW, True)
    assert (seal.signer, seal.issuer, seal.maker) == ("演示机关", "演示根", "演示制章机构")


def test_a_report_is_the_same_after_its_way_between_processes(
    file: bytes, authority: Authority
) -> None:
    """A stranger's file is judged apart and told in JSON: good, altered, and none at all."""
    altered = package.pack({**package.unpack(file), "Doc_0/a.xml": b"<x/>"})

    for content in (file, altered, package.pack({"OFD.xml": b"<ofd/>"}), b""):
        report = judging.judge(content, authority.trust())
        sent = json.loads(json.dumps(report.to_json()))
        assert judging.Report.from_json(sent) == report


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def _with(name: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda parts: {**parts, name: change(parts[name])}


def _changed_with_its_digest(parts: dict[str, bytes]) -> dict[str, bytes]:
    changed = parts[CONTENT].replace("男".encode(), "女".encode())
    before, after = (sm2.sm3(data) for data in (parts[CONTENT], changed))
    encode = sealing.b64encode
    signature = parts[SIGNATURE].replace(encode(before), encode(after))
    assert signature != parts[SIGNATURE]
    return {**parts, CONTENT: changed, SIGNATURE: signature}


REFERENCE = re.compile(rb'<ofd:Reference FileRef="/' + CONTENT.encode() + rb'">.*?</ofd:Reference>')
ALTERED: dict[str, tuple[Change, Problem]] = {
    "content changed": (
        _with(CONTENT, lambda data: data.replace("男".encode(), "女".encode())),
        Problem.CHANGED,
    ),
    "content and digest changed together": (_changed_with_its_digest, Problem.CHANGED),
    "a part added": (lambda parts: {**parts, "Doc_0/Annots/a.xml": b"<x/>"}, Problem.UNCOVERED),
    "a part removed": (
        lambda parts: {name: data for name, data in parts.items() if "Tag_0" not in name},
        Problem.MISSING,
    ),
    "a reference removed": (_with(SIGNATURE, lambda d: REFERENCE.sub(b"", d)), Problem.UNCOVERED),
    "another seal beside it": (_with(SEAL, lambda data: data + b"\0"), Problem.SEAL_SWAPPED),
    "the list of signatures cut off": (
        _with("OFD.xml", lambda d: re.sub(rb"<ofd:Signatures>.*?</ofd:Signatures>", b"", d)),
        Problem.NOT_SEALED,
    ),
    "a second document": (
        _with("OFD.xml", lambda d: d.replace(b"</ofd:DocBody>", b"</ofd:DocBody><ofd:DocBody/>")),
        Problem.SEVERAL,
    ),
    "an older version shown": (
        _with("OFD.xml", lambda d: d.replace(b"<ofd:DocRoot>", b"<ofd:Versions/><ofd:DocRoot>")),
        Problem.SEVERAL,
    ),
    "a document type": (
        _with("OFD.xml", lambda d: d.replace(b"?>\n", b'?>\n<!DOCTYPE a [<!ENTITY b "c">]>')),
        Problem.UNREADABLE,
    ),
    "no XML": (_with("OFD.xml", lambda data: data[:-20]), Problem.UNREADABLE),
    "a value that is none": (_with(VALUE, lambda data: b"value"), Problem.METHOD),
    "a weak digest": (
        _with(SIGNATURE, lambda d: d.replace(b'CheckMethod="1.2.156.10197.1.401"', b"")),
        Problem.METHOD,
    ),
    "another algorithm": (
        _with(SIGNATURE, lambda d: d.replace(b"1.2.156.10197.1.501", b"1.2.840.10045.4.3.2")),
        Problem.METHOD,
    ),
    "another time written": (
        _with(SIGNATURE, lambda d: d.replace(b"20261129040000Z", b"20251129040000Z")),
        Problem.TIME_DIFFERS,
    ),
}


@pytest.mark.parametrize(("change", "problem"), ALTERED.values(), ids=ALTERED)
def test_an_altered_copy_is_refused(
    sealed: dict[str, bytes], authority: Authority, change: Change, problem: Problem
) -> None:
    """Each with its reason."""
    altered = change(sealed)

    assert altered != sealed
    assert problem in found(altered, authority)


def test_content_that_was_never_covered_is_refused(
    papers: dict[str, Paper], authority: Authority
) -> None:
    """A seal on everything but the page says nothing of the page."""
    paper = papers["certificate"]
    partly = {name: data for name, data in paper.parts.items() if name != CONTENT}

    sealed = sealing.seal(partly, authority.sealer(), paper.stamp(), at=NOW)

    assert Problem.UNCOVERED in found({**sealed, CONTENT: paper.parts[CONTENT]}, authority)


def _seal(authority: Authority, paper: Paper, **options: object) -> dict[str, bytes]:
    at = options.pop("at", NOW)
    sealer = authority.sealer(**options)  # type: ignore[arg-type]
    return sealing.seal(paper.parts, sealer, paper.stamp(), at=at)  # type: ignore[arg-type]


def test_who_sealed_is_judged(
    papers: dict[str, Paper], authority: Authority, stranger: Authority
) -> None:
    """Seal bound to signer, signer to the authority, seal to its maker."""
    paper, other = papers["certificate"], authority.holder("同事")
    foreign = _seal(stranger, paper)
    theirs = stranger.sealer()
    borrowed = sealing.KeySealer(
        seal=authority.seal(), certificate=theirs.certificate, key=theirs.key
    )
    by_stranger = authority.seal(stranger.signer, maker=stranger.maker)
    ours_made_elsewhere = authority.seal(maker=stranger.maker)

    strange = judging.judge(package.pack(foreign), authority.trust())
    assert strange.problems == {Problem.FOREIGN}
    assert strange.is_intact is None
    assert "演示专用章" in strange.seals[0].findings[0].text
    assert found(_seal(authority, paper, signer=other, seal=authority.seal()), authority) == {
        Problem.NOT_THE_SIGNER
    }
    whole = sealing.seal(paper.parts, borrowed, paper.stamp(), at=NOW)
    assert found(whole, authority) == {Problem.NOT_THE_SIGNER, Problem.UNTRUSTED_SIGNER}
    assert found(_seal(authority, paper, seal=ours_made_elsewhere), authority) == {
        Problem.UNTRUSTED_MAKER
    }
    assert Problem.FOREIGN in found(
        _seal(stranger, paper, signer=stranger.signer, seal=by_stranger), authority
    )


def test_an_end_of_a_period_counts(papers: dict[str, Paper], authority: Authority) -> None:
    """A seal after its period, a certificate that is over, a date that has not come."""
    paper = papers["certificate"]
    ended = authority.holder("离任", end=NOW - timedelta(days=1))
    over = authority.seal(begin=NOW - YEAR, end=NOW - timedelta(days=1))

    assert found(_seal(authority, paper, seal=over), authority) == {Problem.SEAL_OVER}
    assert found(_seal(authority, paper, signer=ended), authority) == {Problem.CERTIFICATE_OVER}
    assert found(_seal(authority, paper, at=NOW + timedelta(hours=1)), authority) == {
        Problem.FUTURE
    }


def test_what_was_revoked_then_is_refused_and_what_was_revoked_later_stands(
    file: bytes, authority: Authority
) -> None:
    """A change of keys harms nothing that was sealed; a key in other hands harms everything."""
    serial = authority.signer.certificate.serial
    maker = authority.maker.certificate.serial
    cases = [
        (serial, NOW - timedelta(days=2), "superseded", {Problem.REVOKED}),
        (serial, NOW + timedelta(days=2), "superseded", set()),
        (serial, NOW + timedelta(days=2), "key_compromise", {Problem.REVOKED}),
        (maker, NOW - timedelta(days=2), "superseded", {Problem.REVOKED}),
        (maker, NOW + timedelta(days=2), "superseded", set()),
    ]

    for number, when, reason, wanted in cases:
        gone = Revoked(serial=number, at=when, reason=reason)
        report = judging.judge(file, authority.trust(gone, at=NOW + 2 * YEAR))
        assert report.problems == wanted, (when, reason)


def test_a_file_with_an_old_seal_is_told(sealed: dict[str, bytes], authority: Authority) -> None:
    """Version 1 (2014): read, judged as far as it goes, and not ours."""
    value = old_value(authority, sm2.sm3(sealed[SIGNATURE]))

    report = judging.judge(package.pack({**sealed, VALUE: value}), authority.trust())

    assert report.seals[0].seal == "旧章"
    assert {Problem.OLD_SEAL, Problem.SEAL_SWAPPED} == report.problems


def test_a_file_of_another_writer_is_told(
    sealed: dict[str, bytes], authority: Authority, stranger: Authority, papers: dict[str, Paper]
) -> None:
    """The namespace without the year, numbers for IDs, small letters in the names of parts."""

    def theirs(data: bytes) -> bytes:
        return data.replace(b"http://www.ofdspec.org/2016", b"http://www.ofdspec.org").replace(
            b'ID="s001"', b'ID="1"'
        )

    paper = papers["certificate"]
    parts = {
        name.lower() if name != "OFD.xml" else name: theirs(data)
        for name, data in paper.parts.items()
    }

    whole = sealing.seal(parts, stranger.sealer(), paper.stamp(), at=NOW)

    report = judging.judge(package.pack(whole), authority.trust())
    assert report.problems == {Problem.FOREIGN}
    assert (report.head.title, report.head.pages) == ("注册执业证书", 1)


OTHERS = {
    "no OFD.xml": zipped({"a": b"b"}),
    "an empty OFD.xml": zipped({"OFD.xml": b""}),
    "another root": zipped({"OFD.xml": b"<html/>"}),
    "no document": zipped({"OFD.xml": b"<OFD/>"}),
    "UTF-16": zipped({"OFD.xml": "<OFD/>".encode("utf-16")}),
    "a deep tree": zipped({"OFD.xml": b"<OFD>" + b"<a>" * 100_000}),
    "signatures that climb": zipped(
        {"OFD.xml": b"<OFD><DocBody><Signatures>../../x</Signatures></DocBody></OFD>"}
    ),
    "a circle": zipped(
        {
            "OFD.xml": b"<OFD><DocBody><DocRoot>OFD.xml</DocRoot>"
            b"<Signatures>OFD.xml</Signatures></DocBody></OFD>"
        }
    ),
}


@pytest.mark.parametrize("data", [*(data for data, _ in BAD.values()), *OTHERS.values()])
def test_nothing_that_comes_in_raises(data: bytes, authority: Authority) -> None:
    """Each is a verdict with a reason in Chinese."""
    report = judging.judge(data, authority.trust())

    assert not report.ok
    assert all(finding.text for finding in report.findings)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_bit_of_any_part_counts(
    sealed: dict[str, bytes], authority: Authority, data: st.DataObject
) -> None:
    """One bit, wherever it is, and the file is refused."""
    name = data.draw(st.sampled_from(sorted(sealed)))
    bit = data.draw(st.integers(0, len(sealed[name]) * 8 - 1))
    flipped = bytearray(sealed[name])
    flipped[bit // 8] ^= 1 << bit % 8

    assert found({**sealed, name: bytes(flipped)}, authority)


def test_a_flood_of_signatures_is_refused(sealed: dict[str, bytes], authority: Authority) -> None:
    """Nobody lets us judge a thousand seals of one file."""
    listed = re.search(rb"<ofd:Signature .*?/>", sealed["Doc_0/Signs/Signatures.xml"])
    assert listed is not None
    many = _with("Doc_0/Signs/Signatures.xml", lambda d: d.replace(listed[0], listed[0] * 1000))

    assert found(many(sealed), authority) == {Problem.SEVERAL}


@pytest.mark.parametrize("name", ["OFD.xml", "Doc_0/Document.xml", SIGNATURE, VALUE, SEAL])
def test_a_part_that_is_far_too_large_is_refused_unread(
    name: str, sealed: dict[str, bytes], authority: Authority
) -> None:
    """Trees and structures of a file of ours are small."""
    assert found({**sealed, name: sealed[name] + b" " * (3 << 20)}, authority)
