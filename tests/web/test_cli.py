"""The command line that `make run` calls, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adapters import world
from casework import upkeep
from casework.office import Office
from engine.errors import NoSuchDefinition
from registry.applications.documents import Blob
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.professions.folders import SHIPPED
from tests.web.conftest import FONTS, Clock
from web import cli
from web.process import wiring
from web.settings import Settings

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, as a fresh machine does."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.proves("J8")
def test_three_commands_make_a_service_of_an_empty_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("migrate", "deploy", "seed"):
        assert cli.main([command]) == 0
    said = capsys.readouterr().out

    assert "structural-engineer-2" in said
    assert "已部署" in said
    assert f"演示人员 {len(world.CITIZENS)} 名" in said

    for command in ("migrate", "deploy", "seed"):
        assert cli.main([command]) == 0
    assert "未变化" in capsys.readouterr().out
    office = wiring.open_office_of(Settings.from_environment({"ZHUCE_FONTS": str(FONTS)}))
    with office.sessions() as session:
        deployed = select(AuditEvent).filter_by(action="type.deployed")
        rows = {row.subject: row.origin for row in session.scalars(deployed)}
        assert rows == {f"type:{key}": "zhuce deploy" for key in SHIPPED}
        signed_up = [known for known in world.CITIZENS if known.signed_up]
        assert session.scalar(select(func.count()).select_from(Person)) == len(signed_up)
    wiring.close(office)


@pytest.mark.parametrize("command", ["deploy", "seed", "sweep", "verify", "serve", "worker"])
def test_a_database_without_tables_is_told_with_the_remedy(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command]) == 1

    assert capsys.readouterr().err.startswith("E_SCHEMA_BEHIND 数据库结构不是最新的")


def test_a_server_without_fonts_is_told_with_the_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["migrate"])
    monkeypatch.setenv("ZHUCE_FONTS", str(folder / "nowhere"))

    assert cli.main(["serve"]) == 1
    assert "make fonts" in capsys.readouterr().err


def test_one_command_prepares_before_it_serves(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given nothing at all, `serve --prepare` has everything ready when it comes to its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("ZHUCE_PORT", str(taken.getsockname()[1]))

        run = _in_a_process_of_its_own(folder, "serve", "--prepare")

    assert (run.returncode, "E_PORT_TAKEN" in run.stderr) == (1, True), run.stderr
    again = _in_a_process_of_its_own(folder, "deploy")
    assert (again.returncode, "未变化" in again.stdout) == (0, True), again.stderr


def _in_a_process_of_its_own(
    folder: Path, *words: str, then: tuple[str, ...] = (), first: str = ""
) -> subprocess.CompletedProcess[str]:
    """Call a command that forks: this process has threads that its copy would wait for for ever.

    What it leaves is read by another such process: this one may know tables of other tests.
    """
    said = " or ".join(f"main({list(command)!r})" for command in (words, then) if command)
    program = f"{first}from web.cli import main; raise SystemExit({said})"
    environment = {**os.environ, "PYTHONPATH": str(wiring.TYPES.parent)}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.proves("J8")
def test_a_wrong_setting_is_told_before_anything_happens(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHUCE_PORT", "many")

    assert cli.main(["migrate"]) == 2
    assert "ZHUCE_PORT" in capsys.readouterr().err
    assert not (folder / "var/zhuce.db").exists()


def test_a_broken_profession_is_told_and_stops_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R8: every problem of every type is printed, the good types are deployed, the status is 1."""
    shutil.copytree(wiring.TYPES, folder / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    manifest = folder / "bpmn/builder-2/type.toml"
    good = manifest.read_text("utf-8")
    manifest.write_text(good.replace("[413, 579]", "[413, 580]").replace('"FIRST"', ""), "utf-8")
    (folder / "bpmn/builder-2/forms/initial.ui.json").write_text("{", "utf-8")
    cli.main(["migrate"])
    capsys.readouterr()

    assert cli.main(["deploy", "bpmn"]) == 1

    said = capsys.readouterr()
    assert "builder-2  有错误，未部署" in said.out
    assert "structural-engineer-2" in said.out
    assert said.out.count("已部署") == len(SHIPPED) - 1
    assert "builder-2/forms/initial.ui.json：" in said.err

    manifest.write_text(good, "utf-8")
    shutil.copy(wiring.TYPES / "builder-2/forms/initial.ui.json", manifest.parent / "forms")
    assert cli.main(["deploy", "bpmn"]) == 0
    shutil.rmtree(manifest.parent)
    assert cli.main(["deploy", "bpmn"]) == 0
    assert "不再受理新的申请" in capsys.readouterr().out


#: A process that could set no document if it had to.
_SETS_NOTHING = "from pdfgen.trial import stage; stage.ask = None; "


def test_a_process_that_only_checks_knows_what_diagrams_may_call(folder: Path) -> None:
    """What other tests have imported already must not be what makes the check work.

    What one command found without fault, the next one deploys without setting it again.
    """
    only = folder / "bpmn"
    for name in ("structural-engineer-2", "common-parts"):
        shutil.copytree(wiring.TYPES / name, only / name)

    run = _in_a_process_of_its_own(folder, "check", "bpmn")

    assert (run.returncode, run.stdout, run.stderr) == (0, "structural-engineer-2 没有错误\n", "")
    again = _in_a_process_of_its_own(
        folder, "migrate", then=("deploy", "bpmn"), first=_SETS_NOTHING
    )
    assert (again.returncode, "已部署" in again.stdout) == (0, True), again.stderr


def test_folders_are_checked_without_a_database(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An analyst tries a folder anywhere."""
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out.count("没有错误") == len(list(wiring.TYPES.glob("*/type.toml")))

    shutil.copytree(wiring.TYPES, folder / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "bpmn/builder-2/help/initial.md").unlink()
    (folder / "bpmn/structural-engineer-2/help/initial.md").unlink()
    assert cli.main(["check", "bpmn"]) == 1
    assert "type.toml#INITIAL：没有说明文件 help/initial.md" in capsys.readouterr().err
    assert cli.main(["check", str(folder)]) == 1
    assert "E_NOTHING_TO_DEPLOY" in capsys.readouterr().err


@on_sqlite
def test_a_type_with_a_fault_is_not_deployed(office: Office, tmp_path: Path) -> None:
    shutil.copytree(wiring.TYPES, tmp_path / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    diagram = tmp_path / "bpmn/structural-engineer-2/initial.bpmn"
    diagram.write_text(diagram.read_text("utf-8").replace("application/check_form", "no/such"))

    told = {deployed.key: deployed for deployed in wiring.deploy_types(office, tmp_path / "bpmn")}

    assert any("no/such" in str(problem) for problem in told["structural-engineer-2"].problems)
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

    assert cli.main(["verify", "--json"]) == 1
    unproven = json.loads(capsys.readouterr().out)
    assert unproven == {"ok": False, "proven": False, "faults": []}
    assert cli.main(["checkpoint"]) == 0
    assert "存证已写入" in capsys.readouterr().out
    assert cli.main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "proven": True, "faults": []}
    assert cli.main(["verify"]) == 0
    assert "此后的记录（现有0条）尚未证明，如有删除不能发现" in capsys.readouterr().out
    assert cli.main(["verify", "letter.pdf", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["letter.pdf"]["ok"] is False


@pytest.mark.parametrize("words", [["none.pdf"], ["."], ["--log", "none.log"]])
def test_verify_says_which_file_it_cannot_read(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I5: a mistyped name ends with a sentence and its own status, not with a trace."""
    cli.main(["migrate"])
    capsys.readouterr()

    assert cli.main(["verify", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("文件无法读取")
    assert words[-1] in said


def test_verify_reads_checkpoints_from_a_kept_log(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log kept outside tells that the whole audit log was replaced."""
    cli.main(["migrate"])
    capsys.readouterr()
    (folder / "kept.log").write_text('started\n{"event":"audit_checkpoint","seq":9,"root":"00"}\n')

    assert cli.main(["verify", "--log", "kept.log", "--json"]) == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert "审计记录被截断" in fault


HEADINGS = (
    "姓名,性别,出生日期,证件类型,证件号码,手机号码,注册号,证书编号,聘用企业,统一社会信用代码,"
    "资格证书编号"
)
DATES = "资格证书签发日期,资格证书签发机构,注册有效期起,注册有效期止,发证日期"
GOOD = (
    "金示例,男,1970-01-02,居民身份证,310000197001029978,19900010001,S217990101,示例-0101,"
    "上海示例结构设计（虚构01）有限公司,91310100MADE000120,DEMO-1,2010-06-01,市人保局（虚构）,"
    "2025-01-01,2099-12-31,2025-01-01"
)


def test_registrations_are_taken_over_from_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R116: a trial says what would happen; good rows go in, bad ones are told by line, column."""
    bad = GOOD.replace("1970-01-02", "1970年").replace("男", "？").replace("000120", "000121")
    other = GOOD.replace("示例-0101", "示例-0102").replace("S217990101", "S217990102")
    (folder / "old.csv").write_text(
        "\n".join((f"\ufeff{HEADINGS},{DATES}", GOOD, bad, other)), "utf-8"
    )
    for command in ("migrate", "deploy"):
        assert cli.main([command]) == 0

    assert cli.main(["import-registrations", "old.csv", "--dry-run"]) == 1
    said = capsys.readouterr()
    assert "可以录入 1 条，已在登记簿中 0 条，有误 2 条" in said.out
    assert cli.main(["import-registrations", "old.csv"]) == 1
    said = capsys.readouterr()
    assert "已录入 1 条，已在登记簿中 0 条，有误 2 条" in said.out
    for words in ("第3行 出生日期：", "第3行 性别：", "第3行 统一社会信用代码：", "第4行"):
        assert words in said.err
    assert cli.main(["import-registrations", "old.csv"]) == 1
    assert "已录入 0 条，已在登记簿中 1 条" in capsys.readouterr().out


def test_a_file_that_cannot_be_taken_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R116: no file, missing columns, another encoding: told, nothing entered."""
    (folder / "few.csv").write_text("姓名,性别\n金示例,男", "utf-8")
    (folder / "unmarked.csv").write_bytes(f"{HEADINGS},{DATES}\n{GOOD}".encode("utf-16-be"))
    for command in ("migrate", "deploy"):
        assert cli.main([command]) == 0

    for name, words in (
        ("none.csv", "无法读取"),
        ("few.csv", "缺少列"),
        ("unmarked.csv", "无法读取"),
    ):
        assert cli.main(["import-registrations", name]) == 2
        assert words in capsys.readouterr().err


def test_a_day_is_done_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """I18, C.7: what each duty did is printed; a day to come is refused with the remedy."""
    for command in ("migrate", "deploy"):
        cli.main([command])
    capsys.readouterr()

    assert cli.main(["upkeep", "--day", "2026-01-05", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["upkeep/expire"] == 0
    assert set(counts) == set(upkeep.DUTIES)
    assert cli.main(["upkeep", "--day", "2999-01-01"]) == 1
    assert "2999年1月1日还没有到" in capsys.readouterr().err


def test_the_holidays_of_a_year_from_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B.10, C.7: a notice as TOML is entered; one that cannot be read says what is wanted."""
    for command in ("migrate", "deploy"):
        cli.main([command])
    notice = folder / "2027.toml"
    notice.write_text(
        'year = 2027\nsource = "国办通知（虚构）"\n'
        'holidays = [2027-01-01, "2027-02-05", 2027-02-08, 2027-02-09, 2027-02-10,\n'
        "  2027-04-05, 2027-06-09, 2027-09-15, 2027-10-01]\n"
        "workdays = [2027-02-14]\n",
        "utf-8",
    )
    capsys.readouterr()

    assert cli.main(["calendar", str(notice)]) == 0
    assert "2027" in capsys.readouterr().out
    office = wiring.open_office_of(Settings.from_environment({"ZHUCE_FONTS": str(FONTS)}))
    assert not office.calendar.is_workday(date(2027, 2, 8))
    assert office.calendar.is_workday(date(2027, 2, 14))
    wiring.close(office)
    notice.write_text('year = 2027\nholidays = ["元旦"]\n', "utf-8")
    assert cli.main(["calendar", str(notice)]) == 2
    assert "holidays" in capsys.readouterr().err
    assert cli.main(["calendar", str(folder / "none.toml")]) == 2
