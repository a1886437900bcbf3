"""docs/add-a-registration-type.md is walked: each command of the walk, and what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from professions.checks import examination
from tests.offices import FONTS
from tests.professions.folders import BPMN
from web import cli

GUIDE = (Path(__file__).parents[2] / "docs/add-a-registration-type.md").read_text("utf-8")
REMARK = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of the walk with what the guide says that it says."""
    walk = text.partition("\n## The walk\n")[2].partition("\n## ")[0]
    for indent, block in REMARK.findall(walk):
        lines = [line.removeprefix(indent) for line in block.splitlines()]
        for said in re.split(r"^\$ ", "\n".join(lines), flags=re.MULTILINE)[1:]:
            command, _, answer = said.partition("\n")
            yield command, answer.strip("\n")


def told(command: str) -> str:
    """Run a command in the present folder; give all that it says."""
    program, *words = command.split()
    if program != "zhuce":
        subprocess.run(command, shell=True, check=True)
        return ""
    out, wrong = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(wrong):
        cli.main(words)
    return wrong.getvalue() + out.getvalue()


def matches(said: str, wanted: str) -> bool:
    """Tell whether it was said, `…` standing for whatever is left out."""
    pattern = re.escape(wanted).replace("…", ".*?")
    return re.fullmatch(pattern, said.strip("\n"), re.DOTALL) is not None


@pytest.mark.proves("F:diagrams-8")
def test_the_walk_of_the_guide_goes_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§diagrams 8: whoever makes a profession is told at each step what the guide says."""
    shutil.copytree(BPMN, tmp_path / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.resolve()))
    monkeypatch.chdir(tmp_path)
    walk = list(commands(GUIDE))

    for command, wanted in walk:
        said = told(command)
        assert matches(said, wanted), f"$ {command}\n{said}"

    assert sum(bool(wanted) for _, wanted in walk) >= 8
    _, keys = examination.chosen(tmp_path / "bpmn/gardener")
    assert keys == ["gardener"]
