"""Asking the process apart: one kept warm for checks, one for plays, one of its own a trial."""

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
from storage.scratch import Scratch

#: How long an answer is waited for. What a draft may cost is bounded by the process itself, in time
#: of the processor (`apart.CHECK_CPU_S` …): a machine that has much to do is no fault of a draft.
CHECK_S, TRY_S, PLAY_S = 120, 1200, 90
MOST_QUESTIONS = 1000  #: then another process takes over: what it knows grows
_PROGRAM = "casework.scenarios.apart"


class DraftTooMuch(Refusal):
    """{why}。请撤销最近的修改，或者把图和表拆小。"""

    code = "E_DRAFT_TOO_MUCH"


class DraftNotReached(DraftTooMuch):
    """服务器正忙，{seconds}秒内没有算完；这不是草稿的问题，已保存的内容都在。请过几分钟再试。"""

    code = "E_DRAFT_NOT_REACHED"


class Process:
    """A process apart, the pipes that lead to it, and the folder in which it writes."""

    def __init__(self) -> None:
        self.asker, self.asked = os.getpid(), 0
        self.checked: Mapping[str, bytes] = {}  #: the package that it checked last
        self._scratch = Scratch("draft")
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", _PROGRAM, str(self._scratch.folder)],
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

        Raises DraftTooMuch when it died of its limits, DraftNotReached when it had no time to work.
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
                        raise DraftNotReached(seconds=f"{seconds:.0f}")
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
        self._scratch.remove()


class _Kept:
    """A process that is kept for the next question of its kind."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: Process | None = None

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        """Return the answer; raise DraftTooMuch, after which another process is begun."""
        return self._ask(lambda _: question, seconds)

    def check(self, files: Mapping[str, bytes], seconds: float) -> Any:
        """Ask for the check of a package, sending what differs from the one before; see `ask`."""

        def question(process: Process) -> Mapping[str, Any]:
            before, process.checked = process.checked, files
            same = [path for path, content in files.items() if before.get(path) == content]
            others = {path: files[path] for path in files.keys() - same}
            return {"do": "check", "same": same, "files": _written(others)}

        return self._ask(question, seconds)

    def _ask(self, question: Callable[[Process], Mapping[str, Any]], seconds: float) -> Any:
        with self._lock:
            kept = self._process
            if kept and (kept.asker != os.getpid() or kept.asked >= MOST_QUESTIONS):
                self._leave()
            if self._process is None:
                self._process = Process()
            try:
                return self._process.ask(question(self._process), seconds, _nobody)
            except DraftTooMuch:
                self._leave()
                raise

    def leave(self) -> None:
        """End the process at hand."""
        with self._lock:
            self._leave()

    def _leave(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


_checks, _plays = _Kept(), _Kept()


def check(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return the problems of a package: code, file, element, text, remedy. Raises DraftTooMuch."""
    return list(_checks.check(files, CHECK_S))


def play(
    key: str,
    files: Mapping[str, bytes],
    scenarios: Mapping[str, bytes],
    path: str,
    story: Mapping[str, Any],
    **more: str | None,
) -> Any:
    """Tell an unfinished scenario, which would stand at `path`, as far as it goes.

    `until` turns the clock to a day; `node` asks for the number of steps that lead there. Raises
    DraftTooMuch, also for a scenario that is not understood.
    """
    question = {
        "do": "play",
        "key": key,
        "files": _written(files),
        "scenarios": _written(scenarios),
        "path": path,
        "story": story,
        **more,
    }
    return _plays.ask(question, PLAY_S)


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
    return _alone(question, watch)


def notice(
    key: str,
    files: Mapping[str, bytes],
    scenarios: Mapping[str, bytes],
    own: list[str],
    before: Mapping[str, bytes],
    most: int,
    watch: Callable[[int, int], None],
) -> dict[str, Any]:
    """Judge at most so many small changes of what differs from `before`. Raises DraftTooMuch."""
    question = {
        "do": "notice",
        "key": key,
        "files": _written(files),
        "scenarios": _written(scenarios),
        "own": own,
        "before": _written(before),
        "most": most,
    }
    return _alone(question, watch)


def _alone(question: Mapping[str, Any], watch: Callable[[int, int], None]) -> dict[str, Any]:
    process = Process()
    try:
        return dict(process.ask(question, TRY_S, watch))
    finally:
        process.end()


def leave() -> None:
    """End the processes at hand; the next question begins another one."""
    _checks.leave()
    _plays.leave()


def _written(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(content).decode() for path, content in files.items()}


def _nobody(_told: int, _count: int) -> None:
    """Tell nobody."""


atexit.register(leave)
