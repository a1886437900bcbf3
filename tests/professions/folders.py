"""Small folders of data to make mistakes in."""

from __future__ import annotations

from pathlib import Path

from professions import manifests
from professions.manifests import RegistrationType

BPMN = Path(__file__).parents[2] / "bpmn"
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
