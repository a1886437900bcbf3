"""The command line that `make run` calls, and what it says when it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.casework.office import Office
from engine.errors import NoSuchDefinition
from registry import audit
from registry.audit import AuditEvent
from registry.database import writing
from registry.documents import Blob
from registry.persons import Person
from tests.platform.conftest import FONTS, Clock
from web import cli, wiring
from web.settings import Settings

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, as a fresh machine does."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_three_commands_make_a_service_of_an_empty_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("migrate", "deploy", "seed"):
        assert cli.main([command]) == 0
    said = capsys.readouterr().out

    assert "structural-engineer-2" in said
    assert "已部署" in said
    assert "演示人员 9 名" in said

    for command in ("migrate", "deploy", "seed"):
        assert cli.main([command]) == 0
    assert "未变化" in capsys.readouterr().out
    office = wiring.open_office_of(Settings.from_environment({"ZHUCE_FONTS": str(FONTS)}))
    with office.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 8
    wiring.close(office)


@pytest.mark.parametrize("command", ["deploy", "seed", "sweep", "verify", "serve", "worker"])
def test_a_database_without_tables_is_told_with_the_remedy(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command]) == 2

    assert "zhuce migrate" in capsys.readouterr().err


def test_a_server_without_fonts_is_told_with_the_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["migrate"])
    monkeypatch.setenv("ZHUCE_FONTS", str(folder / "nowhere"))

    assert cli.main(["serve"]) == 2
    assert "make fonts" in capsys.readouterr().err


def test_a_wrong_setting_is_told_before_anything_happens(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHUCE_PORT", "many")

    assert cli.main(["migrate"]) == 2
    assert "ZHUCE_PORT" in capsys.readouterr().err
    assert not (folder / "var/zhuce.db").exists()


@on_sqlite
def test_a_type_with_a_fault_is_not_deployed(office: Office, tmp_path: Path) -> None:
    shutil.copytree(wiring.TYPES, tmp_path / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    diagram = tmp_path / "bpmn/structural-engineer-2/initial.bpmn"
    diagram.write_text(diagram.read_text("utf-8").replace("application/check_form", "no/such"))

    told = {one.key: one for one in wiring.deploy_types(office, tmp_path / "bpmn")}

    assert any("no/such" in str(one) for one in told["structural-engineer-2"].problems)
    with pytest.raises(NoSuchDefinition):
        office.definitions.latest("structural-engineer-2")


def test_the_sweep_seals_the_audit_log_and_ends_old_sessions(office: Office, clock: Clock) -> None:
    with writing(office.sessions) as session:
        audit.record(session, "test", actor="system", subject="nobody", at=clock())

    done = wiring.sweep(office)

    assert done["audit_sealed"] >= 1
    with office.sessions() as session:
        unsealed = select(func.count()).select_from(AuditEvent).where(AuditEvent.seq.is_(None))
        assert session.scalar(unsealed) == 0
    assert wiring.verify_store(office) == []


@on_sqlite
def test_a_damaged_file_and_a_changed_audit_row_are_found(
    office: Office, settings: Settings, clock: Clock
) -> None:
    """I7: what was kept is checked against the digest under which it was kept."""
    sha256 = office.files.put(b"%PDF-1.7 kept")
    with writing(office.sessions) as session:
        session.add(
            Blob(sha256=sha256, size_bytes=13, media_type="application/pdf", created_at=clock())
        )
        audit.record(session, "test", actor="system", subject="nobody", at=clock())
    wiring.sweep(office)
    (Path(settings.files) / sha256[:2] / sha256).write_bytes(b"changed")
    with writing(office.sessions) as session:
        session.scalars(select(AuditEvent)).first().actor = "somebody else"  # type: ignore[union-attr]

    faults = wiring.verify_store(office)

    assert any("不一致" in fault for fault in faults)
    assert any("被改动" in fault for fault in faults)


def test_verify_reports_as_json(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.main(["migrate"])
    capsys.readouterr()
    (folder / "letter.pdf").write_bytes(b"%PDF-1.7 nothing")

    assert cli.main(["verify"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "faults": []}
    assert cli.main(["verify", "letter.pdf"]) == 1
    assert json.loads(capsys.readouterr().out)["letter.pdf"]["ok"] is False


def test_verify_reads_checkpoints_from_a_kept_log(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log kept outside tells that the whole audit log was replaced."""
    cli.main(["migrate"])
    capsys.readouterr()
    (folder / "kept.log").write_text('started\n{"event":"audit_checkpoint","seq":9,"root":"00"}\n')

    assert cli.main(["verify", "--log", "kept.log"]) == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert "审计记录被截断" in fault
