"""Registration types: checked where they lie, put into the database."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web import cached
from web.commands import answers, offices

if TYPE_CHECKING:
    from pdfgen.trial.remembered import Remembered
    from professions.checks.checker import Problem
    from professions.checks.examination import Examined

_TOLD = ("code", "file", "element", "text", "remedy")  #: of a problem, for machines
TYPES = Path(__file__).parents[2] / "bpmn"  #: registration types as shipped


@click.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=click.Path(path_type=Path))
@click.option("--rules", "lists_rules", is_flag=True, help="Print the rules by their codes.")
@answers.as_json
def check(folders: tuple[Path, ...], lists_rules: bool, as_json: bool) -> int:
    """Check registration types without deploying them.

    A FOLDER is a type, what some types share, or holds types, each in a folder of its own; without
    any those shipped are checked. Each mistake is told once, at the file where it is.
    """
    if lists_rules:
        return _tell_rules(as_json)
    with _uncollected():
        examined, roots = _examined(folders or (TYPES,))
    if as_json:
        mistakes = [
            {**_plain(mistake.problem), **_position(mistake.problem, roots), "concerns": concerns}
            for mistake in examined.mistakes
            for concerns in (list(mistake.concerns),)
        ]
        answers.say_json({"ok": not mistakes, "types": examined.keys, "problems": mistakes})
        return 1 if mistakes else 0
    for mistake in examined.mistakes:
        inherited = not any(mistake.problem.file.startswith(f"{key}/") for key in mistake.concerns)
        several = inherited or len(mistake.concerns) > 1
        concerns = f"（涉及 {'、'.join(mistake.concerns)}）" if several else ""
        answers.tell(f"{mistake.problem}{concerns}")
    for key in examined.keys:
        count = sum(key in mistake.concerns for mistake in examined.mistakes)
        answers.say(f"{key} {f'有 {count} 处错误' if count else '没有错误'}")
    return 1 if examined.mistakes else 0


def _examined(folders: Iterable[Path]) -> tuple[Examined, list[Path]]:
    """Check what these paths mean; give what came of it and the roots that they lie in."""
    from professions.checks import examination

    fonts = offices.settings(logging=False).fonts
    remembered = _remembered()
    chosen = [examination.chosen(folder) for folder in folders]
    told: dict[str, list[Problem]] = {}
    heirs: dict[str, str] = {}
    for root, keys in chosen:
        length = len(keys) if keys else len(examination.folders_of(root))
        types = examination.examine(root, fonts, only=keys, remembered=remembered)
        heirs |= examination.heirs(root)
        told |= dict(answers.bar(types, "检查注册类型", length=length))
    return examination.once(told, heirs), [root for root, _ in chosen]


def _remembered() -> Remembered | None:
    """Give what this machine's user checked before, where nobody else could have written it."""
    from professions.checks import examination

    folder = cached.own_folder("checked")
    return examination.memory(folder / "found-well") if folder else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: a command that ends at once need not (a twentieth of its work)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@answers.as_json
def deploy(folder: Path | None, as_json: bool) -> int:
    """Put registration types into the database.

    FOLDER holds them, each in a folder of its own; without it those shipped. A type with faults
    is told and stops no other; the exit status is then 1.
    """
    from web.process import wiring

    root = folder or TYPES
    with offices.opened() as office:
        types = wiring.deploy_types(office, root, remembered=_remembered())
        length = sum(1 for _ in root.glob("*/type.toml"))
        deployed = list(answers.bar(types, "部署注册类型", length=length))
    refused = any(report.problems for report in deployed)
    if as_json:
        listed = [
            {
                "key": report.key,
                "state": report.state.value,
                "version": report.version,
                "problems": [*map(_plain, report.problems)],
            }
            for report in deployed
        ]
        answers.say_json({"ok": not refused, "types": listed})
        return 1 if refused else 0
    for report in deployed:
        answers.say(f"{report.key} {report.version[:12]} {report.state.label}")
        for problem in report.problems:
            answers.tell(f"  {problem}")
    return 1 if refused else 0


def _tell_rules(as_json: bool) -> int:
    from refusals.rules import RULES

    if as_json:
        answers.say_json([vars(rule) for rule in RULES.values()])
    else:
        for rule in RULES.values():
            answers.say(f"{rule.code} {rule.asks}。{rule.remedy}。")
    return 0


def _position(problem: Problem, roots: Iterable[Path]) -> dict[str, int | None]:
    """Say where in its file a problem is, for an editor."""
    from professions import positions

    for root in roots:
        if (root / problem.file).is_file():
            data = (root / problem.file).read_bytes()
            place = positions.of(problem.file, data, problem.element, problem.text)
            return {"row": place.row, "column": place.column}
    return {"row": None, "column": None}


def _plain(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in _TOLD}
