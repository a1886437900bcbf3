"""What our own writer appends is what pyHanko would append, byte for byte."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pdf.revisions import OtherForm, Revision
from signing import Role, Signatures
from signing.errors import NotSignable
from signing.making import handwriting, pades, seals
from signing.making.appearances import Appearance, Picture
from tests.signing import files, story

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PICTURE = Picture(
    rgb=zlib.compress(bytes(300)), alpha=zlib.compress(bytes(100)), width=10, height=10
)


def _both(pdf: bytes, **asked: object) -> tuple[pades.Prepared, pades.Prepared]:
    """Prepare by our writer and by pyHanko; the name of a revision is drawn by lot."""
    own = pades.prepare(pdf, at=AT, **asked)
    other = pades.prepare_by_pyhanko(pdf, at=AT, **asked)
    name = re.findall(rb"/ID \[ <[0-9a-f]+> <([0-9a-f]{32})> \]", own.pdf)[-1]
    lot = re.findall(rb"/ID \[ <[0-9a-f]+> <([0-9a-f]{32})> \]", other.pdf)[-1]
    named = other.pdf[: len(pdf)] + other.pdf[len(pdf) :].replace(lot, name)
    return own, pades.Prepared(**{**vars(other), "pdf": named})


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.parametrize(("certify", "allow"), [(True, True), (True, False), (False, False)])
def test_signatures_are_appended_as_pyhanko_does(
    signatures: Signatures, fonts: Path, lock: bool, certify: bool, allow: bool
) -> None:
    """R41, R59: whoever signs first or second, with a name, a picture, a seal or nothing to see."""
    template = signatures.custody.signer(Role.APPLICANT, story.ZHANG).template
    signed = story.sign(signatures, files.application()).pdf
    form = files.with_fields(files.page(), "applicant", "enterprise", lock=lock)
    shown = [
        None,
        handwriting.signature("张三", fonts),
        seals.seal("上海示例建筑设计有限公司", fonts, code=story.USCC),
        Appearance.of(b"q /P Do Q", 367, 106, picture=PICTURE),
    ]
    cases = [(form, "applicant"), (form, "enterprise"), (files.notice(), "agency")]
    cases += [] if certify else [(signed, "enterprise")]

    for pdf, field in cases:
        for appearance in shown:
            own, other = _both(
                pdf,
                field=field,
                template=template,
                appearance=appearance,
                certify=certify,
                allow_changes=allow,
            )

            assert own.pdf == other.pdf
            assert (own.start, own.end) == (other.start, other.end)


def test_a_file_of_another_form_is_left_to_pyhanko(signatures: Signatures) -> None:
    """Objects in streams, a form that was saved elsewhere: signed all the same, or refused."""
    template = signatures.custody.signer(Role.AGENCY, story.AGENCY).template
    saved = files.in_streams(files.notice())
    with pytest.raises(OtherForm):
        Revision(saved)

    prepared = pades.prepare(saved, field="agency", template=template, at=AT, certify=True)

    assert prepared.pdf.startswith(saved)
    with pytest.raises(NotSignable):
        pades.prepare(saved, field="applicant", template=template, at=AT)


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf[:-1],
        lambda pdf: pdf + b" ",
        lambda pdf: pdf.replace(b"\n/Prev ", b"\n/Prew ", 1),
        lambda pdf: pdf.replace(b" 00000 n \n", b" 00001 n \n"),
        lambda pdf: pdf.replace(b"/Size ", b"/Size 9"),
    ],
    ids=["cut", "more", "no way back", "generations", "many objects"],
)
def test_a_file_whose_table_is_otherwise_is_not_our_form(change: Callable[[bytes], bytes]) -> None:
    """What we read is what we write, or we do not read it."""
    form = files.application()
    assert Revision(form).appended({1: b"<<\n>>"}, b"0" * 32)

    with pytest.raises(OtherForm):
        Revision(change(form)).appended({1: b"<<\n>>"}, b"0" * 32)


def test_revisions_follow_each_other() -> None:
    """Each leads to the one that it was appended to, and to no other."""
    form = files.application()
    assert Revision(form).before.end < len(form)

    with pytest.raises(OtherForm):
        _ = Revision(re.sub(rb"/Prev \d+", lambda prev: prev[0][:-1] + b"1", form)).before
