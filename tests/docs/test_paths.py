"""Every path and every module that a page names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}
FOLDERS = PACKAGES | {"bpmn", "docs", "tests", "tools"}
NAMED = re.compile(r"`([^`\s]+)`")
#: Made on the machine of whoever runs it, or a place that a reader fills in.
NOT_HERE = re.compile(r"^(build|var|dist)/|[A-Z]{3,}|[*…<{]|://")


def pages() -> Iterator[Path]:
    """Give every page that people write."""
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted(ROOT.glob("*.md"))
    yield ROOT / "bpmn" / "README.md"


def names() -> Iterator[tuple[str, str]]:
    """Give what stands in code marks on a page: (page, name); the changelog tells of its day."""
    for page in pages():
        if page.name in ("CHANGELOG.md", "requirements.md"):
            continue
        for name in NAMED.findall(page.read_text("utf-8")):
            if not NOT_HERE.search(name):
                yield str(page.relative_to(ROOT)), name.split("::")[0].split("#")[0].rstrip("/")


def operations_of_diagrams() -> Iterator[str]:
    """Give the names that service tasks of the diagrams call."""
    for diagram in (ROOT / "bpmn").rglob("*.bpmn"):
        yield from re.findall(
            r'serviceTaskOperator id="([a-z_]+/[a-z_]+)"', diagram.read_text("utf-8")
        )


def test_every_path_is_there() -> None:
    """`web/settings.py`, `tests/docs/`: a file or a folder; `signing/send_code` an operation."""
    operations = set(operations_of_diagrams())
    lost = [
        f"{page}: {name}"
        for page, name in names()
        if name.split("/")[0] in FOLDERS and "/" in name
        if not (ROOT / name).exists() and name not in operations
    ]

    assert lost == []


def test_every_module_is_there() -> None:
    """`casework.rename` is a module, a folder, or a name inside one."""
    lost = [f"{page}: {name}" for page, name in names() if not _is_known(name)]

    assert lost == []


def _is_known(name: str) -> bool:
    parts = name.split("(")[0].split(".")
    if "/" in name or len(parts) < 2 or parts[0] not in PACKAGES or parts[-1] in ("py", "md"):
        return True
    module, inside = ROOT / parts[0], parts[1:]
    while inside and module.is_dir():
        module, inside = module / inside[0], inside[1:]
    source = module.with_suffix(".py")
    if module.is_dir() or not source.is_file():
        return module.is_dir()
    return (
        not inside
        or re.search(rf"\b{re.escape(inside[0])}\b", source.read_text("utf-8")) is not None
    )
