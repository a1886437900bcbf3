"""A verdict of a moment ago counts for the same bytes, lists and question, and for no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signing import Role, Signatures
from signing.errors import NotSignable
from signing.judging.verdicts import KEPT_FOR, Verdicts
from signing.judging.verify import Expected
from tests.signing import files


def test_a_verdict_is_bound_to_bytes_question_lists_and_moment(signatures: Signatures) -> None:
    """Another file, another signer, a new list or the time that passes: it is judged anew."""
    trust, verdicts = signatures.authority.trust(), Verdicts()

    verdicts.note("a1", Expected.signed("person-1"), trust)

    assert verdicts.are_good("a1", Expected.signed("person-1"), trust)
    assert verdicts.are_good("a1", Expected.signed(), trust)  # asks for less
    assert not verdicts.are_good("a2", Expected.signed(), trust)
    assert not verdicts.are_good("a1", Expected.signed("person-2"), trust)
    assert not verdicts.are_good("a1", Expected.application(), trust)
    assert not verdicts.are_good("a1", None, trust)
    later, before = trust.at + KEPT_FOR, trust.at - timedelta(seconds=1)
    assert not verdicts.are_good("a1", Expected.signed(), replace(trust, at=later))
    assert not verdicts.are_good("a1", Expected.signed(), replace(trust, at=before))
    other = replace(trust, lists=(*trust.lists[:-1], (trust.lists[-1][0], b"another list")))
    assert not verdicts.are_good("a1", Expected.signed(), other)


def test_what_was_harmed_since_it_was_made_is_not_archived(signatures: Signatures) -> None:
    """The file that was sealed a moment ago is archived; one byte more of it is refused."""
    sealed = signatures.seal_as_agency(files.notice(), key="made")

    assert len(signatures.augment(sealed.pdf)) > len(sealed.pdf)
    with pytest.raises(NotSignable):
        signatures.augment(sealed.pdf.replace(b"/Type /Page", b"/Type /Pagf", 1))


def test_who_was_revoked_since_is_judged(signatures: Signatures) -> None:
    """A file made under a certificate that was revoked meanwhile is judged as any other."""
    verdicts, trust = Verdicts(), signatures.authority.trust()
    sealed = signatures.seal_as_agency(files.notice(), key="made")
    verdicts.made(sealed.sha256, sealed.serial, sealed.at)
    assert verdicts.maker_of(sealed.sha256, trust.at + timedelta(minutes=1)) == sealed.serial
    assert verdicts.maker_of(sealed.sha256, trust.at + KEPT_FOR + timedelta(minutes=1)) is None

    signatures.authority.revoke(sealed.serial, "superseded")

    report = signatures.examine(sealed.pdf, expected=Expected.agency())
    assert signatures.holds(sealed.pdf, expected=Expected.agency()) is report.ok
    assert Role.AGENCY in Expected.agency().roles
