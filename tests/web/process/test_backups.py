"""A backup taken while the service works brings all of it back, or says why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adapters import file_store, world
from adapters.file_store import open_store
from casework.office import Office
from registry.applications import documents
from registry.applications.documents import StoredFile
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from storage import vault
from storage.database import writing
from tests.databases import postgresql
from tests.postgresql import _program
from web import cli
from web.process import backups, wiring
from web.settings import Settings

COMPANY = world.COMPANIES[0]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the programs of the newest PostgreSQL of this machine in the path."""
    monkeypatch.setenv("PATH", str(Path(_program("pg_dump")).parent), prepend=":")


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Give a service with nothing in it, of the same kind and with the same secret."""
    new = tmp_path / "new"
    places = {"keys_url": f"sqlite:///{new}/keys.db", "files": str(new / "files")}
    if settings.database_url.startswith("sqlite"):
        yield replace(settings, database_url=f"sqlite:///{new}/zhuce.db", **places)
        return
    with postgresql() as url:
        yield replace(settings, database_url=url, **places)


def keep(office: Office, content: bytes) -> str:
    """Put a file into the service and give its address."""
    sha256 = office.files.put(content)
    file = StoredFile(sha256=sha256, size_bytes=len(content), media_type="application/pdf")
    with writing(office.sessions) as session:
        documents.keep(session, file, at=office.now())
    return sha256


def kept_in_stages(office: Office) -> list[str]:
    """Put a paper into the service as it was printed and signed, one folded into the other."""
    printed, signed = b"%PDF-1.7 printed", b"%PDF-1.7 printed and signed"
    addresses = [keep(office, content) for content in (printed, signed)]
    assert office.files.fold({addresses[0]: len(printed)}, signed) == 1
    return addresses


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command of the service with these settings."""
    monkeypatch.setattr("web.commands.offices.settings", lambda: settings)
    try:
        return cli.main(list(words))
    finally:
        vault.configure(vault.Vault(settings.key("vault")))


