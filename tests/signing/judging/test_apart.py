"""Examining a stranger's file in a process that may be killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from signing import Signatures
from signing.errors import ExaminersBusy
from signing.judging import apart
from tests.signing import files, story


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: the other process opens none."""
    return f"sqlite:///{tmp_path}/keys.db"


def test_a_stranger_gets_the_same_answer(signatures: Signatures) -> None:
    """I5: good and bad files are judged apart as they are here."""
    signed = story.sign(signatures, files.application()).pdf

    good = signatures.examine_stranger(signed, expected=story.SIGNED)
    bad = signatures.examine_stranger(signed + b"junk")

    assert good.ok
    assert good.signatures == signatures.examine(signed, expected=story.SIGNED).signatures
    assert bad.codes() == signatures.examine(signed + b"junk").codes()


def test_a_file_that_takes_too_long(signatures: Signatures) -> None:
    """I5: when the limits are reached the file is refused, with the reason."""
    report = apart.examine(files.notice(), signatures.authority.trust(), seconds=0)

    assert report.codes() == {"E_CHECK_TIMEOUT"}
    assert not report.is_intact


def test_a_file_after_one_that_fell(signatures: Signatures) -> None:
    """The next file is examined as if nothing had been: each has a process of its own."""
    apart.examine(files.notice(), signatures.authority.trust(), seconds=0)

    report = signatures.examine_stranger(files.notice())

    assert report.codes() == {"E_NO_SIGNATURE"}


@pytest.mark.proves("F:verification-7")
def test_no_more_than_two_at_once(signatures: Signatures) -> None:
    """Four uploads at once held every thread of the server: the third is told to come again."""
    trust, held = signatures.authority.trust(), apart._EXAMINERS._places
    for _ in range(apart.AT_ONCE):
        held.acquire()
    try:
        with pytest.raises(ExaminersBusy) as refused:
            apart.examine(files.notice(), trust)
    finally:
        held.release(apart.AT_ONCE)

    assert "稍等片刻后重新提交" in str(refused.value)
    assert apart.examine(files.notice(), trust).codes() == {"E_NO_SIGNATURE"}
