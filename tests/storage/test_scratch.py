"""Folders for a while: gone with their process, whether it ended or was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from casework.studio import confined
from storage.scratch import Scratch, scratch

HOLDS = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from storage.scratch import Scratch
held = Scratch("stage")
print("holding", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which this process makes its folders, empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(place: Path) -> subprocess.Popen[str]:
    """Start a process that holds a folder in `place`."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "holding\n"
    return started


def test_a_folder_lasts_as_long_as_its_process(place: Path) -> None:
    """Others of its kind leave it alone while that lives, and remove it when it was killed."""
    other = holder(place)
    [held] = place.iterdir()
    (held / "kept").write_text("something")
    foreign = place / "zhuce-stage-of-nobody"
    foreign.mkdir()

    with scratch("stage") as own:
        assert {held, own, foreign} == set(place.iterdir())
    other.kill()
    other.communicate()
    with scratch("figures"):
        assert held.exists()  # of another kind
    with scratch("stage") as own:
        assert {own, foreign} == set(place.iterdir())

    assert list(place.iterdir()) == [foreign]  # it has no lock: whoever made it is not one of us


def test_a_copy_of_a_process_removes_nothing(place: Path) -> None:
    """Who made it does, and the copy keeps it from being swept."""
    made = Scratch("stage")
    copy = os.fork()
    if copy == 0:
        made.remove()
        signal.pause()
        os._exit(0)
    made_folder = made.folder

    with scratch("stage"):
        assert made_folder.exists()
    os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)
    made.remove()

    assert list(place.iterdir()) == []
    made.remove()  # once more is nothing


def test_checking_and_playing_drafts_leaves_nothing(place: Path) -> None:
    """The process apart is killed when it is no longer asked; its folder goes with it."""
    with pytest.raises(confined.DraftTooMuch):
        confined._alone({"do": "play", "key": "a"}, confined._nobody)

    assert list(place.iterdir()) == []