def test_a_service_comes_back_whole(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """People, keys, files and the chained trail are there; what came later is not."""
    first = keep(office, b"%PDF-1.7 of before")
    wiring.sweep(office)  # chains the trail

    assert run(settings, monkeypatch, "backup", str(tmp_path / "copy"), "--json") == 0
    taken = json.loads(capsys.readouterr().out)
    later = keep(office, b"%PDF-1.7 of after")
    assert run(elsewhere, monkeypatch, "restore", str(tmp_path / "copy"), "--json") == 0
    brought = json.loads(capsys.readouterr().out)

    assert brought["faults"] == []
    assert (brought["files"], brought["sealed_to"]) == (taken["files"], taken["sealed_to"])
    assert brought["sealed_to"] > 0
    came = wiring.open_office_of(elsewhere, clock=office.now)
    try:
        count = select(func.count()).select_from(Person)
        with office.sessions() as before, came.sessions() as after:
            assert after.scalar(count) == before.scalar(count) > 0
        assert came.files.get(first) == b"%PDF-1.7 of before"
        assert not came.files.has(later)
        came.signatures.challenges.confirm_pin(COMPANY.uscc, str(COMPANY.pin))
        assert wiring.verify_store(came) == []
        assert _acts(came) == ["backup.restore"]
    finally:
        wiring.close(came)
    assert _acts(office) == ["backup.take"], "who was open before sees what came meanwhile"


def _acts(office: Office) -> list[str]:
    """Give what the trail of a service says of copies of everything."""
    with office.sessions() as session:
        about = select(AuditEvent.action).filter_by(subject="register")
        return list(session.scalars(about.order_by(AuditEvent.id)))


@on_sqlite
def test_what_is_not_whole_or_not_ours_is_told_and_writes_nothing(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each refusal has its code, and the new place stays empty."""
    sha256 = keep(office, b"%PDF-1.7")
    copy = tmp_path / "copy"
    assert run(settings, monkeypatch, "backup", str(copy)) == 0

    def refused(code: str, by: Settings = elsewhere, *words: str) -> None:
        assert run(by, monkeypatch, *(words or ("restore", str(copy)))) == 1
        assert capsys.readouterr().err.startswith(code)
        assert not Path(elsewhere.database_url.removeprefix("sqlite:///")).exists()

    refused("E_BACKUP_PLACE", settings, "backup", str(copy))
    refused("E_BACKUP_UNWRITABLE", settings, "backup", str(copy / backups.MANIFEST))  # a file
    refused("E_RESTORE_SECRET", replace(elsewhere, secret="another secret " * 3))
    refused("E_RESTORE_PLACE", settings)
    half = replace(elsewhere, keys_url=settings.keys_url)  # one of the two places is empty
    refused("E_RESTORE_PLACE", half)
    refused("E_BACKUP_BROKEN", elsewhere, "restore", str(tmp_path / "nowhere"))
    for name in (backups.KEYS, backups.MANIFEST, f"{backups.FILES}/{sha256[:2]}/{sha256}"):
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(whole[:-1])
        refused("E_BACKUP_BROKEN")
        (copy / name).unlink()
        refused("E_BACKUP_BROKEN")
        (copy / name).write_bytes(whole)
    assert run(elsewhere, monkeypatch, "restore", str(copy)) == 0


@on_sqlite
def test_a_missing_tool_of_the_database_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup of PostgreSQL needs the programs of PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path))
    there = replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:9/zhuce")

    with pytest.raises(backups.dumps.DumpToolMissing, match="pg_dump"):
        backups.take(there, tmp_path / "copy", wiring.utc_now())


@on_sqlite
def test_the_key_of_files_is_changed_by_command(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """§traces: files lie encrypted, in a backup too; the key that wraps theirs can be changed."""
    content = b"%PDF-1.7 310101199001010011"
    sha256 = keep(office, content)
    lies = Path(settings.files) / sha256[:2] / sha256
    assert b"310101" not in lies.read_bytes()
    assert run(settings, monkeypatch, "backup", str(tmp_path / "copy")) == 0
    assert b"310101" not in (tmp_path / "copy/files" / sha256[:2] / sha256).read_bytes()

    fresh = replace(settings, file_key="n" * 40)
    last = replace(settings, file_key="m" * 40, former_file_keys="n" * 40)
    alone = replace(settings, file_key="m" * 40)
    assert run(fresh, monkeypatch, "files", "renew-keys") == 0
    capsys.readouterr()
    assert run(alone, monkeypatch, "files", "renew-keys", "--json") == 1
    assert "E_STORED_FILE_LOCKED" not in (told := json.loads(capsys.readouterr().out))["faults"]
    assert told["files"] == len(told["faults"]) > 0
    assert run(last, monkeypatch, "files", "renew-keys", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"ok": True, "files": told["files"], "renewed": told["files"], "faults": []}
    assert file_store.open_store(alone.files, alone.file_keys()).get(sha256) == content

    # A backup from before the change comes back under the key of today.
    there = replace(elsewhere, file_key="m" * 40)
    assert run(there, monkeypatch, "restore", str(tmp_path / "copy")) == 0
    assert file_store.open_store(there.files, there.file_keys()).get(sha256) == content


@on_sqlite
def test_what_was_folded_comes_back_folded(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A version that is the beginning of another is so in the backup, and after it."""
    printed, signed = kept_in_stages(office)

    assert run(settings, monkeypatch, "backup", str(tmp_path / "copy")) == 0
    assert run(elsewhere, monkeypatch, "restore", str(tmp_path / "copy")) == 0

    store = open_store(elsewhere.files, elsewhere.file_keys())
    assert store.get(printed) == b"%PDF-1.7 printed"
    assert store.get(signed) == b"%PDF-1.7 printed and signed"
    assert printed not in set(store.addresses())


@on_sqlite
def test_what_is_folded_into_a_later_file_is_whole_in_the_backup(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The later file came after the register was read: it is not in the backup."""
    printed, later = b"%PDF-1.7 printed", b"%PDF-1.7 printed and signed"
    address = keep(office, printed)
    office.files.put(later)
    office.files.fold({address: len(printed)}, later)

    assert run(settings, monkeypatch, "backup", str(tmp_path / "copy")) == 0
    assert run(elsewhere, monkeypatch, "restore", str(tmp_path / "copy")) == 0

    assert open_store(elsewhere.files, elsewhere.file_keys()).get(address) == printed


@on_sqlite
def test_a_backup_without_what_a_note_leads_to_is_refused(
    settings: Settings,
    elsewhere: Settings,
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, signed = kept_in_stages(office)
    run(settings, monkeypatch, "backup", str(tmp_path / "copy"))
    (tmp_path / "copy" / "files" / signed[:2] / signed).unlink()
    capsys.readouterr()

    assert run(elsewhere, monkeypatch, "restore", str(tmp_path / "copy")) != 0

    assert f"缺少文件{signed[:12]}" in capsys.readouterr().err
