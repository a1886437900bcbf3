"""Examining a stranger's file in a process that may be killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from signing import Signatures
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
