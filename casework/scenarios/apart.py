"""The program of a process in which drafts are checked and tried: it may hang or die unharmed.

python -m casework.scenarios.apart   < questions, a line each   > answers, a line each

It knows no setting and no secret, sees no environment, and once it is warm it opens no connection,
starts no program and reads nothing but its own code and a folder that goes away with it. Memory is
bounded for good, the time of the processor for each question; who asks ends it when it is too slow.
"""

from __future__ import annotations

import base64
import json
import logging
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

MEMORY_BYTES = 3 << 29
CHECK_CPU_S, TRY_CPU_S = 30, 300
MOST_WRITTEN_BYTES = 128 << 20  #: of the database in which stories are told

#: What the process may not do once it is warm, as the events of `sys.audit` are called.
_REFUSED = (
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"),
    *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"),
    *("ctypes.dlopen", "urllib.Request"),
)


class Confined(PermissionError):
    """The process tried what drafts have no need of."""


def confine(folder: Path) -> None:
    """Give up what drafts have no need of, for as long as the process lives."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN_BYTES, MOST_WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = {Path(place).resolve() for place in (*sys.path, sys.prefix, sys.base_prefix) if place}
    readable = (*code, folder.resolve(), Path("/dev/urandom"), Path("/usr/share/zoneinfo"))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise Confined(event)
        if event == "open" and isinstance(arguments[0], str | bytes):
            _insist(arguments[0], str(arguments[1] or "r"), readable, folder)

    sys.addaudithook(watch)


def _insist(name: str | bytes, mode: str, readable: tuple[Path, ...], folder: Path) -> None:
    path = Path(name.decode() if isinstance(name, bytes) else name).resolve()
    places = (folder.resolve(),) if set(mode) & set("wax+") else readable
    if not any(path.is_relative_to(place) for place in places):
        raise Confined(str(path))


def _allow(seconds: int) -> None:
    """Bound the time of the processor from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _check(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    from professions.checks.examination import CHECKER

    return [{**asdict(told), "code": told.code} for told in CHECKER.check(files)]


def _try(question: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Tell the scenarios of a draft; yield how far it is, at last what came."""
    from casework.scenarios import trial

    key, files = str(question["key"]), _read(question["files"])
    place = folder / key
    place.mkdir(exist_ok=True)
    (place / "type.toml").write_text(f'key = "{key}"\n')  # stands alone: it builds on no other
    for path, content in _read(question["scenarios"]).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    examples = trial.examples_of(place)
    came: trial.Trial | None = None
    for number, told in enumerate(trial.try_files(key, files, examples, question["own"])):
        if isinstance(told, trial.Trial):
            came = told
        elif number % 5 == 0:
            yield {"told": number, "count": len(examples)}
    assert came is not None  # noqa: S101 (the trial comes at last)
    yield {"answer": {**_plain(came), "count": len(examples)}}


def _plain(came: Any) -> dict[str, Any]:
    return {
        "told": sorted(came.told),
        "asked": came.asked,
        "red": came.red,
        "differs": came.differs,
        "untold": [asdict(place) for place in came.untold],
        "nodes": sorted(came.reached.nodes),
        "rows": sorted(f"{table}#{row}" for table, row in came.reached.rows),
    }


def _read(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: base64.b64decode(text) for path, text in files.items()}


def _answers(question: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    from refusals.refusal import Refusal

    try:
        if question["do"] == "check":
            _allow(CHECK_CPU_S)
            yield {"answer": _check(_read(question["files"]))}
        else:
            _allow(TRY_CPU_S)
            yield from _try(question, folder)
    except Refusal as refusal:
        yield {"refused": str(refusal), "field": refusal.field}
    except (MemoryError, RecursionError, Confined) as error:
        yield {"refused": f"草稿超出了限制（{type(error).__name__}）", "field": None}


def warm() -> None:
    """Import what answers need, before the process gives up reading elsewhere."""
    from casework.scenarios import trial  # noqa: F401
    from engine.language import xml
    from professions.checks import examination
    from registry.law import calendars

    xml.read_xml(b"<a/>")
    calendars.shipped()
    assert examination.CHECKER  # noqa: S101


def main() -> None:
    """Answer questions until nobody asks any more."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="zhuce-draft-") as name:
        tempfile.tempdir = name
        warm()
        confine(Path(name))
        for line in sys.stdin.buffer:
            for answer in _answers(json.loads(line), Path(name)):
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
