"""Examine a stranger's file in a process of its own, which may be killed.

pyHanko can be led astray by a file that is made for it; what runs here has a limit of processor
time and memory and answers in JSON, so that the worst file costs some seconds and tells nothing.

A warm process has loaded what examining needs and forks for each file: the file costs what it is,
not the half second of the imports, and no file meets what another one left behind. At most
`AT_ONCE` files of strangers are examined at once in a process that serves, and always one fewer
than it has threads; who comes when all examine waits a moment and is then told to come again, so
that other pages go on.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import json
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from datetime import datetime
from typing import Any

from ofd import judging
from signing.errors import ExaminersBusy
from signing.judging import ofd_files, verify
from signing.judging.findings import Code, finding
from signing.judging.reports import FileReport
from signing.judging.verify import Expected
from signing.keys.trust import Trust

SECONDS = 5  #: of processor time; six times that on the clock
AT_ONCE = 2  #: files of strangers in one process that serves
_PDF, _OFD = "pdf", "ofd"  #: forms of a file
PATIENCE_S = 0.25  #: that one waits when all examine
_MEMORY_BYTES = 1024 * 1024 * 1024
_HEAD = struct.Struct("!IQ")  #: seconds, and how many bytes follow
_GRACE_S = 5.0  #: after the limit on the clock, for the warm process itself


def examine(
    pdf: bytes, trust: Trust, *, expected: Expected | None = None, seconds: int = SECONDS
) -> FileReport:
    """Examine as `verify.examine` does; E_CHECK_TIMEOUT when the limits were reached.

    Raises: ExaminersBusy when as many files as may be are being examined.
    """
    answer = _EXAMINERS.ask(pickle.dumps((_PDF, (pdf, trust, expected))), seconds)
    if answer:
        return FileReport.from_json(json.loads(answer))
    return _too_long(pdf, trust.at)


def examine_ofd(
    data: bytes, trust: judging.Trust, *, seconds: int = SECONDS
) -> tuple[FileReport, judging.Report]:
    """Examine an OFD file as `ofd_files.examine` does; else as `examine`."""
    answer = _EXAMINERS.ask(pickle.dumps((_OFD, (data, trust))), seconds)
    if answer:
        return ofd_files.told(data, trust, judging.Report.from_json(json.loads(answer)))
    return _too_long(data, trust.at), judging.Report()


def _too_long(content: bytes, at: datetime) -> FileReport:
    sha256 = hashlib.sha256(content).hexdigest()
    return FileReport(sha256=sha256, checked_at=at, findings=(finding(Code.CHECK_TIMEOUT),))


def _examined(form: str, given: tuple[Any, ...]) -> dict[str, Any]:
    """Examine what the parent asks about; the report as plain JSON values."""
    if form == _OFD:
        return judging.judge(*given).to_json()
    pdf, trust, expected = given
    return verify.examine(pdf, trust, expected=expected).to_json()


def serve_with(threads: int) -> None:
    """Tell how many threads answer in this process: one of them is never held by a stranger."""
    _EXAMINERS.allow(min(AT_ONCE, threads - 1))


class _Examiners:
    """The warm processes of this process, started when they are needed."""

    def __init__(self) -> None:
        self.allow(AT_ONCE)

    def allow(self, most: int) -> None:
        """Set how many files may be examined at once, before any is."""
        self._most = most
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._places = threading.BoundedSemaphore(self._most)
        self._idle: list[subprocess.Popen[bytes]] = []

    def ask(self, question: bytes, seconds: int) -> bytes:
        """Give the answer to a question, empty when the limits were reached."""
        if self._pid != os.getpid():  # a fork may not speak through the pipes of its parent
            self._reset()
        if not self._places.acquire(timeout=PATIENCE_S):
            raise ExaminersBusy
        try:
            examiner = self._idle.pop() if self._idle else _start()
            try:
                answer = _put(examiner, question, seconds)
            except (OSError, EOFError):  # it fell: the next file gets another one
                _stop(examiner)
                return b""
            self._idle.append(examiner)
            return answer
        finally:
            self._places.release()

    def close(self) -> None:
        """End what is idle; a process that ends leaves nothing behind."""
        while self._pid == os.getpid() and self._idle:
            _stop(self._idle.pop())


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from signing.judging.apart import serve; serve()"]
    return subprocess.Popen(  # noqa: S603 (our own program, the file arrives as input)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )


def _stop(examiner: subprocess.Popen[bytes]) -> None:
    examiner.kill()
    for pipe in (examiner.stdin, examiner.stdout):
        if pipe:
            pipe.close()
    examiner.wait()


def _put(examiner: subprocess.Popen[bytes], question: bytes, seconds: int) -> bytes:
    """Put a question and read the answer. Raises: OSError, EOFError when the process fell."""
    assert examiner.stdin  # noqa: S101 -- both are pipes
    assert examiner.stdout  # noqa: S101
    rest = memoryview(_HEAD.pack(seconds, len(question)) + question)
    while rest:
        rest = rest[examiner.stdin.write(rest) :]
    until = time.monotonic() + 6 * seconds + _GRACE_S
    _, length = _HEAD.unpack(_read(examiner.stdout.fileno(), _HEAD.size, until))
    return _read(examiner.stdout.fileno(), length, until)


def _read(pipe: int, length: int, until: float) -> bytes:
    """Read so many bytes. Raises: EOFError when they do not come in time, or not at all."""
    parts, missing = [], length
    while missing:
        ready, _, _ = select.select([pipe], [], [], max(until - time.monotonic(), 0))
        part = os.read(pipe, min(missing, 1 << 20)) if ready else b""
        if not part:
            raise EOFError
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


_EXAMINERS = _Examiners()
atexit.register(_EXAMINERS.close)


def serve() -> None:
    """Be the warm process: fork for each question, until nobody asks any more."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    gc.freeze()
    while head := questions.read(_HEAD.size):
        seconds, length = _HEAD.unpack(head)
        answer = _in_a_fork(questions.read(length), seconds)
        answers.write(_HEAD.pack(0, len(answer)) + answer)
        answers.flush()


def _in_a_fork(question: bytes, seconds: int) -> bytes:
    """Let a child answer, and end it when it reaches a limit; empty then."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _answer(question, seconds, theirs)
    os.close(theirs)
    until, parts = time.monotonic() + 6 * seconds, []
    while True:
        ready, _, _ = select.select([ours], [], [], max(until - time.monotonic(), 0))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        if not (part := os.read(ours, 1 << 20)):  # it has said all, or fell
            break
        parts.append(part)
    os.close(ours)
    _, status = os.waitpid(child, 0)
    return b"".join(parts) if status == 0 else b""


def _answer(question: bytes, seconds: int, pipe: int) -> None:
    """Be the child: limit oneself, read the question, write the report, end."""
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        form, given = pickle.loads(question)  # noqa: S301 (from our own parent)
        report = json.dumps(_examined(form, given))
        with os.fdopen(pipe, "wb") as answer:
            answer.write(report.encode())
    except BaseException:
        os._exit(1)
    os._exit(0)
