"""Drafts of packages: begun from a version, saved by two analysts, taken out and in, tried."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from casework.studio import archives, checking, confined, drafts
from casework.studio.new_types import beginning
from casework.studio.refusals import (
    ArchiveRefused,
    DraftFileTooLarge,
    KeyRefused,
    NoSuchDraft,
    PathRefused,
    SavedMeanwhile,
)
from engine import actors
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import writing
from tests.offices import TYPE, Town

ANNA, BERTA = actors.officer("anna", "analyst"), actors.officer("berta", "analyst")
RENEWAL, HELP = "renewal.bpmn", "help/renewal.md"


@pytest.fixture
def draft(town: Town) -> str:
    version = town.office.definitions.offered()[TYPE]
    return drafts.begin(town.office, version, "延续注册增加复核", ANNA)


def text_of(town: Town, draft: str, path: str) -> bytes:
    return drafts.open_(town.office, draft).files[path].content


@pytest.mark.both_databases
def test_who_saves_second_is_told_who_was_first(town: Town, draft: str) -> None:
    """Two analysts on one draft are told of each other and never overwrite silently."""
    with writing(town.office.sessions) as session:
        at = town.office.now()
        role = [OfficerRole.OPERATOR]
        anna = officers.appoint(session, "anna", name="安娜", roles=role, at=at)
        first = actors.officer(anna.id, "analyst")
    mine, hers = b"# \xe6\x88\x91\n", b"# \xe5\xa5\xb9\n"
    drafts.save(town.office, draft, HELP, hers, seen=0, actor=first)

    with pytest.raises(SavedMeanwhile, match=rf"安娜在.*保存了“{HELP}”"):
        drafts.save(town.office, draft, HELP, mine, seen=0, actor=BERTA)

    assert text_of(town, draft, HELP) == hers
    assert drafts.save(town.office, draft, HELP, mine, seen=1, actor=BERTA) == 2
    assert [save.number for save in drafts.history(town.office, draft, HELP)] == [2, 1]


def test_saves_are_undone_one_by_one(town: Town, draft: str) -> None:
    """A file is brought back as it was at any save, also after it was removed."""
    office = town.office
    shipped = text_of(town, draft, HELP)
    drafts.save(office, draft, HELP, b"one", seen=0, actor=ANNA)
    drafts.save(office, draft, HELP, None, seen=1, actor=ANNA)
    assert HELP not in drafts.open_(office, draft).files
    assert drafts.open_(office, draft).changed == {HELP: "删除"}

    drafts.restore(office, draft, HELP, 1, seen=2, actor=ANNA)
    assert text_of(town, draft, HELP) == b"one"
    drafts.restore(office, draft, HELP, 0, seen=3, actor=ANNA)

    assert text_of(town, draft, HELP) == shipped
    assert drafts.open_(office, draft).changed == {}


def test_what_no_package_has_is_refused(town: Town, draft: str) -> None:
    """Names that lead elsewhere, other kinds of files, and what is too large."""
    for path in ("../x.bpmn", "/etc/x.md", "a/b/c/d/e.md", ".hidden.md", "run.py", "a\n.md"):
        with pytest.raises(PathRefused):
            drafts.save(town.office, draft, path, b"", seen=0, actor=ANNA)
    with pytest.raises(DraftFileTooLarge):
        drafts.save(town.office, draft, HELP, b"x" * 5_000_000, seen=0, actor=ANNA)

    assert drafts.open_(town.office, draft).changed == {}


def test_a_deleted_draft_is_gone_and_stands_in_the_trail(town: Town, draft: str) -> None:
    """Nobody opens it; that it was there is on record."""
    drafts.delete(town.office, draft, BERTA)

    with pytest.raises(NoSuchDraft):
        drafts.open_(town.office, draft)
    with town.office.sessions() as session:
        said = [event.action for event in audit.of(session, f"type:{TYPE}")]
    assert said[-2:] == ["draft.begun", "draft.deleted"]


def test_an_archive_comes_in_as_it_went_out(town: Town, draft: str) -> None:
    """A draft travels as one file, byte for byte, with what was added and removed."""
    drafts.save(town.office, draft, HELP, "# 新的\r\n".encode(), seen=0, actor=ANNA)
    drafts.save(town.office, draft, "help/more.md", b"more", seen=0, actor=ANNA)
    drafts.save(town.office, draft, "edit_effect.dmn", None, seen=0, actor=ANNA)
    before = drafts.open_(town.office, draft)

    after = drafts.open_(town.office, archives.load(town.office, archives.export(before), BERTA))

    assert after.mark == before.mark
    assert after.changed == before.changed
    assert archives.export(before) == archives.export(drafts.open_(town.office, draft))


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _rewritten(data: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _garbled(data: bytes) -> bytes:
    """Pack otherwise, and change what is packed: each method fails in its own way."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    packed = bytearray(out.getvalue())
    packed[60:90] = bytes(30)
    return bytes(packed)


