"""Reasons of the tables have a text, and what is asked too early or too often is refused."""

from __future__ import annotations

import re

import pytest

from adapters.errors import StoredFileMissing
from casework.application import form_entry
from casework.case import reasons
from casework.case.refusals import TooManyFiles
from casework.rename import batches
from casework.signature import personal
from casework.signature.personal import DocumentMissing
from registry.applications import attachments
from tests.offices import Town, files_of_type
from tests.web.desk import pdf
from web.demo.portrait import draw


def test_every_reason_of_the_tables_has_a_text() -> None:
    """R19, R55, I13: whatever code a shipped decision table gives, the person reads a sentence."""
    tables = [content.decode() for path, content in files_of_type().items() if path.endswith("dmn")]
    codes = {code for table in tables for code in re.findall(r'"(E_[A-Z_]+)"', table)}

    assert len(codes) > 20
    assert codes <= set(reasons.TEXTS) | set(batches.TEXTS)


def test_a_missing_fact_does_not_break_a_text() -> None:
    """R19: a text is readable even when a fact could not be told."""
    assert reasons.explain("E_BAN_ACTIVE", {"basis": "第七十八条"}).text == (
        "依据第七十八条，—前不得再次申请。"
    )


@pytest.mark.both_databases
def test_uploads_have_an_end(town: Town) -> None:
    """I3: of what is tried for a form twenty are kept, with their files; nothing fills the disk."""
    person = town.person()
    case = town.starts(person)
    first = form_entry.attach(town.office, case, "photo", "首.jpg", draw(7), person)
    for number in range(20):  # the same one once more would be a second press
        form_entry.attach(town.office, case, "photo", f"照片{number}.jpg", draw(8), person)
    while town.office.runner.run_due():
        pass

    with town.office.sessions() as session:
        kept = attachments.of(session, case)
    assert (len(kept), first.id in {upload.id for upload in kept}) == (20, False)
    with pytest.raises(StoredFileMissing):
        town.office.files.get(first.sha256)


def test_proofs_of_a_request_have_an_end(town: Town) -> None:
    """I3: all that was sent with it counts; the next one is refused."""
    person = town.person()
    case = town.starts(person)
    told = ("cancel_proof", "注销证明材料")
    for number in range(20):
        form_entry.keep_pdf(town.office, case, *told, f"证明{number}.pdf", pdf(), person)

    with pytest.raises(TooManyFiles, match="最多上传20个"):
        form_entry.keep_pdf(town.office, case, *told, "证明.pdf", pdf(), person)


def test_there_is_nothing_to_sign_before_the_form_is_saved(town: Town) -> None:
    """R36: no document, no signature."""
    case = town.starts(town.person())

    with pytest.raises(DocumentMissing):
        personal.document(town.office, case)
