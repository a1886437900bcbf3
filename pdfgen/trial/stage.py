"""A process of its own in which templates are tried: it may hang or die without harm.

It is kept for the next question, so that Typst and the faces are read once, and leaves by itself
when nobody asks for a while, or when the process that asks ends.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Any

_lock = Lock()  #: one question at a time
_held: list[_Process] = []  #: the process at hand, if there is one


class Unanswered(Exception):
    """The process died; its last words are the message."""


class TooSlow(Exception):
    """There was no answer in time."""


class _Process:
    """The process, its pipes and its last words."""

    def __init__(self, fonts: Path) -> None:
        self.fonts, self.asker = fonts, os.getpid()
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `end`)
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "pdfgen.trial.play", str(fonts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            cwd=Path(__file__).parents[2],
            bufsize=0,
        )

    def answer(self, question: bytes, timeout_s: float) -> bytes:
        """Return the line that answers a line; raise Unanswered, TooSlow."""
        until = time.monotonic() + timeout_s
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None  # noqa: S101 (pipes, as they were asked for)
        assert answers is not None  # noqa: S101
        try:
            questions.write(question + b"\n")
        except BrokenPipeError:
            raise Unanswered(self._last_words()) from None
        answer = bytearray()
        while not answer.endswith(b"\n"):
            left = max(0.0, until - time.monotonic())
            if not select.select([answers], [], [], left)[0]:
                raise TooSlow
            part = answers.read(1 << 16)
            if not part:
                raise Unanswered(self._last_words())
            answer += part
        return bytes(answer)

    def _last_words(self) -> str:
        self._words.seek(0)
        return self._words.read()[-400:].decode(errors="replace")

    def end(self) -> None:
        """Stop it, if this is the process that began it, and close what leads to it."""
        if self.asker == os.getpid():
            self._process.kill()
            self._process.wait()
        for end in (self._process.stdin, self._process.stdout, self._words):
            end.close()  # type: ignore[union-attr]  # pipes and a file


def ask(
    shelf: Mapping[str, bytes], kinds: Sequence[tuple[str, str]], fonts: Path, timeout_s: float
) -> list[list[dict[str, Any]]]:
    """Return the faults of each document (name and kind of data), as `RehearsalFault` has them.

    Raises Unanswered, TooSlow.
    """
    return list(_asked(_question(shelf, kinds), fonts, timeout_s))


def show(
    shelf: Mapping[str, bytes], document: tuple[str, str], fonts: Path, timeout_s: float
) -> bytes:
    """Return a document as PDF with sample data. Raises Unanswered, TooSlow."""
    question = _question(shelf, [document]) | {"show": True}
    return base64.b64decode(_asked(question, fonts, timeout_s))


def beside(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    document: tuple[str, str],
    fonts: Path,
    timeout_s: float,
) -> tuple[list[bytes], list[bytes]]:
    """Return the pages of two versions as PNG, differences marked. Raises Unanswered, TooSlow.

    Without templates a version has no pages.
    """
    question = _question(after, [document]) | {"pages": _question(before, [])["files"] or {"": ""}}
    old, new = _asked(question, fonts, timeout_s)
    return [*map(base64.b64decode, old)], [*map(base64.b64decode, new)]


def _question(shelf: Mapping[str, bytes], kinds: Sequence[tuple[str, str]]) -> dict[str, Any]:
    files = {name: base64.b64encode(content).decode() for name, content in shelf.items()}
    return {"files": files, "kinds": kinds}


def _asked(what: Mapping[str, Any], fonts: Path, timeout_s: float) -> Any:
    question = json.dumps(what).encode()
    with _lock:
        was_held = bool(_held)
        try:
            return json.loads(_process(fonts).answer(question, timeout_s))
        except Unanswered:
            _leave()
            if not was_held:
                raise
        except TooSlow:
            _leave()
            raise
        try:  # it had been idle for too long
            return json.loads(_process(fonts).answer(question, timeout_s))
        except (Unanswered, TooSlow):
            _leave()
            raise


def leave() -> None:
    """End the process at hand; the next question begins another one."""
    with _lock:
        _leave()


def _leave() -> None:
    while _held:
        _held.pop().end()


def _process(fonts: Path) -> _Process:
    if _held and (_held[0].fonts, _held[0].asker) != (fonts, os.getpid()):
        _leave()
    if not _held:
        _held.append(_Process(fonts))
    return _held[0]


atexit.register(leave)
