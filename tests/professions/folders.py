"""Small folders of data to make mistakes in."""

from __future__ import annotations

import shutil
from pathlib import Path

from professions import manifests
from professions.manifests import RegistrationType

BPMN = Path(__file__).parents[2] / "bpmn"
#: Keys of the professions that are shipped, in the order of the pages.
SHIPPED = tuple(
    kind.key for kind in sorted(manifests.discover(BPMN).values(), key=lambda kind: kind.order)
)
MANIFEST = """
key = "gardener-1"
title = "一级园丁"
authority = "示例机关"

[[matter]]
code = "INITIAL"
title = "初始注册"
process = "initial_registration"
diagram = "initial.bpmn"
form = "initial"
help = "help/initial.md"
given = ["application_id"]
"""


def structural_engineer() -> RegistrationType:
    """Read the type this service ships."""
    return manifests.load(BPMN / "structural-engineer-2")


def edited(target: Path, *edits: tuple[str, str, str]) -> Path:
    """Copy all registration types to `target` with texts replaced: (path, old, new).

    A text that stands nowhere in its file is a mistake of the test.
    """
    shutil.copytree(BPMN, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path, old, new in edits:
        text = (target / path).read_text("utf-8")
        assert old in text, (path, old)
        (target / path).write_text(text.replace(old, new), "utf-8")
    return target
