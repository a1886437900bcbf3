"""Asking the process apart: kept warm for checks, one of its own for each trial."""

from __future__ import annotations

import atexit
import base64
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from refusals.refusal import Refusal

CHECK_S, TRY_S = 40, 600
MOST_QUESTIONS = 1000  #: then another process takes over: what it knows grows
_PROGRAM = "casework.scenarios.apart"
_lock = Lock()
_kept: list[Process] = []


class DraftTooMuch(Refusal):
    """{why}。请撤销最近的修改，或者把图和表拆小。"""

    code = "E_DRAFT_TOO_MUCH"


class Process:
    """A process apart, and the pipes that lead to it."""

    def __init__(self) -> None:
        self.asker, self.asked = os.getpid(), 0
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={"LANG": "C.UTF-8", "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
            bufsize=0,
        )

    def ask(
        self, question: Mapping[str, Any], seconds: float, watch: Callable[[int, int], None]
    ) -> Any:
        """Return the answer; `watch` is told how many scenarios of how many were told.

        Raises DraftTooMuch when it was too slow or died.
        """
        self.asked += 1
        until = time.monotonic() + seconds
        assert self._process.stdin is not None  # noqa: S101 (pipes, as they were asked for)
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            held = bytearray()
            while True:
                while b"\n" not in held:
                    left = max(0.0, until - time.monotonic())
                    if not select.select([self._process.stdout], [], [], left)[0]:
                        raise DraftTooMuch(why=f"在 {seconds:.0f} 秒内没有算完")
                    part = self._process.stdout.read(1 << 16)
                    if not part:
                        raise DraftTooMuch(why="超出了内存或者时间的限制")
                    held += part
                line, _, rest = bytes(held).partition(b"\n")
                held = bytearray(rest)
                said = json.loads(line)
                if "refused" in said:
                    raise DraftTooMuch(said["field"], why=said["refused"].rstrip("。"))
                if "answer" in said:
                    return said["answer"]
                watch(said["told"], said["count"])
        except BrokenPipeError:
            raise DraftTooMuch(why="超出了内存或者时间的限制") from None

    def end(self) -> None:
        """Stop it, if this process began it."""
        if self.asker == os.getpid():
            self._process.kill()
            self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            end.close()  # type: ignore[union-attr]  # pipes


def check(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return the problems of a package: code, file, element, text, remedy. Raises DraftTooMuch."""
    question = {"do": "check", "files": _written(files)}
    with _lock:
        if _kept and (_kept[0].asker != os.getpid() or _kept[0].asked >= MOST_QUESTIONS):
            _leave()
        if not _kept:
            _kept.append(Process())
        try:
            return list(_kept[0].ask(question, CHECK_S, _nobody))
        except DraftTooMuch:
            _leave()
            raise


def try_(
    key: str,
    files: Mapping[str, bytes],
    scenarios: Mapping[str, bytes],
    own: list[str],
    watch: Callable[[int, int], None],
) -> dict[str, Any]:
    """Tell the scenarios of a package in a process of its own. Raises DraftTooMuch."""
    question = {
        "do": "try",
        "key": key,
        "files": _written(files),
        "scenarios": _written(scenarios),
        "own": own,
    }
    process = Process()
    try:
        return dict(process.ask(question, TRY_S, watch))
    finally:
        process.end()


def leave() -> None:
    """End the process at hand; the next question begins another one."""
    with _lock:
        _leave()


def _leave() -> None:
    while _kept:
        _kept.pop().end()


def _written(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(content).decode() for path, content in files.items()}


def _nobody(_told: int, _count: int) -> None:
    """Tell nobody."""


atexit.register(leave)
