"""The program of a process in which drafts are checked and tried: it may hang or die unharmed.

python -m casework.scenarios.apart FOLDER   < questions, a line each   > answers, a line each

It knows no setting and no secret, sees no environment, and once it is warm it opens no connection,
starts no program and reads nothing but its own code and a folder, which who asks gives it and takes
away. Memory is bounded for good, the time of the processor for each question; who asks ends it when
it is too slow.
"""

from __future__ import annotations

import base64
import json
import logging
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import structlog

MEMORY_BYTES = 3 << 29
CHECK_CPU_S, TRY_CPU_S, PLAY_CPU_S = 30, 300, 20
NOTICE_CPU_S = 240  #: after which the small changes that are left are not judged
MOST_WRITTEN_BYTES = 128 << 20  #: of the database in which stories are told

#: What the process may not do once it is warm, as the events of `sys.audit` are called.
_REFUSED = (
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"),
    *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"),
    *("ctypes.dlopen", "urllib.Request"),
)


_stages: list[Any] = []  #: where plays are told, one for the life of this process
_checked: dict[str, bytes] = {}  #: the package that was checked last


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


def _used() -> float:
    """Return the seconds of the processor that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _allow(seconds: int) -> None:
    """Bound the time of the processor from now on."""
    soft = int(_used()) + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _check(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Check a package: `files` are those that differ from the package before, `same` the others."""
    from professions.checks.examination import CHECKER

    files = {path: _checked[path] for path in question["same"]} | _read(question["files"])
    _checked.clear()
    _checked.update(files)
    return [{**asdict(told), "code": told.code} for told in CHECKER.check(files)]


def _try(question: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Tell the scenarios of a draft; yield how far it is, at last what came."""
    from casework.scenarios import trial
    from engine.language import parsing

    key, files = str(question["key"]), _read(question["files"])
    examples = trial.examples_of(_laid_out(question, folder))
    came: trial.Trial | None = None
    for number, told in enumerate(trial.try_files(key, files, examples, question["own"])):
        if isinstance(told, trial.Trial):
            came = told
        elif number % 5 == 0:
            yield {"told": number, "count": len(examples)}
    assert came is not None  # noqa: S101 (the trial comes at last)
    sources = parsing.read_sources(files)
    yield {"answer": {**_plain(came, sources), "count": len(examples)}}


def _laid_out(question: Mapping[str, Any], folder: Path) -> Path:
    """Write the scenarios of a draft into a folder of its own."""
    key = str(question["key"])
    place = folder / key
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "type.toml").write_text(f'key = "{key}"\n')  # stands alone: it builds on no other
    for path, content in _read(question["scenarios"]).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


def _play(question: Mapping[str, Any], folder: Path) -> Any:
    """Tell a play as far as it goes; with a `node`, say how many of its steps lead there."""
    from casework.scenarios import playing, stories

    place = _laid_out(question, folder)
    path = place / str(question["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(question["story"]), "utf-8")
    story = stories.read(place, path)
    stage = _stage(folder)
    player = playing.Player(stage, stage.version(_read(question["files"])), story)
    if question.get("node"):
        return player.stands_at(str(question["node"]))
    until = question.get("until")
    stands = player.play(None if until is None else date.fromisoformat(until))
    names = player.matter.given
    return {**asdict(stands), "given": playing.given(names), "started": dict(story.given)}


def _stage(folder: Path) -> Any:
    """Return the stage of this process, opened when somebody plays first."""
    from casework.scenarios.stage import Stage

    if not _stages:
        _stages.append(Stage(folder))
    return _stages[0]


def _notice(question: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Judge the small changes of what a draft changed; yield how far it is, at last what came."""
    from casework.scenarios import noticing, trial

    examples = trial.examples_of(_laid_out(question, folder))
    files, before = _read(question["files"]), _read(question["before"])
    judge = noticing.Judge(files, examples, frozenset(question["own"]), _stage(folder))
    made = judge.changed_since(before)
    chosen = made[: int(question["most"])]
    if not chosen:
        yield {"answer": {"count": 0, "made": 0, "judged": 0, "unnoticed": []}}
        return
    judge.tell_all()
    unnoticed, judged = [], 0
    for number, change in enumerate(chosen):
        yield {"told": number, "count": len(chosen)}
        if _used() > NOTICE_CPU_S:
            break
        judged += 1
        if judge.judge(change).by is None:
            unnoticed.append({**_said(change), "near": judge.nearest(change)})
    counted = {"count": len(chosen), "made": len(made), "judged": judged}
    yield {"answer": {**counted, "unnoticed": unnoticed}}


def _said(change: Any) -> dict[str, str]:
    names = ("kind", "file", "element", "node", "before", "after")
    return {name: getattr(change, name) for name in names}


def _plain(came: Any, sources: Any) -> dict[str, Any]:
    from casework.scenarios.nearby import Nearby

    near = Nearby(sources, came.told).of
    return {
        "told": sorted(came.told),
        "asked": came.asked,
        "red": came.red,
        "differs": [asdict(difference) for difference in came.differs],
        "untold": [{**asdict(place), "near": near(place)} for place in came.untold],
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
            yield {"answer": _check(question)}
        elif question["do"] == "play":
            _allow(PLAY_CPU_S)
            yield {"answer": _play(question, folder)}
        else:
            _allow(TRY_CPU_S)
            yield from (_notice if question["do"] == "notice" else _try)(question, folder)
    except Refusal as refusal:
        yield {"refused": str(refusal), "field": refusal.field}
    except (MemoryError, RecursionError, Confined) as error:
        yield {"refused": f"草稿超出了限制（{type(error).__name__}）", "field": None}


def warm() -> None:
    """Import what answers need, before the process gives up reading elsewhere."""
    from casework.scenarios import nearby, noticing, playing, trial  # noqa: F401
    from engine.language import xml
    from professions.checks import examination
    from registry.law import calendars

    xml.read_xml(b"<a/>")
    calendars.shipped()
    assert examination.CHECKER  # noqa: S101


def main() -> None:
    """Answer questions until nobody asks any more."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = Path(sys.argv[1])
    tempfile.tempdir = str(folder)
    warm()
    confine(folder)
    for line in sys.stdin.buffer:
        for answer in _answers(json.loads(line), folder):
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
