"""How every command of `zhuce` behaves: help, completion, JSON, bars, statuses."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import world
from engine.tables import Job, JobKind, JobState
from storage.database import new_id, open_database, sessions_of, writing
from tests.databases import TEST_SECRET
from tests.professions.folders import SHIPPED
from tests.web.conftest import BEGIN, FONTS
from web import cli
from web.commands import COMMANDS
from web.process import wiring


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, as a fresh machine does."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def database(folder: Path) -> str:
    """Give the URL of a database with tables and nothing in it."""
    assert cli.main(["migrate"]) == 0
    return f"sqlite:///{folder}/var/zhuce.db"


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> object:
    """Run a command; give its answer, read as JSON, and insist on its status."""
    capsys.readouterr()
    assert cli.main([*words, "--json"]) == status
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0

    assert capsys.readouterr().out.startswith(f"Usage: zhuce {command}")


def test_help_lists_every_command_in_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0

    said = capsys.readouterr().out
    assert all(f"  {command}  " in said for command in COMMANDS)
    assert "..." not in said.split("Commands:")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], "Did you mean 'check'?"),
        (["check", "--jsn"], "Did you mean '--json'?"),
        (["seed", "--crowd", "many"], "'many' is not a valid integer"),
        (["seed", "draft"], "KEYs name engineers of --population"),
        (["upkeep", "--day", "yesterday"], "'yesterday'"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
        ([], "Usage: zhuce"),
    ],
)
def test_words_that_are_not_understood_end_with_2(
    words: list[str], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2

    said = capsys.readouterr()
    assert told in said.err
    assert not said.out
    assert not list(folder.iterdir())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed script asks `zhuce` itself, which answers with the commands there are."""
    assert cli.main(["completion", shell]) == 0
    assert f"_ZHUCE_COMPLETE={shell}_complete" in capsys.readouterr().out

    monkeypatch.setenv("_ZHUCE_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "zhuce im" if shell != "fish" else "im")
    monkeypatch.setenv("COMP_CWORD", "1" if shell != "fish" else "im")
    with pytest.raises(SystemExit):
        cli.main([])

    assert "import-registrations" in capsys.readouterr().out


def test_help_and_completion_import_no_engine() -> None:
    """A completed word must not wait for libraries that only the command itself needs."""
    program = "import sys; from web import cli; cli.main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    heavy = {"flask", "sqlalchemy", "SpiffWorkflow", "pyhanko", "typst"}
    assert not heavy & set(done.stdout.split()), done.stderr


def test_answers_are_json_when_asked(
    database: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys are the same from release to release, one document on stdout, nothing on stderr."""
    deployed = told(capsys, "deploy")
    assert deployed == {
        "ok": True,
        "types": [
            {"key": key, "state": "NEW", "version": listed["version"], "problems": []}
            for key, listed in zip(
                sorted(SHIPPED),
                deployed["types"],  # type: ignore[index]
                strict=True,
            )
        ],
    }
    assert told(capsys, "seed", "--crowd", "1") == {"people": len(world.CITIZENS) + 1, "cases": 0}
    assert told(capsys, "checkpoint")["ok"] is True  # type: ignore[index]
    assert told(capsys, "verify") == {"ok": True, "proven": True, "faults": []}
    assert told(capsys, "incidents") == {"ok": True, "incidents": []}
    assert set(told(capsys, "sweep")) >= {"jobs", "leases_ended", "audit_sealed"}  # type: ignore[call-overload]
    assert {"system": "sms", "fault": "slow", "seconds": 3.0} in told(  # type: ignore[index]
        capsys, "fault", "sms", "slow", "--seconds", "3"
    )["systems"]
    assert told(capsys, "migrate")["ok"] is True  # type: ignore[index]


def test_answers_are_words_for_people(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["checkpoint"], "存证已写入"),
        (["verify"], "审计记录、文件和登记完好"),
        (["sweep"], "audit_sealed"),
        (["incidents"], "没有待处理的异常"),
    ):
        capsys.readouterr()
        assert cli.main(words) == 0
        assert said in capsys.readouterr().out


def test_incidents_are_listed_with_what_went_wrong(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A monitor asks: the status is 1 as long as somebody has to look."""
    register = open_database(database)
    with writing(sessions_of(register)) as session:
        job = Job(
            kind=JobKind.EFFECT,
            operation="notice/send",
            params={},
            key=new_id(),
            business_key="2026-1",
            state=JobState.DEAD,
            due_at=BEGIN,
            error="短信平台没有应答",
            created_at=BEGIN,
        )
        session.add(job)
    register.dispose()

    (incident,) = told(capsys, "incidents", status=1)["incidents"]  # type: ignore[index]
    assert incident["operation"] == "notice/send"
    assert incident["case"] == "2026-1"
    assert incident["error"] == "短信平台没有应答"
    assert cli.main(["incidents"]) == 1
    assert "notice/send：短信平台没有应答" in capsys.readouterr().out


class Terminal(io.StringIO):
    """What stderr is to a person."""

    def isatty(self) -> bool:
        return True


def test_a_bar_grows_on_a_terminal_and_nowhere_else(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["seed"]) == 0
    assert "添加演示人员" not in capsys.readouterr().err

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert cli.main(["seed"]) == 0

    assert "添加演示人员" in screen.getvalue()
    assert "100%" in screen.getvalue()


def test_two_commands_at_once_both_succeed(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines start together: one does it, the other finds it done, nobody sees a trace."""
    for name in ("structural-engineer-2", "common-parts"):
        shutil.copytree(wiring.TYPES / name, folder / "bpmn" / name)
    for name, value in {
        "ZHUCE_DATABASE_URL": database_url,
        "ZHUCE_SECRET": TEST_SECRET,
        "PYTHONPATH": str(Path(cli.__file__).parents[1]),
    }.items():
        monkeypatch.setenv(name, value)

    def start(*command: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "web.cli", *command]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
        said = process.communicate()[1]
        return process.returncode, said

    assert cli.main(["migrate"]) == 0

    for command in (["deploy", "bpmn"], ["seed"]):
        both = [start(*command), start(*command)]
        assert [ended(process) for process in both] == [(0, ""), (0, "")]


def test_a_database_that_is_away_is_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUCE_DATABASE_URL", "postgresql+psycopg://zhuce@/none?host=/nowhere")

    assert cli.main(["sweep"]) == 1

    said = capsys.readouterr().err
    assert said.startswith("E_DATABASE 数据库无法使用（")
    assert "ZHUCE_DATABASE_URL" in said
