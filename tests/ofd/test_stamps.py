"""Time stamps in SM2: on this seal, of its time, by a stamper of ours; anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from ofd import judging, package, sealing, ses, sm2, stamps
from ofd.certificates import Revoked, Unreadable
from ofd.findings import Problem
from ofd.sealing import VALUE
from tests.ofd.authority import NOW, Authority, Holder
from tests.ofd.conftest import Paper


def stamped(
    paper: Paper,
    authority: Authority,
    holder: Holder,
    *,
    late: timedelta = timedelta(),
    other: bytes = b"",
) -> dict[str, bytes]:
    """Seal the paper with a time stamp."""

    def stamp(value: bytes, at: datetime) -> bytes:
        return stamps.make(
            other or value, at=at + late, certificate=holder.certificate, key=holder.key
        )

    sealer = replace(authority.sealer(), stamp=stamp)
    return sealing.seal(paper.parts, sealer, paper.stamp(), at=NOW)


def said(
    parts: dict[str, bytes], authority: Authority, *gone: Revoked
) -> list[tuple[Problem, str]]:
    """Give what is found."""
    report = judging.judge(package.pack(parts), authority.trust(*gone))
    every = [*report.findings, *(item for seal in report.seals for item in seal.findings)]
    return [(finding.problem, finding.detail) for finding in every]


def test_a_stamp_of_ours_holds(papers: dict[str, Paper], authority: Authority) -> None:
    """And is told; without one the file holds as before."""
    parts = stamped(papers["decision"], authority, authority.stamper())

    report = judging.judge(package.pack(parts), authority.trust())

    assert report.ok
    assert report.seals[0].stamped_at == NOW


def test_a_stamp_is_that_of_the_rfc(authority: Authority) -> None:
    """RFC 3161 and 5652, read by definitions that share no code with the writer, and in DER."""
    holder = authority.stamper()

    token = stamps.make(b"value", at=NOW, certificate=holder.certificate, key=holder.key)

    read = cms.ContentInfo.load(token, strict=True)
    data = read["content"]
    [signer] = data["signer_infos"]
    said = data["encap_content_info"]["content"].parsed
    attributes = {item["type"].native: item["values"][0] for item in signer["signed_attrs"]}
    assert (read["content_type"].native, data["version"].native) == ("signed_data", "v3")
    assert data["encap_content_info"]["content_type"].native == "tst_info"
    assert said["gen_time"].native == NOW
    assert said["message_imprint"]["hash_algorithm"]["algorithm"].dotted == sm2.SM3
    assert said["message_imprint"]["hashed_message"].native == sm2.sm3(b"value")
    assert said["accuracy"]["seconds"].native == 1
    assert attributes["content_type"].native == "tst_info"
    assert attributes["message_digest"].native == sm2.sm3(said.dump())
    [own] = attributes["signing_certificate_v2"]["certs"]
    assert own["cert_hash"].native == sm2.sm3(holder.certificate.der)
    assert signer["sid"].chosen["serial_number"].native == 7_000
    assert [item.chosen.dump() for item in data["certificates"]] == [holder.certificate.der]
    assert sm2.verify(
        holder.key.public, signer["signed_attrs"].untag().dump(), signer["signature"].native
    )
    assert read.dump(force=True) == token


def test_whatever_is_wrong_with_a_stamp_is_told(
    papers: dict[str, Paper], authority: Authority, stranger: Authority
) -> None:
    """Another's, on something else, of another time, by who may not, by who was revoked."""
    paper, own = papers["decision"], authority.stamper()
    revoked = Revoked(serial=7_000, at=NOW - timedelta(days=1), reason="superseded")

    wrong = {
        "时间戳机构不受信任": said(stamped(paper, authority, stranger.stamper()), authority),
        "所证明的不是这枚印章": said(stamped(paper, authority, own, other=b"x"), authority),
        "时间与签章时间不一致": said(
            stamped(paper, authority, own, late=timedelta(hours=1)), authority
        ),
        "时间戳机构的证书当时无效": said(
            stamped(paper, authority, authority.stamper(purposes=())), authority
        ),
        "时间戳机构的证书已经吊销": said(stamped(paper, authority, own), authority, revoked),
    }

    for reason, found in wrong.items():
        assert found == [(Problem.STAMP, reason)]


@pytest.fixture(scope="module")
def whole(papers: dict[str, Paper], authority: Authority) -> dict[str, bytes]:
    """Give a letter under a stamped seal."""
    return stamped(papers["decision"], authority, authority.stamper())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bit_of_a_stamp_can_change(
    whole: dict[str, bytes], authority: Authority, data: st.DataObject
) -> None:
    """Nor any of the value beside it."""
    parts = whole
    token = ses.read_signature(parts[VALUE]).time_stamp
    assert token is not None
    start = parts[VALUE].index(token)
    bit = data.draw(st.integers(8 * (start - 12), 8 * len(parts[VALUE]) - 1))
    changed = bytearray(parts[VALUE])
    changed[bit // 8] ^= 1 << bit % 8

    assert said({**parts, VALUE: bytes(changed)}, authority)


@pytest.mark.parametrize("bad", [b"", b"0", b"\x30\x00", b"\x30\x80" * 500, bytes(20_000)])
def test_what_is_no_token_is_refused(bad: bytes) -> None:
    """By one error."""
    with pytest.raises(Unreadable):
        stamps.open_(bad)
