"""Registration types: checked where they lie, put into the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands import answers, offices

if TYPE_CHECKING:
    from professions.checker import Problem

TYPES = Path(__file__).parents[2] / "bpmn"  #: registration types as shipped


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@answers.as_json
def check(folder: Path | None, as_json: bool) -> int:
    """Check registration types without deploying them.

    FOLDER holds them, each in a folder of its own; without it those shipped.
    """
    from casework import deployment
    from casework import opening as _  # noqa: F401  makes the operations of diagrams known

    checked = list(deployment.examine(folder or TYPES, offices.settings().fonts))
    refused = [key for key, problems in checked if problems]
    if as_json:
        listed = [
            {"key": key, "ok": not problems, "problems": [*map(_plain, problems)]}
            for key, problems in checked
        ]
        answers.say_json({"ok": not refused, "types": listed})
        return 1 if refused else 0
    for key, problems in checked:
        answers.say(f"{key} {f'有 {len(problems)} 处错误' if problems else '没有错误'}")
        for problem in problems:
            answers.tell(f"  {problem}")
    return 1 if refused else 0


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
        types = wiring.deploy_types(office, root)
        length = sum(1 for _ in root.glob("*/type.toml"))
        deployed = list(answers.bar(types, "部署注册类型", length=length))
    refused = any(found.problems for found in deployed)
    if as_json:
        listed = [
            {
                "key": found.key,
                "state": found.state.value,
                "version": found.version,
                "problems": [*map(_plain, found.problems)],
            }
            for found in deployed
        ]
        answers.say_json({"ok": not refused, "types": listed})
        return 1 if refused else 0
    for found in deployed:
        answers.say(f"{found.key} {found.version[:12]} {found.state.label}")
        for problem in found.problems:
            answers.tell(f"  {problem}")
    return 1 if refused else 0


def _plain(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("file", "element", "text", "remedy")}
