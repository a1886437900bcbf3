"""A registration type before anybody meets it: tried by its examples, held against another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands import answers
from web.commands.types import TYPES

if TYPE_CHECKING:
    from casework.scenarios.trial import Trial

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("try")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--changes",
    is_flag=True,
    help="Make each small change and print those that neither the check nor an example notices.",
)
@answers.as_json
def try_(folder: Path | None, changes: bool, as_json: bool) -> int:
    """Tell the examples of a type on the real engine.

    FOLDER is a type, or holds types, each in a folder of its own; without it those shipped are
    tried. It needs no database. Every story of `examples/` is told with its own clock, every
    table of `examples/tables/` asked; what comes differently is told, and what no example reaches.
    """
    from professions.checks import examination

    root, keys = examination.chosen(folder or TYPES)
    folders = [root / key for key in keys or [path.name for path in examination.folders_of(root)]]
    with _quiet():
        return _changes(folders, as_json) if changes else _examples(folders, as_json)


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing meanwhile of the jobs that stories make fail on purpose."""
    import logging

    import structlog

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def _examples(folders: list[Path], as_json: bool) -> int:
    from casework.scenarios import trial

    trials: list[Trial] = []
    for folder in folders:
        length = len(trial.examples_of(folder))
        told = answers.bar(trial.try_folder(folder), f"讲述 {folder.name} 的示例", length=length)
        trials += [came for came in told if isinstance(came, trial.Trial)]
    if as_json:
        answers.say_json(
            {"ok": all(came.is_good for came in trials), "types": [*map(_plain, trials)]}
        )
    else:
        for came in trials:
            _say(came)
    return 0 if all(came.is_good for came in trials) else 1


def _say(came: Trial) -> None:
    for difference in came.differs:
        answers.tell(str(difference))
    count, rest = len(came.told), len(came.untold)
    answers.say(
        f"{came.key} 讲完 {count} 个示例，问过决策表 {came.asked} 次"
        f"{f'，{len(came.differs)} 处与示例不同' if came.differs else '，都与示例相同'}"
    )
    if rest:
        answers.say(f"没有示例走到的有 {rest} 处：")
    for place in came.untold:
        answers.say(f"  {place}")


def _plain(came: Trial) -> dict[str, Any]:
    return {
        "type": came.key,
        "told": sorted(came.told),
        "asked": came.asked,
        "differs": [str(difference) for difference in came.differs],
        "untold": [
            {"file": place.file, "kind": place.kind, "element": place.element, "title": place.title}
            for place in came.untold
        ],
    }


def _changes(folders: list[Path], as_json: bool) -> int:
    from casework.scenarios import noticing

    enough, listed = True, []
    for folder in folders:
        begun = noticing.noticing_of(folder)
        count = len(begun.changes)
        judged = list(answers.bar(begun.judged(), f"改动 {folder.name}", length=count))
        unnoticed = [change.change for change in judged if change.by is None]
        share = 1 - len(unnoticed) / count if count else 1.0
        enough = enough and share >= noticing.ENOUGH
        if not as_json:
            answers.say(
                f"{folder.name} 有 {count} 种小改动，检查或者示例发现其中 {share:.1%}"
                f"（至少应为 {noticing.ENOUGH:.0%}）"
            )
            for change in unnoticed:
                answers.say(f"  没有发现：{change}")
        listed.append(
            {
                "type": folder.name,
                "changes": count,
                "by_check": sum(change.by == noticing.CHECK for change in judged),
                "unnoticed": [str(change) for change in unnoticed],
            }
        )
    if as_json:
        answers.say_json({"ok": enough, "types": listed})
    return 0 if enough else 1


@click.command()
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@answers.as_json
def compare(old: Path, new: Path, as_json: bool) -> int:
    """Say in words what differs between two types.

    OLD and NEW are folders of one type each, with what they share beside them. Diagrams are told
    by element, tables by cell, forms by field, texts by line. It needs no database.
    """
    from casework.studio.comparing import comparison
    from professions import examples, folders

    before, after = (
        {**folders.collect(folder), **examples.collect(folder)} for folder in (old, new)
    )
    found = comparison.compare(before, after)
    if as_json:
        answers.say_json(
            {"same": not found, "differences": [vars(difference) for difference in found]}
        )
        return 0
    for kind, of_kind in groupby(found, key=lambda difference: difference.kind):
        answers.say(f"【{kind}】")
        for (title, file), inside in groupby(of_kind, key=lambda told: (told.title, told.file)):
            answers.say(title if title == file else f"{title}（{file}）")
            for difference in inside:
                answers.say(f"  {difference}")
    if not found:
        answers.say("两者没有不同。")
    return 0
