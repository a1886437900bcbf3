"""Two judges over every file of a registration: our own, by the form, and pyHanko."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from registry.applications.documents import DocumentVersion
from signing.judging import ours, verify
from signing.judging.verify import Expected
from tests.offices import Town

MADE = "made"  #: the stage of a document that nobody signed


@pytest.fixture
def versions(town: Town) -> list[tuple[str, bytes]]:
    """Give every version of every document of one whole case, with its stage."""
    person, operator = town.person(issued=date(2025, 6, 2)), town.enterprise()
    officers = town.officer("wang", "reviewer"), town.officer("li", "approver")
    case = town.starts(person)
    town.files(case, person, operator)
    town.reviews(case, officers[0])
    town.decides(case, officers[1])
    town.works()
    with town.office.sessions() as session:
        rows = session.scalars(select(DocumentVersion)).all()
    return [(row.stage, town.office.files.get(row.sha256)) for row in rows]


@pytest.mark.proves("R62")
def test_both_judges_agree_on_every_file_of_a_case(
    town: Town, versions: list[tuple[str, bytes]]
) -> None:
    """R62: form, letters, decision and certificate, signed, sealed and archived; and altered."""
    trust = town.office.signatures.authority.trust()
    stages = {stage for stage, _ in versions}
    assert {MADE, "applicant", "enterprise", "agency", "augmented"} <= stages

    for stage, pdf in versions:
        expected = Expected.signed() if stage == "applicant" else None
        report = ours.judge(pdf, trust, expected)
        assert (report is None) == (stage == MADE), stage
        if report is not None:
            assert report == verify.by_pyhanko(pdf, trust, expected=expected)
            for altered in _altered(pdf):
                assert ours.judge(altered, trust, expected) is None


def _altered(pdf: bytes) -> Iterator[bytes]:
    """Give the file with one byte changed, most of them in what was appended, and cut and grown."""
    dice, form = random.Random(20261124), pdf.index(b"%%EOF")
    for lowest in (0, *([form] * 9), *([len(pdf) - 2_000] * 10)):
        spoilt = bytearray(pdf)
        spoilt[dice.randrange(lowest, len(pdf))] ^= 1 << dice.randrange(8)
        yield bytes(spoilt)
    zeros = pdf.rindex(b"00>")  # the last of the place of the last signature
    yield pdf[:zeros] + b"01>" + pdf[zeros + 3 :]
    yield from (pdf[:-1], pdf + b"\n", pdf + pdf[form:], b" " + pdf)