def test_an_archive_of_nobody_is_refused(town: Town, draft: str) -> None:
    """Cut in the middle, changed, without a file, sealed by nobody: refused with a word."""
    whole = archives.export(drafts.open_(town.office, draft))
    bad = {
        "没有传完": _cut(whole),
        "别的压缩方式": _garbled(whole),
        "不全": _rewritten(whole, lambda files: files.pop(RENEWAL)),
        "被改动或者不全": _rewritten(whole, lambda files: files.update({HELP: b"other"})),
        "没有清单和封印": _rewritten(whole, lambda files: files.pop(archives.SEAL)),
        "封印不是本系统的": _rewritten(whole, lambda files: files.update({archives.SEAL: b"0"})),
    }

    for why, content in bad.items():
        with pytest.raises(ArchiveRefused, match=why):
            archives.load(town.office, content, BERTA)


def test_a_new_profession_says_what_must_differ(town: Town) -> None:
    """The wizard insists on what must differ and writes the new name where people read it."""
    office = town.office
    version = office.definitions.offered()[TYPE]
    usual = beginning.answers_of(office, version)
    answers = usual | {
        "title": "二级注册建筑师",
        "english_title": "Class 2 registered architect",
        "order": "8",
        "certificate.title": "中华人民共和国二级注册建筑师注册执业证书",
        "certificate.english": "CERTIFICATE OF REGISTRATION · CLASS 2 ARCHITECT",
        "certificate.type_code": "DEMO00000000000000A02",
        "numbers.application": "31A2{matter}{date}{serial}{check}",
        "numbers.registration": "A2{yy}{province}{serial}",
        "numbers.certificate": "DZ31A2{yyyy}{serial}{check}",
    }

    same = answers | {"numbers.application": usual["numbers.application"]}
    with pytest.raises(beginning.AnswerRefused, match=r"受理编号.*相同"):
        beginning.begin(office, version, "architect-2", same, ANNA)
    with pytest.raises(KeyRefused, match="已有"):
        beginning.begin(office, version, TYPE, answers, ANNA)
    with pytest.raises(beginning.AnswerRefused, match="一至四位"):
        beginning.begin(office, version, "architect-2", answers | {"order": "9" * 5000}, ANNA)
    draft = beginning.begin(office, version, "architect-2", answers, ANNA)
    assert beginning.begin(office, version, "architect-2", answers, ANNA) == draft  # pressed again

    opened = drafts.open_(office, draft)
    assert confined.check(opened.package) == []
    assert not any("结构工程师".encode() in data for data in opened.package.values())


def test_a_slip_is_told_with_its_element_and_remedy(town: Town, draft: str) -> None:
    """The check of a draft is that of the deployment, at the element, row or field."""
    content = text_of(town, draft, RENEWAL)
    slip = content.replace(
        b'name="actorRole" value="applicant"', b'name="actorRole" value="aplicant"'
    )
    assert slip != content

    drafts.save(town.office, draft, RENEWAL, slip, seen=0, actor=ANNA)

    told = checking.problems(town.office, drafts.open_(town.office, draft))
    assert {problem.code for problem in told} == {"E_TASK_ROLE"}
    assert {problem.file for problem in told} == {RENEWAL}
    assert all(problem.remedy and problem.element for problem in told)


def test_a_scenario_that_cannot_be_read_is_told_until_it_is_mended(town: Town, draft: str) -> None:
    """The package stays as it is meanwhile: what is known of it stands beside."""
    told, seen = "examples/renewal/own.json", 0

    for content, problems in ((b"{", ["E_EXAMPLE"]), (b"{}", []), (b"[1,", ["E_EXAMPLE"])):
        seen = drafts.save(town.office, draft, told, content, seen=seen, actor=ANNA)
        found = checking.problems(town.office, drafts.open_(town.office, draft))
        assert [problem.code for problem in found] == problems


def test_a_process_apart_is_followed_by_another(town: Town, draft: str) -> None:
    """A diagram nested without end is told; what the process knows does not grow for ever."""
    package = drafts.open_(town.office, draft).package
    deep = b"<a>" * 100_000 + b"</a>" * 100_000

    assert [told["file"] for told in confined.check({**package, RENEWAL: deep})] == [RENEWAL]
    confined.MOST_QUESTIONS, kept = 0, confined.MOST_QUESTIONS
    try:
        assert confined.check(package) == []
    finally:
        confined.MOST_QUESTIONS = kept
