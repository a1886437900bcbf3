"""Time stamps in SM2: on this seal, of its time, by a stamper of ours; anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofd import certificates, judging, package, sealing, ses, sm2, stamps
from ofd.certificates import Revoked, Unreadable, Wanted
from ofd.findings import Problem
from ofd.sealing import VALUE
from tests.ofd.authority import NOW, YEAR, Authority, Holder
from tests.ofd.conftest import Paper


def stamper(authority: Authority, *, purposes: tuple[str, ...] = (stamps.PURPOSE,)) -> Holder:
    """Certify who stamps."""
    key = sm2.PrivateKey.new()
    wanted = Wanted(
        subject={"country_name": "CN", "common_name": "演示时间戳"},
        public=key.public,
        serial=7_000,
        begin=NOW - YEAR,
        end=NOW + YEAR,
        purposes=purposes,
    )
    root = authority.root
    return Holder(certificates.issue(wanted, root.key, root.certificate), key)


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
    parts = stamped(papers["decision"], authority, stamper(authority))

    report = judging.judge(package.pack(parts), authority.trust())

    assert report.ok
    assert report.seals[0].stamped_at == NOW


def test_whatever_is_wrong_with_a_stamp_is_told(
    papers: dict[str, Paper], authority: Authority, stranger: Authority
) -> None:
    """Another's, on something else, of another time, by who may not, by who was revoked."""
    paper, own = papers["decision"], stamper(authority)
    revoked = Revoked(serial=7_000, at=NOW - timedelta(days=1), reason="superseded")

    wrong = {
        "时间戳机构不受信任": said(stamped(paper, authority, stamper(stranger)), authority),
        "所证明的不是这枚印章": said(stamped(paper, authority, own, other=b"x"), authority),
        "时间与签章时间不一致": said(
            stamped(paper, authority, own, late=timedelta(hours=1)), authority
        ),
        "时间戳机构的证书当时无效": said(
            stamped(paper, authority, stamper(authority, purposes=())), authority
        ),
        "时间戳机构的证书已经吊销": said(stamped(paper, authority, own), authority, revoked),
    }

    for reason, found in wrong.items():
        assert found == [(Problem.STAMP, reason)]


@pytest.fixture(scope="module")
def whole(papers: dict[str, Paper], authority: Authority) -> dict[str, bytes]:
    """Give a letter under a stamped seal."""
    return stamped(papers["decision"], authority, stamper(authority))


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
